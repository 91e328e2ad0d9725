# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What a machine boots into: the initramfs of vm/run, made on the spot.
# Sourced by vm/run, after its arguments are checked.

# find_busybox: a static one of the guest's architecture, in $BUSYBOX.
find_busybox()
{
	command -v cpio >/dev/null ||
		die "cpio is missing" "Run scripts/setup-packages vm."
	if [ "$ARCH" = arm64 ]; then
		BUSYBOX=$("$TOP/scripts/vm/fetch-arm64" busybox) || exit
		return
	fi
	BUSYBOX=$(command -v busybox) ||
		die "busybox is missing" "Run scripts/setup-packages vm."
	! LC_ALL=C grep -qa '/ld-linux' "$BUSYBOX" ||
		die "$BUSYBOX is not linked statically" \
		    "Install the package busybox-static in its place."
}

# put FILE PATH: a file of the guest.
put()
{
	mkdir -p "$(dirname "$ROOT/$2")"
	cp -L "$1" "$ROOT/$2"
	chmod 755 "$ROOT/$2"
}

# What the machine's files take: the initramfs and what it is made of, and the
# results.
LOGS_MIB=16
check_space()
{
	local add
	local -a files=("$BUSYBOX" "$JOB")

	for add in "${ADD[@]}"; do
		files+=("${add%:*}")
	done
	need_space "$SCRATCH" \
		$(($(du -Lcm "${files[@]}" | tail -n 1 | cut -f 1) * 2 + LOGS_MIB)) \
		"the machine's files"
}

# For init, and as its environment for the job.
write_env()
{
	local rows=24 columns=80

	if "$INTERACTIVE" && [[ $(stty size) =~ ^([1-9][0-9]*)\ ([1-9][0-9]*)$ ]]
	then
		rows=${BASH_REMATCH[1]} columns=${BASH_REMATCH[2]}
	fi
	cat >"$ROOT/magslab/env" <<-EOF
	MAGSLAB_MACHINE=$GUEST_MACHINE
	MAGSLAB_CONSOLE=$CONSOLE_PORT
	MAGSLAB_RESULT=$RESULT_PORT
	MAGSLAB_WORDS=$WORDS_PORT
	MAGSLAB_END=$END
	MAGSLAB_TOOLS=$("$TOOLS" && echo 1 || echo 0)
	MAGSLAB_INTERACTIVE=$("$INTERACTIVE" && echo 1 || echo 0)
	TERM='${TERM//[^a-z0-9-]/}'
	ROWS=$rows
	COLUMNS=$columns
	EOF
}

# A module's types and lines for debuggers are ten times the rest of it, which an
# emulated machine would load each time.  Of another architecture they stay.
strip_module() # FILE GUEST_PATH
{
	! strip -g -o "$SCRATCH/stripped" "$1" 2>/dev/null ||
		mv "$SCRATCH/stripped" "$ROOT/$2"
}

# make_initramfs: into $SCRATCH/initramfs.
make_initramfs()
{
	local add guest

	check_space
	ROOT=$SCRATCH/root
	mkdir -p "$ROOT/magslab" "$ROOT/etc"
	put "$BUSYBOX" bin/busybox
	put "$TOP/scripts/vm/init" init
	put "$TOP/scripts/vm/module" magslab/insert
	ln "$ROOT/magslab/insert" "$ROOT/magslab/remove"
	put "$JOB" magslab/job
	for add in "${ADD[@]}"; do
		guest=${add##*:}
		[[ $guest == /* ]] || guest=magslab/$guest
		put "${add%:*}" "$guest"
		[[ $guest != *.ko ]] || strip_module "${add%:*}" "$guest"
	done
	printf '%s\n' root:x:0:0::/root:/bin/sh \
		nobody:x:65534:65534::/:/bin/sh >"$ROOT/etc/passwd"
	printf '%s\n' root:x:0: nogroup:x:65534: >"$ROOT/etc/group"
	write_env
	find "$ROOT" -mindepth 1 -printf '%P\0' | sort -z |
		cpio -D "$ROOT" -0 -o -H newc -R +0:+0 --quiet >"$SCRATCH/initramfs"
	rm -rf "$ROOT"
}
