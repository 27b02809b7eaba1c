// SPDX-License-Identifier: MIT
/*
 * The names that traces use are those of the contracts' headers: names.awk lists them, the
 * compiler gives their values, sizes and offsets.
 */
#include <string.h>

#include <tnpu/tnpu_dump.h>
#include <tnpu/tnpu_isa.h>
#include <tnpu/tnpu_regs.h>
#include <tnpu/tnpu_spans.h>

#include "replay.h"

struct trace_const {
	const char *name;
	uint64_t value;
};

struct trace_struct {
	const char *name;
	size_t size;
};

/* The table gives those entries whose macro is there. */
#define CONST(name)			{ #name, name },
static const struct trace_const trace_consts[] = {
#include "names.inc"
};

#undef CONST
#define STRUCT(type)			{ #type, sizeof(struct type) },
static const struct trace_struct trace_structs[] = {
#include "names.inc"
};

#undef STRUCT
#define SIZEOF(type, field)		sizeof(((struct type *)NULL)->field)
#define FIELD(type, field)							\
	{ #type, #field, NULL, offsetof(struct type, field), SIZEOF(type, field), 0 },
#define ARRAY(type, field)							\
	{ #type, #field, NULL, offsetof(struct type, field), SIZEOF(type, field[0]),	\
	  SIZEOF(type, field) / SIZEOF(type, field[0]) },
#define NESTED(type, field, nested)						\
	{ #type, #field, #nested, offsetof(struct type, field), sizeof(struct nested), 0 },
static const struct trace_field trace_fields[] = {
#include "names.inc"
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

bool trace_find_const(const char *name, uint64_t *value)
{
	size_t i;

	for (i = 0; i < COUNT(trace_consts); i++) {
		if (!strcmp(trace_consts[i].name, name)) {
			*value = trace_consts[i].value;
			return true;
		}
	}
	return false;
}

bool trace_find_struct(const char *name, size_t *size)
{
	size_t i;

	for (i = 0; i < COUNT(trace_structs); i++) {
		if (!strcmp(trace_structs[i].name, name)) {
			*size = trace_structs[i].size;
			return true;
		}
	}
	return false;
}

const struct trace_field *trace_find_field(const char *type, const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(trace_fields); i++)
		if (!strcmp(trace_fields[i].type, type) && !strcmp(trace_fields[i].name, name))
			return &trace_fields[i];
	return NULL;
}
