# SPDX-License-Identifier: GPL-2.0-only
# Whose a sample is: an allocator's from where it is entered, with all that it
# calls, locks, pages and reclaim included, up to an interrupt, which is nobody's
# until it enters an allocator itself.  Where one allocator calls the other, the
# first has it.
#
# Read before the program that asks.  -v slub=FILE holds the expressions of
# stacks/slub, -v mag=FILE the names of all functions of kmod/allocator.

BEGIN {
	while ((getline line <slub) > 0)
		if (line !~ /^#/)
			entries = entries "|" line
	entries = "^(" substr(entries, 2) ")$"
	while ((getline line <mag) > 0)
		allocator[bare(line)] = 1
}

# Without the module, GCC's suffix and that of allocation profiling.
function bare(name)
{
	sub(/ \[.*$/, "", name)
	sub(/\..*$/, "", name)
	sub(/_noprof$/, "", name)
	return name
}

# owner_of: of a frame, where the one that called it was OWNER's.
function owner_of(owner, frame)
{
	if (frame ~ /^asm_(sysvec_|common_interrupt)/)
		return ""
	if (owner != "")
		return owner
	if (frame ~ / \[magslab\]$/)
		return bare(frame) in allocator ? "magslab" : ""
	return frame !~ / \[/ && bare(frame) ~ entries ? "SLUB" : ""
}
