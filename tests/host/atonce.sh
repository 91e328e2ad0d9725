#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# atonce.sh: two commands at once in one checkout, neither of which may take from the
# other.  TAP on standard output.
set -uo pipefail
. "$(dirname "$0")/lib.sh"

# A machine that says when it has begun, and ends when it is told to; its folder
# must still be its own then.
fake_slow_machine()
{
	mkfifo "$WORK/begun" "$WORK/end"
	# Both ends, so that nobody waits for long if the other has died.
	exec {BEGUN}<>"$WORK/begun" {END}<>"$WORK/end"
	fake "$COPY/scripts/vm/run" <<-EOF
	#!/bin/bash
	while [ \$# -gt 0 ]; do
		case \$1 in
		--out) dir=\$2 ;;
		--add) files+=("\${2%:*}") ;;
		esac
		shift
	done
	mkdir -p "\$dir"
	echo \$\$ >"\$dir/mine"
	echo "\$\$ \$dir" >"$WORK/begun"
	read -r _ <"$WORK/end"
	[ "\$(cat "\$dir/mine")" = \$\$ ] && ls "\${files[@]}"
	EOF
}

# start NAME COMMAND...: in the background, its words in $WORK/NAME; the test waits
# for one of them.
start()
{
	local name=$1

	shift
	mkfifo "$WORK/$name"
	in_copy "$@" >"$WORK/$name" 2>&1 &
	PID=$!
	exec {WORDS}<"$WORK/$name"
}

# await PATTERN: up to a line that has it; fails if there is none.
await()
{
	local line

	while IFS= read -r -t 60 line <&"$WORDS"; do
		[[ $line != *$1* ]] || return 0
	done
	return 1
}

# begun: a machine has; its folder is $DIR.
begun()
{
	DIR=
	read -r -t 60 _ DIR <&"$BEGUN"
}

# end: one of them may.
end()
{
	echo >&"$END"
}

# ended PID: its status, what it says being read.
ended()
{
	cat <&"$WORDS" >"$tap_out"
	wait "$1"
}

# own DIR CACHE: both made ours, while another run does the same: it is there between
# the look for a mark and the look for files.
own()
{
	# shellcheck disable=SC2016 # for the other shell
	in_copy bash -c '
		. scripts/lib.sh
		is_empty() { mkdir -p "$1"; : | tee "$1/$MARK" >"$1/lock"; return 1; }
		own_dir "$1" && MAGSLAB_CACHE=$2 cache_dir' own "$@"
}

make_copy
status "a folder that another run makes at this moment is ours" 0 \
	own "$WORK/fresh" "$WORK/fresh-cache"
fake_slow_machine
start first make demo O="$WORK/out"
FIRST=$PID FIRST_WORDS=$WORDS
begun
start second make demo O="$WORK/out"
SECOND=$PID SECOND_WORDS=$WORDS
ok "the second says that it waits" await "waiting for another run that writes to $WORK/out/demo"
status "make clean meanwhile" 2 in_copy make clean O="$WORK/out"
says "leaves what is in use" "another run uses $WORK/out/demo: it stays"
says "the build as well" "another run uses $WORK/out/build: it stays"
start other make trace SCRIPT=slabrate O="$WORK/out"
begun
is "a command that writes elsewhere does not wait" "$DIR" "$WORK/out/trace/slabrate"
OTHER=$PID OTHER_WORDS=$WORDS
for _ in 1 2; do
	end
done
WORDS=$FIRST_WORDS
status "the first finds its files" 0 ended "$FIRST"
WORDS=$OTHER_WORDS
status "the other, too" 0 ended "$OTHER"
begun
end
WORDS=$SECOND_WORDS
status "then the second has its turn" 0 ended "$SECOND"
status "and clean its own" 0 in_copy make clean O="$WORK/out"
is "nothing is left" "$(ls -d "$WORK/out" 2>/dev/null)" ""
tap_done
