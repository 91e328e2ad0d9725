# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Test Anything Protocol for the scripts of this folder, which source it.
# The plan comes last: a script that dies has none and counts as failed.

tap_run=0
tap_failed=0
# Output of the last command that `ok` or `status` ran.
tap_out=${TMPDIR:-/tmp}/tap.$$
trap 'rm -f "$tap_out"' EXIT

tap_result() { # WORD NAME
	tap_run=$((tap_run + 1))
	echo "$1 $tap_run - $2"
	[ "$1" = ok ] || tap_failed=$((tap_failed + 1))
}

diag() { # LINE...
	for tap_line; do
		echo "# $tap_line"
	done
}

# The output of the last command, for the reader.
diag_output() {
	sed 's/^/# /' "$tap_out"
}

skip() { # NAME REASON
	tap_run=$((tap_run + 1))
	echo "ok $tap_run - $1 # SKIP $2"
}

# The claim that a command succeeds; its output is kept in $tap_out.
ok() { # NAME COMMAND...
	tap_ok_name=$1
	shift
	status "$tap_ok_name" 0 "$@"
}

# The claim that a command ends with a status.
status() { # NAME STATUS COMMAND...
	tap_name=$1
	tap_want=$2
	shift 2
	tap_got=0
	"$@" >"$tap_out" 2>&1 </dev/null || tap_got=$?
	if [ "$tap_got" -eq "$tap_want" ]; then
		tap_result ok "$tap_name"
		return 0
	fi
	tap_result 'not ok' "$tap_name"
	diag "exit status $tap_got, expected $tap_want, of: $*"
	diag_output
	return 1
}

# The claim that two strings are equal.
is() { # NAME GOT WANT
	if [ "$2" = "$3" ]; then
		tap_result ok "$1"
		return 0
	fi
	tap_result 'not ok' "$1"
	diag "got '$2', expected '$3'"
	return 1
}

# The claim that the output of the last command has a match.
says() { # NAME REGEX
	if grep -qE -- "$2" "$tap_out"; then
		tap_result ok "$1"
		return 0
	fi
	tap_result 'not ok' "$1"
	diag "nothing matches /$2/ in:"
	diag_output
	return 1
}

# Keeps the output of the last command.
keep() { # FILE
	cp "$tap_out" "$1"
}

tap_done() {
	echo "1..$tap_run"
	[ "$tap_failed" -eq 0 ]
}
