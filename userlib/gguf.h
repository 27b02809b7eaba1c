/* SPDX-License-Identifier: MIT */
/*
 * GGUF model files, versions 2 and 3, little-endian: metadata and tensors.
 *
 * A file is hostile until tnpu_gguf_open() returns 0. After that every name
 * is unique, every string and array lies inside the metadata, and every
 * tensor has a known type, whole blocks, an aligned offset and bytes that
 * lie inside the file and overlap no other tensor's. What is not checked is
 * meaning: a reader of values must still bound them.
 *
 * The metadata are read into memory once, so a file that changes later
 * cannot change what was checked. An open file is immutable: any number of
 * threads may use it at once; only tnpu_gguf_close() needs it alone.
 */
#ifndef TNPU_GGUF_H
#define TNPU_GGUF_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "errmsg.h"

/* Limits that are far above real files; larger ones are refused (-E2BIG). */
#define TNPU_GGUF_KEYS_MAX	65536u
#define TNPU_GGUF_TENSORS_MAX	65536u
#define TNPU_GGUF_HEADER_MAX	(256u << 20)	/* bytes before tensor data */
#define TNPU_GGUF_KEY_MAX	255u		/* bytes of a key */
#define TNPU_GGUF_NAME_MAX	63u		/* bytes of a tensor's name */
#define TNPU_GGUF_ALIGN_MIN	8u
#define TNPU_GGUF_ALIGN_MAX	(1u << 20)
#define TNPU_GGUF_DIMS_MAX	4u

struct tnpu_gguf;

/* Metadata value types, numbered as in the file. */
enum tnpu_gguf_value {
	TNPU_GGUF_UINT8 = 0,
	TNPU_GGUF_INT8 = 1,
	TNPU_GGUF_UINT16 = 2,
	TNPU_GGUF_INT16 = 3,
	TNPU_GGUF_UINT32 = 4,
	TNPU_GGUF_INT32 = 5,
	TNPU_GGUF_FLOAT32 = 6,
	TNPU_GGUF_BOOL = 7,
	TNPU_GGUF_STRING = 8,
	TNPU_GGUF_ARRAY = 9,
	TNPU_GGUF_UINT64 = 10,
	TNPU_GGUF_INT64 = 11,
	TNPU_GGUF_FLOAT64 = 12,
};

/*
 * Tensor types, numbered as in the file; tnpu_gguf_open() refuses all others.
 * Q4_0: 32 weights in 18 bytes, FP16 scale, then 16 bytes whose low nibbles
 * are weights 0..15 and high nibbles 16..31, each minus 8. Q8_0: 32 weights
 * in 34 bytes, FP16 scale, then 32 signed bytes.
 */
enum tnpu_gguf_type {
	TNPU_GGUF_F32 = 0,
	TNPU_GGUF_F16 = 1,
	TNPU_GGUF_Q4_0 = 2,
	TNPU_GGUF_Q8_0 = 8,
	TNPU_GGUF_BF16 = 30,
};

/**
 * struct tnpu_gguf_tensor - where a tensor lies and what it looks like
 * @name: unique in the file
 * @type: element type
 * @n_dims: 1 to 4, as the file says
 * @ne: elements per dimension, each at least 1, unused ones 1; ne[0] is the
 *      contiguous one (a weight matrix is ne[0] = inputs, ne[1] = outputs)
 *      and is a whole number of blocks
 * @nbytes: size of the data, nonzero
 * @offset: of the data from the start of the file, in bytes
 */
struct tnpu_gguf_tensor {
	char name[TNPU_GGUF_NAME_MAX + 1];
	enum tnpu_gguf_type type;
	uint32_t n_dims;
	uint64_t ne[TNPU_GGUF_DIMS_MAX];
	uint64_t nbytes;
	uint64_t offset;
};

/**
 * struct tnpu_gguf_str - a string inside the metadata
 * @ptr: bytes, NOT NUL-terminated, any byte may occur; lives as long as the
 *       file is open
 * @len: in bytes
 */
struct tnpu_gguf_str {
	const char *ptr;
	uint32_t len;
};

/**
 * struct tnpu_gguf_array - view of an array inside the metadata
 * @type: element type, never TNPU_GGUF_ARRAY
 * @count: elements, may be 0
 * @data: first element (numbers; not aligned); private
 * @index: offset of each string from @data; private
 */
struct tnpu_gguf_array {
	enum tnpu_gguf_value type;
	uint32_t count;
	const uint8_t *data;
	const uint32_t *index;
};

/**
 * tnpu_gguf_open() - Open and check a file
 * @path: a regular file or a block device (whose padding is ignored)
 * @gguf: receives the handle; the caller closes it
 * @err: receives the message on failure, or NULL
 *
 * Return: 0, or
 * -EBADMSG where the file is no GGUF file, truncated or contradicts itself,
 * -EOPNOTSUPP where it is sound but of a version, byte order, tensor type or
 * nesting that is not supported, -E2BIG where it exceeds a limit above,
 * -ESPIPE where it cannot be read at an offset, or what open(), read() or
 * malloc() gave.
 */
int tnpu_gguf_open(const char *path, struct tnpu_gguf **gguf,
		   struct tnpu_errmsg *err);

/**
 * tnpu_gguf_open_fd() - The same for a descriptor
 * @fd: readable; it is duplicated, the caller keeps it
 * @name: stands for the file in messages
 * @gguf: receives the handle; the caller closes it
 * @err: receives the message on failure, or NULL
 *
 * Return: as tnpu_gguf_open().
 */
int tnpu_gguf_open_fd(int fd, const char *name, struct tnpu_gguf **gguf,
		      struct tnpu_errmsg *err);

/**
 * tnpu_gguf_close() - Close the file and end the life of all it gave out
 * @gguf: a handle, or NULL
 */
void tnpu_gguf_close(struct tnpu_gguf *gguf);

/* The name that messages use, for callers that add their own. */
const char *tnpu_gguf_name(const struct tnpu_gguf *gguf);

/* Descriptor of the file, for a loader's own reads; belongs to the handle. */
int tnpu_gguf_fd(const struct tnpu_gguf *gguf);

/* Size of the file in bytes. */
uint64_t tnpu_gguf_size(const struct tnpu_gguf *gguf);

/**
 * tnpu_gguf_optional() - Keep a default where a key is missing
 * @ret: of a tnpu_gguf_get_*() call, which writes its result only on success
 *
 * Set the default first, then wrap the call:
 *
 *	uint32_t kv_heads = heads;
 *
 *	ret = tnpu_gguf_optional(tnpu_gguf_get_u32(g, key, &kv_heads, err));
 *
 * Return: 0 for a missing key, else @ret.
 */
static inline int tnpu_gguf_optional(int ret)
{
	return ret == -ENOENT ? 0 : ret;
}

/**
 * tnpu_gguf_get_u32() - Read a number from the metadata
 * @gguf: an open file
 * @key: NUL-terminated, for example "llama.block_count"
 * @val: receives the value; untouched on failure
 * @err: receives the message on failure, or NULL
 *
 * Any integer type is taken as long as the value fits.
 *
 * Return: 0, -ENOENT where the key is missing, -EINVAL where it is of
 * another type, -ERANGE where the value does not fit.
 */
int tnpu_gguf_get_u32(const struct tnpu_gguf *gguf, const char *key,
		      uint32_t *val, struct tnpu_errmsg *err);

/* As tnpu_gguf_get_u32(), for 64 bits. */
int tnpu_gguf_get_u64(const struct tnpu_gguf *gguf, const char *key,
		      uint64_t *val, struct tnpu_errmsg *err);

/* As tnpu_gguf_get_u32(), for FP32 or FP64; -ERANGE where it is not finite. */
int tnpu_gguf_get_f32(const struct tnpu_gguf *gguf, const char *key,
		      float *val, struct tnpu_errmsg *err);

/* As tnpu_gguf_get_u32(), for a boolean. */
int tnpu_gguf_get_bool(const struct tnpu_gguf *gguf, const char *key,
		       bool *val, struct tnpu_errmsg *err);

/* As tnpu_gguf_get_u32(), for a string. */
int tnpu_gguf_get_str(const struct tnpu_gguf *gguf, const char *key,
		      struct tnpu_gguf_str *val, struct tnpu_errmsg *err);

/**
 * tnpu_gguf_get_array() - Find an array in the metadata
 * @gguf: an open file
 * @key: NUL-terminated
 * @type: TNPU_GGUF_STRING, TNPU_GGUF_FLOAT32 or TNPU_GGUF_INT32; the last
 *        also takes an array of UINT32, whose values above INT32_MAX read as
 *        negative
 * @array: receives the view, valid while the file is open
 * @err: receives the message on failure, or NULL
 *
 * Return: as tnpu_gguf_get_u32().
 */
int tnpu_gguf_get_array(const struct tnpu_gguf *gguf, const char *key,
			enum tnpu_gguf_value type,
			struct tnpu_gguf_array *array, struct tnpu_errmsg *err);

/* Element i < count of an array of strings, in O(1). */
struct tnpu_gguf_str tnpu_gguf_array_str(const struct tnpu_gguf_array *array,
					 uint32_t i);

/* Element i < count of an array of FLOAT32; any bit pattern, NaN included. */
float tnpu_gguf_array_f32(const struct tnpu_gguf_array *array, uint32_t i);

/* Element i < count of an array of INT32. */
int32_t tnpu_gguf_array_i32(const struct tnpu_gguf_array *array, uint32_t i);

/* Does the string equal the NUL-terminated one? */
bool tnpu_gguf_str_equal(struct tnpu_gguf_str str, const char *text);

/* Number of tensors, may be 0. */
uint32_t tnpu_gguf_tensor_count(const struct tnpu_gguf *gguf);

/* Tensor i < count, in the file's order. */
const struct tnpu_gguf_tensor *
tnpu_gguf_tensor_at(const struct tnpu_gguf *gguf, uint32_t i);

/**
 * tnpu_gguf_tensor_find() - Look a tensor up by name, in O(log n)
 * @gguf: an open file
 * @name: NUL-terminated, for example "blk.0.attn_q.weight"
 *
 * Return: the tensor, or NULL where the file has none of that name.
 */
const struct tnpu_gguf_tensor *
tnpu_gguf_tensor_find(const struct tnpu_gguf *gguf, const char *name);

/**
 * tnpu_gguf_tensor_data() - The mapped bytes of a tensor
 * @gguf: an open file
 * @tensor: one of its tensors
 *
 * A file that is truncated by someone else while it is mapped raises SIGBUS
 * on access; tnpu_gguf_tensor_read() gives an error instead.
 *
 * Return: @tensor->nbytes bytes, aligned as the file aligns them; NULL where
 * the file could not be mapped: use tnpu_gguf_tensor_read() then.
 */
const void *tnpu_gguf_tensor_data(const struct tnpu_gguf *gguf,
				  const struct tnpu_gguf_tensor *tensor);

/**
 * tnpu_gguf_tensor_read() - Read bytes of a tensor by pread()
 * @gguf: an open file
 * @tensor: one of its tensors
 * @start: first byte within the tensor
 * @buf: receives @len bytes
 * @len: @start + @len must not exceed the tensor
 * @err: receives the message on failure, or NULL
 *
 * Return: 0, -EINVAL for a range outside of the tensor, -EBADMSG where the
 * file has become shorter, or what pread() gave.
 */
int tnpu_gguf_tensor_read(const struct tnpu_gguf *gguf,
			  const struct tnpu_gguf_tensor *tensor,
			  uint64_t start, void *buf, size_t len,
			  struct tnpu_errmsg *err);

/* "F32", "Q4_0", ... */
const char *tnpu_gguf_type_name(enum tnpu_gguf_type type);

/* Elements in a block of the type: 1 or 32. */
uint32_t tnpu_gguf_type_block(enum tnpu_gguf_type type);

/* Bytes of a block. */
uint32_t tnpu_gguf_type_size(enum tnpu_gguf_type type);

#endif /* TNPU_GGUF_H */
