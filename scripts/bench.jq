# SPDX-License-Identifier: GPL-2.0-only
# What scripts/bench makes of the guest's lines, and scripts/bench-report of its
# files: a figure is a case, a subject (magslab, slub, floor) and a value.

def rounded($digits): . * pow(10; $digits) | round / pow(10; $digits);

# A line of the guest's with the one value that counts, and a name for each
# number of CPUs that a case was run on.
def figure:
	if .case | startswith("memory-") then
		.value = (.held_bytes / .live_bytes | rounded(3))
	elif .case == "reap" then
		.value = (.after_bytes / .peak_bytes * 100 | rounded(3))
	else
		.value = .net
	end
	| if .case | startswith("scale-")
	  then .case += "-\(.cpus)" else . end;

# How often the depot's lock was found taken, a figure of its own.
def contention:
	select(.operations > 0 and .cpus > 1) |
	{case: (.case | sub("^scale-"; "") | sub("-[0-9]+$"; "")), subject, cpus,
	 online, unit: "percent",
	 value: (.depot_contended / .operations * 100 | rounded(4)),
	 operations, depot_contended} |
	.case = "contended-\(.case)-\(.cpus)";

# {case: {subject: value}} of a file.
def figures:
	reduce .results[] as $r ({}; .[$r.case][$r.subject] = $r.value);

# By which a file's figures are found in the baseline.
def name: "\(.kernel)-\(.machine)";

# The bounds that a target sets; null for one that hangs on what is missing.
def bounds($f):
	[(.most // empty),
	 (.most_of_slub // empty | . as $share |
	  ($f.slub // null) | if . == null then . else . * $share end)];

def all_bounds($all):
	bounds($all[.case]) +
	[if .most_of_case then
		.times as $times | $all[.most_of_case].magslab |
		if . == null then . else . * $times end
	 else empty end];

# What is less than the least there can be says something of how it was taken,
# and nothing of a target.
def below_floor($f):
	$f.magslab < 0 or ($f.floor != null and $f.magslab < $f.floor);

# Whether the machine could explain a difference in time: a primitive that SLUB or
# magslab uses costs far more calls than on bare metal.  Neither uses bottom halves,
# and reading the clock is in no net figure.
def distorted:
	any(.primitives.costs[];
	    .out_of_proportion and (.name | IN("clock", "bh") | not));

# Whether something makes the comparison unequal: caches that are debugged, a
# kernel that watches itself.  What primitives cost is distorted's.
def unequal:
	any(.warnings[]; .precondition and (.name | startswith("machine_") | not));

# $spoilt: of a file, whether it is distorted and whether it is unequal.
def spoilt: {distorted: distorted, unequal: unequal};

def verdict($all; $spoilt):
	$all[.case].magslab as $value | all_bounds($all) as $bounds |
	if $value == null then "not measured"
	elif $bounds == [] then "-"
	elif $spoilt.unequal then "refused"
	elif .unit == "ns" and $spoilt.distorted then "machine"
	elif below_floor($all[.case]) then "below floor"
	elif any($bounds[]; . == null) then "not measured"
	elif $value <= ($bounds | min) then "met"
	else "MISSED" end;

def target_text:
	[(.most // empty | "<= \(.)"),
	 (.most_of_slub // empty | "<= \(.) of SLUB"),
	 (.times // empty | "<= \(.) of 1 CPU")] |
	if . == [] then "-" else join(", ") end;

# Of instruction counts alone, for only they repeat: in whole thousandths, so
# that what is exactly the limit is none.
def regressed($old; $percent):
	.unit == "insns" and $old != null and .value != null and
	(.value * 1000 | round) * 100 > ($old * 1000 | round) * (100 + $percent);

def change($old):
	if $old == null or . == null then "-"
	elif $old == 0 then (if . == 0 then "0.0 %" else "from 0" end)
	else ((. / $old - 1) * 100 | rounded(1) |
	      "\(if . > 0 then "+" else "" end)\(.) %") end;

# A figure, with as many digits as it is good for.
def shown($unit):
	if . == null then "-"
	elif $unit == "insns" or $unit == "ns" then
		rounded(1) | tostring | if test("[.]") then . else "\(.).0" end
	else tostring end;

# The rows of a file's table in one unit, a list of cells each.
def rows($targets; $baseline; $unit; $percent):
	figures as $all | ($baseline[name].figures // {}) as $old |
	.machine as $machine | spoilt as $spoilt |
	$targets[] | select(.machine == $machine and .unit == $unit) |
	$all[.case] as $f | $old[.case].magslab as $was |
	[.title, ($f.slub | shown($unit)), ($f.floor | shown($unit)),
	 ($f.magslab | shown($unit)),
	 (if $f.slub and $f.magslab and $f.slub != 0
	  then ($f.magslab / $f.slub | rounded(2) | tostring) else "-" end),
	 target_text, verdict($all; $spoilt), ($was | shown($unit)),
	 (($f.magslab | change($was)) +
	  (if {unit: $unit, value: $f.magslab} | regressed($was; $percent)
	   then " REGRESSED" else "" end))];

# What is to be known of a file before its tables.
def heading:
	.environment as $e |
	"Linux \($e.kernel) on \(.machine), \(.cpus) CPUs, preemption \($e.preempt)",
	"magslab \($e.module_version), clock \(.clock) in \(.unit), \(.compiler)",
	"hooks on: \([$e.hooks | to_entries[] | select(.value) | .key] | join(" "))",
	"primitives: \([.primitives.costs[] | select(.measured) |
		"\(.name) \(.median | rounded(1))"] | join(" ")) \(.unit)",
	(.warnings[] | "WARNING: \(.text)");

def regressions($baseline; $percent):
	figures as $all | ($baseline[name].figures // {}) as $old |
	[.results[] | select(.subject == "magslab") |
	 select(regressed($old[.case].magslab; $percent)) | .case];

def baseline_entry:
	{key: name,
	 value: {kernel_release: .environment.kernel, build: .kernel_build,
		 compiler, figures: figures}};
