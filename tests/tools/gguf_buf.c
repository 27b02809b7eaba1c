// SPDX-License-Identifier: MIT
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "gguf.h"
#include "gguf_buf.h"

void gguf_buf_bytes(struct gguf_buf *buf, const void *bytes, size_t len)
{
	size_t max = buf->max ? buf->max : 4096;

	while (max - buf->len < len)
		max *= 2;
	if (max != buf->max) {
		buf->data = realloc(buf->data, max);
		if (!buf->data)
			err(1, "%zu bytes", max);
		buf->max = max;
	}
	if (len)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
}

void gguf_buf_u8(struct gguf_buf *buf, uint8_t val)
{
	gguf_buf_bytes(buf, &val, 1);
}

void gguf_buf_u32(struct gguf_buf *buf, uint32_t val)
{
	int shift;

	for (shift = 0; shift < 32; shift += 8)
		gguf_buf_u8(buf, val >> shift);
}

void gguf_buf_u64(struct gguf_buf *buf, uint64_t val)
{
	gguf_buf_u32(buf, val);
	gguf_buf_u32(buf, val >> 32);
}

void gguf_buf_f32(struct gguf_buf *buf, float val)
{
	uint32_t bits;

	memcpy(&bits, &val, sizeof(bits));
	gguf_buf_u32(buf, bits);
}

void gguf_buf_strn(struct gguf_buf *buf, const char *str, size_t len)
{
	gguf_buf_u64(buf, len);
	gguf_buf_bytes(buf, str, len);
}

void gguf_buf_str(struct gguf_buf *buf, const char *str)
{
	gguf_buf_strn(buf, str, strlen(str));
}

void gguf_buf_align(struct gguf_buf *buf, size_t align)
{
	while (buf->len % align)
		gguf_buf_u8(buf, 0);
}

void gguf_buf_header(struct gguf_buf *buf, uint32_t version, uint64_t tensors,
		     uint64_t keys)
{
	gguf_buf_bytes(buf, "GGUF", 4);
	gguf_buf_u32(buf, version);
	gguf_buf_u64(buf, tensors);
	gguf_buf_u64(buf, keys);
}

void gguf_buf_key(struct gguf_buf *buf, const char *key, uint32_t type)
{
	gguf_buf_str(buf, key);
	gguf_buf_u32(buf, type);
}

void gguf_buf_key_u32(struct gguf_buf *buf, const char *key, uint32_t val)
{
	gguf_buf_key(buf, key, TNPU_GGUF_UINT32);
	gguf_buf_u32(buf, val);
}

void gguf_buf_key_f32(struct gguf_buf *buf, const char *key, float val)
{
	gguf_buf_key(buf, key, TNPU_GGUF_FLOAT32);
	gguf_buf_f32(buf, val);
}

void gguf_buf_key_bool(struct gguf_buf *buf, const char *key, uint8_t val)
{
	gguf_buf_key(buf, key, TNPU_GGUF_BOOL);
	gguf_buf_u8(buf, val);
}

void gguf_buf_key_str(struct gguf_buf *buf, const char *key, const char *val)
{
	gguf_buf_key(buf, key, TNPU_GGUF_STRING);
	gguf_buf_str(buf, val);
}

void gguf_buf_key_array(struct gguf_buf *buf, const char *key, uint32_t type,
			uint64_t count)
{
	gguf_buf_key(buf, key, TNPU_GGUF_ARRAY);
	gguf_buf_u32(buf, type);
	gguf_buf_u64(buf, count);
}

void gguf_buf_tensor(struct gguf_buf *buf, const char *name, uint32_t n_dims,
		     const uint64_t *ne, uint32_t type, uint64_t offset)
{
	uint32_t i;

	gguf_buf_str(buf, name);
	gguf_buf_u32(buf, n_dims);
	for (i = 0; i < n_dims; i++)
		gguf_buf_u64(buf, ne[i]);
	gguf_buf_u32(buf, type);
	gguf_buf_u64(buf, offset);
}
