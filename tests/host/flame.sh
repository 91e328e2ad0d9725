#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# flame.sh: what make flame makes of samples that are made up here: the stacks, whose
# they are, the table, the picture.  TAP on standard output.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"
. "$TOP/scripts/lib-flame.sh"

RUN=0
FAILED=0

# is NAME GOT WANTED
is()
{
	RUN=$((RUN + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $RUN - $1"
	else
		FAILED=$((FAILED + 1))
		echo "not ok $RUN - $1"
		diff <(echo "$3") <(echo "$2") | sed 's/^/# /'
	fi
}

# A function of the allocator, as the kernel and gcc may name it, is in a stack.
make_stacks()
{
	printf '%s\n' mag_cache_alloc refill >"$SCRATCH/allocator"
	LC_ALL=C sort >"$SCRATCH/folded" <<-EOF
	idle;do_idle;default_idle 600
	magctl;[no kernel stack] 4
	magslab/N;kthread;work [magslab] 100
	magslab/N;kthread;work [magslab];kmem_cache_alloc_noprof 50
	magslab/N;kthread;work [magslab];kmem_cache_alloc_noprof;new_slab;alloc_pages 30
	magslab/N;kthread;work [magslab];mag_cache_alloc [magslab];refill.isra.0 [magslab];kfree 16
	magslab/N;kthread;work [magslab];kfree;asm_sysvec_apic_timer_interrupt;irq_exit 8
	swapper/N;do_idle;asm_common_interrupt;rcu_core;free_node [magslab];kfree 10
	swapper/N;do_idle;refill;kmem_cache_free 2
	bash;kfree_skb;mag_cache_alloc 180
	EOF
}

# Samples as bpftrace prints them, and symbols as the kernel's kallsyms has them.
make_samples()
{
	cat >"$SCRATCH/symbols" <<-EOF
	ffffffff81000000 _text
	ffffffff81000100 do_idle
	ffffffff81000200 asm_sysvec_apic_timer_interrupt
	ffffffff81000300 irq_exit
	ffffffff81000400 kthread
	ffffffffc0000000 work [magslab]
	ffffffffc0000100 mag_cache_alloc [magslab]
	EOF
	printf '%s\n' 'Attaching 3 probes...' 'ns 2000000000' '' '' \
		'@samples[swapper/0, 0, ' \
		$'\tffffffff810001f0 do_idle+240' ']: 7' \
		'@samples[swapper/1, 0, ' \
		$'\tffffffff810001ff do_idle+255' ']: 3' \
		'@samples[swapper/1, 0, ' \
		$'\tffffffff81000300 irq_exit+0' \
		$'\tffffffff81000210 asm_sysvec_apic_timer_interrupt+16' \
		$'\tffffffff81000100 do_idle+0' ']: 2' \
		'@samples[magslab/0, 301, ' \
		$'\tffffffffc0000123 mag_cache_alloc+35' \
		$'\tffffffffc0000044 work+68' \
		$'\tffffffff81000455 kthread+85' ']: 20' \
		'@samples[magslab/1, 302, ' \
		$'\tffffffffc0000100 mag_cache_alloc+0' \
		$'\tffffffffc00000ff work+255' \
		$'\tffffffff81000455 kthread+85' ']: 1' \
		'@samples[magctl, 290, ]: 5' >"$SCRATCH/samples"
}

test_fold()
{
	is "threads of all CPUs are one, and functions have names" \
		"$(fold "$SCRATCH/samples" "$SCRATCH/symbols")" "$(cat <<-EOF
	idle;do_idle 10
	magctl;[no kernel stack] 5
	magslab/N;kthread;work [magslab];mag_cache_alloc [magslab] 21
	swapper/N;do_idle;asm_sysvec_apic_timer_interrupt;irq_exit 2
	EOF
	)"
}

# The numbers of a row of the table.
row()
{
	with_owners share <"$SCRATCH/folded" | sed -n "s/^  $1  *//p" |
		tr -s ' %' ' '
}

test_share()
{
	is "samples: all, of busy CPUs, of workers" "$(row samples)" \
		"1000 400 214"
	# 16 of 1000, of 400, of 214
	is "magslab's, with what it calls, and what gcc renamed" \
		"$(row magslab)" "1.6 4.0 7.5 "
	# 50 + 30 + 10 + 2, less the 2 for the workers; no interrupt, no kfree_skb
	is "SLUB's, but not in an interrupt above it" "$(row SLUB)" \
		"9.2 23.0 42.1 "
	is "none where there is no sample" \
		"$(with_owners share </dev/null | grep -c '^  SLUB *- *- *-$')" 1
}

# The width of all boxes of a name, in pixels: 1000 are 400 samples.
width_of()
{
	sed -n "s/^<g><title>$1: .*<rect [^>]*width=\"\([0-9.]*\)\".*/\1/p" \
		"$SCRATCH/svg" | awk '{ sum += $1 } END { printf "%.1f\n", sum }'
}

# The hues of all boxes of a name, from the left.
hues_of()
{
	sed -n "s/^<g><title>$1: .* x=\"\([0-9.]*\)\".*fill=\"hsl(\([0-9]*\),.*/\1 \2/p" \
		"$SCRATCH/svg" | sort -n | cut -d ' ' -f 2 | paste -sd ' '
}

test_svg()
{
	with_owners svg -v width=1020 -v title='a <b> & c' -v note=n \
		<"$SCRATCH/folded" >"$SCRATCH/svg"
	is "a frame is as wide as its samples" "$(width_of 'work .magslab.')" 510.0
	is "those of two stacks side by side are one" \
		"$(grep -c '^<g><title>kmem_cache_alloc_noprof: 80 samples, 20.00 %' \
			"$SCRATCH/svg")" 1
	is "the whole row of threads has all that is not idle" "$(
		for name in magctl magslab/N swapper/N bash; do
			width_of "${name/\//\\/}"
		done | awk '{ sum += $1 } END { print sum }')" 1000
	is "idle CPUs are told" \
		"$(grep -c '400 samples, and 600 of idle' "$SCRATCH/svg")" 1
	is "and not drawn" "$(grep -c default_idle "$SCRATCH/svg")" 0
	is "SLUB's colour, that of the other allocator, that of none" \
		"$(hues_of kfree | tr ' ' '\n' | sort -n | paste -sd ' ')" \
		"26 26 140"
	is "what is above an interrupt is nobody's" "$(hues_of irq_exit)" 48
	is "the workload's" "$(hues_of 'work .magslab.')" 212
	is "text is text" "$(grep -c 'a &lt;b&gt; &amp; c' "$SCRATCH/svg")" 1
	with_owners svg -v width=1020 -v title='a <b> & c' -v note=n \
		<"$SCRATCH/folded" >"$SCRATCH/again"
	is "the same picture again" "$(cmp "$SCRATCH/svg" "$SCRATCH/again")" ""
}

scratch_dir
make_samples
test_fold
make_stacks
test_share
test_svg
echo "1..$RUN"
[ "$FAILED" -eq 0 ]
