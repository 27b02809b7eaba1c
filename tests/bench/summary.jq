# SPDX-License-Identifier: MIT
#
# Repetitions (an array of raw.jsonl's lines) to the rows of summary.json; $host, $threads.

def median: sort | (.[(length - 1) / 2 | floor] + .[length / 2 | floor]) / 2;
def round4: . * 10000 | round / 10000;
# None where a coarse clock has counted nothing.
def spread: median as $m | if $m > 0 then (max - min) / $m | round4 else null end;

. as $raw |

def values($model; $who; $measure):
	[$raw[] | select(.model == $model and .who == $who and .measure == $measure)];

# One row; $peers may be empty, or too short for the clock that took them.
def row($measure; $model; $ours; $peers):
	select($ours | length > 0) |
	(if ($peers | max // 0) > 0 then $peers | median else null end) as $peer | {
		measure: $measure, model: $model, threads: $threads,
		ours: ($ours | median | round4),
		peer: (if $peer then $peer | round4 else null end),
		ratio: (if $peer and $peer > 0 then ($ours | median) / $peer | round4 else null end),
		n: ($ours | length), spread: ($ours | spread)
	};

def plain($measure; $model; $who; $peer; $from):
	row($measure; $model; [values($model; $who; $from)[].value];
	    [values($model; $peer; $from)[].value]);

def named($model; $start):
	[$raw[] | select(.model == $model and (.measure | startswith($start))).measure] | unique;

def rows($model):
	plain("decode"; $model; "guest"; "llama"; "decode"),
	plain("prefill"; $model; "guest"; "llama"; "prefill"),
	((named($model; "depth") + named($model; "batch"))[] as $m |
		plain($m; $model; "guest"; "llama"; $m)),
	plain("lookup"; $model; "guest"; "plain"; "lookup"),
	plain("stories"; $model; "guest"; "llama"; "stories"),
	(select(values($model; "tcg"; "decode") | length > 0) |
		plain("tcg_cpu"; $model; "guest"; "tcg"; "decode")),
	plain("decode_inproc"; $model; "inproc"; "llama"; "decode"),
	plain("prefill_inproc"; $model; "inproc"; "llama"; "prefill"),
	row("decode_gbs"; $model; [values($model; "guest"; "decode")[] | .value * .bytes / 1e9];
	    [values($model; "host"; "read_gbs")[].value]),
	row("guest_cpu"; $model; [values($model; "guest"; "decode")[].cpu]; []),
	plain("load"; $model; "guest"; "dd"; "load"),
	plain("load_inproc"; $model; "inproc"; "none"; "load"),
	plain("null_job"; $model; "guest"; "msi"; "null_job"),
	row("null_job_p99"; $model; [values($model; "guest"; "null_job")[].p99]; []),
	plain("null_job_inproc"; $model; "inproc"; "none"; "null_job"),
	plain("device_memory_overhead"; $model; "guest"; "none"; "device_memory_overhead"),
	plain("qemu_rss"; $model; "qemu"; "none"; "qemu_rss");

# Where tests of a model lie under the roof: operations for each byte of weights that a pass
# reads, and those of a second.
def points($model):
	("decode", named($model; "batch")[], "prefill") as $measure |
	values($model; "guest"; $measure) | select(length > 0) | .[0] as $first | {
		model: $model, measure: $measure,
		ops_per_byte: ($first | .ops * .rows / .bytes | round4),
		gops: ([.[].value] | median * $first.ops / 1e9 | round4)
	};

def models: reduce $raw[].model as $m ([]; if index([$m]) then . else . + [$m] end);

def all($measure): [$raw[] | select(.who == "host" and .measure == $measure)];

{
	host: ($host + {
		int8_isa: all("int8_gops")[0].isa,
		int8_gops: ([all("int8_gops")[].value] | median | round4),
		load_average: ([$raw[].host_load] | { min: min, median: median, max: max })
	}),
	read_gbs: ([all("read_gbs")[].value] | median | round4),
	rows: [models[] | rows(.)],
	roofline: [models[] | points(.)]
}
