// SPDX-License-Identifier: MIT
/*
 * tnpu trace: what it makes of the kernel's text and of the device's spans, sound and not. The
 * sources themselves, and the command, are the guest's affair: tests/guest/trace.t.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include <tnpu/tnpu_isa.h>

#include "cmd_trace.h"

#define MUTATIONS	2000
#define MS		1000000ull

/* ---- Text --------------------------------------------------------------------------- */

/* The text is copied to where ASan sees what reads past its end. */
static char *parse(const char *text, size_t size, struct tnpu_trace_events *events)
{
	char *copy = malloc(size + 1);

	assert_non_null(copy);
	memcpy(copy, text, size);
	copy[size] = '\0';
	assert_int_equal(tnpu_trace_events_parse(copy, size, events), 0);
	return copy;
}

#define HEAD	"# tracer: nop\n#\n#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
#define SUBMIT	"            tnpu-4711    [001] .....   100.000100: tnpu_job_submit: " \
		"queue=2 context=1 seq=17 stream=0x100000 size=96 flags=0x0\n"
#define RUN	" kworker/u9:2-ev-33      [000] d..1.   100.000150: tnpu_job_run: " \
		"queue=2 context=1 seq=17 stream=0x100000 size=96 flags=0x0\n"
#define DONE	"          <idle>-0       [000] d.h1.   100.002300: tnpu_job_done: " \
		"queue=2 seq=17 status=1 reason=0 command=0 start=1001000 end=1002000 busy=900\n"

static void test_text(void **state)
{
	static const char text[] = HEAD SUBMIT "CPU:0 [LOST 12 EVENTS]\n" RUN DONE;
	struct tnpu_trace_events events;
	char *copy = parse(text, sizeof(text) - 1, &events);
	uint64_t value;

	assert_int_equal(events.n, 3);
	assert_int_equal(events.bad, 0);
	assert_string_equal(events.at[0].comm, "tnpu");
	assert_int_equal(events.at[0].pid, 4711);
	assert_int_equal(events.at[0].cpu, 1);
	assert_int_equal(events.at[0].ns, 100000100000ull);
	assert_string_equal(events.at[0].name, "tnpu_job_submit");
	assert_string_equal(events.at[1].comm, "kworker/u9:2-ev");
	assert_int_equal(events.at[1].pid, 33);
	assert_string_equal(events.at[2].comm, "<idle>");
	assert_true(tnpu_trace_event_u64(&events.at[2], "end", &value));
	assert_int_equal(value, 1002000);
	assert_false(tnpu_trace_event_u64(&events.at[2], "usy", &value));
	assert_false(tnpu_trace_event_u64(&events.at[0], "stream", &value));
	free(events.at);
	free(copy);
}

/* A thread may be called anything; what it is called is what is before the last number. */
static void test_names(void **state)
{
	static const char * const names[] = {
		"a b", "a-1", "-", "-1 [000] d", "- [0]: 1.0: x: ", "x: y=z", "1-2-3-4", "[001]",
		"-12     [000] .", "\"\\\x01\xff",
	};
	struct tnpu_trace_events events;
	char line[256], *copy;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(line, sizeof(line),
			 "%16s-%-7d (%7d) [%03d] d..2. %5d.%06d: tnpu_power: on=1 runtime=1\n",
			 names[i], 77, 70, 3, 12, 345678);
		copy = parse(line, strlen(line), &events);
		assert_int_equal(events.n, 1);
		assert_string_equal(events.at[0].comm, names[i]);
		assert_int_equal(events.at[0].pid, 77);
		assert_int_equal(events.at[0].cpu, 3);
		assert_int_equal(events.at[0].ns, 12345678000ull);
		free(events.at);
		free(copy);
	}
}

static void test_bad_lines(void **state)
{
	static const char * const lines[] = {
		"nonsense", " ", "-", "tnpu-", "tnpu-1", "tnpu-1 [", "tnpu-1 [0] ", "tnpu-1 [0] .",
		"tnpu-1 [0] . 1", "tnpu-1 [0] . 1.2: a: b", "tnpu-1 [0] . 1.0000002: a: b",
		"tnpu-1 [0] . 1.000002: ", "tnpu-1 [0] . 1.000002: a", "tnpu-1 [0] . 1.000002: : b",
		"tnpu-1 [0] . 1.000002: a b: c", "tnpu-x [0] . 1.000002: a: b",
		"tnpu-1 (2 [0] . 1.000002: a: b", "tnpu-1 [0 . 1.000002: a: b",
		"tnpu-1 [99999999999999999999] . 1.000002: a: b",
		"tnpu-99999999999999999999 [0] . 1.000002: a: b",
		"tnpu-1 [0] . 99999999999999999999.000002: a: b",
	};
	struct tnpu_trace_events events;
	char *copy;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		copy = parse(lines[i], strlen(lines[i]), &events);
		if (events.n || events.bad != 1)
			fail_msg("\"%s\": %zu events", lines[i], events.n);
		free(events.at);
		free(copy);
	}
	copy = parse("", 0, &events);
	assert_int_equal(events.n + events.bad, 0);
	free(events.at);
	free(copy);
}

static void test_args(void **state)
{
	static const char text[] = "  entity=00ff, job count:4 ring= on=1,";
	static const struct { const char *key, *value; } expected[] = {
		{ "entity", "00ff" }, { "", "job" }, { "", "count:4" }, { "ring", "" },
		{ "on", "1" },
	};
	const char *at = text, *key, *value;
	size_t key_len, len, i;

	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_true(tnpu_trace_next_arg(&at, &key, &key_len, &value, &len));
		assert_int_equal(key_len, strlen(expected[i].key));
		assert_memory_equal(key, expected[i].key, key_len);
		assert_int_equal(len, strlen(expected[i].value));
		assert_memory_equal(value, expected[i].value, len);
	}
	assert_false(tnpu_trace_next_arg(&at, &key, &key_len, &value, &len));
}

/* ---- Spans -------------------------------------------------------------------------- */

/** struct blocks - what a device might have told */
struct blocks {
	_Alignas(8) uint8_t data[4096];
	size_t size;
};

static struct tnpu_spans *blocks_add(struct blocks *b, uint64_t counter, uint64_t ns)
{
	struct tnpu_spans *block = (void *)(b->data + b->size);

	assert_true(b->size + sizeof(*block) <= sizeof(b->data));
	*block = (struct tnpu_spans){ .counter = counter, .mono_ns = ns };
	b->size += sizeof(*block);
	return block;
}

static void blocks_add_span(struct blocks *b, struct tnpu_spans *block, struct tnpu_span span)
{
	assert_true(b->size + sizeof(span) <= sizeof(b->data));
	block->span[block->count++] = span;
	b->size += sizeof(span);
}

/* A command of job 17 of queue 2, for which two lanes worked; the counter began at 10^6. */
static void blocks_make(struct blocks *b)
{
	struct tnpu_spans *block;

	b->size = 0;
	blocks_add(b, 1000000, 100000 * MS);
	block = blocks_add(b, 1003000, 100003 * MS);
	block->lost = 5;
	blocks_add_span(b, block, (struct tnpu_span){
		1001100, 1001600, 17, 3, TNPU_OP_GEMM, 2, 0 });
	blocks_add_span(b, block, (struct tnpu_span){
		1001100, 1001900, 17, 3, TNPU_OP_GEMM, 2, 1 });
	block = blocks_add(b, 1004000, 100005 * MS);
	block->lost = 2;
	blocks_add_span(b, block, (struct tnpu_span){
		1001000, 1002000, 17, 3, TNPU_OP_GEMM, 2, TNPU_SPAN_CONTROL });
}

static void test_blocks(void **state)
{
	struct tnpu_trace_spans spans;
	struct blocks b;

	blocks_make(&b);
	assert_int_equal(tnpu_trace_spans_parse(b.data, b.size, &spans), 0);
	assert_int_equal(spans.n, 3);
	assert_int_equal(spans.lost, 7);
	assert_int_equal(spans.clock.n, 3);
	assert_int_equal(spans.at[1].end, 1001900);
	assert_int_equal(spans.at[2].lane, TNPU_SPAN_CONTROL);
	free(spans.clock.pairs);
}

static void test_cut_blocks(void **state)
{
	struct tnpu_trace_spans spans;
	size_t size, whole;
	struct blocks b;
	uint8_t *copy;

	blocks_make(&b);
	for (size = 0; size < b.size; size++) {
		blocks_make(&b);
		copy = malloc(size + 1);
		assert_non_null(copy);
		memcpy(copy, b.data, size);
		whole = size == 32 || size == 32 + 96;
		assert_int_equal(tnpu_trace_spans_parse(copy, size, &spans),
				 !size || whole ? 0 : -EINVAL);
		assert_int_equal(spans.n, size < 32 + 96 ? 0 : 2);
		assert_int_equal(spans.clock.n, size < 32 ? 0 : size < 32 + 96 ? 1 : 2);
		free(spans.clock.pairs);
		free(copy);
	}
	blocks_make(&b);
	((struct tnpu_spans *)b.data)->count = UINT32_MAX;
	assert_int_equal(tnpu_trace_block_size(b.data, b.size), 0);
}

/* ---- Clock -------------------------------------------------------------------------- */

static void expect_ns(const struct tnpu_trace_clock *clock, uint64_t ticks, uint64_t ns)
{
	uint64_t value;

	assert_true(tnpu_trace_clock_ns(clock, ticks, &value));
	assert_int_equal(value, ns);
}

/* Linear between neighbours; outside, 5000 ms of 4000 ticks: the average of all. */
static void test_clock(void **state)
{
	struct tnpu_trace_pair pairs[] = {
		{ 10000, 5000 * MS }, { 12000, 7000 * MS }, { 14000, 10000 * MS },
	};
	struct tnpu_trace_clock clock = { pairs, 3 };
	uint64_t ns, before = 0, ticks;

	expect_ns(&clock, 10000, 5000 * MS);
	expect_ns(&clock, 10001, 5001 * MS);
	expect_ns(&clock, 12000, 7000 * MS);
	expect_ns(&clock, 12001, 7001 * MS + MS / 2);
	expect_ns(&clock, 14000, 10000 * MS);
	expect_ns(&clock, 14004, 10005 * MS);
	expect_ns(&clock, 9996, 4995 * MS);
	for (ticks = 9000; ticks < 15000; ticks++, before = ns) {
		assert_true(tnpu_trace_clock_ns(&clock, ticks, &ns));
		assert_true(ns > before);
	}
	assert_false(tnpu_trace_clock_ns(&clock, 5999, &ns));
	assert_false(tnpu_trace_clock_ns(&clock, INT64_MAX, &ns));
	assert_false(tnpu_trace_clock_ns(&clock, UINT64_MAX, &ns));
	clock.n = 1;
	expect_ns(&clock, 10007, 5000 * MS + 7);
	expect_ns(&clock, 9993, 5000 * MS - 7);
	clock.n = 0;
	assert_false(tnpu_trace_clock_ns(&clock, 10000, &ns));
}

/* Pairs that go back, stand still or come at once are no part of a clock. */
static void test_bad_pairs(void **state)
{
	static const struct tnpu_trace_pair pairs[] = {
		{ UINT64_MAX, 1 }, { 1, UINT64_MAX }, { 1000, 10 * MS }, { 1000, 12 * MS },
		{ 999, 13 * MS }, { 1001, 9 * MS }, { 1001, 10 * MS + 1 }, { 2000, 11 * MS },
		{ INT64_MAX, INT64_MAX },
	};
	struct tnpu_trace_spans spans;
	struct blocks b = { .size = 0 };
	uint64_t ns;
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		blocks_add(&b, pairs[i].counter, pairs[i].ns);
	assert_int_equal(tnpu_trace_spans_parse(b.data, b.size, &spans), 0);
	assert_int_equal(spans.clock.n, 3);
	expect_ns(&spans.clock, 1500, 10 * MS + MS / 2);
	expect_ns(&spans.clock, INT64_MAX, INT64_MAX);
	assert_false(tnpu_trace_clock_ns(&spans.clock, UINT64_MAX, &ns));
	free(spans.clock.pairs);
}

/* A tick is 0.999 ns, and reads are 20 ms apart; @late[i]: of which pair by how much. */
static void blocks_make_clock(struct blocks *b, const uint64_t late[50])
{
	uint64_t i;

	b->size = 0;
	for (i = 0; i < 50; i++)
		blocks_add(b, 1000000000 + i * 20000000, 5000 * MS + i * 19980000 + late[i]);
}

/* What a pair is late by does not count, at the ends neither. */
static void test_late_pairs(void **state)
{
	const uint64_t late[50] = {
		[0] = MS, [1] = 2 * MS, [20] = 3 * MS, [21] = 3 * MS, [22] = 300, [49] = 5 * MS,
	};
	struct tnpu_trace_spans spans;
	struct blocks b;
	uint64_t i, ns;

	blocks_make_clock(&b, late);
	assert_int_equal(tnpu_trace_spans_parse(b.data, b.size, &spans), 0);
	assert_int_equal(spans.clock.n, 50);
	for (i = 0; i < 52; i++) {
		assert_true(tnpu_trace_clock_ns(&spans.clock, 990000000 + i * 20000000, &ns));
		assert_in_range(ns, 5000 * MS - 9990000 + i * 19980000 - 1,
				5000 * MS - 9990000 + i * 19980000 + 1);
	}
	free(spans.clock.pairs);
}

/* From the tenth pair on, the machine has stood for 40 ms: that is no error. */
static void test_step(void **state)
{
	uint64_t late[50], i, ns;
	struct tnpu_trace_spans spans;
	struct blocks b;

	for (i = 0; i < 50; i++)
		late[i] = i < 10 ? 0 : 40 * MS;
	blocks_make_clock(&b, late);
	assert_int_equal(tnpu_trace_spans_parse(b.data, b.size, &spans), 0);
	for (i = 0; i < 50; i++) {
		assert_true(tnpu_trace_clock_ns(&spans.clock, 1000000000 + i * 20000000, &ns));
		assert_in_range(ns, 5000 * MS + i * 19980000 + late[i] - 1,
				5000 * MS + i * 19980000 + late[i] + 1);
	}
	free(spans.clock.pairs);
}

/* Time goes on, whatever a device says of it. */
static void test_wild_pairs(void **state)
{
	struct tnpu_trace_spans spans;
	uint64_t ns, before;
	struct blocks b;
	int i, j;

	srand(2);
	for (i = 0; i < MUTATIONS; i++) {
		uint64_t counter = 0, mono = 0;

		b.size = 0;
		for (j = 0; j < 60; j++) {
			counter += (uint64_t)rand() << rand() % 30;
			mono += (uint64_t)rand() << rand() % 30;
			blocks_add(&b, counter, mono);
		}
		assert_int_equal(tnpu_trace_spans_parse(b.data, b.size, &spans), 0);
		for (j = 0, before = 0; j < 60; j++) {
			counter = ((struct tnpu_spans *)b.data)[j].counter;
			if (!tnpu_trace_clock_ns(&spans.clock, counter, &ns))
				continue;
			assert_true(ns >= before);
			before = ns;
		}
		free(spans.clock.pairs);
	}
}

/* ---- The file ----------------------------------------------------------------------- */

/** struct made - a trace that was written */
struct made {
	cJSON *json;
	const cJSON *events;
	struct tnpu_trace_counts counts;
};

static struct made make(const char *text, size_t size, struct blocks *b)
{
	struct tnpu_trace_spans spans = { 0 };
	struct tnpu_trace_events events;
	char *copy = parse(text, size, &events), *out = NULL;
	struct made made;
	size_t out_size;
	FILE *f = open_memstream(&out, &out_size);

	assert_non_null(f);
	if (b)
		tnpu_trace_spans_parse(b->data, b->size, &spans);
	assert_int_equal(tnpu_trace_write(f, &events, &spans, &made.counts), 0);
	fclose(f);
	made.json = cJSON_Parse(out);
	if (!made.json)
		fail_msg("no JSON: %s", out);
	made.events = cJSON_GetObjectItem(made.json, "traceEvents");
	assert_true(cJSON_IsArray(made.events));
	free(out);
	free(events.at);
	free(copy);
	free(spans.clock.pairs);
	return made;
}

static const char *string_of(const cJSON *event, const char *key)
{
	const cJSON *item = cJSON_GetObjectItem(event, key);

	return cJSON_IsString(item) ? item->valuestring : "";
}

static double number_of(const cJSON *event, const char *key)
{
	const cJSON *item = cJSON_GetObjectItem(event, key);

	assert_true(cJSON_IsNumber(item));
	return item->valuedouble;
}

/* The @n-th event of a category, or one of metadata where @cat is NULL. */
static const cJSON *find(const struct made *made, const char *cat, const char *name, int n)
{
	const cJSON *e;

	cJSON_ArrayForEach(e, made->events) {
		if (!strcmp(string_of(e, "cat"), cat ? cat : "") &&
		    !strcmp(string_of(e, "name"), name) && !n--)
			return e;
	}
	fail_msg("no event %s of %s", name, cat ? cat : "metadata");
	return NULL;
}

static void expect_row(const struct made *made, const cJSON *event, const char *name)
{
	const cJSON *e;

	cJSON_ArrayForEach(e, made->events) {
		if (!strcmp(string_of(e, "name"), "thread_name") &&
		    number_of(e, "pid") == number_of(event, "pid") &&
		    number_of(e, "tid") == number_of(event, "tid")) {
			assert_string_equal(string_of(cJSON_GetObjectItem(e, "args"), "name"),
					    name);
			return;
		}
	}
	fail_msg("no name for the row of %s", string_of(event, "name"));
}

static void expect_time(const cJSON *event, double ts, double duration)
{
	if (number_of(event, "ts") != ts || number_of(event, "dur") != duration)
		fail_msg("%s: %.3f, %.3f", string_of(event, "name"), number_of(event, "ts"),
			 number_of(event, "dur"));
}

/* A tick is 1 us in the first 3 ms: 1001000 is 1 ms behind 100 s; the first event 0.1 ms. */
static void test_spans_of_file(void **state)
{
	static const char text[] = SUBMIT RUN DONE;
	const cJSON *job, *command, *lane;
	struct blocks b;
	struct made made;

	blocks_make(&b);
	made = make(text, sizeof(text) - 1, &b);
	job = find(&made, "job", "job 17", 0);
	expect_time(job, 900, 1000);
	expect_row(&made, job, "queue 2 jobs");
	command = find(&made, "command", "GEMM", 0);
	expect_time(command, 900, 1000);
	expect_row(&made, command, "queue 2 commands");
	lane = find(&made, "lane", "GEMM", 0);
	expect_time(lane, 1000, 800);
	expect_row(&made, lane, "lane 1");
	expect_row(&made, find(&made, "lane", "GEMM", 1), "lane 0");
	assert_int_equal(number_of(cJSON_GetObjectItem(lane, "args"), "seq"), 17);
	assert_int_equal(number_of(cJSON_GetObjectItem(lane, "args"), "queue"), 2);
	assert_int_equal(number_of(cJSON_GetObjectItem(lane, "args"), "command"), 3);
	assert_int_equal(made.counts.spans, 3);
	assert_int_equal(made.counts.jobs, 1);
	assert_int_equal(made.counts.events, 3);
	assert_int_equal(made.counts.dropped, 0);
	cJSON_Delete(made.json);
}

static void test_events_of_file(void **state)
{
	static const char text[] = SUBMIT RUN DONE
		"   a\"b\\c-4711    [001] .....   100.002300: drm_sched_job: entity=0x1, "
		"ring=q, job count:3, n=-5, z=007\n";
	const cJSON *begin, *end, *event, *args;
	struct made made = make(text, sizeof(text) - 1, NULL);

	event = find(&made, "driver", "tnpu_job_submit", 0);
	assert_string_equal(string_of(event, "ph"), "i");
	assert_true(number_of(event, "ts") == 0);
	expect_row(&made, event, "tnpu-4711");
	args = cJSON_GetObjectItem(event, "args");
	assert_int_equal(number_of(args, "size"), 96);
	assert_string_equal(string_of(args, "stream"), "0x100000");
	begin = find(&made, "job", "job", 0);
	end = find(&made, "job", "job", 1);
	assert_string_equal(string_of(begin, "ph"), "b");
	assert_string_equal(string_of(end, "ph"), "e");
	assert_string_equal(string_of(begin, "id"), "2:17");
	assert_string_equal(string_of(end, "id"), "2:17");
	assert_true(number_of(end, "ts") == 2200);
	expect_row(&made, find(&made, "driver", "tnpu_job_done", 0), "<idle>-0");
	event = find(&made, "driver", "drm_sched_job", 0);
	expect_row(&made, event, "a\"b\\c-4711");
	args = cJSON_GetObjectItem(event, "args");
	assert_string_equal(string_of(args, "ring"), "q");
	assert_int_equal(number_of(args, "n"), -5);
	assert_string_equal(string_of(args, "z"), "007");
	assert_non_null(strstr(string_of(args, "text"), "job count:3"));
	/* Without the device's clock, nobody knows when the job ran. */
	assert_int_equal(made.counts.jobs, 0);
	assert_int_equal(made.counts.dropped, 0);
	cJSON_Delete(made.json);
}

static void test_order(void **state)
{
	static const char text[] = DONE RUN SUBMIT;
	double ts = 0;
	struct blocks b;
	struct made made;
	const cJSON *e;

	blocks_make(&b);
	made = make(text, sizeof(text) - 1, &b);
	cJSON_ArrayForEach(e, made.events) {
		if (!strcmp(string_of(e, "ph"), "M"))
			continue;
		assert_true(number_of(e, "ts") >= ts);
		ts = number_of(e, "ts");
	}
	assert_true(ts > 0);
	cJSON_Delete(made.json);
}

static void test_nothing(void **state)
{
	struct made made = make("", 0, NULL);

	assert_int_equal(made.counts.spans + made.counts.events + made.counts.jobs, 0);
	assert_string_equal(string_of(made.json, "displayTimeUnit"), "ns");
	cJSON_Delete(made.json);
}

/* Spans and jobs that cannot have been are counted, not written; strange ones are. */
static void test_impossible(void **state)
{
	static const char text[] =
		" tnpu-1 [0] . 100.002300: tnpu_job_done: queue=2 seq=1 start=1002000 end=1001000\n"
		" tnpu-1 [0] . 100.002300: tnpu_job_done: queue=256 seq=1 start=1000000 end=1001000\n"
		" tnpu-1 [0] . 100.002300: tnpu_job_done: queue=2 start=1000000 end=1001000\n"
		" tnpu-1 [0] . 100.002300: tnpu_job_done: queue=2 seq=4 start=0 end=0\n";
	struct tnpu_spans *block;
	struct blocks b;
	struct made made;

	blocks_make(&b);
	block = blocks_add(&b, 1005000, 100006 * MS);
	blocks_add_span(&b, block, (struct tnpu_span){ 2, 1, 1, 0, TNPU_OP_GEMM, 0, 0 });
	blocks_add_span(&b, block, (struct tnpu_span){
		1001000, UINT64_MAX, 1, 0, TNPU_OP_GEMM, 0, 0 });
	blocks_add_span(&b, block, (struct tnpu_span){
		1004000, 1004000, UINT64_MAX, UINT32_MAX, 77, 255, 254 });
	made = make(text, sizeof(text) - 1, &b);
	assert_int_equal(made.counts.dropped, 2 + 3);
	assert_int_equal(made.counts.spans, 4);
	assert_int_equal(made.counts.jobs, 0);
	assert_int_equal(made.counts.events, 4);
	expect_row(&made, find(&made, "lane", "opcode 77", 0), "lane 254");
	cJSON_Delete(made.json);
}

/* Whatever comes, it is JSON. */
static void test_mutations(void **state)
{
	static const char sound[] = HEAD SUBMIT RUN DONE;
	char text[sizeof(sound)];
	struct blocks b;
	struct made made;
	int i, j;

	srand(1);
	for (i = 0; i < MUTATIONS; i++) {
		memcpy(text, sound, sizeof(text));
		blocks_make(&b);
		for (j = rand() % 8; j >= 0; j--) {
			text[rand() % (sizeof(text) - 1)] = rand();
			b.data[rand() % b.size] = rand();
		}
		made = make(text, sizeof(text) - 1, &b);
		cJSON_Delete(made.json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_args),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_cut_blocks),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_bad_pairs),
		cmocka_unit_test(test_late_pairs),
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_wild_pairs),
		cmocka_unit_test(test_spans_of_file),
		cmocka_unit_test(test_events_of_file),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
