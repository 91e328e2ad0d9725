# SPDX-License-Identifier: GPL-2.0-only
# The shares of CPU that the allocators have in stacks that are folded, as a
# table: of all samples, of those while a CPU was not idle, and of the workers',
# which are those of their threads and of whatever else ran the module's code.
# owner.awk says whose a sample is.

{
	count = $NF
	sub(/ [0-9]+$/, "")
	depth = split($0, frame, ";")
	owner = ""
	for (i = 2; i <= depth; i++)
		owner = owner_of(owner, frame[i])
	add("all")
	if (frame[1] != "idle")
		add("busy")
	if (frame[1] == "magslab/N" || / \[magslab\]/)
		add("workers")
}

function add(column)
{
	samples[column] += count
	owned[column, owner] += count
}

function percent(part, whole)
{
	return whole ? sprintf("%.1f %%", 100 * part / whole) : "-"
}

function row(owner)
{
	printf "  %-10s %9s %9s %9s\n", owner,
	       percent(owned["all", owner], samples["all"]),
	       percent(owned["busy", owner], samples["busy"]),
	       percent(owned["workers", owner], samples["workers"])
}

END {
	printf "  %-10s %9s %9s %9s\n", "share of", "all", "not idle", "workers"
	row("magslab")
	row("SLUB")
	printf "  %-10s %9d %9d %9d\n", "samples", samples["all"],
	       samples["busy"], samples["workers"]
}
