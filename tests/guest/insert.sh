#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What insert and remove say where the kernel refuses.  At the end the module is out,
# and this kernel takes no module any more.
# shellcheck source=/dev/null
. /magslab/tap.sh
# shellcheck source=/dev/null
. /magslab/lib.sh

broken=/tmp/broken.ko
said=/tmp/insert.said
LOCKDOWN=/sys/kernel/security/lockdown

# The claim that a command fails; its output is kept.
refused() { # NAME COMMAND...
	refused_name=$1
	shift
	ok "$refused_name" fails "$@"
	# shellcheck disable=SC2154 # tap.sh sets it
	cp "$tap_out" "$said"
}

# The opposite of says, for what the last command that was refused said.
says_not() { # NAME REGEX
	ok "$1" fails grep -E -- "$2" "$said"
}

test_in() {
	refused "a module that is in already" insert "$MODULE"
	says "is told" "It is in already"
	exec 7</dev/magslab
	refused "one that is open" remove magslab
	says "is told by its users" "Somebody uses it \(magslab .* 1 "
	exec 7<&-
	ok "one that nobody uses goes out" remove magslab
	refused "one that is out" remove magslab
	says "is told" "rmmod: "
}

# altered FROM TO: a module of as many bytes.
altered() {
	sed "s/$1/$2/g" "$MODULE" >"$broken"
	! cmp -s "$MODULE" "$broken"
}

test_foreign() {
	ok "there is a module of another kernel" altered mod_unload mod_unluck
	refused "it does not go in" insert "$broken"
	says "the kernel's words are shown" "the kernel: .*version magic .*mod_unluck"
	says "and what helps" "built for another kernel: .*KDIR="
	ok "there is one that needs what is not there" \
		altered misc_register misc_registem
	refused "it does not go in" insert "$broken"
	says "the kernel names the symbol" "the kernel: .*Unknown symbol misc_registem"
	says "and what helps is told" "machines.rst .*CONFIG_TRIM_UNUSED_KSYMS"
	says_not "what it said before is not shown again" mod_unluck
	is "each line is shown once" "$(sort "$said" | uniq -d)" ""
	head -c 1000 "$MODULE" >"$broken"
	refused "half a module does not go in" insert "$broken"
	says "is told" "not a whole module: build it again"
}

test_parameter() {
	refused "a parameter that is none of its values" insert "$MODULE" debug=CX
	says "is named by the kernel" "the kernel: .*debug"
	ok "nothing is left" gone
}

test_user() {
	refused "a user who is not root" \
		su -s /bin/sh nobody -c "/magslab/insert $MODULE"
	says "is told" "Only root may: CAP_SYS_MODULE"
	says_not "without a word of /dev/kmsg or dmesg" "kmsg|dmesg|klogctl"
}

# Until the next boot, and then debugfs is closed to init as well, which reads there
# what kmemleak and gcov found.
test_lockdown() {
	if [ ! -w "$LOCKDOWN" ] || [ -e /sys/kernel/debug/kmemleak ] ||
		[ -d /sys/kernel/debug/gcov ]; then
		skip "a kernel that is locked down" "this one cannot be, or not now"
		return
	fi
	echo integrity >"$LOCKDOWN"
	# The kernel may say so a few times in so many seconds, and then no more.
	for _ in $(seq 15); do
		insert "$MODULE" 2>/dev/null
	done
	refused "with lockdown none goes in" insert "$MODULE"
	says "is told, though the kernel says no more" "This kernel is locked down"
	says_not "and not that only root may" "CAP_SYS_MODULE"
}

# Until the next boot: last.
test_disabled() {
	echo 1 >/proc/sys/kernel/modules_disabled
	refused "with kernel.modules_disabled none goes in" insert "$MODULE"
	says "is told" "kernel.modules_disabled is 1"
}

# The area before may have it left in or out.
[ -d /sys/module/magslab ] || load || exit
test_in
test_foreign
test_parameter
test_user
test_lockdown
test_disabled
rm -f "$broken" "$said"
tap_done
