// SPDX-License-Identifier: MIT
/*
 * tnpu trace: the file, in Chrome's format for traces.
 *
 * Process NPU has a row for each lane and, for each queue, one of commands and one of jobs;
 * process driver has a row for each thread. What a thread or the kernel has named goes through
 * cJSON. The device's spans are numbers and names of ours, and there may be millions of them:
 * they are printed as they are.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "cmd_names.h"
#include "cmd_trace.h"

#define PID_NPU		1
#define PID_DRIVER	2
/* In this order; 256 of each kind, and any number of threads. No two processes share a row. */
#define ROW_JOBS	256
#define ROW_COMMANDS	512
#define ROW_LANES	768
#define ROW_THREADS	1024
#define QUEUE_MAX	255

enum item_kind { ITEM_JOB, ITEM_SPAN, ITEM_EVENT };

/** struct item - what the file has a line for; @index: in the list of its kind */
struct item {
	uint64_t start;
	uint64_t end;
	uint32_t index;
	uint8_t kind;
};

/** struct writer - the state of tnpu_trace_write() */
struct writer {
	FILE *f;
	struct tnpu_trace_events *events;
	const struct tnpu_trace_spans *spans;
	struct tnpu_trace_counts *counts;
	struct item *items;
	size_t n;
	uint64_t base;
	bool begun;
	bool rows[ROW_THREADS];
};

/* ---- Lines --------------------------------------------------------------------------------- */

static int write_json(struct writer *w, cJSON *json)
{
	char *text = cJSON_PrintUnformatted(json);

	cJSON_Delete(json);
	if (!text)
		return -ENOMEM;
	fprintf(w->f, "%s%s", w->begun ? ",\n" : "", text);
	w->begun = true;
	cJSON_free(text);
	return 0;
}

static cJSON *json_text(const char *text)
{
	return tnpu_cmd_json_string(text, strlen(text));
}

/* Microseconds, as the format wants them, to the nanosecond. */
static void add_time(cJSON *json, uint64_t ns)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 ".%03u", ns / 1000, (unsigned int)(ns % 1000));
	cJSON_AddRawToObject(json, "ts", text);
}

static cJSON *json_line(const char *phase, uint32_t pid, uint32_t tid, const char *name)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "ph", phase);
	cJSON_AddNumberToObject(json, "pid", pid);
	cJSON_AddNumberToObject(json, "tid", tid);
	cJSON_AddItemToObject(json, "name", json_text(name));
	return json;
}

/* ---- Names of processes and rows -------------------------------------------------------- */

static int write_name(struct writer *w, const char *what, uint32_t pid, uint32_t tid,
		      const char *name)
{
	cJSON *json = json_line("M", pid, tid, what);

	cJSON_AddItemToObject(cJSON_AddObjectToObject(json, "args"), "name", json_text(name));
	return write_json(w, json);
}

/* A row, which stands where its number says. */
static int write_row(struct writer *w, uint32_t pid, uint32_t tid, const char *name)
{
	int ret = write_name(w, "thread_name", pid, tid, name);
	cJSON *json;

	if (ret)
		return ret;
	json = json_line("M", pid, tid, "thread_sort_index");
	cJSON_AddNumberToObject(cJSON_AddObjectToObject(json, "args"), "sort_index", tid);
	return write_json(w, json);
}

static int write_npu_rows(struct writer *w)
{
	char name[48];
	uint32_t row;
	int ret = write_name(w, "process_name", PID_NPU, 0, "NPU");

	for (row = ROW_JOBS; row < ROW_THREADS && !ret; row++) {
		if (!w->rows[row])
			continue;
		if (row >= ROW_LANES)
			snprintf(name, sizeof(name), "lane %u", row - ROW_LANES);
		else if (row >= ROW_COMMANDS)
			snprintf(name, sizeof(name), "queue %u commands", row - ROW_COMMANDS);
		else
			snprintf(name, sizeof(name), "queue %u jobs", row - ROW_JOBS);
		ret = write_row(w, PID_NPU, row, name);
	}
	return ret;
}

static int compare_threads(const void *a, const void *b)
{
	const struct tnpu_trace_event *x = *(struct tnpu_trace_event * const *)a;
	const struct tnpu_trace_event *y = *(struct tnpu_trace_event * const *)b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return strcmp(x->comm, y->comm);
}

static int write_thread(struct writer *w, const struct tnpu_trace_event *e)
{
	char name[64];

	snprintf(name, sizeof(name), "%.40s-%u", e->comm, e->pid);
	return write_row(w, PID_DRIVER, e->row, name);
}

/* Each thread by each of its names gets a number; its own is not used, as many share 0. */
static int write_driver_rows(struct writer *w)
{
	struct tnpu_trace_event **by_thread;
	size_t i, n = w->events->n;
	int ret;

	if (!n)
		return 0;
	by_thread = malloc(n * sizeof(*by_thread));
	if (!by_thread)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		by_thread[i] = &w->events->at[i];
	qsort(by_thread, n, sizeof(*by_thread), compare_threads);
	ret = write_name(w, "process_name", PID_DRIVER, 0, "driver");
	for (i = 0; i < n && !ret; i++) {
		by_thread[i]->row = i ? by_thread[i - 1]->row : ROW_THREADS;
		if (i && compare_threads(&by_thread[i - 1], &by_thread[i]))
			by_thread[i]->row++;
		else if (i)
			continue;
		ret = write_thread(w, by_thread[i]);
	}
	free(by_thread);
	return ret;
}

/* ---- What the driver told ------------------------------------------------------------------- */

/* Without leading zeros, which JSON does not have. */
static bool is_json_number(const char *text, size_t len)
{
	size_t digits;

	if (len && *text == '-') {
		text++;
		len--;
	}
	digits = strspn(text, "0123456789");
	return len && digits >= len && len <= 20 && (len == 1 || *text != '0');
}

static int add_arg(cJSON *args, const char *key, size_t key_len, const char *value, size_t len)
{
	char name[64], number[32];
	cJSON *json;

	snprintf(name, sizeof(name), "%.*s", (int)key_len, key);
	if (is_json_number(value, len)) {
		snprintf(number, sizeof(number), "%.*s", (int)len, value);
		json = cJSON_CreateRaw(number);
	} else {
		json = tnpu_cmd_json_string(value, len);
	}
	if (cJSON_AddItemToObject(args, name, json))
		return 0;
	cJSON_Delete(json);
	return -ENOMEM;
}

static int add_args(cJSON *json, const struct tnpu_trace_event *e)
{
	cJSON *args = cJSON_AddObjectToObject(json, "args");
	const char *at = e->text, *key, *value;
	size_t key_len, len;
	bool all = true;
	int ret = 0;

	while (!ret && tnpu_trace_next_arg(&at, &key, &key_len, &value, &len)) {
		all = all && key_len;
		if (key_len)
			ret = add_arg(args, key, key_len, value, len);
	}
	if (!all && !ret)
		ret = add_arg(args, "text", 4, e->text, strlen(e->text));
	return ret;
}

/* From its submission to its end, a job belongs to no row: they overlap. */
static int write_job_edge(struct writer *w, const struct tnpu_trace_event *e)
{
	const char *phase = !strcmp(e->name, "tnpu_job_submit") ? "b" :
			    !strcmp(e->name, "tnpu_job_done") ? "e" : NULL;
	uint64_t queue, seq;
	char id[48];
	cJSON *json;

	if (!phase || !tnpu_trace_event_u64(e, "queue", &queue) ||
	    !tnpu_trace_event_u64(e, "seq", &seq))
		return 0;
	json = json_line(phase, PID_DRIVER, e->row, "job");
	snprintf(id, sizeof(id), "%" PRIu64 ":%" PRIu64, queue, seq);
	cJSON_AddStringToObject(json, "id", id);
	cJSON_AddStringToObject(json, "cat", "job");
	add_time(json, e->ns - w->base);
	return write_json(w, json);
}

static int write_event(struct writer *w, const struct tnpu_trace_event *e)
{
	cJSON *json = json_line("i", PID_DRIVER, e->row, e->name);

	cJSON_AddStringToObject(json, "cat", "driver");
	cJSON_AddStringToObject(json, "s", "t");
	add_time(json, e->ns - w->base);
	if (add_args(json, e)) {
		cJSON_Delete(json);
		return -ENOMEM;
	}
	w->counts->events++;
	return write_json(w, json) ? -ENOMEM : write_job_edge(w, e);
}

/* ---- What the device did ------------------------------------------------------------------- */

static uint32_t span_row(const struct tnpu_span *s)
{
	return s->lane == TNPU_SPAN_CONTROL ? ROW_COMMANDS + s->queue : ROW_LANES + s->lane;
}

static void write_complete(struct writer *w, const struct item *item, uint32_t row)
{
	uint64_t ts = item->start - w->base, duration = item->end - item->start;

	fprintf(w->f, ",\n{\"ph\":\"X\",\"pid\":%u,\"tid\":%u,\"ts\":%" PRIu64 ".%03u,\"dur\":%"
		PRIu64 ".%03u,", PID_NPU, row, ts / 1000, (unsigned int)(ts % 1000),
		duration / 1000, (unsigned int)(duration % 1000));
}

static void write_span(struct writer *w, const struct item *item)
{
	const struct tnpu_span *s = &w->spans->at[item->index];
	const char *name = tnpu_name_of(&tnpu_op_names, s->opcode);

	write_complete(w, item, span_row(s));
	fprintf(w->f, "\"cat\":\"%s\",", s->lane == TNPU_SPAN_CONTROL ? "command" : "lane");
	if (name)
		fprintf(w->f, "\"name\":\"%s\",", name);
	else
		fprintf(w->f, "\"name\":\"opcode %u\",", s->opcode);
	fprintf(w->f, "\"args\":{\"queue\":%u,\"seq\":%llu,\"command\":%u}}", s->queue, s->seq,
		s->command);
	w->counts->spans++;
}

static void write_job(struct writer *w, const struct item *item)
{
	const struct tnpu_trace_event *e = &w->events->at[item->index];
	uint64_t queue = 0, seq = 0, status = 0;

	tnpu_trace_event_u64(e, "queue", &queue);
	tnpu_trace_event_u64(e, "seq", &seq);
	tnpu_trace_event_u64(e, "status", &status);
	write_complete(w, item, ROW_JOBS + queue);
	fprintf(w->f, "\"cat\":\"job\",\"name\":\"job %" PRIu64 "\",\"args\":{\"queue\":%" PRIu64
		",\"seq\":%" PRIu64 ",\"status\":%" PRIu64 "}}", seq, queue, seq, status);
	w->counts->jobs++;
}

/* ---- Everything, in order ------------------------------------------------------------------ */

static void add_item(struct writer *w, enum item_kind kind, size_t index, uint64_t start,
		     uint64_t end)
{
	w->items[w->n++] = (struct item){ start, end, index, kind };
}

/* What the device did from tick @start to @end; false where that cannot have been. */
static bool add_ticks(struct writer *w, enum item_kind kind, size_t index, uint32_t row,
		      uint64_t start, uint64_t end)
{
	const struct tnpu_trace_clock *clock = &w->spans->clock;
	uint64_t from, to;

	if (start > end || !tnpu_trace_clock_ns(clock, start, &from) ||
	    !tnpu_trace_clock_ns(clock, end, &to))
		return false;
	w->rows[row] = true;
	add_item(w, kind, index, from, to);
	return true;
}

/* A job that never ran has no times; without the device's clock, none has. */
static void add_job(struct writer *w, size_t index)
{
	const struct tnpu_trace_event *e = &w->events->at[index];
	uint64_t queue, seq, start, end;

	if (strcmp(e->name, "tnpu_job_done") || !w->spans->clock.n)
		return;
	if (!tnpu_trace_event_u64(e, "queue", &queue) || queue > QUEUE_MAX ||
	    !tnpu_trace_event_u64(e, "seq", &seq) ||
	    !tnpu_trace_event_u64(e, "start", &start) || !tnpu_trace_event_u64(e, "end", &end))
		w->counts->dropped++;
	else if (start && !add_ticks(w, ITEM_JOB, index, ROW_JOBS + queue, start, end))
		w->counts->dropped++;
}

static int collect_items(struct writer *w)
{
	const struct tnpu_span *s = w->spans->at;
	size_t i;

	if (w->spans->n > UINT32_MAX || w->events->n > UINT32_MAX)
		return -EFBIG;
	w->items = calloc(w->spans->n + 2 * w->events->n + 1, sizeof(*w->items));
	if (!w->items)
		return -ENOMEM;
	for (i = 0; i < w->spans->n; i++, s++)
		if (!add_ticks(w, ITEM_SPAN, i, span_row(s), s->start, s->end))
			w->counts->dropped++;
	for (i = 0; i < w->events->n; i++) {
		add_item(w, ITEM_EVENT, i, w->events->at[i].ns, w->events->at[i].ns);
		add_job(w, i);
	}
	return 0;
}

/* What holds another comes before it. */
static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

static int write_items(struct writer *w)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < w->n && !ret && !ferror(w->f); i++) {
		const struct item *item = &w->items[i];

		if (item->kind == ITEM_EVENT)
			ret = write_event(w, &w->events->at[item->index]);
		else if (item->kind == ITEM_SPAN)
			write_span(w, item);
		else
			write_job(w, item);
	}
	return ret;
}

int tnpu_trace_write(FILE *f, struct tnpu_trace_events *events,
		     const struct tnpu_trace_spans *spans, struct tnpu_trace_counts *counts)
{
	struct writer w = { .f = f, .events = events, .spans = spans, .counts = counts };
	int ret;

	*counts = (struct tnpu_trace_counts){ 0 };
	ret = collect_items(&w);
	if (!ret) {
		qsort(w.items, w.n, sizeof(*w.items), compare_items);
		w.base = w.n ? w.items[0].start : 0;
		fprintf(f, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
		ret = write_npu_rows(&w);
	}
	if (!ret)
		ret = write_driver_rows(&w);
	if (!ret)
		ret = write_items(&w);
	free(w.items);
	fprintf(f, "\n]}\n");
	if (ret)
		return ret;
	if (fflush(f))
		return -errno;
	return ferror(f) ? -EIO : 0;
}
