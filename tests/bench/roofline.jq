# SPDX-License-Identifier: MIT
#
# Tests of a summary.json under the host's roof, as an SVG: what its read bandwidth and its
# INT8 peak, measured in the same run, let a test reach that does so many operations for each
# byte. Both axes are logarithmic. Points have numbers, since those of several models lie
# close together; beside the plot stands what they are.

def left: 70;
def top: 54;
def wide: 480;
def high: 360;
def colours: ["#2f6fab", "#c0392b", "#4c9a6a", "#8e44ad"];
# Where a model's numbers stand around their points.
def around: [[-11, 14], [11, 14], [11, -6], [-11, -6]];

def round2: . * 100 | round / 100;
def text($x; $y; $anchor):
	"<text x=\"\($x)\" y=\"\($y)\" text-anchor=\"\($anchor)\">\(@html)</text>";
def line($x1; $y1; $x2; $y2; $class):
	"<line x1=\"\($x1)\" y1=\"\($y1)\" x2=\"\($x2)\" y2=\"\($y2)\" class=\"\($class)\"/>";

# Whole decades that numbers lie in: exponents of the first and behind the last.
def decades:
	(min | log10 | floor) as $from | [$from, ([(max | log10 | ceil), $from + 1] | max)];
def across($x): (log10 - $x[0]) / ($x[1] - $x[0]) * wide + left | round2;
def up($y): top + high - (log10 - $y[0]) / ($y[1] - $y[0]) * high | round2;

def grid($x; $y):
	(range($x[0]; $x[1] + 1) | pow(10; .) | across($x) as $at |
		line($at; top; $at; top + high; "grid"), text($at; top + high + 18; "middle")),
	(range($y[0]; $y[1] + 1) | pow(10; .) | up($y) as $at |
		line(left; $at; left + wide; $at; "grid"), text(left - 8; $at + 4; "end"));

def roof($x; $y; $read; $peak):
	($peak / $read) as $ridge |
	(pow(10; $x[0]) | { at: across($x), up: (. * $read | up($y)) }) as $start |
	($ridge | across($x)) as $middle | ($peak | up($y)) as $level |
	line($start.at; $start.up; $middle; $level; "roof"),
	line($middle; $level; left + wide; $level; "roof"),
	("reads \($read | round2) GB/s" |
		text($start.at + 0.7 * ($middle - $start.at) - 10;
		     $start.up + 0.7 * ($level - $start.up); "end")),
	("INT8 \($peak | round2) GOPS" | text(left + wide; $level - 8; "end"));

def mark($x; $y):
	(.value.ops_per_byte | across($x)) as $at | (.value.gops | up($y)) as $level |
	"<circle cx=\"\($at)\" cy=\"\($level)\" r=\"4\" fill=\"\(.value.colour)\"/>",
	(.value.around as $by | "\(.key + 1)" | text($at + $by[0]; $level + $by[1]; "middle"));

def legend($read; $peak):
	(top + 14 + .key * 36) as $at | .value as $v |
	([$v.ops_per_byte * $read, $peak] | min) as $limit |
	"<circle cx=\"\(left + wide + 30)\" cy=\"\($at - 4)\" r=\"4\" fill=\"\($v.colour)\"/>",
	("\(.key + 1): \($v.measure), \($v.model)" | text(left + wide + 42; $at; "start")),
	("\($v.ops_per_byte | round2) operations a byte, \($v.gops | round2) GOPS, " +
		"\($v.gops / $limit | round2) of the roof" |
		text(left + wide + 42; $at + 15; "start"));

.read_gbs as $read | .host.int8_gops as $peak |
(reduce .roofline[].model as $m ([]; if index([$m]) then . else . + [$m] end)) as $models |
[.roofline[] | .model as $m | ($models | index([$m])) as $i |
	. + { colour: colours[$i % 4], around: around[$i % 4] }] as $points |
([$points[].ops_per_byte, $peak / $read] | decades) as $x |
([$points[].gops, $peak, $read * pow(10; $x[0])] | decades) as $y |
([top + high + 50, top + 20 + ($points | length) * 36] | max) as $height |
"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(left + wide + 380)\" height=\"\($height)\">",
("<style>text { font: 12px sans-serif; fill: #333 } .grid { stroke: #ddd } " +
	".roof { stroke: #333; stroke-width: 2 }</style>"),
"<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
("Roofline: operations/s over operations for each byte of weights read" | text(8; 18; "start")),
grid($x; $y),
roof($x; $y; $read; $peak),
($points | to_entries[] | mark($x; $y), legend($read; $peak)),
("operations for each byte" | text(left + wide / 2; top + high + 38; "middle")),
("GOPS" | text(left - 8; top - 8; "end")),
"</svg>"
