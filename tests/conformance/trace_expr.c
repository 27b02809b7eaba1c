// SPDX-License-Identifier: MIT
/*
 * Expressions: numbers, names of the headers, variables, C's operators with C's order.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

#define NAME_BYTES	48

struct expr {
	struct replay *r;
	const char *p;
};

static const struct {
	const char *text;
	int rank;		/* a higher one binds tighter */
} operators[] = {
	{ "|", 1 }, { "&", 2 }, { "<<", 3 }, { ">>", 3 }, { "+", 4 }, { "-", 4 },
	{ "*", 5 }, { "/", 5 }, { "%", 5 },
};

static int expr_binary(struct expr *e, int rank, uint64_t *value);

/* ---- Names -------------------------------------------------------------------- */

static int expr_name(struct expr *e, char name[NAME_BYTES])
{
	size_t n = 0;

	while (isalnum((unsigned char)e->p[n]) || e->p[n] == '_')
		n++;
	if (!n || n >= NAME_BYTES)
		return replay_fail(e->r, "'%s' does not begin with a value", e->p);
	snprintf(name, NAME_BYTES, "%.*s", (int)n, e->p);
	e->p += n;
	return 0;
}

static struct replay_variable *expr_variable(struct replay *r, const char *name)
{
	unsigned int i;

	for (i = 0; i < r->variables; i++)
		if (!strcmp(r->variable[i].name, name))
			return &r->variable[i];
	return NULL;
}

int trace_assign(struct replay *r, const char *name, uint64_t value)
{
	struct replay_variable *v = expr_variable(r, name);
	const size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (name[len] || !islower((unsigned char)name[0]) || len >= sizeof(v->name))
		return replay_fail(r, "'%s' cannot be a variable: a-z, 0-9 and _ make one",
				   name);
	if (!v && r->variables == REPLAY_VARIABLES)
		return replay_fail(r, "more than %u variables", REPLAY_VARIABLES);
	if (!v)
		v = &r->variable[r->variables++];
	snprintf(v->name, sizeof(v->name), "%s", name);
	v->value = value;
	return 0;
}

/* While a trace is only read there is no device to ask. */
static int expr_reg(struct expr *e, const char *arg, uint64_t *value)
{
	uint64_t offset;

	if (trace_register(e->r, arg, &offset))
		return -1;
	*value = e->r->backend ? e->r->backend->read32(e->r->dev, offset) : 1;
	return 0;
}

static int expr_sizeof(struct expr *e, const char *arg, uint64_t *value)
{
	size_t size;

	if (!trace_find_struct(arg, &size))
		return replay_fail(e->r, "the headers have no struct %s", arg);
	*value = size;
	return 0;
}

static int expr_offsetof(struct expr *e, const char *arg, uint64_t *value)
{
	struct trace_field field;
	char type[NAME_BYTES];
	const size_t n = strcspn(arg, ".");

	if (!arg[n] || n >= sizeof(type))
		return replay_fail(e->r, "offsetof(%s): STRUCT.FIELD is wanted", arg);
	snprintf(type, sizeof(type), "%.*s", (int)n, arg);
	if (trace_path(e->r, type, arg + n + 1, &field))
		return -1;
	*value = field.offset;
	return 0;
}

static int expr_function(struct expr *e, const char *name, uint64_t *value)
{
	const char *end = strchr(e->p, ')');
	char arg[2 * NAME_BYTES];

	if (!end || end - e->p >= (ptrdiff_t)sizeof(arg))
		return replay_fail(e->r, "%s( has no end", name);
	snprintf(arg, sizeof(arg), "%.*s", (int)(end - e->p - 1), e->p + 1);
	e->p = end + 1;
	if (!strcmp(name, "reg"))
		return expr_reg(e, arg, value);
	if (!strcmp(name, "sizeof"))
		return expr_sizeof(e, arg, value);
	if (!strcmp(name, "offsetof"))
		return expr_offsetof(e, arg, value);
	return replay_fail(e->r, "there is no %s(): reg(), sizeof() and offsetof() there are",
			   name);
}

static int expr_named(struct expr *e, uint64_t *value)
{
	const struct replay_variable *v;
	char name[NAME_BYTES];

	if (expr_name(e, name))
		return -1;
	if (*e->p == '(')
		return expr_function(e, name, value);
	if (isupper((unsigned char)name[0])) {
		if (!trace_find_const(name, value))
			return replay_fail(e->r, "the headers have no constant %s", name);
		return 0;
	}
	v = expr_variable(e->r, name);
	if (!v)
		return replay_fail(e->r, "no variable is called %s", name);
	*value = v->value;
	return 0;
}

/* ---- Values and operators ----------------------------------------------------- */

static int expr_number(struct expr *e, uint64_t *value)
{
	const bool hex = e->p[0] == '0' && e->p[1] == 'x';
	const char *digits = hex ? e->p + 2 : e->p;
	const size_t n = strspn(digits, hex ? "0123456789abcdef" : "0123456789");
	char *end;

	if (!n || n > (hex ? 16 : 19) || isalnum((unsigned char)digits[n]))
		return replay_fail(e->r, "'%s' is not a number: 123 or 0x7b", e->p);
	*value = strtoull(digits, &end, hex ? 16 : 10);
	e->p = end;
	return 0;
}

static int expr_primary(struct expr *e, uint64_t *value)
{
	if (isdigit((unsigned char)*e->p))
		return expr_number(e, value);
	if (*e->p != '(')
		return expr_named(e, value);
	e->p++;
	if (expr_binary(e, 1, value))
		return -1;
	if (*e->p != ')')
		return replay_fail(e->r, "a parenthesis is not closed");
	e->p++;
	return 0;
}

static int expr_divide(struct expr *e, char op, uint64_t a, uint64_t b, uint64_t *value)
{
	/* Where there is no device yet, what is asked of it may be anything. */
	if (!b && e->r->backend)
		return replay_fail(e->r, "division by zero");
	if (!b)
		*value = 0;
	else
		*value = op == '/' ? a / b : a % b;
	return 0;
}

static int expr_apply(struct expr *e, const char *op, uint64_t a, uint64_t b, uint64_t *value)
{
	switch (op[0]) {
	case '|':
		*value = a | b;
		return 0;
	case '&':
		*value = a & b;
		return 0;
	case '<':
		*value = b < 64 ? a << b : 0;
		return 0;
	case '>':
		*value = b < 64 ? a >> b : 0;
		return 0;
	case '+':
		*value = a + b;
		return 0;
	case '-':
		*value = a - b;
		return 0;
	case '*':
		*value = a * b;
		return 0;
	default:
		return expr_divide(e, op[0], a, b, value);
	}
}

/* The operator at @e, if it binds at least as tight as @rank. */
static const char *expr_operator(const struct expr *e, int rank, int *found)
{
	size_t i;

	for (i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		const char *text = operators[i].text;

		if (!strncmp(e->p, text, strlen(text)) && operators[i].rank >= rank) {
			*found = operators[i].rank;
			return text;
		}
	}
	return NULL;
}

static int expr_binary(struct expr *e, int rank, uint64_t *value)
{
	const char *op;
	uint64_t right;
	int found;

	if (expr_primary(e, value))
		return -1;
	while ((op = expr_operator(e, rank, &found))) {
		e->p += strlen(op);
		if (expr_binary(e, found + 1, &right) ||
		    expr_apply(e, op, *value, right, value))
			return -1;
	}
	return 0;
}

int trace_eval(struct replay *r, const char *text, uint64_t *value)
{
	struct expr e = { .r = r, .p = text };

	if (expr_binary(&e, 1, value))
		return -1;
	return *e.p ? replay_fail(r, "'%s' cannot follow a value", e.p) : 0;
}

int trace_eval_max(struct replay *r, const char *text, uint64_t max, uint64_t *value)
{
	if (trace_eval(r, text, value))
		return -1;
	if (*value > max)
		return replay_fail(r, "%s is 0x%llx, at most 0x%llx are allowed", text,
				   (unsigned long long)*value, (unsigned long long)max);
	return 0;
}

/* ---- Registers and fields ----------------------------------------------------- */

int trace_register(struct replay *r, const char *text, uint64_t *offset)
{
	if (!strncmp(text, "bar0:", 5))
		return trace_eval(r, text + 5, offset);
	if (strncmp(text, "TNPU_REG_", 9) || !trace_find_const(text, offset))
		return replay_fail(r, "the headers have no register %s", text);
	return 0;
}

static int path_index(struct replay *r, const char *text, struct trace_field *field)
{
	uint64_t index;

	if (!*text) {
		if (field->count)
			return replay_fail(r, "%s has %zu elements: %s[0] and so on",
					   field->name, field->count, field->name);
		return 0;
	}
	if (*text != '[' || text[strlen(text) - 1] != ']' || !field->count)
		return replay_fail(r, "'%s' cannot follow %s", text, field->name);
	index = strtoull(text + 1, NULL, 10);
	if (strspn(text + 1, "0123456789") != strlen(text) - 2 || index >= field->count)
		return replay_fail(r, "%s%s: 0 to %zu there are", field->name, text,
				   field->count - 1);
	field->offset += index * field->size;
	return 0;
}

int trace_path(struct replay *r, const char *type, const char *path, struct trace_field *field)
{
	const size_t n = strcspn(path, ".[");
	const struct trace_field *found;
	char name[NAME_BYTES];
	size_t offset;

	snprintf(name, sizeof(name), "%.*s", (int)n, path);
	found = trace_find_field(type, name);
	if (!found)
		return replay_fail(r, "struct %s has no field %s", type, name);
	*field = *found;
	if (path[n] != '.')
		return path_index(r, path + n, field);
	if (!found->nested)
		return replay_fail(r, "%s is no struct", name);
	offset = found->offset;
	if (trace_path(r, found->nested, path + n + 1, field))
		return -1;
	field->offset += offset;
	return 0;
}
