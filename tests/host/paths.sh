#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# paths.sh: scratch files, outputs and the checkout in folders of odd names, of long
# ones, and on disks that are full.  TAP on standard output.
# shellcheck disable=SC2016 # dollars are in names
set -uo pipefail
. "$(dirname "$0")/lib.sh"

LONG=$(printf 'long-name-%.0s' {1..9})
LONG=$LONG/$LONG/$LONG

# A machine that takes its files where QEMU would look for them, by the same rules,
# and ends well.
fake_qemu()
{
	mkdir -p "$WORK/result/.vm"
	printf 'taint 0\n' | tee "$WORK/result/.vm/before" >"$WORK/result/.vm/after"
	echo '<3>magslab-vm: the job starts' >"$WORK/result/.vm/dmesg"
	fake "$WORK/bin/qemu-system-x86_64" <<EOF
#!/bin/bash
# Of "file,id=NAME,path=FILE", where a comma of a name is doubled.
path_of()
{
	local words=\${1//,,/\$'\\1'}

	[[ \$words =~ ^file,id=\$2,path=([^,]*)\$ ]] || return
	echo "\${BASH_REMATCH[1]//\$'\\1'/,}"
}
[ "\$1" != --version ] || { echo "QEMU emulator version 9.0"; exit; }
ls /proc/\$\$/fd >"$WORK/fds"
while [ \$# -gt 0 ]; do
	case \$1 in
	-chardev)
		file=\$(path_of "\$2" console) && console=\$file
		file=\$(path_of "\$2" result) && result=\$file ;;
	-initrd) cp "\$2" "$WORK/initrd" || exit ;;
	-kernel) [ -r "\$2" ] || exit ;;
	esac
	shift
done
echo "[0] magslab-vm: the job starts" >"\$console" || exit
$1
tar -czf "$WORK/body" -C "$WORK/result" . || exit
{
	echo "MAGSLAB-RESULT 0 \$(stat -c %s "$WORK/body")" \\
		"\$(sha256sum <"$WORK/body" | cut -d ' ' -f 1)"
	cat "$WORK/body"
} >"\$result"
EOF
}

# User-Mode Linux looks its words up in what its arguments are, joined by blanks.
fake_um()
{
	fake "$WORK/linux" <<EOF
#!/bin/bash
case \$1 in
--version) echo 7.0; exit ;;
--showconfig) printf 'CONFIG_%s=y\n' BLK_DEV_INITRD SSL; exit ;;
esac
for word in \$*; do
	case \$word in
	initrd=*) [ -s "\${word#*=}" ] || exit 9 ;;
	uml_dir=*)
		mkdir -p "\${word#*=}/magslab" || exit 9
		socket=\${word#*=}/magslab/mconsole
		[ \${#socket} -lt 108 ] || exit 9 ;;
	esac
done
echo "magslab-vm: the job starts"
tar -czf "$WORK/body" -C "$WORK/result" .
{
	echo "MAGSLAB-RESULT 0 \$(stat -c %s "$WORK/body")" \\
		"\$(sha256sum <"$WORK/body" | cut -d ' ' -f 1)"
	cat "$WORK/body"
} >&4
EOF
}

# run_machine VARIABLE=VALUE... [-- ARGUMENT...]: the true vm/run.
run_machine()
{
	local -a variables=()

	while [[ ${1:-} == *=* ]]; do
		variables+=("$1")
		shift
	done
	in_copy PATH="$WORK/bin:$PATH" "${variables[@]}" timeout 100 \
		"$TOP/scripts/vm/run" --job "$WORK/job" --out "$WORK/out" \
		--add "$WORK/job:job2" "$@"
}

qemu()
{
	run_machine "$@" --kernel "$WORK/image"
}

um()
{
	run_machine "$@" --kernel "$WORK/linux" --machine um --cpus 1
}

# Names of folders, none of which means anything to us.
NAMES=('a,b' 'a,,b,path=c' 'a  b' "it's" 'a"b' 'a$b' 'a$(id)' 'a;b' 'a&b' 'a\b' '[a]*?'
       'a#b' 'a%b' 'a:b' 'a=b' '-a' 'ümläut' "$LONG")

test_scratch()
{
	local name dir

	for name in "${NAMES[@]}"; do
		dir=$WORK/tmp/$name
		mkdir -p "$dir"
		status "TMPDIR of $name" 0 qemu TMPDIR="$dir"
		ok "and its result" test -s "$WORK/out/dmesg.log"
		status "with User-Mode Linux" 0 um TMPDIR="$dir"
		is "nothing is left in it" "$(ls -A "$dir")" ""
		rm -rf "$WORK/out"
		case $name in
		*[\\\'=\ ]* | "$LONG") ;;
		*) continue ;;
		esac
		in_copy TMPDIR="$dir" make trace SCRIPT=slabrate ARGS=x \
			>"$tap_out" 2>&1
		is "make trace, there" "$(cat "$GIVEN/add/args" 2>&1)" " 'x'"
		in_copy TMPDIR="$dir" "$TOP/tests/host/flame.sh" >"$tap_out" 2>&1
		is "the flame graph, there" \
			"$(grep -c '^ok' "$tap_out")$(grep '^not' "$tap_out")" 15
		is "nor then" "$(ls -A "$dir")" ""
	done
	mkdir -p "$COPY/tmp"
	status "a TMPDIR from here" 0 qemu TMPDIR=tmp
	is "nothing is left in it" "$(ls -A "$COPY/tmp")" ""
	is "no lock is the machine's" "$(awk '$1 > 9 && $1 < 255' "$WORK/fds")" ""
}

test_no_scratch()
{
	local command

	: >"$WORK/file"
	for command in "make demo" "make test" "make trace SCRIPT=slabrate" \
		"make check CHECKS=text" "scripts/plot $WORK/a.svg $WORK/a.json:b"; do
		# shellcheck disable=SC2086 # words
		in_copy TMPDIR="$WORK/none" $command >"$tap_out" 2>&1
		says "a TMPDIR that is not there, $command" \
			"error: there is no folder $WORK/none for scratch files"
		# shellcheck disable=SC2086
		in_copy TMPDIR="$WORK/file" $command >"$tap_out" 2>&1
		says "one that is a file, $command" "folder $WORK/file "
	done
	says "the cure" 'TMPDIR='
}

# What is neither a letter nor a digit, but for what names of versions have.
SPECIAL=' :#$%"()*;<>?[]^`{|}=,&!'\'\\

# Each is refused before anything is made, and is named.
test_refused()
{
	local i char

	for ((i = 0; i < ${#SPECIAL}; i++)); do
		char=${SPECIAL:i:1}
		in_copy make demo "O=$WORK/o${char}x" >"$tap_out" 2>&1
		says "O with $char" "error: the output folder .* has a .* in it"
		in_copy make kernels-clean "MAGSLAB_CACHE=$WORK/o${char}x" \
			>"$tap_out" 2>&1
		says "MAGSLAB_CACHE with it" \
			"error: the cache folder .* has a .* in it"
		is "nothing is made" "$(find "$WORK" -maxdepth 1 -name 'o?x')" ""
	done
	in_copy make demo 'O=~/x' >"$tap_out" 2>&1
	says "a tilde that no shell has seen to" "error: .*~/x"
	for char in ' ' '#' ',' "'"; do
		cp -r "$COPY" "$WORK/my${char}copy"
		(cd "$WORK/my${char}copy" && make demo && exit 1
		 scripts/kernel/build 7.3) >"$tap_out" 2>&1
		says "a checkout with $char" \
			"error: the path of this checkout .* has a .* in it"
		cp -r "$KDIR" "$WORK/my${char}kdir"
		in_copy make KDIR="$WORK/my${char}kdir" >"$tap_out" 2>&1
		says "KDIR with it" "error: KDIR .* has a .* in it"
	done
}

test_taken()
{
	local name copy=$WORK/$LONG/checkout

	for name in 'ümläut' 'a+b' 'a@b' 'a~b' 'a-b_c.d' "$LONG"; do
		status "O of $name" 0 in_copy make demo O="$WORK/taken/$name"
	done
	mkdir -p "$copy"
	cp -r "$COPY/." "$copy/"
	rm -rf "$copy/out"
	(cd "$copy" && make demo) >"$tap_out" 2>&1
	ok "a checkout of a long path" test -d "$copy/out/demo"
}

# on_disk SIZE COMMAND...: with a file system of that size on $WORK/disk.
on_disk()
{
	mkdir -p "$WORK/disk"
	SIZE=$1 DISK=$WORK/disk unshare -m sh -c \
		'mount -t tmpfs -o "size=$SIZE" tmpfs "$DISK" && exec "$@"' sh "${@:2}"
}

test_full()
{
	if ! on_disk 1m true 2>/dev/null; then
		skip "full disks" "no file system can be mounted here"
		return
	fi
	test_full_scratch
	test_full_out
}

# machine_on SIZE: the machine's scratch files on a disk of that size.
machine_on()
{
	on_disk "$1" env -i PATH="$WORK/bin:$PATH" HOME="$WORK" \
		TMPDIR="$WORK/disk" "$TOP/scripts/vm/run" --job "$WORK/job" \
		--out "$WORK/out" --kernel "$WORK/image" >"$tap_out" 2>&1
}

test_full_scratch()
{
	machine_on 1m
	says "a small TMPDIR is said to be" \
		"the machine's files: [0-9]+ MiB are needed in $WORK/disk"
	says "and the cure" 'TMPDIR='
	machine_on 64m
	is "64 MiB are enough" $? 0
	fake_qemu "dd if=/dev/zero of='$WORK/disk/filler' bs=1M count=128 2>/dev/null"
	machine_on 64m
	says "one that is full in the end" "the disk of $WORK/disk/.* is full"
	says "and the cure of that" 'TMPDIR='
	fake_qemu :
}

# demo_on SIZE CHECKOUT VARIABLE=VALUE...: make demo, with such a disk.
demo_on()
{
	on_disk "$1" env -i PATH="$PATH" HOME="$WORK" make -C "$2" demo "${@:3}" \
		>"$tap_out" 2>&1
}

test_full_out()
{
	demo_on 1m "$COPY" O="$WORK/disk/out"
	says "a small O= is said to be" "[0-9]+ MiB are needed in $WORK/disk/out"
	says "the cure" 'O= '
	demo_on 100m "$COPY" O="$WORK/disk/out" \
		KBUILD_FLAGS="FILL=$WORK/disk/filler"
	says "one that is full in the end" "the disk of $WORK/disk/out is full"
	says "the cure of that" 'O= '
	is "said once" "$(grep -c 'is full' "$tap_out")" 1
	demo_on 1m "$TOP" O="$WORK/disk/out" MAGSLAB_CACHE="$WORK/disk/cache"
	says "a small cache" "[0-9]+ MiB are needed in $WORK/disk/cache"
	says "its cure" 'MAGSLAB_CACHE= '
}

make_copy
fake_qemu :
fake_um
: >"$WORK/job"
test_scratch
test_no_scratch
test_refused
test_taken
test_full
tap_done
