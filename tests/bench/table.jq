# SPDX-License-Identifier: MIT
#
# summary.json to a Markdown table.

def unit: {
	decode_gbs: "GB/s",
	guest_cpu: "of one CPU", load: "s", load_inproc: "s",
	null_job: "us", null_job_p99: "us", null_job_inproc: "us",
	device_memory_overhead: "%", qemu_rss: "MiB"
}[.] // "tokens/s";
def show: if . == null then "" else . * 1000 | round / 1000 | tostring end;

"Host: \(.host.cpu), \(.host.cores) cores, \(.host.int8_isa); \(.host.date); load average " +
"\(.host.load_average.min) to \(.host.load_average.max). Reads \(.read_gbs) GB/s; INT8 peak " +
"\(.host.int8_gops) GOPS. Peer: \(.host.llama).",
"",
"| measure | model | threads | unit | ours | peer | ratio | n | spread |",
"|---|---|--:|---|--:|--:|--:|--:|--:|",
(.rows[] | "| \(.measure) | \(.model) | \(.threads) | \(.measure | unit) | \(.ours | show) | " +
	"\(.peer | show) | \(.ratio | show) | \(.n) | " +
	"\(if .spread then "\(.spread * 1000 | round / 10) %" else "" end) |")
