# SPDX-License-Identifier: GPL-2.0-only
# Stacks that are folded, sorted by bytes, as a flame graph in SVG: a frame is
# above the one that called it, as wide as its share of the samples, and in the
# colour of whom owner.awk says that it is.  Samples of idle CPUs are left out.
# A pointer that rests on a frame shows its whole name and its share of the rest.
#
#   -v title=TEXT -v note=TEXT   head lines
#   -v width=1200                of the picture, in pixels

BEGIN {
	if (!width)
		width = 1200
	MARGIN = 10
	ROW = 16
	HEAD = 54
	FOOT = 30
	# Of a frame: narrower ones are not drawn.
	LEAST = 0.5
	# Of a letter at the size of the text.
	LETTER = 6.7
	COLOUR["magslab"] = "140,55"
	COLOUR["SLUB"] = "26,90"
	COLOUR["workload"] = "212,65"
	COLOUR["kernel"] = "48,30"
	for (i = 32; i < 127; i++)
		CODE[sprintf("%c", i)] = i
}

/^idle;/ || /^idle [0-9]+$/ { idle += $NF; next }

{
	count = $NF
	sub(/ [0-9]+$/, "")
	depth = split($0, frame, ";")
	for (same = 1; same <= open && same <= depth; same++)
		if (frame[same] != name[same])
			break
	close_frames(same)
	for (i = same; i <= depth; i++) {
		name[i] = frame[i]
		start[i] = total
		owner[i] = i > 1 ? owner_of(owner[i - 1], frame[i]) : ""
	}
	open = depth
	total += count
}

# Those from a depth on, of the stack before, are as wide as they will be.
function close_frames(from,	i)
{
	for (i = open; i >= from; i--) {
		boxes++
		box_name[boxes] = name[i]
		box_depth[boxes] = i
		box_start[boxes] = start[i]
		box_samples[boxes] = total - start[i]
		box_kind[boxes] = kind_of(i)
	}
}

function kind_of(i)
{
	if (owner[i] != "")
		return owner[i]
	return name[i] ~ / \[magslab\]$/ ? "workload" : "kernel"
}

function escaped(text)
{
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	return text
}

# The same name has the same shade, in every picture.
function colour(kind, name,	i, sum)
{
	for (i = 1; i <= length(name); i++)
		sum = (sum * 31 + CODE[substr(name, i, 1)]) % 9973
	split(COLOUR[kind], part, ",")
	return sprintf("hsl(%d,%d%%,%d%%)", part[1], part[2], 62 + sum % 17)
}

# As much of a name as fits, its module last to be told.
function label(name, pixels,	letters)
{
	letters = int((pixels - 6) / LETTER)
	if (length(name) > letters)
		sub(/ \[.*$/, "", name)
	if (length(name) > letters)
		name = letters > 3 ? substr(name, 1, letters - 2) ".." : ""
	return name
}

function draw(i,	x, pixels, y, text)
{
	x = MARGIN + box_start[i] * scale
	pixels = box_samples[i] * scale
	if (pixels < LEAST)
		return
	y = height - FOOT - box_depth[i] * ROW
	printf "<g><title>%s: %d samples, %.2f %%</title>",
	       escaped(box_name[i]), box_samples[i],
	       100 * box_samples[i] / total
	printf "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>",
	       x, y, pixels, ROW - 1, colour(box_kind[i], box_name[i])
	text = label(box_name[i], pixels)
	if (text != "")
		printf "<text x=\"%.1f\" y=\"%d\">%s</text>",
		       x + 3, y + 11, escaped(text)
	print "</g>"
}

function legend(kind, text,	y)
{
	y = height - 18
	printf "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"11\" fill=\"%s\"/>",
	       legend_x, y, colour(kind, "")
	printf "<text x=\"%d\" y=\"%d\">%s</text>\n", legend_x + 17, y + 10, text
	legend_x += 17 + (length(text) + 3) * LETTER
}

# Only what is drawn makes the picture high.
function find_height(	i)
{
	for (i = 1; i <= boxes; i++)
		if (box_samples[i] * scale >= LEAST && box_depth[i] > deepest)
			deepest = box_depth[i]
	height = HEAD + deepest * ROW + FOOT
}

END {
	close_frames(1)
	scale = total ? (width - 2 * MARGIN) / total : 0
	find_height()
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"monospace\" font-size=\"11\">\n",
	       width, height, width, height
	printf "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
	printf "<text x=\"%d\" y=\"20\" font-size=\"15\">%s</text>\n", MARGIN,
	       escaped(title)
	printf "<text x=\"%d\" y=\"38\">%s; %d samples, and %d of idle CPUs left out</text>\n",
	       MARGIN, escaped(note), total, idle
	for (i = 1; i <= boxes; i++)
		draw(i)
	legend_x = MARGIN
	legend("magslab", "magslab's allocator and what it calls")
	legend("SLUB", "SLUB and what it calls")
	legend("workload", "magslab's workloads")
	legend("kernel", "the kernel else")
	print "</svg>"
}
