#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# hosts.sh: what a host or a kernel of the user's lacks is named, with the cure, and
# what does not matter there is done without.  TAP on standard output.
# shellcheck disable=SC2016 # for other shells
set -uo pipefail
. "$(dirname "$0")/lib.sh"

# A boot image of x86, as far as anybody looks into it.
make_image() # FILE
{
	mkdir -p "$(dirname "$1")"
	{
		head -c $((0x202)) /dev/zero
		printf HdrS
		head -c 8 /dev/zero
		printf '\0\4'
		head -c $((0x600 - 0x210)) /dev/zero
		printf '7.0.0-made-up (me)\0'
		head -c 128 /dev/zero
	} >"$1"
}

# pick VARIABLE=VALUE...: as a user who is not root.
pick()
{
	local -a drop=()

	[ "$(id -u)" -ne 0 ] ||
		drop=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	in_copy "$@" "${drop[@]}" scripts/kernel/pick "$WORK/public/picked"
}

test_image()
{
	local image=$KDIR/arch/x86/boot/bzImage

	cp "$TOP/scripts/kernel/pick" "$COPY/scripts/kernel/pick"
	chmod 755 "$WORK"
	mkdir -m 777 "$WORK/public"
	make_image "$image"
	status "an image beside its headers" 0 pick KDIR="$KDIR"
	chmod 000 "$image"
	status "one that only root may read" 4 pick KDIR="$KDIR"
	says "is named" "error: the image $image is there, and you may not read it"
	says "with the cure" "sudo install -m 644 $image "
	status "one that the user named" 4 pick KDIR="$KDIR" KERNEL_IMAGE="$image"
	says "is named as well" "error: the image $image is there, and you may not"
	rm -f "$image"
	status "one that is not there" 4 pick KDIR="$KDIR"
	says "is another matter" "no image of Linux 7.0.0-made-up was found"
	make_copy
}

# What only builds of modules were prepared for.
test_symvers()
{
	rm "$KDIR/Module.symvers"
	status "no Module.symvers" 0 in_copy make demo
	says "is worth a warning" "warning: .*$KDIR has no Module.symvers"
	echo CONFIG_MODVERSIONS=y >>"$KDIR/include/config/auto.conf"
	status "no Module.symvers, where the kernel compares versions" 2 \
		in_copy make demo
	says "is an error" "error: $KDIR has no Module.symvers"
	says "with the cure" "make -C $KDIR modules"
	: >"$KDIR/Module.symvers"
	status "with it all is well" 0 in_copy make demo
	is "and nothing is said" "$(grep -c Module.symvers "$tap_out")" 0
	make_copy
}

# A compiler that finds no static library, but others.
test_static()
{
	fake "$WORK/bin/cc" <<-EOF
	#!/bin/sh
	case " \$* " in
	*" -static "*) echo "cannot find -ljansson" >&2; exit 1 ;;
	esac
	exit 0
	EOF
	status "make, without a static jansson" 0 \
		in_copy PATH="$WORK/bin:$PATH" make KDIR="$KDIR"
	is "magctl is linked to the shared one" "$(cat "$COPY/magctl")" static=
	says "which is said" "warning: .*libjansson.a"
	status "again" 0 in_copy PATH="$WORK/bin:$PATH" make KDIR="$KDIR"
	status "make demo, whose machine has no libraries" 2 \
		in_copy PATH="$WORK/bin:$PATH" make demo
	says "needs the static one" "error: .*libjansson.a"
	says "and there is the cure" libjansson-dev
	rm -rf "$COPY/out"
	status "make, with it" 0 in_copy make KDIR="$KDIR"
	is "magctl needs no library" "$(cat "$COPY/magctl")" static=1
}

make_copy
test_image
test_symvers
test_static
tap_done
