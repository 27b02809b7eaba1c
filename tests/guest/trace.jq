# SPDX-License-Identifier: MIT
#
# What holds of a trace of tnpu trace: an object of numbers, and of lists of what does not hold.
# Times are microseconds to the nanosecond, and those of events are cut to the microsecond.

def key: "\(.queue):\(.seq)";
def by_job: group_by(.args | key) | map({ key: (.[0].args | key), value: . }) | from_entries;
def finish: .ts + .dur;
def within($job): .ts >= $job.ts - 0.0015 and finish <= ($job | finish) + 0.0015;
def of_category($c): map(select(.cat == $c and .ph == "X"));
def of_event($n): map(select(.ph == "i" and .name == $n));

.traceEvents
| (of_category("job") | by_job) as $jobs
| (of_event("tnpu_job_submit") | by_job) as $submits
| (of_event("tnpu_job_done") | by_job) as $dones
| (map(select(.ph == "M" and .name == "thread_name") | "\(.pid):\(.tid)")) as $named
| {
	jobs: ($jobs | map(length) | add // 0),
	lanes: (of_category("lane") | map(.tid) | unique | length),
	lane_spans: (of_category("lane") | length),
	command_spans: (of_category("command") | length),
	scheduler: (map(select(.ph == "i" and (.name | startswith("drm_")))) | length),
	unknown: map(select(.name | startswith("opcode"))),
	nameless: (map(select(.ph == "X" or .ph == "i") | "\(.pid):\(.tid)") | unique - $named),
	negative: map(select(.ph != "M" and .ts < 0)),
	unordered: (map(select(.ph != "M") | .ts) | [., .[1:]] | transpose
		    | map(select(.[1] != null and .[0] > .[1]))),
	overlapping: [map(select(.ph == "X")) | group_by(.tid)[] | [., .[1:]] | transpose[]
		      | select(.[1] != null and (.[0] | finish) > .[1].ts + 0.0015)],
	# A number of a queue, and of a job, may come again when the queue has been destroyed.
	outside: map(select(.ph == "X" and .cat != "job") | . as $span
		     | select([($jobs[.args | key] // [])[] | . as $job
			       | $span | within($job)] | any | not)),
	early: [$jobs | to_entries[] | [.value, $submits[.key] // []] | transpose[]
		| select(.[0] == null or .[1] == null or .[0].ts < .[1].ts)],
	late: [$jobs | to_entries[] | [.value, $dones[.key] // []] | transpose[]
	       | select(.[0] == null or .[1] == null or (.[0] | finish) > .[1].ts + 1)],
	edges: (map(select(.cat == "job" and (.ph == "b" or .ph == "e"))) | group_by(.id)
		| map([map(select(.ph == "b")), map(select(.ph == "e"))] | map(length)
		      | select(.[0] != .[1])))
}
