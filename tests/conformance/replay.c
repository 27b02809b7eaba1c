// SPDX-License-Identifier: MIT
/*
 * Replays traces: each file is read once for its form, then once against a fresh device.
 *
 * Usage: replay [--check] FILE...    --check: only read them
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "replay.h"

#define LINE_BYTES	1024
#define WORDS		64
#define DEPTH		4
#define PATIENCE_NS	10000000000ull	/* then what is waited for does not come any more */

/**
 * struct action - a verb of the language
 * @min, @max: words that may follow it
 */
struct action {
	const char *verb;
	int (*run)(struct replay *r, char **arg, unsigned int n);
	unsigned int min;
	unsigned int max;
};

static int replay_file(struct replay *r, const char *path);

int replay_fail(struct replay *r, const char *format, ...)
{
	va_list args;
	int n;

	if (r->error[0])
		return -1;
	n = snprintf(r->error, sizeof(r->error), "%s:%u: ", r->file, r->line);
	if (n < 0 || n >= (int)sizeof(r->error))
		return -1;
	va_start(args, format);
	vsnprintf(r->error + n, sizeof(r->error) - n, format, args);
	va_end(args);
	return -1;
}

/* ---- Waiting ------------------------------------------------------------------ */

static uint64_t wait_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* Tries until @try succeeds; its last message stays where it does not. */
static int wait_for(struct replay *r, int (*try)(struct replay *r, char **arg, unsigned int n),
		    char **arg, unsigned int n)
{
	const struct timespec nap = { .tv_nsec = 20000 };
	const uint64_t start = wait_now();

	while (try(r, arg, n)) {
		if (!r->backend || wait_now() - start > PATIENCE_NS)
			return -1;
		r->error[0] = 0;
		nanosleep(&nap, NULL);
	}
	return 0;
}

/* ---- Registers ---------------------------------------------------------------- */

static int reg_value(struct replay *r, char **arg, uint64_t *offset, uint64_t *value)
{
	if (trace_register(r, arg[0], offset))
		return -1;
	return trace_eval_max(r, arg[1], UINT32_MAX, value);
}

static void reg_write(struct replay *r, uint64_t offset, uint32_t value)
{
	if (r->backend)
		r->backend->write32(r->dev, offset, value);
}

static int run_write(struct replay *r, char **arg, unsigned int n)
{
	uint64_t offset, value;

	if (reg_value(r, arg, &offset, &value))
		return -1;
	reg_write(r, offset, value);
	return 0;
}

static int run_write64(struct replay *r, char **arg, unsigned int n)
{
	const size_t len = strlen(arg[0]);
	uint64_t offset, value;

	if (trace_register(r, arg[0], &offset) || trace_eval(r, arg[1], &value))
		return -1;
	if (len < 3 || strcmp(arg[0] + len - 3, "_LO"))
		return replay_fail(r, "%s is no register of a pair: _LO is", arg[0]);
	reg_write(r, offset, value);
	reg_write(r, offset + 4, value >> 32);
	return 0;
}

static int run_read(struct replay *r, char **arg, unsigned int n)
{
	uint64_t offset, value, mask = UINT32_MAX;
	uint32_t found;

	if (reg_value(r, arg, &offset, &value) ||
	    (n > 2 && trace_eval_max(r, arg[2], UINT32_MAX, &mask)))
		return -1;
	if (!r->backend)
		return 0;
	found = r->backend->read32(r->dev, offset);
	if ((found & mask) != value)
		return replay_fail(r, "%s is 0x%x, 0x%llx is expected in 0x%llx", arg[0], found,
				   (unsigned long long)value, (unsigned long long)mask);
	return 0;
}

static int run_wait(struct replay *r, char **arg, unsigned int n)
{
	return wait_for(r, run_read, arg, n);
}

static int reg_differs(struct replay *r, char **arg, unsigned int n)
{
	uint64_t offset, value;

	if (reg_value(r, arg, &offset, &value))
		return -1;
	if (r->backend && r->backend->read32(r->dev, offset) == value)
		return replay_fail(r, "%s stays 0x%llx", arg[0], (unsigned long long)value);
	return 0;
}

static int run_leave(struct replay *r, char **arg, unsigned int n)
{
	return wait_for(r, reg_differs, arg, n);
}

/* The value before is the first one that is read. */
static int run_change(struct replay *r, char **arg, unsigned int n)
{
	char text[24];
	char *words[2];
	uint64_t offset;

	if (trace_register(r, arg[0], &offset))
		return -1;
	snprintf(text, sizeof(text), "%u",
		 r->backend ? r->backend->read32(r->dev, offset) : 0);
	words[0] = arg[0];
	words[1] = text;
	return run_leave(r, words, 2);
}

static int run_range(struct replay *r, char **arg, unsigned int n)
{
	uint64_t offset, min, max;
	uint32_t found;

	if (reg_value(r, arg, &offset, &min) || trace_eval_max(r, arg[2], UINT32_MAX, &max))
		return -1;
	if (!r->backend)
		return 0;
	found = r->backend->read32(r->dev, offset);
	if (found < min || found > max)
		return replay_fail(r, "%s is 0x%x, 0x%llx to 0x%llx are expected", arg[0], found,
				   (unsigned long long)min, (unsigned long long)max);
	return 0;
}

static int run_ring(struct replay *r, char **arg, unsigned int n)
{
	uint64_t queue, tail, base, stride;

	if (trace_eval(r, arg[0], &queue) || trace_eval_max(r, arg[1], UINT32_MAX, &tail) ||
	    trace_eval(r, "reg(TNPU_REG_DB_OFFSET)", &base) ||
	    trace_eval(r, "reg(TNPU_REG_DB_STRIDE)", &stride))
		return -1;
	reg_write(r, base + queue * stride, tail);
	return 0;
}

/* ---- Memory ------------------------------------------------------------------- */

static int run_place(struct replay *r, char **arg, unsigned int n)
{
	return trace_clear(r, arg) || trace_operand(r, arg, n, trace_store) ? -1 : 0;
}

static int run_patch(struct replay *r, char **arg, unsigned int n)
{
	return trace_operand(r, arg, n, trace_store);
}

static int run_expect(struct replay *r, char **arg, unsigned int n)
{
	return trace_operand(r, arg, n, trace_compare);
}

static int run_until(struct replay *r, char **arg, unsigned int n)
{
	return wait_for(r, run_expect, arg, n);
}

/* ---- Interrupts --------------------------------------------------------------- */

static int irq_count(struct replay *r, const char *text, uint64_t *vector, unsigned int *count)
{
	if (trace_eval_max(r, text, REPLAY_VECTORS - 1, vector))
		return -1;
	*count = r->backend ? r->backend->interrupts(r->dev, *vector) : r->seen[*vector];
	return 0;
}

static int irq_arrived(struct replay *r, char **arg, unsigned int n)
{
	unsigned int count;
	uint64_t vector;

	if (irq_count(r, arg[0], &vector, &count))
		return -1;
	if (r->backend && count == r->seen[vector])
		return replay_fail(r, "vector %u was not signalled", (unsigned int)vector);
	r->seen[vector] = count;
	return 0;
}

static int run_interrupt(struct replay *r, char **arg, unsigned int n)
{
	return wait_for(r, irq_arrived, arg, n);
}

static int run_silent(struct replay *r, char **arg, unsigned int n)
{
	unsigned int count;
	uint64_t vector;

	if (irq_count(r, arg[0], &vector, &count))
		return -1;
	if (count != r->seen[vector])
		return replay_fail(r, "vector %u was signalled", (unsigned int)vector);
	return 0;
}

/* ---- The language ------------------------------------------------------------- */

static int run_let(struct replay *r, char **arg, unsigned int n)
{
	uint64_t value;

	return trace_eval(r, arg[1], &value) || trace_assign(r, arg[0], value) ? -1 : 0;
}

/* Files that a trace includes lie beside it. */
static int run_include(struct replay *r, char **arg, unsigned int n)
{
	const char *slash = strrchr(r->file, '/');
	const int folder = slash ? slash - r->file + 1 : 0;
	const char *file = r->file;
	const unsigned int line = r->line;
	char path[LINE_BYTES];
	int ret;

	if (r->depth == DEPTH)
		return replay_fail(r, "more than %d files include each other", DEPTH);
	snprintf(path, sizeof(path), "%.*s%s", folder, r->file, arg[0]);
	r->depth++;
	ret = replay_file(r, path);
	r->depth--;
	r->file = file;
	r->line = line;
	return ret;
}

static int run_title(struct replay *r, char **arg, unsigned int n)
{
	unsigned int i;

	if (r->title[0])
		return replay_fail(r, "a trace has one title");
	for (i = 0; i < n; i++)
		snprintf(r->title + strlen(r->title), sizeof(r->title) - strlen(r->title),
			 "%s%s", i ? " " : "", arg[i]);
	return 0;
}

static const struct action actions[] = {
	{ "title", run_title, 1, WORDS },
	{ "let", run_let, 2, 2 },
	{ "include", run_include, 1, 1 },
	{ "write", run_write, 2, 2 },
	{ "write64", run_write64, 2, 2 },
	{ "read", run_read, 2, 3 },
	{ "wait", run_wait, 2, 3 },
	{ "leave", run_leave, 2, 2 },
	{ "change", run_change, 1, 1 },
	{ "range", run_range, 3, 3 },
	{ "ring", run_ring, 2, 2 },
	{ "place", run_place, 3, WORDS },
	{ "patch", run_patch, 3, WORDS },
	{ "expect", run_expect, 3, WORDS },
	{ "until", run_until, 3, WORDS },
	{ "interrupt", run_interrupt, 1, 1 },
	{ "silent", run_silent, 1, 1 },
};

static const struct action *replay_find(const char *verb)
{
	size_t i;

	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (!strcmp(actions[i].verb, verb))
			return &actions[i];
	return NULL;
}

static int replay_words(struct replay *r, char **word, unsigned int n)
{
	const struct action *action = replay_find(word[0]);

	if (!action)
		return replay_fail(r, "there is no action '%s'", word[0]);
	if (n - 1 < action->min || n - 1 > action->max)
		return replay_fail(r, "%s takes %u to %u words, not %u", word[0], action->min,
				   action->max, n - 1);
	if (!r->title[0] && action->run != run_title && !r->depth)
		return replay_fail(r, "a trace begins with its title");
	return action->run(r, word + 1, n - 1);
}

static int replay_line(struct replay *r, char *line)
{
	char *word[WORDS + 1];
	unsigned int n = 0;
	char *save, *p;

	if (!strchr(line, '\n'))
		return replay_fail(r, "a line has no end, or is longer than %d bytes",
				   LINE_BYTES - 2);
	line[strcspn(line, "#\n")] = 0;
	for (p = strtok_r(line, " \t", &save); p; p = strtok_r(NULL, " \t", &save)) {
		if (n > WORDS)
			return replay_fail(r, "more than %d words", WORDS);
		word[n++] = p;
	}
	return n ? replay_words(r, word, n) : 0;
}

static int replay_file(struct replay *r, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[LINE_BYTES];
	int ret = 0;

	if (!f)
		return replay_fail(r, "%s: %s", path, strerror(errno));
	r->file = path;
	r->line = 0;
	while (!ret && fgets(line, sizeof(line), f)) {
		r->line++;
		ret = replay_line(r, line);
	}
	fclose(f);
	return ret;
}

static int replay_start(struct replay *r, const struct replay_backend *backend,
			const char *path)
{
	memset(r, 0, sizeof(*r));
	r->file = path;
	r->backend = backend;
	return trace_assign(r, "sys", backend ? backend->sys_base : 0) ||
	       trace_assign(r, "nowhere", backend ? backend->nowhere : 0) ? -1 : 0;
}

/* ---- TAP ---------------------------------------------------------------------- */

static int trace_check(struct replay *r, const char *path)
{
	if (replay_start(r, NULL, path) || replay_file(r, path))
		return -1;
	return r->title[0] ? 0 : replay_fail(r, "there is no title");
}

static int trace_replay(struct replay *r, const struct replay_backend *backend,
			const char *path)
{
	int ret;

	if (replay_start(r, backend, path))
		return -1;
	r->dev = backend->open();
	if (!r->dev)
		return replay_fail(r, "there is no device");
	ret = replay_file(r, path);
	backend->close(r->dev);
	return ret;
}

/* @backend: NULL: the trace is only read */
static int trace_run(const char *path, unsigned int number, const struct replay_backend *backend)
{
	const char *slash = strrchr(path, '/');
	struct replay r;
	int ret = trace_check(&r, path);

	if (!ret && backend)
		ret = trace_replay(&r, backend, path);
	printf("%s %u - %s: %s\n", ret ? "not ok" : "ok", number, slash ? slash + 1 : path,
	       r.title[0] ? r.title : "no title");
	if (ret)
		printf("# %s\n", r.error);
	fflush(stdout);
	return ret;
}

int main(int argc, char **argv)
{
	const bool check = argc > 1 && !strcmp(argv[1], "--check");
	const bool qemu = argc > 1 && !strcmp(argv[1], "--qemu");
	const struct replay_backend *backend = check ? NULL : qemu ? &replay_qemu : &replay_chip;
	const int first = check || qemu ? 2 : 1;
	int i, failed = 0;

	if (first >= argc) {
		fprintf(stderr, "usage: replay [--check | --qemu] FILE...\n");
		return 2;
	}
	printf("1..%d\n", argc - first);
	for (i = first; i < argc; i++)
		failed += !!trace_run(argv[i], i - first + 1, backend);
	return failed ? 1 : 0;
}
