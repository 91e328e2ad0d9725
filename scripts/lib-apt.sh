# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The distribution's packages as files: the machine's own sources, keys and
# pins, but lists and downloads in the cache folder.  Works as any user and
# changes nothing on the machine.  Sourced after lib.sh.

# apt_setup: needs $CACHE and the lock on it; sets $APT_CONF.
apt_setup()
{
	command -v apt-get >/dev/null ||
		die "this is not a Debian system: there is no apt-get" \
		    "Bring a kernel of your own: KDIR= and KERNEL_IMAGE=."
	mkdir -p "$CACHE/apt/lists/partial" "$CACHE/apt/archives/partial"
	APT_CONF=$CACHE/apt/apt.conf
	# The hooks and extra indexes of the machine's configuration are for
	# its own state; the sandbox user cannot reach a folder of ours.
	cat >"$APT_CONF" <<-EOF
	#clear APT::Update::Pre-Invoke;
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	#clear Acquire::IndexTargets;
	Acquire::IndexTargets::deb::Packages {
		MetaKey "\$(COMPONENT)/binary-\$(ARCHITECTURE)/Packages";
		flatMetaKey "Packages";
		ShortDescription "Packages";
		Description "\$(RELEASE)/\$(COMPONENT) \$(ARCHITECTURE) Packages";
		Optional "0";
	};
	Acquire::Languages { "none"; };
	Acquire::Retries "2";
	Acquire::http::Timeout "20";
	Acquire::https::Timeout "20";
	APT::Update::Error-Mode "any";
	APT::Sandbox::User "root";
	Dir::State::lists "$CACHE/apt/lists";
	Dir::Cache "$CACHE/apt";
	Dir::Cache::pkgcache "pkgcache.bin";
	EOF
}

# apt_update: refresh the lists; on failure its complaint is on stdout.
apt_update()
{
	say "asking the distribution for its newest packages"
	apt-get -c "$APT_CONF" update -qq 2>&1
}

# apt_depends PACKAGE: the packages it depends on, one a line.
apt_depends()
{
	LC_ALL=C apt-cache -c "$APT_CONF" depends --important "$1" 2>/dev/null |
		sed -n 's/^ |\{0,1\} *\(Pre\)\{0,1\}Depends: \([^<]*\)$/\2/p'
}

# apt_version PACKAGE: the version that would be fetched, or nothing.
apt_version()
{
	LC_ALL=C apt-cache -c "$APT_CONF" policy "$1" 2>/dev/null |
		sed -n 's/^  Candidate: \([^(].*\)/\1/p'
}

# apt_fetch DIR PACKAGE...: download into DIR, signatures checked.
apt_fetch()
{
	local dir=$1

	shift
	(cd "$dir" && apt-get -c "$APT_CONF" download -q "$@" >&2)
}

# debian_site [OPTION...]: the mirror of Debian's that apt's sources name, if one does, by
# what its lists say of themselves.  Options of apt's.
debian_site()
{
	# shellcheck disable=SC2016 # apt-get is to expand it
	apt-get "$@" indextargets --format '$(SITE)' \
		'Created-By: Packages' 'Origin: Debian' 'Label: Debian' |
		sed -n 1p
}

# apt_setup_suite SUITE: instead of the machine's own sources, Debian's SUITE,
# from the mirror that those name and by the keyring that is installed.  Needs
# apt_setup and apt_update before it, for what the sources say of themselves.
apt_setup_suite()
{
	local suite=$1 site keyring=/usr/share/keyrings/debian-archive-keyring.gpg

	site=$(debian_site -c "$APT_CONF")
	[ -n "$site" ] ||
		die "none of the machine's package sources is Debian's own" \
		    "linux-source comes from there."
	[ -r "$keyring" ] ||
		die "there is no $keyring to check Debian's signatures by" \
		    "Install it: apt-get install debian-archive-keyring"
	mkdir -p "$CACHE/apt/$suite/lists/partial"
	echo "deb [signed-by=$keyring] $site $suite main" \
		>"$CACHE/apt/$suite/sources.list"
	cat >>"$APT_CONF" <<-EOF
	Dir::Etc::sourcelist "$CACHE/apt/$suite/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	Dir::Etc::preferences "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	Dir::State::lists "$CACHE/apt/$suite/lists";
	Dir::Cache::pkgcache "$suite.bin";
	EOF
}
