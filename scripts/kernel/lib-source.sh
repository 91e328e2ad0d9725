# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The sources of Linux as Debian's linux-source packages have them, in the
# cache folder.  Sourced after lib.sh and lib-apt.sh.

VERSIONS="6.1 6.12 7.3"
# The package, and what is unpacked of it.
SOURCE_MIB=1100

# source_suite VERSION: the suite of Debian that carries it.
source_suite()
{
	case $1 in
	6.1) echo bookworm ;;
	6.12) echo trixie ;;
	7.3) echo trixie-backports ;;
	*) die "unknown kernel version $1" "The known ones are $VERSIONS." ;;
	esac
}

# Patterns for tar of what no kernel of ours compiles: a third of the size is
# left.  Kconfig files and Makefiles stay, for all of those are read.
source_excludes()
{
	local dir suffix

	for dir in arch/{alpha,arc,arm,csky,hexagon,loongarch,m68k,microblaze,mips} \
		arch/{nios2,openrisc,parisc,powerpc,riscv,s390,sh,sparc,xtensa} \
		arch/arm64/boot/dts \
		drivers/{accel,gpu,iio,infiniband,isdn,media,mtd,staging,scsi} \
		drivers/{comedi,crypto,hid,hwmon,leds,phy,pinctrl,usb} \
		drivers/net/{can,dsa,ethernet,phy,usb,wireless,wwan} \
		fs/{afs,bcachefs,btrfs,ceph,ext4,f2fs,gfs2,jfs,nfs,nfsd,ntfs3,ocfs2} \
		fs/{smb,ubifs,xfs} \
		samples sound tools/{perf,power,testing}; do
		for suffix in c h S dts dtsi json txt; do
			printf -- '--exclude=linux-source-*/%s/*.%s\n' "$dir" "$suffix"
		done
	done
	printf -- '--exclude=linux-source-*/Documentation/*.%s\n' \
		rst yaml txt svg json
}

excludes_key()
{
	source_excludes | sha256sum | cut -c 1-12
}

# have_source DIR: it is there, less what is excluded today.
have_source()
{
	[ "$(cat "$1/.excludes" 2>/dev/null)" = "$(excludes_key)" ]
}

# fetch_source VERSION DIR: unpack it as DIR, which is then whole or absent.
fetch_source()
{
	local version=$1 dir=$2 part=$2.part suite words deb
	local -a excludes

	suite=$(source_suite "$version")
	need_space "$CACHE" "$SOURCE_MIB" "the source of Linux $version"
	apt_setup
	words=$(apt_update) || warn "${words//$'\n'/; }"
	apt_setup_suite "$suite"
	words=$(apt_update) ||
		die "the package lists of Debian's $suite cannot be fetched" "$words"
	rm -rf "$part"
	mkdir -p "$part/tree"
	say "fetching linux-source-$version of $suite"
	apt_fetch "$part" "linux-source-$version" ||
		die "linux-source-$version could not be fetched" \
		    "The words of apt-get are above."
	deb=$(echo "$part"/linux-source-*.deb)
	say "unpacking it; this takes a minute"
	mapfile -t excludes < <(source_excludes)
	dpkg-deb --fsys-tarfile "$deb" |
		tar -xO "./usr/src/linux-source-$version.tar.xz" | xz -dc -T0 |
		tar -x -C "$part/tree" --strip-components=1 "${excludes[@]}"
	basename "$deb" >"$part/tree/.package"
	excludes_key >"$part/tree/.excludes"
	remove_tree "$dir"
	mv "$part/tree" "$dir"
	rm -rf "$part"
}
