# SPDX-License-Identifier: GPL-2.0-only
# What stacks/sample.bt printed, as folded stacks: a line a stack, the thread and
# then its frames from the outermost in, with semicolons between, and how many
# samples it is.
#
# -v resolved=FILE holds a line for each address: it, the function that it is in,
# and its module.  Of a kernel's thread on each CPU the number is left out.  A
# thread in user space has no stack in the kernel, which is a frame as well; so is
# one that bpftrace could not tell.  A CPU's idle thread is called "idle" unless
# an interrupt came while it ran.

BEGIN {
	while ((getline line <resolved) > 0) {
		at = substr(line, 1, index(line, " ") - 1)
		name[at] = substr(line, index(line, " ") + 1)
	}
}

# The key; where there is no stack, its end stands in the same line.
/^@samples\[/ {
	sub(/^@samples\[/, "")
	thread = $0
	sub(/, [0-9]+, (\]: [0-9]+)?$/, "", thread)
	idle = index($0, thread ", 0, ") == 1
	sub(/\/[0-9]+$/, "/N", thread)
	depth = 0
	if (!sub(/^.*, \]/, "]"))
		next
}

/^\t/ { frame[++depth] = name[$1]; next }

/^\]: [0-9]+$/ {
	stack = ""
	for (i = depth; i; i--) {
		stack = stack ";" frame[i]
		if (frame[i] ~ /^asm_(sysvec_|common_interrupt)/)
			idle = 0
	}
	if (!depth)
		stack = ";[no kernel stack]"
	samples[(idle ? "idle" : thread) stack] += $2
}

END {
	for (stack in samples)
		print stack, samples[stack]
}
