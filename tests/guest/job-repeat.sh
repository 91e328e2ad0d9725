#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# One micro run, whose figures in /out/json are to be those of another boot.
# shellcheck source=/dev/null
. /magslab/lib.sh

load || exit
mkdir -p /out/json
compare_pair /out/json/pair.json || exit
unload && gone
