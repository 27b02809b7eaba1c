// SPDX-License-Identifier: MIT
/*
 * Writing the state of a paused chip. See state.h for the format.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

/**
 * struct tnpu_save - a save under way
 * @error: the first error; nothing is written after it
 */
struct tnpu_save {
	const struct tnpu_stream *stream;
	int error;
};

static void tnpu_save_bytes(struct tnpu_save *s, const void *buf, size_t size)
{
	if (!s->error && size)
		s->error = s->stream->write(s->stream->opaque, buf, size);
}

static void tnpu_save_item(struct tnpu_save *s, uint8_t kind, const char *name,
			   const void *buf, size_t size)
{
	const struct tnpu_item item = {
		.kind = kind,
		.name = strlen(name),
		.size = size,
	};

	tnpu_save_bytes(s, &item, sizeof(item));
	tnpu_save_bytes(s, name, item.name);
	tnpu_save_bytes(s, buf, size);
}

static void tnpu_save_number(struct tnpu_save *s, uint8_t kind, const char *name,
			     uint64_t value)
{
	tnpu_save_item(s, kind, name, &value, sizeof(value));
}

static uint64_t tnpu_save_get(const void *p, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, p, size);
	return value;
}

static void tnpu_save_field(struct tnpu_save *s, const struct tnpu_field *field,
			    const void *object)
{
	const void *p = (const uint8_t *)object + field->offset;
	const struct tnpu_blob *blob = p;
	struct tnpu_mem *const *mem = p;

	switch (field->kind) {
	case TNPU_FIELD_NUMBER:
	case TNPU_FIELD_SAME:
		tnpu_save_number(s, TNPU_ITEM_FIELD, field->name,
				 tnpu_save_get(p, field->size));
		break;
	case TNPU_FIELD_BYTES:
		tnpu_save_item(s, TNPU_ITEM_FIELD, field->name, p, field->size);
		break;
	case TNPU_FIELD_BLOB:
		tnpu_save_item(s, TNPU_ITEM_FIELD, field->name, blob->data, blob->size);
		break;
	case TNPU_FIELD_CONTEXT:
		tnpu_save_number(s, TNPU_ITEM_FIELD, field->name, (*mem)->id);
		break;
	}
}

static void tnpu_save_object(struct tnpu_save *s, struct tnpu_chip *state,
			     const struct tnpu_object *object, unsigned int index)
{
	unsigned int i;

	tnpu_save_number(s, TNPU_ITEM_OBJECT | TNPU_ITEM_MUST, object->name, index);
	for (i = 0; i < object->nfields; i++)
		tnpu_save_field(s, &object->fields[i], object->at(state, index));
}

static void tnpu_save_all(struct tnpu_save *s, struct tnpu_chip *state)
{
	unsigned int i, k;

	tnpu_save_number(s, TNPU_ITEM_OBJECT | TNPU_ITEM_MUST, "tnpu", TNPU_STATE_VERSION);
	for (i = 0; i < tnpu_nobjects; i++) {
		const struct tnpu_object *object = &tnpu_objects[i];

		for (k = 0; k < object->count(state); k++)
			if (object->exists(state, k))
				tnpu_save_object(s, state, object, k);
	}
	tnpu_save_number(s, TNPU_ITEM_OBJECT | TNPU_ITEM_MUST, "end", 0);
}

/* Results of commands under way lie in their scratch, unless they were loaded and wait. */
static void tnpu_save_results(struct tnpu_chip *state)
{
	unsigned int i;

	for (i = 0; i < state->config.queues; i++) {
		struct tnpu_job *job = &state->queue[i].job;

		if (!job->in_cmd || job->loaded || job->cmd.op->starts_over)
			continue;
		job->results.data = job->cmd.scratch;
		job->results.size = job->cmd.results;
	}
}

/*
 * A copy of the whole chip, taken under the lock: registers cannot change under the writing,
 * which may wait for a disk or a network. Control is paused, so what its pointers point to
 * stays.
 */
static struct tnpu_chip *tnpu_save_copy(struct tnpu_chip *chip, int *error)
{
	struct tnpu_chip *state = malloc(sizeof(*state));

	*error = state ? 0 : -ENOMEM;
	if (!state)
		return NULL;
	pthread_mutex_lock(&chip->lock);
	while (chip->paused && chip->reset_pending)
		pthread_cond_wait(&chip->cond, &chip->lock);
	if (chip->paused)
		memcpy(state, chip, sizeof(*state));
	else
		*error = -EBUSY;
	pthread_mutex_unlock(&chip->lock);
	return state;
}

int tnpu_chip_save(struct tnpu_chip *chip, const struct tnpu_stream *stream)
{
	struct tnpu_save s = { .stream = stream };
	struct tnpu_chip *state = tnpu_save_copy(chip, &s.error);

	if (!s.error) {
		/* Control may have parked before it took the request to. */
		state->events &= ~TNPU_EVENTS_HOLD;
		tnpu_save_results(state);
		tnpu_save_all(&s, state);
	}
	free(state);
	return s.error;
}
