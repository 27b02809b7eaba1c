// SPDX-License-Identifier: MIT
/*
 * GGUF reader. The header (metadata and tensor list) is read into memory
 * piece by piece as it is parsed, so that no length in it is believed beyond
 * the bytes that are there; only tensor data are mapped.
 */
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "gguf.h"

#define GGUF_MAGIC		0x46554747u	/* "GGUF" */
#define GGUF_ALIGNMENT		32u		/* where the file names none */
#define GGUF_READ_MIN		(64u << 10)

/* Least bytes of a key with its value, of a tensor's entry, of a string. */
#define GGUF_KV_MIN		14u
#define GGUF_TENSOR_MIN		33u
#define GGUF_STR_MIN		8u

#define gguf_fail(gguf, err, code, fmt, ...) \
	tnpu_errmsg_set(err, code, "%s: " fmt, (gguf)->name, ##__VA_ARGS__)

/*
 * A key and where its value lies. Offsets count from the start of the header,
 * which moves while it grows.
 */
struct gguf_kv {
	uint32_t key;
	uint32_t key_len;
	uint32_t type;
	uint32_t elem;		/* arrays only, as count and index */
	uint32_t count;
	uint32_t value;
	uint32_t *index;	/* arrays of strings only */
};

struct tnpu_gguf {
	char *name;
	int fd;
	uint64_t size;
	uint8_t *head;
	size_t loaded;			/* bytes in head */
	struct gguf_kv *kvs;		/* by key */
	uint32_t n_kvs;
	struct tnpu_gguf_tensor *tensors;
	uint32_t n_tensors;
	uint32_t *by_name;		/* indices into tensors */
	void *map;			/* NULL where the file has no mapping */
};

/* State of one parse. */
struct gguf_reader {
	struct tnpu_gguf *gguf;
	struct tnpu_errmsg *err;
	uint64_t pos;
};

struct gguf_span {
	uint32_t offset;
	uint32_t len;
};

static const struct {
	const char *name;
	uint32_t size;
} gguf_values[] = {
	[TNPU_GGUF_UINT8] = { "UINT8", 1 },
	[TNPU_GGUF_INT8] = { "INT8", 1 },
	[TNPU_GGUF_UINT16] = { "UINT16", 2 },
	[TNPU_GGUF_INT16] = { "INT16", 2 },
	[TNPU_GGUF_UINT32] = { "UINT32", 4 },
	[TNPU_GGUF_INT32] = { "INT32", 4 },
	[TNPU_GGUF_FLOAT32] = { "FLOAT32", 4 },
	[TNPU_GGUF_BOOL] = { "BOOL", 1 },
	[TNPU_GGUF_STRING] = { "STRING", 0 },
	[TNPU_GGUF_ARRAY] = { "ARRAY", 0 },
	[TNPU_GGUF_UINT64] = { "UINT64", 8 },
	[TNPU_GGUF_INT64] = { "INT64", 8 },
	[TNPU_GGUF_FLOAT64] = { "FLOAT64", 8 },
};

/* Names of all types, for messages; those with a size can be read. */
static const struct {
	const char *name;
	uint32_t block;
	uint32_t size;
} gguf_types[] = {
	[0] = { "F32", 1, 4 },		[1] = { "F16", 1, 2 },
	[2] = { "Q4_0", 32, 18 },	[3] = { "Q4_1" },
	[6] = { "Q5_0" },		[7] = { "Q5_1" },
	[8] = { "Q8_0", 32, 34 },	[9] = { "Q8_1" },
	[10] = { "Q2_K" },		[11] = { "Q3_K" },
	[12] = { "Q4_K" },		[13] = { "Q5_K" },
	[14] = { "Q6_K" },		[15] = { "Q8_K" },
	[16] = { "IQ2_XXS" },		[17] = { "IQ2_XS" },
	[18] = { "IQ3_XXS" },		[19] = { "IQ1_S" },
	[20] = { "IQ4_NL" },		[21] = { "IQ3_S" },
	[22] = { "IQ2_S" },		[23] = { "IQ4_XS" },
	[24] = { "I8" },		[25] = { "I16" },
	[26] = { "I32" },		[27] = { "I64" },
	[28] = { "F64" },		[29] = { "IQ1_M" },
	[30] = { "BF16", 1, 2 },	[34] = { "TQ1_0" },
	[35] = { "TQ2_0" },		[39] = { "MXFP4" },
};

const char *tnpu_gguf_type_name(enum tnpu_gguf_type type)
{
	const char *name = NULL;

	if ((uint32_t)type < ARRAY_SIZE(gguf_types))
		name = gguf_types[type].name;
	return name ? name : "unknown";
}

uint32_t tnpu_gguf_type_block(enum tnpu_gguf_type type)
{
	return gguf_types[type].block;
}

uint32_t tnpu_gguf_type_size(enum tnpu_gguf_type type)
{
	return gguf_types[type].size;
}

static const char *gguf_value_name(uint32_t type)
{
	return gguf_values[type].name;
}

static uint32_t gguf_load32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t gguf_load64(const uint8_t *p)
{
	return gguf_load32(p) | (uint64_t)gguf_load32(p + 4) << 32;
}

/* pread() that returns all of it, -EBADMSG at the end of the file. */
static int gguf_pread(const struct tnpu_gguf *gguf, void *buf, size_t len,
		      uint64_t offset, struct tnpu_errmsg *err)
{
	char *dst = buf;
	ssize_t n;
	int code;

	while (len) {
		n = pread(gguf->fd, dst, len, offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			code = -errno;
			return gguf_fail(gguf, err, code,
					 "cannot read %zu bytes at %ju: %s",
					 len, offset, strerror(-code));
		}
		if (!n)
			return gguf_fail(gguf, err, -EBADMSG,
					 "the file became shorter than %ju bytes while in use",
					 offset + len);
		dst += n;
		len -= n;
		offset += n;
	}
	return 0;
}

/* Have the header in memory up to @end, which lies within the file. */
static int gguf_load(struct gguf_reader *r, uint64_t end)
{
	struct tnpu_gguf *gguf = r->gguf;
	uint64_t want = 2 * (uint64_t)gguf->loaded;
	uint8_t *head;
	int ret;

	if (end <= gguf->loaded)
		return 0;
	if (want < GGUF_READ_MIN)
		want = GGUF_READ_MIN;
	if (want < end)
		want = end;
	if (want > TNPU_GGUF_HEADER_MAX)
		want = TNPU_GGUF_HEADER_MAX;
	if (want > gguf->size)
		want = gguf->size;
	head = realloc(gguf->head, want);
	if (!head)
		return gguf_fail(gguf, r->err, -ENOMEM,
				 "no memory for %ju bytes of metadata",
				 want);
	gguf->head = head;
	ret = gguf_pread(gguf, head + gguf->loaded, want - gguf->loaded,
			 gguf->loaded, r->err);
	if (!ret)
		gguf->loaded = want;
	return ret;
}

/* Make sure that @n bytes of @what follow, and are in memory. */
static int gguf_need(struct gguf_reader *r, uint64_t n, const char *what)
{
	uint64_t left = r->gguf->size - r->pos;

	if (n > left)
		return gguf_fail(r->gguf, r->err, -EBADMSG,
				 "truncated: %s at byte %ju takes %ju bytes, %ju are left",
				 what, r->pos, n, left);
	if (n > TNPU_GGUF_HEADER_MAX - r->pos)
		return gguf_fail(r->gguf, r->err, -E2BIG,
				 "%s at byte %ju takes %ju bytes; the metadata may take %u in all",
				 what, r->pos, n, TNPU_GGUF_HEADER_MAX);
	return gguf_load(r, r->pos + n);
}

static int gguf_read32(struct gguf_reader *r, uint32_t *val, const char *what)
{
	int ret = gguf_need(r, 4, what);

	if (ret)
		return ret;
	*val = gguf_load32(r->gguf->head + r->pos);
	r->pos += 4;
	return 0;
}

static int gguf_read64(struct gguf_reader *r, uint64_t *val, const char *what)
{
	int ret = gguf_need(r, 8, what);

	if (ret)
		return ret;
	*val = gguf_load64(r->gguf->head + r->pos);
	r->pos += 8;
	return 0;
}

static int gguf_read_str(struct gguf_reader *r, struct gguf_span *str,
			 const char *what)
{
	uint64_t len;
	int ret;

	ret = gguf_read64(r, &len, what);
	if (ret)
		return ret;
	ret = gguf_need(r, len, what);
	if (ret)
		return ret;
	str->offset = r->pos;
	str->len = len;
	r->pos += len;
	return 0;
}

/* A name: 1 to @max bytes, none of them NUL. */
static int gguf_read_name(struct gguf_reader *r, struct gguf_span *str,
			  uint32_t max, const char *what)
{
	int ret = gguf_read_str(r, str, what);

	if (ret)
		return ret;
	if (!str->len || str->len > max)
		return gguf_fail(r->gguf, r->err, -EBADMSG,
				 "%s at byte %u has %u bytes; 1 to %u are allowed",
				 what, str->offset, str->len, max);
	if (memchr(r->gguf->head + str->offset, 0, str->len))
		return gguf_fail(r->gguf, r->err, -EBADMSG,
				 "%s at byte %u holds a NUL byte",
				 what, str->offset);
	return 0;
}

/* Each string has at least a length, so the count bounds itself. */
static int gguf_read_strings(struct gguf_reader *r, struct gguf_kv *kv,
			     uint64_t count)
{
	struct gguf_span str;
	uint64_t i;
	int ret;

	kv->index = malloc(count * sizeof(*kv->index) + !count);
	if (!kv->index)
		return gguf_fail(r->gguf, r->err, -ENOMEM,
				 "no memory for an array of %ju strings",
				 count);
	for (i = 0; i < count; i++) {
		kv->index[i] = r->pos - kv->value;
		ret = gguf_read_str(r, &str, "a string of an array");
		if (ret)
			return ret;
	}
	return 0;
}

static int gguf_read_array(struct gguf_reader *r, struct gguf_kv *kv)
{
	uint64_t count, bytes;
	int ret;

	ret = gguf_read32(r, &kv->elem, "an array's type");
	if (!ret)
		ret = gguf_read64(r, &count, "an array's length");
	if (ret)
		return ret;
	if (kv->elem == TNPU_GGUF_ARRAY)
		return gguf_fail(r->gguf, r->err, -EOPNOTSUPP,
				 "key %.*s is an array of arrays; only flat ones are supported",
				 kv->key_len, r->gguf->head + kv->key);
	if (kv->elem >= ARRAY_SIZE(gguf_values))
		return gguf_fail(r->gguf, r->err, -EBADMSG,
				 "key %.*s is an array of type %u; 0 to %u are defined",
				 kv->key_len, r->gguf->head + kv->key,
				 kv->elem, TNPU_GGUF_FLOAT64);
	kv->value = r->pos;
	bytes = kv->elem == TNPU_GGUF_STRING ? GGUF_STR_MIN
					     : gguf_values[kv->elem].size;
	if (__builtin_mul_overflow(bytes, count, &bytes))
		bytes = UINT64_MAX;
	ret = gguf_need(r, bytes, "an array");
	if (ret)
		return ret;
	kv->count = count;
	if (kv->elem == TNPU_GGUF_STRING)
		return gguf_read_strings(r, kv, count);
	r->pos += bytes;
	return 0;
}

static int gguf_read_scalar(struct gguf_reader *r, struct gguf_kv *kv)
{
	uint32_t size = gguf_values[kv->type].size;
	int ret;

	ret = gguf_need(r, size, "a value");
	if (ret)
		return ret;
	kv->value = r->pos;
	r->pos += size;
	if (kv->type == TNPU_GGUF_BOOL && r->gguf->head[kv->value] > 1)
		return gguf_fail(r->gguf, r->err, -EBADMSG,
				 "key %.*s is a boolean of value %u; 0 and 1 are allowed",
				 kv->key_len, r->gguf->head + kv->key,
				 r->gguf->head[kv->value]);
	return 0;
}

static int gguf_read_kv(struct gguf_reader *r, struct gguf_kv *kv)
{
	struct gguf_span str;
	int ret;

	ret = gguf_read_name(r, &str, TNPU_GGUF_KEY_MAX, "a key");
	if (ret)
		return ret;
	kv->key = str.offset;
	kv->key_len = str.len;
	ret = gguf_read32(r, &kv->type, "a value's type");
	if (ret)
		return ret;
	if (kv->type >= ARRAY_SIZE(gguf_values))
		return gguf_fail(r->gguf, r->err, -EBADMSG,
				 "key %.*s has a value of type %u; 0 to %u are defined",
				 kv->key_len, r->gguf->head + kv->key,
				 kv->type, TNPU_GGUF_FLOAT64);
	if (kv->type == TNPU_GGUF_ARRAY)
		return gguf_read_array(r, kv);
	if (kv->type != TNPU_GGUF_STRING)
		return gguf_read_scalar(r, kv);
	kv->value = r->pos;
	return gguf_read_str(r, &str, "a string value");
}

static int gguf_key_cmp(const char *a, uint32_t a_len, const char *b,
			uint32_t b_len)
{
	int cmp = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return cmp ? cmp : (a_len > b_len) - (a_len < b_len);
}

static int gguf_kv_cmp(const void *a, const void *b, void *ctx)
{
	const struct gguf_kv *l = a, *r = b;
	const char *head = ctx;

	return gguf_key_cmp(head + l->key, l->key_len, head + r->key,
			    r->key_len);
}

static int gguf_read_kvs(struct gguf_reader *r)
{
	struct tnpu_gguf *gguf = r->gguf;
	struct gguf_kv *kvs = gguf->kvs;
	uint32_t i;
	int ret;

	for (i = 0; i < gguf->n_kvs; i++) {
		ret = gguf_read_kv(r, &kvs[i]);
		if (ret)
			return ret;
	}
	qsort_r(kvs, gguf->n_kvs, sizeof(*kvs), gguf_kv_cmp, gguf->head);
	for (i = 1; i < gguf->n_kvs; i++)
		if (!gguf_kv_cmp(&kvs[i - 1], &kvs[i], gguf->head))
			return gguf_fail(gguf, r->err, -EBADMSG,
					 "key %.*s occurs more than once",
					 kvs[i].key_len,
					 gguf->head + kvs[i].key);
	return 0;
}

static int gguf_check_type(struct gguf_reader *r,
			   const struct tnpu_gguf_tensor *tensor)
{
	uint32_t type = tensor->type;

	if (type < ARRAY_SIZE(gguf_types) && gguf_types[type].size)
		return 0;
	return gguf_fail(r->gguf, r->err, -EOPNOTSUPP,
			 "tensor %s has type %u (%s); F32, F16, BF16, Q4_0 and Q8_0 are supported",
			 tensor->name, type, tnpu_gguf_type_name(type));
}

/* Sizes that fit in a signed 64-bit number, in whole blocks a row. */
static int gguf_size_tensor(struct gguf_reader *r,
			    struct tnpu_gguf_tensor *tensor)
{
	uint32_t block = gguf_types[tensor->type].block;
	int64_t bytes = gguf_types[tensor->type].size;
	uint32_t i;

	if (!tensor->ne[0] || tensor->ne[0] % block)
		return gguf_fail(r->gguf, r->err, -EBADMSG,
				 "tensor %s (%s) has rows of %ju elements, no multiple of %u",
				 tensor->name, tnpu_gguf_type_name(tensor->type),
				 tensor->ne[0], block);
	for (i = 0; i < TNPU_GGUF_DIMS_MAX; i++) {
		if (!tensor->ne[i])
			return gguf_fail(r->gguf, r->err, -EBADMSG,
					 "tensor %s: dimension %u is 0; at least 1 is needed",
					 tensor->name, i);
		if (__builtin_mul_overflow(bytes,
					   tensor->ne[i] / (i ? 1 : block),
					   &bytes))
			return gguf_fail(r->gguf, r->err, -EBADMSG,
					 "tensor %s: %ju x %ju x %ju x %ju exceeds 2^63 bytes",
					 tensor->name, tensor->ne[0],
					 tensor->ne[1], tensor->ne[2],
					 tensor->ne[3]);
	}
	tensor->nbytes = bytes;
	return 0;
}

static int gguf_read_tensor(struct gguf_reader *r,
			    struct tnpu_gguf_tensor *tensor)
{
	struct gguf_span str;
	uint32_t i, type;
	int ret;

	ret = gguf_read_name(r, &str, TNPU_GGUF_NAME_MAX, "a tensor's name");
	if (ret)
		return ret;
	memcpy(tensor->name, r->gguf->head + str.offset, str.len);
	ret = gguf_read32(r, &tensor->n_dims, "a tensor's dimensions");
	if (ret)
		return ret;
	if (!tensor->n_dims || tensor->n_dims > TNPU_GGUF_DIMS_MAX)
		return gguf_fail(r->gguf, r->err, -EBADMSG,
				 "tensor %s has %u dimensions; 1 to %u are allowed",
				 tensor->name, tensor->n_dims,
				 TNPU_GGUF_DIMS_MAX);
	for (i = 0; i < TNPU_GGUF_DIMS_MAX; i++) {
		tensor->ne[i] = 1;
		if (i < tensor->n_dims)
			ret = gguf_read64(r, &tensor->ne[i], "a dimension");
		if (ret)
			return ret;
	}
	ret = gguf_read32(r, &type, "a tensor's type");
	if (!ret)
		ret = gguf_read64(r, &tensor->offset, "a tensor's offset");
	if (ret)
		return ret;
	tensor->type = type;
	ret = gguf_check_type(r, tensor);
	return ret ? ret : gguf_size_tensor(r, tensor);
}

static int gguf_name_cmp(const void *a, const void *b, void *ctx)
{
	const struct tnpu_gguf_tensor *t = ctx;

	return strcmp(t[*(const uint32_t *)a].name,
		      t[*(const uint32_t *)b].name);
}

static int gguf_offset_cmp(const void *a, const void *b, void *ctx)
{
	const struct tnpu_gguf_tensor *t = ctx;
	uint64_t l = t[*(const uint32_t *)a].offset;
	uint64_t r = t[*(const uint32_t *)b].offset;

	return (l > r) - (l < r);
}

static int gguf_check_overlap(struct gguf_reader *r)
{
	struct tnpu_gguf *gguf = r->gguf;
	const struct tnpu_gguf_tensor *a, *b;
	uint32_t i;

	qsort_r(gguf->by_name, gguf->n_tensors, sizeof(*gguf->by_name),
		gguf_offset_cmp, gguf->tensors);
	for (i = 1; i < gguf->n_tensors; i++) {
		a = &gguf->tensors[gguf->by_name[i - 1]];
		b = &gguf->tensors[gguf->by_name[i]];
		if (b->offset - a->offset < a->nbytes)
			return gguf_fail(gguf, r->err, -EBADMSG,
					 "tensors %s and %s overlap at byte %ju",
					 a->name, b->name, b->offset);
	}
	return 0;
}

static int gguf_check_names(struct gguf_reader *r)
{
	struct tnpu_gguf *gguf = r->gguf;
	uint32_t *by_name = gguf->by_name;
	uint32_t i;

	qsort_r(by_name, gguf->n_tensors, sizeof(*by_name), gguf_name_cmp,
		gguf->tensors);
	for (i = 1; i < gguf->n_tensors; i++)
		if (!gguf_name_cmp(&by_name[i - 1], &by_name[i], gguf->tensors))
			return gguf_fail(gguf, r->err, -EBADMSG,
					 "tensor %s occurs more than once",
					 gguf->tensors[by_name[i]].name);
	return 0;
}

/* From the file's offset, which counts from @start, to one in the file. */
static int gguf_place_tensor(struct gguf_reader *r,
			     struct tnpu_gguf_tensor *tensor, uint64_t start,
			     uint32_t alignment)
{
	uint64_t room = start < r->gguf->size ? r->gguf->size - start : 0;

	if (tensor->offset % alignment)
		return gguf_fail(r->gguf, r->err, -EBADMSG,
				 "tensor %s has offset %ju; a multiple of %u is needed",
				 tensor->name, tensor->offset, alignment);
	if (tensor->offset > room || tensor->nbytes > room - tensor->offset)
		return gguf_fail(r->gguf, r->err, -EBADMSG,
				 "truncated or corrupt: tensor %s has %ju bytes at %ju of %ju",
				 tensor->name, tensor->nbytes, tensor->offset,
				 room);
	tensor->offset += start;
	return 0;
}

static int gguf_get_alignment(struct gguf_reader *r, uint32_t *alignment)
{
	int ret;

	*alignment = GGUF_ALIGNMENT;
	ret = tnpu_gguf_optional(tnpu_gguf_get_u32(r->gguf, "general.alignment",
						   alignment, r->err));
	if (ret)
		return ret;
	if (*alignment < TNPU_GGUF_ALIGN_MIN ||
	    *alignment > TNPU_GGUF_ALIGN_MAX || *alignment & (*alignment - 1))
		return gguf_fail(r->gguf, r->err, -EBADMSG,
				 "general.alignment is %u; a power of two from %u to %u is needed",
				 *alignment, TNPU_GGUF_ALIGN_MIN,
				 TNPU_GGUF_ALIGN_MAX);
	return 0;
}

static int gguf_read_tensors(struct gguf_reader *r)
{
	struct tnpu_gguf *gguf = r->gguf;
	uint32_t i, alignment;
	uint64_t start;
	int ret;

	ret = gguf_get_alignment(r, &alignment);
	if (ret)
		return ret;
	for (i = 0; i < gguf->n_tensors; i++) {
		gguf->by_name[i] = i;
		ret = gguf_read_tensor(r, &gguf->tensors[i]);
		if (ret)
			return ret;
	}
	start = (r->pos + alignment - 1) & ~(uint64_t)(alignment - 1);
	for (i = 0; i < gguf->n_tensors; i++) {
		ret = gguf_place_tensor(r, &gguf->tensors[i], start, alignment);
		if (ret)
			return ret;
	}
	ret = gguf_check_overlap(r);
	return ret ? ret : gguf_check_names(r);
}

static int gguf_check_version(struct gguf_reader *r)
{
	uint32_t magic, version;
	int ret;

	ret = gguf_read32(r, &magic, "the magic number");
	if (ret)
		return ret;
	if (magic != GGUF_MAGIC)
		return gguf_fail(r->gguf, r->err, -EBADMSG,
				 "not a GGUF file: it starts with 0x%08x instead of \"GGUF\"",
				 magic);
	ret = gguf_read32(r, &version, "the version");
	if (ret)
		return ret;
	if (version == 2 || version == 3)
		return 0;
	if (version && !(version & 0xffff))
		return gguf_fail(r->gguf, r->err, -EOPNOTSUPP,
				 "the file is big-endian; only little-endian files are supported");
	return gguf_fail(r->gguf, r->err, -EOPNOTSUPP,
			 "GGUF version %u; 2 and 3 are supported", version);
}

/* Check a count against the limit and against what the file can hold. */
static int gguf_read_count(struct gguf_reader *r, uint32_t *count,
			   uint32_t max, uint32_t min_bytes, const char *what)
{
	uint64_t n;
	int ret;

	ret = gguf_read64(r, &n, what);
	if (ret)
		return ret;
	if (n > (r->gguf->size - r->pos) / min_bytes)
		return gguf_fail(r->gguf, r->err, -EBADMSG,
				 "the file claims %ju %s, its %ju bytes can hold %ju",
				 n, what, r->gguf->size,
				 (r->gguf->size - r->pos) / min_bytes);
	if (n > max)
		return gguf_fail(r->gguf, r->err, -E2BIG,
				 "the file has %ju %s; at most %u are supported",
				 n, what, max);
	*count = n;
	return 0;
}

static int gguf_alloc(struct gguf_reader *r)
{
	struct tnpu_gguf *gguf = r->gguf;

	/* One more than the count: calloc(0) may return NULL. */
	gguf->kvs = calloc(gguf->n_kvs + 1, sizeof(*gguf->kvs));
	gguf->tensors = calloc(gguf->n_tensors + 1, sizeof(*gguf->tensors));
	gguf->by_name = calloc(gguf->n_tensors + 1, sizeof(*gguf->by_name));
	if (!gguf->kvs || !gguf->tensors || !gguf->by_name)
		return gguf_fail(gguf, r->err, -ENOMEM,
				 "no memory for %u keys and %u tensors",
				 gguf->n_kvs, gguf->n_tensors);
	return 0;
}

static int gguf_parse(struct tnpu_gguf *gguf, struct tnpu_errmsg *err)
{
	struct gguf_reader r = { .gguf = gguf, .err = err };
	int ret;

	ret = gguf_check_version(&r);
	if (!ret)
		ret = gguf_read_count(&r, &gguf->n_tensors,
				      TNPU_GGUF_TENSORS_MAX, GGUF_TENSOR_MIN,
				      "tensors");
	if (!ret)
		ret = gguf_read_count(&r, &gguf->n_kvs, TNPU_GGUF_KEYS_MAX,
				      GGUF_KV_MIN, "keys");
	if (!ret)
		ret = gguf_alloc(&r);
	if (!ret)
		ret = gguf_read_kvs(&r);
	if (!ret)
		ret = gguf_read_tensors(&r);
	return ret;
}

/* Size of a regular file or a block device. */
static int gguf_stat(struct tnpu_gguf *gguf, struct tnpu_errmsg *err)
{
	struct stat st;
	off_t end;
	int code;

	if (fstat(gguf->fd, &st)) {
		code = -errno;
		return gguf_fail(gguf, err, code, "%s", strerror(-code));
	}
	if (S_ISDIR(st.st_mode))
		return gguf_fail(gguf, err, -EISDIR,
				 "is a directory; a GGUF file is needed");
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return gguf_fail(gguf, err, -ESPIPE,
				 "is no regular file or block device");
	end = st.st_size;
	if (S_ISBLK(st.st_mode))
		end = lseek(gguf->fd, 0, SEEK_END);
	if (end < 0) {
		code = -errno;
		return gguf_fail(gguf, err, code, "%s", strerror(-code));
	}
	gguf->size = end;
	return 0;
}

/* A file system that cannot map leaves the reader with pread(). */
static void gguf_map(struct tnpu_gguf *gguf)
{
	void *map;

	if (!gguf->n_tensors)
		return;
	map = mmap(NULL, gguf->size, PROT_READ, MAP_PRIVATE, gguf->fd, 0);
	if (map != MAP_FAILED)
		gguf->map = map;
}

static int gguf_setup(struct tnpu_gguf *gguf, int fd, const char *name,
		      struct tnpu_errmsg *err)
{
	int ret;

	gguf->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (gguf->fd < 0) {
		ret = -errno;
		return tnpu_errmsg_set(err, ret, "%s: %s", name,
				       strerror(-ret));
	}
	gguf->name = strdup(name);
	if (!gguf->name)
		return tnpu_errmsg_set(err, -ENOMEM, "%s: no memory", name);
	ret = gguf_stat(gguf, err);
	if (!ret)
		ret = gguf_parse(gguf, err);
	if (!ret)
		gguf_map(gguf);
	return ret;
}

int tnpu_gguf_open_fd(int fd, const char *name, struct tnpu_gguf **gguf,
		      struct tnpu_errmsg *err)
{
	struct tnpu_gguf *new;
	int ret;

	new = calloc(1, sizeof(*new));
	if (!new)
		return tnpu_errmsg_set(err, -ENOMEM, "%s: no memory", name);
	ret = gguf_setup(new, fd, name, err);
	if (ret)
		tnpu_gguf_close(new);
	else
		*gguf = new;
	return ret;
}

int tnpu_gguf_open(const char *path, struct tnpu_gguf **gguf,
		   struct tnpu_errmsg *err)
{
	int fd, ret;

	/* O_NONBLOCK: a FIFO must be refused, not waited for. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		ret = -errno;
		return tnpu_errmsg_set(err, ret, "%s: %s", path,
				       strerror(-ret));
	}
	ret = tnpu_gguf_open_fd(fd, path, gguf, err);
	close(fd);
	return ret;
}

void tnpu_gguf_close(struct tnpu_gguf *gguf)
{
	uint32_t i;

	if (!gguf)
		return;
	if (gguf->map)
		munmap(gguf->map, gguf->size);
	if (gguf->fd >= 0)
		close(gguf->fd);
	for (i = 0; gguf->kvs && i < gguf->n_kvs; i++)
		free(gguf->kvs[i].index);
	free(gguf->kvs);
	free(gguf->tensors);
	free(gguf->by_name);
	free(gguf->head);
	free(gguf->name);
	free(gguf);
}

const char *tnpu_gguf_name(const struct tnpu_gguf *gguf)
{
	return gguf->name;
}

int tnpu_gguf_fd(const struct tnpu_gguf *gguf)
{
	return gguf->fd;
}

uint64_t tnpu_gguf_size(const struct tnpu_gguf *gguf)
{
	return gguf->size;
}

static const struct gguf_kv *gguf_find(const struct tnpu_gguf *gguf,
				       const char *key, struct tnpu_errmsg *err)
{
	uint32_t lo = 0, hi = gguf->n_kvs, len = strlen(key);
	const struct gguf_kv *kv;
	uint32_t mid;
	int cmp;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		kv = &gguf->kvs[mid];
		cmp = gguf_key_cmp(key, len, (const char *)gguf->head + kv->key,
				   kv->key_len);
		if (!cmp)
			return kv;
		if (cmp < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	gguf_fail(gguf, err, -ENOENT, "key %s is missing", key);
	return NULL;
}

/* A scalar of any integer type, which must not be negative. */
static int gguf_get_uint(const struct tnpu_gguf *gguf, const char *key,
			 uint64_t *val, struct tnpu_errmsg *err)
{
	const struct gguf_kv *kv = gguf_find(gguf, key, err);
	const uint8_t *p;
	int64_t sval = 0;

	if (!kv)
		return -ENOENT;
	p = gguf->head + kv->value;
	switch (kv->type) {
	case TNPU_GGUF_UINT8:
		sval = *p;
		break;
	case TNPU_GGUF_INT8:
		sval = (int8_t)*p;
		break;
	case TNPU_GGUF_UINT16:
		sval = p[0] | p[1] << 8;
		break;
	case TNPU_GGUF_INT16:
		sval = (int16_t)(p[0] | p[1] << 8);
		break;
	case TNPU_GGUF_UINT32:
		sval = gguf_load32(p);
		break;
	case TNPU_GGUF_INT32:
		sval = (int32_t)gguf_load32(p);
		break;
	case TNPU_GGUF_UINT64:
		*val = gguf_load64(p);
		return 0;
	case TNPU_GGUF_INT64:
		sval = gguf_load64(p);
		break;
	default:
		return gguf_fail(gguf, err, -EINVAL,
				 "key %s is a %s; an integer is needed", key,
				 gguf_value_name(kv->type));
	}
	if (sval < 0)
		return gguf_fail(gguf, err, -ERANGE,
				 "key %s is %jd; it must not be negative",
				 key, sval);
	*val = sval;
	return 0;
}

int tnpu_gguf_get_u64(const struct tnpu_gguf *gguf, const char *key,
		      uint64_t *val, struct tnpu_errmsg *err)
{
	return gguf_get_uint(gguf, key, val, err);
}

int tnpu_gguf_get_u32(const struct tnpu_gguf *gguf, const char *key,
		      uint32_t *val, struct tnpu_errmsg *err)
{
	uint64_t wide;
	int ret;

	ret = gguf_get_uint(gguf, key, &wide, err);
	if (ret)
		return ret;
	if (wide > UINT32_MAX)
		return gguf_fail(gguf, err, -ERANGE,
				 "key %s is %ju; at most %u is allowed",
				 key, wide, UINT32_MAX);
	*val = wide;
	return 0;
}

static float gguf_load_f32(const uint8_t *p)
{
	uint32_t bits = gguf_load32(p);
	float val;

	memcpy(&val, &bits, sizeof(val));
	return val;
}

static double gguf_load_f64(const uint8_t *p)
{
	uint64_t bits = gguf_load64(p);
	double val;

	memcpy(&val, &bits, sizeof(val));
	return val;
}

int tnpu_gguf_get_f32(const struct tnpu_gguf *gguf, const char *key,
		      float *val, struct tnpu_errmsg *err)
{
	const struct gguf_kv *kv = gguf_find(gguf, key, err);
	double wide;

	if (!kv)
		return -ENOENT;
	if (kv->type == TNPU_GGUF_FLOAT32)
		wide = gguf_load_f32(gguf->head + kv->value);
	else if (kv->type == TNPU_GGUF_FLOAT64)
		wide = gguf_load_f64(gguf->head + kv->value);
	else
		return gguf_fail(gguf, err, -EINVAL,
				 "key %s is a %s; a FLOAT32 is needed", key,
				 gguf_value_name(kv->type));
	/* Written so that NaN fails too. */
	if (!(fabs(wide) <= 3.4028234663852886e38))
		return gguf_fail(gguf, err, -ERANGE,
				 "key %s is %g; a finite FP32 number is needed",
				 key, wide);
	*val = wide;
	return 0;
}

int tnpu_gguf_get_bool(const struct tnpu_gguf *gguf, const char *key,
		       bool *val, struct tnpu_errmsg *err)
{
	const struct gguf_kv *kv = gguf_find(gguf, key, err);

	if (!kv)
		return -ENOENT;
	if (kv->type != TNPU_GGUF_BOOL)
		return gguf_fail(gguf, err, -EINVAL,
				 "key %s is a %s; a BOOL is needed", key,
				 gguf_value_name(kv->type));
	*val = gguf->head[kv->value];
	return 0;
}

int tnpu_gguf_get_str(const struct tnpu_gguf *gguf, const char *key,
		      struct tnpu_gguf_str *val, struct tnpu_errmsg *err)
{
	const struct gguf_kv *kv = gguf_find(gguf, key, err);

	if (!kv)
		return -ENOENT;
	if (kv->type != TNPU_GGUF_STRING)
		return gguf_fail(gguf, err, -EINVAL,
				 "key %s is a %s; a STRING is needed", key,
				 gguf_value_name(kv->type));
	val->len = gguf_load64(gguf->head + kv->value);
	val->ptr = (const char *)gguf->head + kv->value + 8;
	return 0;
}

int tnpu_gguf_get_array(const struct tnpu_gguf *gguf, const char *key,
			enum tnpu_gguf_value type,
			struct tnpu_gguf_array *array, struct tnpu_errmsg *err)
{
	const struct gguf_kv *kv = gguf_find(gguf, key, err);

	if (!kv)
		return -ENOENT;
	if (kv->type != TNPU_GGUF_ARRAY)
		return gguf_fail(gguf, err, -EINVAL,
				 "key %s is a %s; an array of %s is needed",
				 key, gguf_value_name(kv->type),
				 gguf_value_name(type));
	if (kv->elem != type && !(type == TNPU_GGUF_INT32 &&
				  kv->elem == TNPU_GGUF_UINT32))
		return gguf_fail(gguf, err, -EINVAL,
				 "key %s is an array of %s; an array of %s is needed",
				 key, gguf_value_name(kv->elem),
				 gguf_value_name(type));
	array->type = type;
	array->count = kv->count;
	array->data = gguf->head + kv->value;
	array->index = kv->index;
	return 0;
}

struct tnpu_gguf_str tnpu_gguf_array_str(const struct tnpu_gguf_array *array,
					 uint32_t i)
{
	const uint8_t *p = array->data + array->index[i];
	struct tnpu_gguf_str str = {
		.ptr = (const char *)p + 8,
		.len = gguf_load64(p),
	};

	return str;
}

float tnpu_gguf_array_f32(const struct tnpu_gguf_array *array, uint32_t i)
{
	return gguf_load_f32(array->data + 4 * (size_t)i);
}

int32_t tnpu_gguf_array_i32(const struct tnpu_gguf_array *array, uint32_t i)
{
	return gguf_load32(array->data + 4 * (size_t)i);
}

bool tnpu_gguf_str_equal(struct tnpu_gguf_str str, const char *text)
{
	return str.len == strlen(text) && !memcmp(str.ptr, text, str.len);
}

uint32_t tnpu_gguf_tensor_count(const struct tnpu_gguf *gguf)
{
	return gguf->n_tensors;
}

const struct tnpu_gguf_tensor *
tnpu_gguf_tensor_at(const struct tnpu_gguf *gguf, uint32_t i)
{
	return &gguf->tensors[i];
}

const struct tnpu_gguf_tensor *
tnpu_gguf_tensor_find(const struct tnpu_gguf *gguf, const char *name)
{
	uint32_t lo = 0, hi = gguf->n_tensors;
	const struct tnpu_gguf_tensor *tensor;
	uint32_t mid;
	int cmp;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		tensor = &gguf->tensors[gguf->by_name[mid]];
		cmp = strcmp(name, tensor->name);
		if (!cmp)
			return tensor;
		if (cmp < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

const void *tnpu_gguf_tensor_data(const struct tnpu_gguf *gguf,
				  const struct tnpu_gguf_tensor *tensor)
{
	return gguf->map ? (const char *)gguf->map + tensor->offset : NULL;
}

int tnpu_gguf_tensor_read(const struct tnpu_gguf *gguf,
			  const struct tnpu_gguf_tensor *tensor,
			  uint64_t start, void *buf, size_t len,
			  struct tnpu_errmsg *err)
{
	if (start > tensor->nbytes || len > tensor->nbytes - start)
		return gguf_fail(gguf, err, -EINVAL,
				 "%zu bytes at %ju of tensor %s were asked for; it has %ju",
				 len, start, tensor->name, tensor->nbytes);
	return gguf_pread(gguf, buf, len, tensor->offset + start, err);
}
