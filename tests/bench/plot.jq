# SPDX-License-Identifier: MIT
#
# Ratios of a summary.json as an SVG: a bar for each speed that has a peer to compete with, and
# a line where both are equal.

def row_height: 26;
def left: 250;
def scale: 170;		# of a ratio of 1
def widest: 2.4;

def round2: . * 100 | round / 100;
def text($x; $y; $anchor):
	"<text x=\"\($x)\" y=\"\($y)\" text-anchor=\"\($anchor)\">\(@html)</text>";

def bar($y):
	([.ratio, widest] | min * scale | round) as $length |
	(if .ratio < 1 then "below" else "above" end) as $class |
	("\(.measure), \(.model)" | text(left - 8; $y + 16; "end")),
	"<rect x=\"\(left)\" y=\"\($y + 4)\" width=\"\($length)\" height=\"16\" class=\"\($class)\"/>",
	("\(.ratio | round2)   (\(.ours | round2) to \(.peer | round2))" |
		text(left + ([$length, scale] | max) + 6; $y + 16; "start"));

[.rows[] | select(.ratio and (.measure | IN("load", "tcg_cpu") | not))] as $rows |
($rows | length * row_height + 40) as $height |
(left + widest * scale + 160 | round) as $width |
"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\($width)\" height=\"\($height)\">",
"<style>text { font: 12px sans-serif; fill: #333 } .above { fill: #4c9a6a } .below { fill: #c98a3a } line { stroke: #333; stroke-dasharray: 3 3 }</style>",
"<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
("Speed, as a ratio to the peer: llama.cpp on the host, or the host's own limit (decode_gbs)" | text(8; 18; "start")),
($rows | to_entries[] | (28 + .key * row_height) as $y | .value | bar($y)),
"<line x1=\"\(left + scale)\" y1=\"28\" x2=\"\(left + scale)\" y2=\"\($height - 8)\"/>",
"</svg>"
