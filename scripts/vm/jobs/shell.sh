#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Job of make vm: the module in, and a shell on the terminal.

insert /magslab/magslab.ko || echo "magslab.ko could not be inserted"
cat <<'EOF'

Linux with magslab inserted.  Try:
    magctl list
    magctl compare pair
    cat /sys/kernel/debug/magslab/totals
What you leave in /out is in out/vm afterwards.
`exit` ends the machine.
EOF
[ "$MAGSLAB_MACHINE" = um ] || echo "Ctrl-A X kills it."
echo
cd /root || exit
PS1='magslab# ' sh -i
exit 0
