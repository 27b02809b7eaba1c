// SPDX-License-Identifier: MIT
/*
 * Operands in memory: LOCATION TYPE VALUE..., element by element.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

#define WHAT_BYTES	96

static const struct {
	const char *name;
	size_t size;
} scalars[] = {
	{ "u8", 1 }, { "u16", 2 }, { "u32", 4 }, { "u64", 8 },
};

static uint64_t memory_max(size_t size)
{
	return size == 8 ? ~0ull : (1ull << (8 * size)) - 1;
}

static int memory_location(struct replay *r, const char *text, struct trace_memory *at)
{
	if (!strncmp(text, "sys:", 4))
		at->space = REPLAY_SYS;
	else if (!strncmp(text, "mem:", 4))
		at->space = REPLAY_MEM;
	else
		return replay_fail(r, "'%s' is no place: sys:ADDRESS or mem:OFFSET", text);
	return trace_eval(r, text + 4, &at->addr);
}

/* Only a device under test knows where system memory begins. */
static int memory_check(struct replay *r, const struct trace_memory *at, size_t size)
{
	const bool sys = at->space == REPLAY_SYS;
	const uint64_t offset = sys ? at->addr - r->backend->sys_base : at->addr;
	const uint64_t limit = sys ? REPLAY_SYS_SIZE : REPLAY_MEM_SIZE;

	if (offset > limit || size > limit - offset)
		return replay_fail(r, "%s:0x%llx lies outside of the 0x%llx bytes there are",
				   sys ? "sys" : "mem", (unsigned long long)at->addr,
				   (unsigned long long)limit);
	return 0;
}

/* ---- What to do with an element ----------------------------------------------- */

int trace_store(struct replay *r, const struct trace_memory *at, size_t size, uint64_t value,
		const char *what)
{
	if (!r->backend)
		return 0;
	if (memory_check(r, at, size))
		return -1;
	r->backend->store(r->dev, at->space, at->addr, size, value);
	return 0;
}

int trace_compare(struct replay *r, const struct trace_memory *at, size_t size, uint64_t value,
		  const char *what)
{
	uint64_t found;

	if (!r->backend)
		return 0;
	if (memory_check(r, at, size))
		return -1;
	found = r->backend->load(r->dev, at->space, at->addr, size);
	if (found != value)
		return replay_fail(r, "%s is 0x%llx, 0x%llx is expected", what,
				   (unsigned long long)found, (unsigned long long)value);
	return 0;
}

/* ---- Values ------------------------------------------------------------------- */

/* VALUE, or COUNT@VALUE; @at moves on. */
static int memory_values(struct replay *r, struct trace_memory *at, size_t size,
			 const char *text, trace_element_fn fn)
{
	const size_t n = strcspn(text, "@");
	uint64_t value, count = 1;
	char what[WHAT_BYTES];

	if (text[n]) {
		snprintf(what, sizeof(what), "%.*s", (int)n, text);
		if (trace_eval_max(r, what, REPLAY_MEM_SIZE, &count))
			return -1;
		text += n + 1;
	}
	if (trace_eval_max(r, text, memory_max(size), &value))
		return -1;
	for (; count; count--, at->addr += size) {
		snprintf(what, sizeof(what), "%s:0x%llx", at->space == REPLAY_SYS ? "sys" : "mem",
			 (unsigned long long)at->addr);
		if (fn(r, at, size, value, what))
			return -1;
	}
	return 0;
}

/* Two hexadecimal digits a byte. */
static int memory_hex(struct replay *r, struct trace_memory *at, const char *text,
		      trace_element_fn fn)
{
	const size_t n = strlen(text);
	char digits[3] = "";
	char what[WHAT_BYTES];
	size_t i;

	if (n % 2 || strspn(text, "0123456789abcdef") != n)
		return replay_fail(r, "'%s' is not two digits 0-9, a-f for each byte", text);
	for (i = 0; i < n; i += 2, at->addr++) {
		memcpy(digits, text + i, 2);
		snprintf(what, sizeof(what), "byte %zu of %s", i / 2, text);
		if (fn(r, at, 1, strtoul(digits, NULL, 16), what))
			return -1;
	}
	return 0;
}

/* FIELD=VALUE */
static int memory_field(struct replay *r, const struct trace_memory *base, const char *type,
			const char *text, trace_element_fn fn)
{
	const size_t n = strcspn(text, "=");
	const char *value = text + n + 1;
	struct trace_memory at = *base;
	char path[WHAT_BYTES / 2];
	char what[WHAT_BYTES];
	struct trace_field field;
	uint64_t number;

	if (!text[n] || n >= sizeof(path))
		return replay_fail(r, "'%s' is not FIELD=VALUE", text);
	snprintf(path, sizeof(path), "%.*s", (int)n, text);
	if (trace_path(r, type, path, &field))
		return -1;
	if (field.nested)
		return replay_fail(r, "%s is a struct: its fields take values", path);
	if (trace_eval_max(r, value, memory_max(field.size), &number))
		return -1;
	at.addr += field.offset;
	snprintf(what, sizeof(what), "%s of struct %s", path, type);
	return fn(r, &at, field.size, number, what);
}

static size_t memory_scalar(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++)
		if (!strcmp(scalars[i].name, type))
			return scalars[i].size;
	return 0;
}

int trace_operand(struct replay *r, char **arg, unsigned int n, trace_element_fn fn)
{
	const char *type = arg[1];
	const size_t scalar = memory_scalar(type);
	struct trace_memory at;
	unsigned int i;
	size_t size;
	int ret = 0;

	if (memory_location(r, arg[0], &at))
		return -1;
	if (!scalar && strcmp(type, "hex") && !trace_find_struct(type, &size))
		return replay_fail(r, "'%s' is no type: u8, u16, u32, u64, hex or a struct", type);
	for (i = 2; i < n && !ret; i++) {
		if (scalar)
			ret = memory_values(r, &at, scalar, arg[i], fn);
		else if (!strcmp(type, "hex"))
			ret = memory_hex(r, &at, arg[i], fn);
		else
			ret = memory_field(r, &at, type, arg[i], fn);
	}
	return ret;
}

int trace_clear(struct replay *r, char **arg)
{
	struct trace_memory at;
	size_t size;

	if (!trace_find_struct(arg[1], &size))
		return 0;
	if (memory_location(r, arg[0], &at))
		return -1;
	for (; size; size--, at.addr++)
		if (trace_store(r, &at, 1, 0, arg[1]))
			return -1;
	return 0;
}
