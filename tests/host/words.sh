#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# words.sh: what a user says in a variable reaches the machine, or the script,
# as it was said.  TAP on standard output.
# shellcheck disable=SC1003,SC2016,SC2028 # words of all kinds are the point
set -uo pipefail
. "$(dirname "$0")/lib.sh"

# All that make, a shell or a program between could take for something else.
ODD='$HOME $? $$ $(id) `id` ${x:-y} "a  b" '\''c  d'\'' ; # e \ %s %% & | < > * ? [a] {b,c} ! ~ \n'
EVEN=$'first\n\tsecond $HOME'

# both NAME VARIABLE VALUE TARGET COMMAND...: COMMAND prints what became of a
# variable, said on make's command line and in the environment.
both()
{
	local name=$1 variable=$2 value=$3 target=$4

	shift 4
	in_copy make "$target" "$variable=$value" >"$tap_out" 2>&1
	is "$name" "$("$@" 2>&1)" "$value"
	in_copy "$variable=$value" make "$target" >"$tap_out" 2>&1
	is "$name, from the environment" "$("$@" 2>&1)" "$value"
}

# Every variable that make help names, as a script gets it.
test_every_variable()
{
	local variable
	local -a variables

	mapfile -t variables < <(sed -n '/^VARIABLES/,/[^\\]$/p' "$COPY/Makefile" |
				 grep -oE '\b[A-Z_]+\b' | grep -vx VARIABLES)
	is "there are variables to test" $((${#variables[@]} > 20)) 1
	fake "$COPY/scripts/demo" <<<$'#!/bin/sh\nenv -0 >'"$WORK/demo.env"
	for variable in "${variables[@]}"; do
		both "$variable" "$variable" "$ODD" demo got "$variable"
	done
	both "lines" CMD "$EVEN" demo got CMD
	cp "$TOP/scripts/demo" "$COPY/scripts/demo"
}

got() # VARIABLE
{
	sed -zn "s/^$1=//p" "$WORK/demo.env" | tr -d '\0'
}

test_cmd()
{
	both "the command of make vm" CMD "$ODD" vm tail -n +2 "$GIVEN/job"
	both "one of two lines" CMD "$EVEN" vm tail -n +2 "$GIVEN/job"
	is "before it the module goes in, and a refusal is explained" \
		"$(head -n 1 "$GIVEN/job")" "insert /magslab/magslab.ko || exit"
}

test_append()
{
	local target

	for target in demo flame bench; do
		both "kernel arguments, make $target" APPEND "$ODD" "$target" \
			first_append
	done
	for target in trace kunit; do
		in_copy make "$target" SCRIPT=slabrate APPEND="$ODD" >"$tap_out" 2>&1
		is "kernel arguments, make $target" "$(first_append)" "$ODD"
	done
}

first_append()
{
	values --append | head -n 1
}

# The load as the machine runs it: magctl's words, one a line.
words_of_load()
{
	fake "$WORK/bin/magctl" <<<$'#!/bin/sh\nprintf "%s\\n" "$@" >'"'$WORK/argv'"
	(cd "$WORK" && mkdir -p bin &&
		sed "s|/out/|$WORK/|g; s|/magslab/|$GIVEN/add/|g" "$GIVEN/add/load" \
			>"$WORK/load" && PATH=$WORK/bin:$PATH busybox sh "$WORK/load")
	cat "$WORK/argv"
}

test_load()
{
	local target

	for target in trace flame; do
		in_copy make "$target" SCRIPT=slabrate WORKLOAD='a b$c;d' BACKEND="e'f#" \
			LOAD='-d 3s -w "2  $HOME" '\''q"r'\'' ; # \ %s * ""' >"$tap_out" 2>&1
		is "magctl's words, make $target" "$(words_of_load)" \
			"$(printf '%s\n' run 'a b$c;d' -b "e'f#" -d 3s -w \
				'2  $HOME' 'q"r' ';' '#' '\' '%s' '*' '' \
				--json "$WORK/load.json")"
		status "a quote without another, make $target" 2 \
			in_copy make "$target" SCRIPT=slabrate LOAD='-d "3s'
		says "it is said" 'LOAD=-d "3s'
	done
}

test_load_file()
{
	local name="my load's; #1:2"

	fake "$WORK/$name" <<<$'#!/bin/sh\nprintf "%s\\n" "$@" >'"'$WORK/argv'"
	in_copy make trace SCRIPT=slabrate LOAD_FILE="$WORK/$name" \
		LOAD='-n "a  b" ; # $x' >"$tap_out" 2>&1
	chmod -R +x "$GIVEN" 2>/dev/null
	is "a program of any name, and its words" "$(words_of_load)" \
		"$(printf '%s\n' -n 'a  b' ';' '#' '$x')"
}

# The script's arguments as the job has them, up to where it would run bpftrace.
words_of_args()
{
	local job=$COPY/scripts/vm/jobs/trace.sh

	{
		sed -n '/^set --$/,/^done/p; /args)"$/p' "$job" |
			sed "s|/magslab/|$GIVEN/add/|"
		echo 'printf "%s\n" "$@"'
	} >"$WORK/args.sh"
	busybox sh "$WORK/args.sh"
}

test_args()
{
	in_copy make trace SCRIPT=slabrate \
		ARGS='"" dentry "a  $b" '\''c"d'\'' \ ; # %s *' >"$tap_out" 2>&1
	is "the arguments of a script" "$(words_of_args)" \
		"$(printf '%s\n' '' dentry 'a  $b' 'c"d' '\' ';' '#' '%s' '*')"
	status "a quote without another" 2 \
		in_copy make trace SCRIPT=slabrate ARGS="it's"
	says "it is said" "ARGS=it's"
}

# Lists of names: no shell reads them, and no pattern becomes files.
test_lists()
{
	local target

	in_copy make check CHECKS='text; touch bad' >"$tap_out" 2>&1
	says "CHECKS is no command" 'no check "text;"'
	is "and none was run" "$(ls "$COPY/bad" 2>/dev/null)" ""
	rm -f "$WORK/kernels"
	in_copy make kernels KERNELS='* 6.1:um:debug' >"$tap_out" 2>&1
	is "KERNELS of make kernels" "$(cat "$WORK/kernels")" $'*\n6.1 um debug'
	for target in check trace-test bench; do
		in_copy make "$target" KERNELS='R*E' CHECKS=sparse >"$tap_out" 2>&1
		is "KERNELS of make $target" "$(grep -c README "$tap_out")" 0
	done
	in_copy make KDIR="$KDIR" KBUILD_FLAGS="KCFLAGS='-g  -O1' V=1" \
		>"$tap_out" 2>&1
	is "KBUILD_FLAGS with a blank in a word" "$(cat "$WORK/make.kcflags")" "-g  -O1"
}

# A name that is none of ours does nothing, which nobody would notice.
test_unknown()
{
	status "a variable that there is not" 2 in_copy make demo KERNAL=6.1
	says "it is named" 'KERNAL='
	status "LLVM= and the like are not ours" 2 in_copy make LLVM=1 CC=clang
	says "what is for the kernel's make is named" KBUILD_FLAGS
	status "a machine that there is not" 2 in_copy make demo MACHINE=qmu
	says "it is named, with those that there are" 'no machine "qmu"'
	is "before anything is built" "$(grep -c building "$tap_out")" 0
}

# User-Mode Linux gets its arguments one by one, and joins them with blanks.
test_um()
{
	fake "$WORK/linux" <<-EOF
	#!/bin/sh
	case \$1 in
	--version) echo 7.0; exit ;;
	--showconfig) printf 'CONFIG_%s=y\n' BLK_DEV_INITRD SSL; exit ;;
	esac
	printf '%s\n' "\$@" >"$WORK/um.argv"
	EOF
	: >"$WORK/job"
	in_copy "$TOP/scripts/vm/run" --machine um --kernel "$WORK/linux" --cpus 1 \
		--job "$WORK/job" --out "$WORK/um" \
		--append '  a=1 b="x  y" c=$HOME;#  d=\*' >"$tap_out" 2>&1
	is "words in quotes, and others" "$(tail -n 4 "$WORK/um.argv")" \
		"$(printf '%s\n' a=1 'b="x  y"' 'c=$HOME;#' 'd=\*')"
}

make_copy
echo "# a file for a pattern to match" >"$COPY/README"
test_every_variable
test_cmd
test_append
test_load
test_load_file
test_args
test_lists
test_unknown
test_um
tap_done
