# SPDX-License-Identifier: GPL-2.0-only
#
# tables.awk: what the scripts of this folder print, as tables: under a heading,
# the largest first.  Of bpftrace's text, for its JSON drops the blanks in keys
# since 0.27.
#
#   bpftrace slabrate.bt | awk -f tables.awk [-v rows=20]
#
# At most `rows` rows are printed, by default 20, and all if it is 0; the last
# row has the sum of the others.  A script prints no more than 20 itself.
#
# Before a map a script prints a line that says what its values are, and what its
# keys are; of a histogram, what its lines are of comes last:
#
#	objects freed [cache, caller, process]:
#	calls [cache, ns]:
#	percent of them elsewhere [cache], each:
#
# Rows of the same keys are added up, unless the line says "each".  All maps up to
# the next such line are of one table.  All else is printed as it is, but empty
# lines, of which bpftrace prints many, are never two.

BEGIN {
	if (rows == "")
		rows = 20
	reset()
}

# What is counted, and the names of its keys, from the line before a map.
function read_title(line,	at) {
	each = sub(/\], each:$/, "]:", line)
	sub(/:$/, "", line)
	named = 0
	if (line ~ /\]$/ && (at = index(line, " ["))) {
		named = split(substr(line, at + 2, length(line) - at - 2),
			      column, ", ")
		line = substr(line, 1, at - 1)
	}
	what = line
}

function reset() {
	title = what = stack = ""
	nr = named = each = bars = in_bars = in_stack = apart = 0
	split("", value)
	split("", key)
	split("", row_of)
	split("", bar)
}

function say(text) {
	if (text == "") {
		gap = 1
		return
	}
	if (gap && said)
		print ""
	gap = 0
	said = 1
	print text
}

# The row of these keys, which may be new.
function find_row(keys) {
	if (!each && keys in row_of)
		return row_of[keys]
	row_of[keys] = ++nr
	key[nr] = keys
	return nr
}

# An entry of a map: "KEYS]: VALUE", or ": VALUE" of a map without keys, whose
# VALUE is empty where lines of a histogram follow.
function add(name, keys, number,	i) {
	if (title == "" && what != "" && what != name)
		flush_table()
	if (title == "")
		what = name
	i = find_row(keys)
	if (number == "") {
		bars = 1
		in_bars = i
	} else {
		value[i] += number
		in_bars = 0
	}
}

# The name of a map goes no further than its bracket or colon.
function read_entry(line,	name, at, keys) {
	match(line, /^@[A-Za-z0-9_]*/)
	name = substr(line, 2, RLENGTH - 1)
	line = substr(line, RLENGTH + 1)
	if (line ~ /^:/) {
		sub(/^: */, "", line)
		add(name, "", line)
		return
	}
	line = substr(line, 2)
	if (match(line, /\]: *-?[0-9]*$/)) {
		keys = substr(line, 1, RSTART - 1)
		at = substr(line, RSTART)
		sub(/^\]: */, "", at)
		add(name, keys, at)
		return
	}
	in_stack = 1
	stack_name = name
	sub(/ *$/, " ", line)
	stack = line
}

# The frames of a stack, one a line, up to the value.
function read_frame(line,	number) {
	if (line ~ /^\]: *-?[0-9]*$/) {
		in_stack = 0
		number = line
		sub(/^\]: */, "", number)
		add(stack_name, stack, number)
		return
	}
	gsub(/^[ \t]+|[ \t]+$/, "", line)
	stack = stack (stack ~ / $/ ? "" : "\n") line
}

function read_bar(line,	at, count) {
	bar[in_bars] = bar[in_bars] line "\n"
	at = index(line, "|")
	count = substr(line, 1, at - 1)
	sub(/ +$/, "", count)
	sub(/^.* /, "", count)
	value[in_bars] += count
}

# Row @i in its columns, in cell; a stack, which is the last, has lines.
function split_row(i,	rest, at, c) {
	rest = key[i]
	split("", cell)
	for (c = 1; c < keys_named() && (at = index(rest, ", ")); c++) {
		cell[c] = substr(rest, 1, at - 1)
		rest = substr(rest, at + 2)
	}
	cell[c] = rest
	return c
}

function keys_named() {
	return bars ? named - 1 : named
}

function widen(c, text) {
	if (length(text) > width[c])
		width[c] = length(text)
}

# What came to nothing, as all of a stack's objects that were freed, has no row.
function drop_zeros(	i, n) {
	for (i = 1; i <= nr; i++)
		if (value[i] || each || key[i] == "") {
			key[++n] = key[i]
			value[n] = value[i]
			bar[n] = bar[i]
		}
	nr = n + 0
}

# The largest row that was not taken yet, by its keys of those that are equal.
function next_row(	i, best) {
	for (i = 1; i <= nr; i++)
		if (!(i in taken) &&
		    (!best || value[i] > value[best] ||
		     (value[i] == value[best] && key[i] < key[best])))
			best = i
	taken[best]
	return best
}

function pick_rows(	i, c, n, lines) {
	split("", taken)
	split("", order)
	split("", width)
	widen(0, what)
	for (c = 1; c <= named; c++)
		widen(c, column[c])
	most = !rows || nr < rows ? nr : rows
	for (i = 1; i <= most; i++) {
		order[i] = next_row()
		widen(0, sprintf("%.0f", value[order[i]]))
		n = split_row(order[i])
		for (c = 1; c < n; c++)
			widen(c, cell[c])
		if (split(cell[n], lines, "\n") == 1)
			widen(n, cell[n])
	}
	others = 0
	for (i = 1; i <= nr; i++)
		if (!(i in taken))
			others += value[i]
	widen(0, sprintf("%.0f", others))
}

# A line of the table: its first column, and the others from array cell.
function put(first, n,	line, c, lines, more, i) {
	line = sprintf("%" width[0] "s", first)
	more = split(cell[n], lines, "\n")
	for (c = 1; c < n; c++)
		line = line sprintf("  %-" width[c] "s", cell[c])
	if (cell[n] != "")
		line = line "  " lines[1]
	sub(/ +$/, "", line)
	say(line)
	for (i = 2; i <= more; i++)
		say(sprintf("%" indent(n) "s", "") lines[i])
}

function indent(n,	c, sum) {
	sum = width[0] + 2
	for (c = 1; c < n; c++)
		sum += width[c] + 2
	return sum
}

function put_bars(i) {
	sub(/\n$/, "", bar[i])
	say(bar[i])
	say("")
}

function put_table(	i, c) {
	pick_rows()
	split("", cell)
	for (c = 1; c <= named; c++)
		cell[c] = column[c]
	put(what, named ? named : 1)
	for (i = 1; i <= most; i++) {
		put(sprintf("%.0f", value[order[i]]), split_row(order[i]))
		if (bars)
			put_bars(order[i])
	}
	if (nr == most)
		return
	split("", cell)
	cell[1] = "(" (nr - most) (nr - most == 1 ? " other)" : " others)")
	put(each ? "" : sprintf("%.0f", others), 1)
}

# Without keys there is a single row.
function put_single() {
	if (!bars) {
		say(what ": " sprintf("%.0f", value[1]))
		return
	}
	say(what (named ? " by " column[1] : "") ", " \
	    sprintf("%.0f", value[1]) " in all:")
	put_bars(1)
}

function flush_table() {
	drop_zeros()
	if (!nr && title != "")
		say(named ? what ": none" : title)
	else if (nr == 1 && key[1] == "")
		put_single()
	else if (nr)
		put_table()
	if (apart)
		say("")
	reset()
	fflush()
}

in_stack { read_frame($0); next }
/^@[A-Za-z0-9_]*(\[|:)/ { read_entry($0); next }
in_bars && /^[[(].*\|[ @]*\|$/ { read_bar($0); next }
/^[ \t]*$/ { if (title == "" && !nr) say(""); else apart = 1; next }
/^[^ ].*:$/ {
	flush_table()
	read_title($0)
	title = $0
	next
}
{ flush_table(); say($0); fflush() }

END { flush_table() }
