// SPDX-License-Identifier: MIT
/*
 * Reading the state of a chip. See state.h for the format.
 *
 * The stream is read into a chip of its own, which has neither threads nor memory; only when
 * all of it has been read and is found to be a state that can be, the paused chip takes it
 * over. So no lock is held while the stream is waited for, and a bad stream does no harm.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

/* At once, so that a stream cannot make the host give more memory than it has bytes. */
#define TNPU_LOAD_CHUNK		65536

/**
 * struct tnpu_load - a load under way
 * @state: what was read so far
 * @item, @name: the present item, without its value
 * @object, @index: to which fields belong; NULL: one that is skipped
 * @end: the end has been seen
 */
struct tnpu_load {
	const struct tnpu_stream *stream;
	struct tnpu_chip *state;
	struct tnpu_item item;
	char name[TNPU_ITEM_NAME_MAX + 1];
	const struct tnpu_object *object;
	unsigned int index;
	bool end;
	char *why;
	size_t why_size;
};

/* ---- Items ------------------------------------------------------------------------------- */

static int tnpu_load_invalid(struct tnpu_load *l, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int tnpu_load_invalid(struct tnpu_load *l, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(l->why, l->why_size, format, args);
	va_end(args);
	return -EINVAL;
}

static int tnpu_load_bytes(struct tnpu_load *l, void *buf, size_t size)
{
	return size ? l->stream->read(l->stream->opaque, buf, size) : 0;
}

static int tnpu_load_skip(struct tnpu_load *l, uint32_t size)
{
	uint8_t buf[256];
	int ret = 0;

	while (size && !ret) {
		const uint32_t part = size < sizeof(buf) ? size : sizeof(buf);

		ret = tnpu_load_bytes(l, buf, part);
		size -= part;
	}
	return ret;
}

/* The head of the next item, and its name. */
static int tnpu_load_item(struct tnpu_load *l)
{
	int ret = tnpu_load_bytes(l, &l->item, sizeof(l->item));

	if (ret)
		return ret;
	if (!l->item.name || l->item.name > TNPU_ITEM_NAME_MAX || l->item.reserved)
		return tnpu_load_invalid(l, "this is no saved chip, or it is damaged");
	l->name[l->item.name] = 0;
	return tnpu_load_bytes(l, l->name, l->item.name);
}

static int tnpu_load_number(struct tnpu_load *l, uint64_t *value)
{
	if (l->item.size != sizeof(*value))
		return tnpu_load_invalid(l, "%s: %u bytes, a number has %zu", l->name,
					 l->item.size, sizeof(*value));
	return tnpu_load_bytes(l, value, sizeof(*value));
}

/* What is not known can be left out, unless it says that it cannot. */
static int tnpu_load_unknown(struct tnpu_load *l)
{
	if (l->item.kind & TNPU_ITEM_MUST)
		return tnpu_load_invalid(l, "%s: not known to this chip", l->name);
	return tnpu_load_skip(l, l->item.size);
}

/* ---- Fields ------------------------------------------------------------------------------ */

static int tnpu_load_range(struct tnpu_load *l, const struct tnpu_field *field, uint64_t value)
{
	const unsigned int bits = 8 * field->size;

	if (value >= field->min && value <= field->max && (bits == 64 || !(value >> bits)))
		return 0;
	return tnpu_load_invalid(l, "%s %u: %s is %" PRIu64, l->object->name, l->index,
				 l->name, value);
}

static int tnpu_load_same(struct tnpu_load *l, const struct tnpu_field *field, const void *p,
			  uint64_t value)
{
	uint64_t here = 0;

	memcpy(&here, p, field->size);
	if (value == here)
		return 0;
	return tnpu_load_invalid(l, "%s is %" PRIu64 " in the saved chip, %" PRIu64 " in this one",
				 l->name, value, here);
}

static int tnpu_load_value(struct tnpu_load *l, const struct tnpu_field *field, void *p)
{
	struct tnpu_mem **mem = p;
	uint64_t value;
	int ret = tnpu_load_number(l, &value);

	if (!ret && field->kind == TNPU_FIELD_SAME)
		return tnpu_load_same(l, field, p, value);
	if (!ret)
		ret = tnpu_load_range(l, field, value);
	if (ret)
		return ret;
	if (field->kind == TNPU_FIELD_CONTEXT)
		*mem = &l->state->mem[value];
	else
		memcpy(p, &value, field->size);
	return 0;
}

static int tnpu_load_blob(struct tnpu_load *l, const struct tnpu_field *field,
			  struct tnpu_blob *blob)
{
	uint32_t left = l->item.size;
	int ret = 0;

	if (left > field->max)
		return tnpu_load_invalid(l, "%s: %u bytes, at most %" PRIu64, l->name, left,
					 field->max);
	blob->size = 0;
	while (left && !ret) {
		const uint32_t part = left < TNPU_LOAD_CHUNK ? left : TNPU_LOAD_CHUNK;

		ret = tnpu_blob_reserve(blob, part);
		if (!ret)
			ret = tnpu_load_bytes(l, blob->data + blob->size, part);
		if (!ret)
			blob->size += part;
		left -= part;
	}
	return ret;
}

static const struct tnpu_field *tnpu_load_find(struct tnpu_load *l)
{
	unsigned int i;

	for (i = 0; l->object && i < l->object->nfields; i++)
		if (!strcmp(l->object->fields[i].name, l->name))
			return &l->object->fields[i];
	return NULL;
}

static int tnpu_load_field(struct tnpu_load *l)
{
	const struct tnpu_field *field = tnpu_load_find(l);
	uint8_t *p;

	if (!field)
		return tnpu_load_unknown(l);
	p = (uint8_t *)l->object->at(l->state, l->index) + field->offset;
	if (field->kind == TNPU_FIELD_BLOB)
		return tnpu_load_blob(l, field, (struct tnpu_blob *)p);
	if (field->kind != TNPU_FIELD_BYTES)
		return tnpu_load_value(l, field, p);
	if (l->item.size != field->size)
		return tnpu_load_invalid(l, "%s: %u bytes, not %zu", l->name, l->item.size,
					 field->size);
	return tnpu_load_bytes(l, p, field->size);
}

/* ---- Objects ----------------------------------------------------------------------------- */

static const struct tnpu_object *tnpu_load_find_object(const char *name)
{
	unsigned int i;

	for (i = 0; i < tnpu_nobjects; i++)
		if (!strcmp(tnpu_objects[i].name, name))
			return &tnpu_objects[i];
	return NULL;
}

static int tnpu_load_object(struct tnpu_load *l)
{
	uint64_t index;
	int ret;

	l->end = !strcmp(l->name, "end");
	l->object = tnpu_load_find_object(l->name);
	if (!l->object && !l->end)
		return tnpu_load_unknown(l);
	ret = tnpu_load_number(l, &index);
	if (ret || l->end)
		return ret;
	if (index >= l->object->count(l->state))
		return tnpu_load_invalid(l, "%s %" PRIu64 ": there is none", l->name, index);
	l->index = index;
	return 0;
}

static int tnpu_load_begin(struct tnpu_load *l)
{
	uint64_t version = 0;
	int ret = tnpu_load_item(l);

	if (!ret && ((l->item.kind & ~TNPU_ITEM_MUST) != TNPU_ITEM_OBJECT ||
		     strcmp(l->name, "tnpu")))
		return tnpu_load_invalid(l, "this is no saved chip");
	if (!ret)
		ret = tnpu_load_number(l, &version);
	if (!ret && version != TNPU_STATE_VERSION)
		return tnpu_load_invalid(l, "version %" PRIu64 " of the format, this chip reads %u",
					 version, TNPU_STATE_VERSION);
	return ret;
}

static int tnpu_load_items(struct tnpu_load *l)
{
	int ret = tnpu_load_begin(l);

	while (!ret && !l->end) {
		ret = tnpu_load_item(l);
		if (ret)
			return ret;
		switch (l->item.kind & ~TNPU_ITEM_MUST) {
		case TNPU_ITEM_OBJECT:
			ret = tnpu_load_object(l);
			break;
		case TNPU_ITEM_FIELD:
			ret = tnpu_load_field(l);
			break;
		default:
			ret = tnpu_load_invalid(l, "%s: an item of kind %u", l->name,
						l->item.kind);
		}
	}
	return ret;
}

/* ---- The chip ---------------------------------------------------------------------------- */

/* What the others tell is not in the stream. */
static void tnpu_load_derive(struct tnpu_chip *state)
{
	unsigned int i;

	state->running = state->reg[TNPU_REG_BOOT_STATE / 4] == TNPU_BOOT_READY;
	state->boot_requested = state->reg[TNPU_REG_BOOT_STATE / 4] == TNPU_BOOT_LOADING;
	if (state->boot_requested)
		state->events |= TNPU_EVENT_BOOT;
	for (i = 0; i < TNPU_QUEUES_MAX; i++)
		state->queue[i].job.loaded = state->queue[i].job.in_cmd;
}

static int tnpu_load_read(struct tnpu_load *l)
{
	const char *why;
	int ret = tnpu_load_items(l);

	if (ret)
		return ret;
	tnpu_load_derive(l->state);
	why = tnpu_state_check(l->state);
	return why ? tnpu_load_invalid(l, "%s", why) : 0;
}

/* Queues move as they are, with what they own; their pointers are then of this chip. */
static void tnpu_load_queues(struct tnpu_chip *chip, struct tnpu_chip *state)
{
	unsigned int i;

	for (i = 0; i < chip->config.queues; i++) {
		struct tnpu_queue *q = &chip->queue[i];

		*q = state->queue[i];
		q->chip = chip;
		q->mem = q->mem ? &chip->mem[q->mem->id] : NULL;
		state->queue[i].job.inputs.blob = (struct tnpu_blob){ 0 };
		state->queue[i].job.results = (struct tnpu_blob){ 0 };
	}
	for (i = 1; i <= chip->config.contexts; i++)
		chip->mem[i].root = state->mem[i].root;
}

/* The chip is paused and as after a reset; the lock is held. */
static void tnpu_load_take(struct tnpu_chip *chip, struct tnpu_chip *state)
{
	unsigned int i;

	memcpy(chip->reg, state->reg, sizeof(chip->reg));
	memcpy(chip->tail, state->tail, sizeof(chip->tail));
	memcpy(chip->current, state->current, sizeof(chip->current));
	memcpy(chip->log, state->log, sizeof(chip->log));
	chip->log_end = state->log_end;
	chip->rung = state->rung;
	chip->boot_requested = state->boot_requested;
	chip->running = state->running;
	chip->fw = state->fw;
	chip->mbox = state->mbox;
	chip->next_beat = 0;
	chip->sensors = state->sensors;
	for (i = 0; i < TNPU_PROVOKES; i++)
		atomic_store(&chip->provoked[i], atomic_load(&state->provoked[i]));
	for (i = 0; i < TNPU_COUNTERS; i++)
		atomic_store(&chip->counter[i], atomic_load(&state->counter[i]));
	tnpu_load_queues(chip, state);
	tnpu_chip_kick(chip, atomic_load(&state->events) | TNPU_EVENT_WAKE);
}

/* A chip without threads: identification as in @chip, all else as after power-on. */
static struct tnpu_chip *tnpu_load_blank(const struct tnpu_chip *chip)
{
	struct tnpu_chip *state = calloc(1, sizeof(*state));
	unsigned int i;

	if (!state)
		return NULL;
	state->config = chip->config;
	state->ops = chip->ops;
	tnpu_regs_init(state);
	for (i = 0; i < TNPU_QUEUES_MAX; i++)
		state->queue[i].chip = state;
	for (i = 0; i <= TNPU_CONTEXTS_MAX; i++)
		state->mem[i].id = i;
	for (i = 0; i < TNPU_QUEUES_MAX; i++)
		state->queue[i].id = i;
	return state;
}

static void tnpu_load_free(struct tnpu_chip *state)
{
	unsigned int i;

	for (i = 0; i < TNPU_QUEUES_MAX; i++) {
		tnpu_blob_free(&state->queue[i].job.inputs.blob);
		tnpu_blob_free(&state->queue[i].job.results);
	}
	free(state);
}

/* Empties the chip, in which control stands still. */
static int tnpu_load_reset(struct tnpu_chip *chip)
{
	int ret = -EBUSY;

	pthread_mutex_lock(&chip->lock);
	while (chip->paused && chip->reset_pending)
		pthread_cond_wait(&chip->cond, &chip->lock);
	if (chip->paused) {
		tnpu_chip_drop_all(chip);
		atomic_store(&chip->events, TNPU_EVENT_WAKE);
		chip->reg[TNPU_REG_BOOT_STATE / 4] = TNPU_BOOT_ROM;
		tnpu_regs_init(chip);
		ret = 0;
	}
	pthread_mutex_unlock(&chip->lock);
	return ret;
}

int tnpu_chip_load(struct tnpu_chip *chip, const struct tnpu_stream *stream, char *why,
		   size_t size)
{
	struct tnpu_load l = { .stream = stream, .why = why, .why_size = size };
	int ret = tnpu_load_reset(chip);

	if (ret)
		return ret;
	l.state = tnpu_load_blank(chip);
	if (!l.state)
		return -ENOMEM;
	ret = tnpu_load_read(&l);
	if (!ret) {
		pthread_mutex_lock(&chip->lock);
		tnpu_load_take(chip, l.state);
		pthread_mutex_unlock(&chip->lock);
	}
	tnpu_load_free(l.state);
	return ret;
}
