/* SPDX-License-Identifier: MIT */
/*
 * Writes the header of a GGUF file into memory. Nothing stops a caller from
 * writing nonsense: that is what half of its callers are for.
 */
#ifndef GGUF_BUF_H
#define GGUF_BUF_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct gguf_buf - a growing block of bytes; start with all zero
 * @data: the bytes; released with free()
 * @len: their number
 * @max: what @data has room for
 *
 * A call that runs out of memory ends the program.
 */
struct gguf_buf {
	uint8_t *data;
	size_t len;
	size_t max;
};

void gguf_buf_bytes(struct gguf_buf *buf, const void *bytes, size_t len);
void gguf_buf_u8(struct gguf_buf *buf, uint8_t val);
void gguf_buf_u32(struct gguf_buf *buf, uint32_t val);
void gguf_buf_u64(struct gguf_buf *buf, uint64_t val);
void gguf_buf_f32(struct gguf_buf *buf, float val);

/* A length of 64 bits and the bytes. */
void gguf_buf_str(struct gguf_buf *buf, const char *str);
void gguf_buf_strn(struct gguf_buf *buf, const char *str, size_t len);

/* Zeros up to a multiple of @align. */
void gguf_buf_align(struct gguf_buf *buf, size_t align);

/* Magic, version and counts. */
void gguf_buf_header(struct gguf_buf *buf, uint32_t version, uint64_t tensors,
		     uint64_t keys);

/* A key and its type; the value is to follow. */
void gguf_buf_key(struct gguf_buf *buf, const char *key, uint32_t type);
void gguf_buf_key_u32(struct gguf_buf *buf, const char *key, uint32_t val);
void gguf_buf_key_f32(struct gguf_buf *buf, const char *key, float val);
void gguf_buf_key_bool(struct gguf_buf *buf, const char *key, uint8_t val);
void gguf_buf_key_str(struct gguf_buf *buf, const char *key, const char *val);

/* An array's key, type of elements and length; the elements are to follow. */
void gguf_buf_key_array(struct gguf_buf *buf, const char *key, uint32_t type,
			uint64_t count);

/* An entry of the tensor list. */
void gguf_buf_tensor(struct gguf_buf *buf, const char *name, uint32_t n_dims,
		     const uint64_t *ne, uint32_t type, uint64_t offset);

#endif /* GGUF_BUF_H */
