#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The tests of scripts that /magslab/tests names, one a line: a TAP file each.

insert /magslab/magslab.ko || exit
status=0
while IFS= read -r name; do
	sh "/magslab/test-$name.sh" >"/out/$name.tap" 2>&1 </dev/null ||
		status=1
	grep '^not ok' "/out/$name.tap"
	echo "$name: $(grep -c '^ok' "/out/$name.tap") passed"
done </magslab/tests
remove magslab || exit
exit $status
