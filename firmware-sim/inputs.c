// SPDX-License-Identifier: MIT
/*
 * What commands have read when they were prepared. A command reads each cell once; what it
 * read decides what it does, and may have changed in memory since. So this, and not what
 * prepare made of it, is what is saved of a command under way: prepared anew from the same
 * bytes it is the same command, and checked as thoroughly.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chip.h"

/* What an idle queue keeps: the block tables and IDs of common commands. */
#define TNPU_INPUTS_KEPT	(64u << 10)
#define TNPU_BLOB_MIN		256

int tnpu_blob_reserve(struct tnpu_blob *blob, size_t size)
{
	size_t room = blob->room ? blob->room : TNPU_BLOB_MIN;
	uint8_t *data;

	if (size <= blob->room - blob->size)
		return 0;
	while (room - blob->size < size)
		room *= 2;
	data = realloc(blob->data, room);
	if (!data)
		return -ENOMEM;
	blob->data = data;
	blob->room = room;
	return 0;
}

int tnpu_blob_append(struct tnpu_blob *blob, const void *buf, size_t size)
{
	if (!size)
		return 0;
	if (tnpu_blob_reserve(blob, size))
		return -ENOMEM;
	memcpy(blob->data + blob->size, buf, size);
	blob->size += size;
	return 0;
}

void tnpu_blob_free(struct tnpu_blob *blob)
{
	free(blob->data);
	*blob = (struct tnpu_blob){ 0 };
}

int tnpu_inputs_next(struct tnpu_inputs *inputs, void *buf, size_t size)
{
	if (size > inputs->blob.size - inputs->at)
		return -1;
	if (size)
		memcpy(buf, inputs->blob.data + inputs->at, size);
	inputs->at += size;
	return 0;
}

void tnpu_inputs_clear(struct tnpu_inputs *inputs)
{
	if (inputs->blob.room > TNPU_INPUTS_KEPT)
		tnpu_blob_free(&inputs->blob);
	inputs->blob.size = 0;
}
