// SPDX-License-Identifier: MIT
/*
 * Streams: commands gathered in memory, then put into device memory once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

struct tnpu_stream {
	char *data;
	uint32_t size;
	uint32_t capacity;
	bool failed;
};

int tnpu_stream_create(struct tnpu_stream **stream)
{
	*stream = calloc(1, sizeof(**stream));
	return *stream ? 0 : -ENOMEM;
}

void tnpu_stream_destroy(struct tnpu_stream *stream)
{
	if (stream)
		free(stream->data);
	free(stream);
}

static bool tnpu_stream_grow(struct tnpu_stream *stream, uint32_t size)
{
	uint32_t capacity = stream->capacity ? stream->capacity : 4096;
	char *data;

	if (size > UINT32_MAX / 2 - stream->size)
		return false;
	while (capacity < stream->size + size)
		capacity *= 2;
	if (capacity == stream->capacity)
		return true;
	data = realloc(stream->data, capacity);
	if (!data)
		return false;
	stream->data = data;
	stream->capacity = capacity;
	return true;
}

void *tnpu_stream_add(struct tnpu_stream *stream, uint16_t opcode, uint16_t flags,
		      uint32_t size)
{
	struct tnpu_cmd_header *hdr;

	if (stream->failed || !tnpu_stream_grow(stream, size)) {
		stream->failed = true;
		return NULL;
	}
	hdr = (struct tnpu_cmd_header *)(stream->data + stream->size);
	memset(hdr, 0, size);
	hdr->opcode = opcode;
	hdr->flags = flags;
	hdr->size = size;
	stream->size += size;
	return hdr;
}

uint32_t tnpu_stream_size(const struct tnpu_stream *stream)
{
	return stream->size;
}

int tnpu_stream_upload(const struct tnpu_stream *stream, struct tnpu_device *dev,
		       struct tnpu_buffer **out)
{
	struct tnpu_buffer *buf;
	void *map;
	int ret;

	if (stream->failed)
		return -ENOMEM;
	if (!stream->size || stream->size > dev->info.max_stream_bytes)
		return -EINVAL;
	ret = tnpu_buffer_create(dev, stream->size, 0, &buf);
	if (ret)
		return ret;
	map = tnpu_buffer_map(buf);
	if (!map) {
		ret = -errno;
		tnpu_buffer_destroy(buf);
		return ret;
	}
	memcpy(map, stream->data, stream->size);
	*out = buf;
	return 0;
}
