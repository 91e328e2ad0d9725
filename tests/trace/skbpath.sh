#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# skbpath: each packet and each of its objects once, and the parameters that
# the packets were made by.
# shellcheck source=/dev/null
. /magslab/trace-lib.sh

flood=/magslab/load.d/udpflood

# The group of a regular expression, in the lines that sum up.
told() { # REGEX
	sed -n "s/$1.*/\1/p" "$WORK/out"
}

received() {
	told '^\([0-9]*\) packets received'
}

alive() { # KIND
	told ".* alive .*\<\([0-9]*\) $1s"
}

test_frees() { # KIND SAME OTHER
	is "skbpath: ${1}s freed where they came in" \
		"$(sum frees "$1, same CPU")" "$2"
	is "skbpath: ${1}s freed elsewhere" \
		"$(sum frees "$1, other CPU")" "$3"
	is "skbpath: no $1 is left" "$(alive "$1")" 0
}

test_params() { # NAME=VALUE...
	for pair; do
		is "skbpath: ${pair%=*}" "$(param "${pair%=*}")" "${pair#*=}"
	done
}

# A quarter of the packets is handed over, a tenth cloned and handed over.
test_packets() {
	commands "50 bursts of 20 packets" <<-'LOAD'
	insmod /magslab/knownpackets.ko bursts=50 burst=20 size=600 \
		headroom=100 handed=5 cloned=2 hold_us=40000
	rmmod knownpackets
	LOAD
	traced skbpath
	is "skbpath: packets" "$(received)" 1000
	test_frees head 750 350
	test_frees buffer 650 350
	test_params burst=20 mix_64=0 mix_576=1000 mix_1500=0 headroom=100 \
		handoff=25 clone=10 queue_depth=350 hardirq=0
}

# Heads are of NAPI's own cache, which has up to a bulk of them from before, and
# keeps as many.
test_napi() {
	commands "50 bursts of 64 packets, heads in bulk" <<-'LOAD'
	insmod /magslab/knownpackets.ko bursts=50 burst=64 handed=64 napi_alloc=1
	rmmod knownpackets
	LOAD
	traced skbpath
	is "skbpath: packets, heads in bulk" "$(received)" 3200
	test_frees buffer 0 "$napi_buffers"
	freed=$(sum frees 'head, other CPU')
	ok "skbpath: heads of bulks freed: $freed of 3200" \
		test "$freed" -gt 3168 -a "$freed" -le 3200
	is "skbpath: heads of bulks, by their bulks" \
		"$(awk '/^@heads_in_bulk:/ { print $2 }' "$WORK/out")" \
		$((freed + $(alive head)))
	test_params burst=64 mix_64=1000 mix_576=0 mix_1500=0 handoff=100 \
		clone=0
}

# No packet is received, but heads and buffers are.  What NAPI's cache has is
# used up first, where it serves this as well.
test_unix() {
	"$flood" -u -n 200 -w 5 >/dev/null
	commands "datagrams of Unix sockets" <<-LOAD
	$flood -u -n 3000 -w 5
	$flood -u -n 2000 -w 5 -r 0
	LOAD
	traced skbpath
	is "skbpath: packets of Unix sockets" "$(received)" 0
	test_frees head 2000 3000
	test_frees buffer 2000 3000
	is "skbpath: nothing to set" \
		"$(grep -c '^No packet was received' "$WORK/out")" 1
}

# The reader's frees are left to the CPU that sent, as far as there is room.
test_udp() {
	commands "datagrams over the loopback device" <<-LOAD
	$flood -n 5000 -w 64 -s 500
	LOAD
	traced skbpath
	is "skbpath: datagrams" "$(received)" 5000
	test_params burst=1 mix_64=0 mix_576=1000 mix_1500=0 clone=0
	is "skbpath: buffers of datagrams, freed or left" \
		"$(($(sum frees 'buffer, .*') + $(alive buffer)))" 5000
	is "skbpath: left to their sender" \
		"$(awk '/^@left_to_the_allocating_cpu:/ { nr = $2 }
			END { print nr + 0 }' "$WORK/out")" "$udp_left"
}

# Objects that find no room make what it would tell worth nothing.
test_no_room() {
	commands "packets, and maps that are too small" <<-LOAD
	$flood -n 2000 -w 200 -s 64
	LOAD
	# shellcheck disable=SC2034 # for traced
	room=64
	traced skbpath
	is "skbpath: no command without room" \
		"$(grep -c '^  magctl run' "$WORK/out")" 0
	is "skbpath: but why" \
		"$(grep -c ' found no room in the maps: run it' "$WORK/out")" 1
}

# Up to 6.x small buffers of NAPI's are of no slab, and UDP leaves nothing.
case $(uname -r) in
6.*) napi_buffers=0 udp_left=0 ;;
*) napi_buffers=3200 udp_left=5000 ;;
esac

test_packets
test_unix
test_napi
test_udp
test_no_room
tap_done
