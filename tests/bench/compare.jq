# SPDX-License-Identifier: MIT
#
# Rows of summary.json that are worse than in $old by more than 5 %, or that are gone.

def figure($measure):
	if $measure | test("^(load|null_job|guest_cpu|device_memory|qemu_rss)") then
		1 / ([., 1e-9] | max)
	else . end;
def key: "\(.measure) \(.model) threads=\(.threads)";

[.rows[] | { key: key, value: . }] | from_entries as $new |
$old[0].rows[] | key as $key | . as $o | $new[$key] as $n |
if $n == null then
	"\($key): no longer measured"
else
	(if $o.ratio and $n.ratio then "ratio" else "ours" end) as $by |
	(($n[$by] | figure($o.measure)) / ($o[$by] | figure($o.measure))) as $change |
	select($change < 0.95) |
	"\($key): \($by) \($o[$by]) -> \($n[$by]) (\(($change - 1) * 1000 | round / 10) %)"
end
