# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What the tests of scripts share, in the guest: a load of known counts, a
# script that looks at it, and sums of what that printed.
# shellcheck source=/dev/null
. /magslab/tap.sh
# shellcheck source=scripts/vm/jobs/bpftrace.sh
. /magslab/bpftrace.sh

SCRIPTS=/magslab/bpf
DEBUGFS=/sys/kernel/debug/magslab/cache
# Beside the load that is set, for each test: what it left.
WORK=/tmp/trace.$$
# Room in a script's maps for all objects that live: those of the system, too.
room=262144
mkdir -p "$WORK"

# The load of the next `traced`: knownload with these parameters.  Commands on
# standard input, if `-` comes first, are run while it is in: of its cache.
known() { # [-] PARAMETER=VALUE...
	middle=
	[ "$1" != - ] || { middle=$(cat); shift; }
	cat >"$WORK/load" <<-LOAD
	{
		insmod /magslab/knownload.ko $* || exit
		cp $DEBUGFS/known/stats $WORK/stats 2>/dev/null
		cp $DEBUGFS/known/nodes $WORK/nodes 2>/dev/null
		$middle
		rmmod knownload
	} >$WORK/load.log 2>&1
	echo \$? >$WORK/load.status
	LOAD
	load_words="$*"
}

# The load of the next `traced`: the commands on standard input, each of which
# must succeed.
commands() { # NAME
	{
		echo '(set -e'
		cat
		echo ") >$WORK/load.log 2>&1"
		echo "echo \$? >$WORK/load.status"
	} >"$WORK/load"
	load_words=$1
}

# The claim that a script runs on the load, which succeeds; its output is kept
# in $WORK/out, with all rows of its tables.  It is attached before the load
# begins, and ends with it.  Its maps have room for $room keys: where that is less
# than all that live, bpftrace may warn of it.
traced() { # SCRIPT [ARGUMENT...]
	script=$1
	shift
	rm -f "$WORK/load.status"
	bpftrace_room "$room"
	all_rows "$SCRIPTS/$script.bt" >"$WORK/$script.bt"
	ok "$script${*:+ $*}: runs on $load_words" \
		run_bpftrace "$WORK/out" -c "/bin/busybox sh $WORK/load" \
		"$WORK/$script.bt" "$@"
	keep "$WORK/said"
	is "$script: the load succeeds" "$(cat "$WORK/load.status")" 0 ||
		diag "$(cat "$WORK/load.log")"
	[ "$room" -lt 262144 ] || is "$script: no event is lost" \
		"$(cat "$WORK/out" "$WORK/said" | bpftrace_warnings)" ""
}

# The sum of a map's values, over all times that it was printed; of the keys
# that are a regular expression.
sum() { # MAP [KEYS]
	awk -v map="@$1" -v keys="${2:-.*}" '
		index($0, map "[") == 1 {
			key = $0
			sub(/^[^[]*\[/, "", key)
			sub(/\]: [0-9]+$/, "", key)
			if (key ~ "^(" keys ")$")
				sum += $NF
		}
		END { print sum + 0 }' "$WORK/out"
}

# The same of a map whose keys end in a stack, whose lines stand between a key and
# its value; of a cache, and of stacks with that function alone.  Of a map that was
# printed several times, as it was last, after a line that begins `left after`.
stack_sum() { # MAP CACHE [FUNCTION]
	awk -v map="@$1" -v cache="$2" -v caller="${3:-}" '
		/^left after/ { sum = 0 }
		index($0, map "[" cache ", ") == 1 { inside = 1; ours = 0 }
		inside && (caller == "" || index($0, caller)) { ours = 1 }
		inside && /^\]: -?[0-9]+$/ {
			if (ours)
				sum += $2
			inside = 0
		}
		END { print sum + 0 }' "$WORK/out"
}

# What histograms have in their lines from a lower bound on; of the keys that are
# a regular expression.
hist_sum() { # MAP KEYS [AT LEAST]
	awk -v map="@$1" -v keys="$2" -v least="${3:-0}" '
		/^@/ { on = $0 ~ "^" map "\\[(" keys ")\\]: *$" }
		on && /^[[(]/ {
			bound = substr($1, 2) + 0
			if ($1 ~ /^.[0-9]*K/) bound *= 1024
			if ($1 ~ /^.[0-9]*M/) bound *= 1048576
			if ($1 ~ /^.[0-9]*G/) bound *= 1073741824
			if (bound >= least) {
				match($0, /[])]/)
				nr += substr($0, RSTART + 1)
			}
		}
		END { print nr + 0 }' "$WORK/out"
}

# The value of a map without keys.
scalar() { # MAP
	sed -n "s/^@$1: //p" "$WORK/out"
}

# The claim that a script runs in so little room, and that it counts what found
# none.  All later ones of the test have no more.
no_room() { # SCRIPT KEYS [ARGUMENT...]
	script=$1 room=$2
	shift 2
	traced "$script" "$@"
	ok "$script: what found no room is told: $(scalar no_room)" \
		test "$(scalar no_room)" -gt 0
}

# The claim that a script tells how many returns it missed.  Up to 6.x the kernel
# follows fewer than 24 threads in one function; 7.x, all of them.
missed() { # SCRIPT HOW MANY
	case $(uname -r) in
	6.*) ok "$1: calls that were not seen to return: $2" test "$2" -gt 0 ;;
	*) is "$1: calls that were not seen to return" "$2" 0 ;;
	esac
}

# 24 threads at once, in the allocator.
crowded() { # SCRIPT BULK
	commands "24 threads at once, bulk=$2" <<-LOAD
	insmod /magslab/crowd.ko threads=24 bulk=$2
	rmmod crowd
	LOAD
	traced "$1"
	missed "$1" "$(scalar unreturned)"
}

# The value of a workload's parameter in the command that a script printed.
param() { # NAME
	sed -n "s/^  magctl run .* -p $1=\([0-9]*\).*/\1/p" "$WORK/out"
}

# The same of a map that is two, NAME_even and NAME_odd, of which one is counted
# in while the other is printed.
sum_both() { # NAME [KEYS]
	echo $(($(sum "$1_even" "${2:-}") + $(sum "$1_odd" "${2:-}")))
}

# The load of the next `traced`: module slabways, going that way; stays in the
# kernel, and what is left allocated, until the test removes it.
going() { # WAY [PARAMETER=VALUE...]
	way=$1
	shift
	cat >"$WORK/load" <<-LOAD
	insmod /magslab/slabways.ko way=$way $* >$WORK/load.log 2>&1
	echo \$? >$WORK/load.status
	LOAD
	load_words="way=$way${*:+ $*}"
}

# What the cache itself counted, when the load had run.
stat_of() { # KEY
	awk -v key="$1" '$1 == key { print $2 }' "$WORK/stats"
}
