// SPDX-License-Identifier: MIT
/*
 * The GGUF reader: what sound files say, and that every unsound one is refused
 * with the right errno and a message.
 */
#include <fcntl.h>
#include <glob.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "array.h"
#include "gguf.h"
#include "gguf_buf.h"

#define ALIGN 32

/* A file in memory. */
static int file_of(const struct gguf_buf *buf, size_t len)
{
	int fd = memfd_create("gguf", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, buf->data, len), len);
	return fd;
}

static int open_buf(const struct gguf_buf *buf, size_t len,
		    struct tnpu_gguf **gguf, struct tnpu_errmsg *err)
{
	int fd = file_of(buf, len);
	int ret;

	err->text[0] = '\0';
	ret = tnpu_gguf_open_fd(fd, "test.gguf", gguf, err);
	close(fd);
	return ret;
}

static struct tnpu_gguf *open_good(struct gguf_buf *buf)
{
	struct tnpu_gguf *gguf = NULL;
	struct tnpu_errmsg err;

	if (open_buf(buf, buf->len, &gguf, &err))
		fail_msg("%s", err.text);
	free(buf->data);
	return gguf;
}

static void check_msg(const struct tnpu_errmsg *err)
{
	assert_non_null(strstr(err->text, "test.gguf: "));
	assert_null(strchr(err->text, '\n'));
	assert_true(strlen(err->text) > strlen("test.gguf: ") + 10);
}

/* Two keys and three tensors, with data. */
static void put_small(struct gguf_buf *buf, uint32_t version)
{
	static const uint64_t mat[] = { 64, 3 }, vec[] = { 5 };

	gguf_buf_header(buf, version, 3, 4);
	gguf_buf_key_str(buf, "general.architecture", "llama");
	gguf_buf_key_u32(buf, "general.alignment", ALIGN);
	gguf_buf_key_array(buf, "words", TNPU_GGUF_STRING, 3);
	gguf_buf_str(buf, "one");
	gguf_buf_str(buf, "");
	gguf_buf_str(buf, "three");
	gguf_buf_key_bool(buf, "flag", 1);
	gguf_buf_tensor(buf, "a.weight", 2, mat, TNPU_GGUF_Q4_0, 0);
	gguf_buf_tensor(buf, "b.bias", 1, vec, TNPU_GGUF_F32, 128);
	gguf_buf_tensor(buf, "c.weight", 2, mat, TNPU_GGUF_Q8_0, 160);
	gguf_buf_align(buf, ALIGN);
}

static void put_small_data(struct gguf_buf *buf)
{
	uint32_t i;

	/* 108 bytes of Q4_0, padding to 128, 20 of F32, to 160, 204 of Q8_0. */
	for (i = 0; i < 160 + 204; i++)
		gguf_buf_u8(buf, i);
}

static void check_small_tensors(const struct tnpu_gguf *gguf)
{
	const struct tnpu_gguf_tensor *a, *b, *c;
	const uint8_t *data;
	uint8_t read[3];

	assert_int_equal(tnpu_gguf_tensor_count(gguf), 3);
	a = tnpu_gguf_tensor_find(gguf, "a.weight");
	b = tnpu_gguf_tensor_find(gguf, "b.bias");
	c = tnpu_gguf_tensor_find(gguf, "c.weight");
	assert_ptr_equal(a, tnpu_gguf_tensor_at(gguf, 0));
	assert_ptr_equal(b, tnpu_gguf_tensor_at(gguf, 1));
	assert_ptr_equal(c, tnpu_gguf_tensor_at(gguf, 2));
	assert_null(tnpu_gguf_tensor_find(gguf, "b.bia"));
	assert_null(tnpu_gguf_tensor_find(gguf, ""));
	assert_int_equal(a->type, TNPU_GGUF_Q4_0);
	assert_int_equal(a->nbytes, 108);
	assert_int_equal(b->nbytes, 20);
	assert_int_equal(c->nbytes, 204);
	assert_int_equal(c->ne[0], 64);
	assert_int_equal(c->ne[1], 3);
	assert_int_equal(c->ne[3], 1);
	assert_int_equal(b->offset - a->offset, 128);
	data = tnpu_gguf_tensor_data(gguf, c);
	assert_non_null(data);
	assert_int_equal(data[2], 162);
	assert_int_equal(tnpu_gguf_tensor_read(gguf, c, 2, read, 3, NULL), 0);
	assert_memory_equal(read, data + 2, 3);
	assert_int_equal(tnpu_gguf_tensor_read(gguf, c, 202, read, 3, NULL),
			 -EINVAL);
	assert_int_equal(tnpu_gguf_tensor_read(gguf, c, 205, read, 0, NULL),
			 -EINVAL);
}

static void test_small(void **state)
{
	struct tnpu_gguf_array words;
	struct gguf_buf buf = { 0 };
	struct tnpu_gguf_str str;
	struct tnpu_gguf *gguf;
	uint32_t version;
	bool flag = false;

	for (version = 2; version <= 3; version++) {
		memset(&buf, 0, sizeof(buf));
		put_small(&buf, version);
		put_small_data(&buf);
		gguf = open_good(&buf);
		check_small_tensors(gguf);
		assert_string_equal(tnpu_gguf_name(gguf), "test.gguf");
		assert_int_equal(tnpu_gguf_get_str(gguf, "general.architecture",
						   &str, NULL), 0);
		assert_true(tnpu_gguf_str_equal(str, "llama"));
		assert_false(tnpu_gguf_str_equal(str, "llam"));
		assert_int_equal(tnpu_gguf_get_bool(gguf, "flag", &flag, NULL),
				 0);
		assert_true(flag);
		assert_int_equal(tnpu_gguf_get_array(gguf, "words",
						     TNPU_GGUF_STRING, &words,
						     NULL), 0);
		assert_int_equal(words.count, 3);
		assert_int_equal(tnpu_gguf_array_str(&words, 1).len, 0);
		assert_true(tnpu_gguf_str_equal(tnpu_gguf_array_str(&words, 2),
						"three"));
		tnpu_gguf_close(gguf);
	}
}

/* Nothing but a header; the data section may lie beyond the end. */
static void test_no_tensors(void **state)
{
	struct gguf_buf buf = { 0 };
	struct tnpu_gguf *gguf;

	gguf_buf_header(&buf, 3, 0, 1);
	gguf_buf_key_u32(&buf, "n", 1);
	gguf = open_good(&buf);
	assert_int_equal(tnpu_gguf_tensor_count(gguf), 0);
	assert_null(tnpu_gguf_tensor_find(gguf, "x"));
	tnpu_gguf_close(gguf);
}

static void put_number(struct gguf_buf *buf, const char *key, uint32_t type,
		       uint64_t bits, size_t size)
{
	gguf_buf_key(buf, key, type);
	gguf_buf_bytes(buf, &bits, size);
}

static struct tnpu_gguf *open_numbers(void)
{
	struct gguf_buf buf = { 0 };
	double huge = 1e39, half = 0.5;
	uint64_t bits;

	gguf_buf_header(&buf, 3, 0, 17);
	put_number(&buf, "u8", TNPU_GGUF_UINT8, 200, 1);
	put_number(&buf, "i8", TNPU_GGUF_INT8, 0xff, 1);
	put_number(&buf, "u16", TNPU_GGUF_UINT16, 60000, 2);
	put_number(&buf, "i16", TNPU_GGUF_INT16, 1234, 2);
	put_number(&buf, "u32", TNPU_GGUF_UINT32, 4000000000, 4);
	put_number(&buf, "i32", TNPU_GGUF_INT32, 0xfffffffe, 4);
	put_number(&buf, "u64", TNPU_GGUF_UINT64, UINT64_MAX, 8);
	put_number(&buf, "i64", TNPU_GGUF_INT64, 7, 8);
	gguf_buf_key_f32(&buf, "f32", 1.5f);
	gguf_buf_key_f32(&buf, "nan", NAN);
	memcpy(&bits, &huge, 8);
	put_number(&buf, "huge", TNPU_GGUF_FLOAT64, bits, 8);
	memcpy(&bits, &half, 8);
	put_number(&buf, "half", TNPU_GGUF_FLOAT64, bits, 8);
	gguf_buf_key_array(&buf, "floats", TNPU_GGUF_FLOAT32, 2);
	gguf_buf_f32(&buf, 1.0f);
	gguf_buf_f32(&buf, -2.0f);
	gguf_buf_key_array(&buf, "ints", TNPU_GGUF_INT32, 2);
	gguf_buf_u32(&buf, 5);
	gguf_buf_u32(&buf, -6);
	gguf_buf_key_array(&buf, "uints", TNPU_GGUF_UINT32, 1);
	gguf_buf_u32(&buf, 7);
	gguf_buf_key_array(&buf, "none", TNPU_GGUF_STRING, 0);
	gguf_buf_key_str(&buf, "str", "x");
	return open_good(&buf);
}

static void test_integers(void **state)
{
	static const struct {
		const char *key;
		int ret;
		uint32_t val;
	} cases[] = {
		{ "u8", 0, 200 },	{ "i8", -ERANGE },
		{ "u16", 0, 60000 },	{ "i16", 0, 1234 },
		{ "u32", 0, 4000000000u },	{ "i32", -ERANGE },
		{ "u64", -ERANGE },	{ "i64", 0, 7 },
		{ "f32", -EINVAL },	{ "str", -EINVAL },
		{ "ints", -EINVAL },	{ "absent", -ENOENT },
	};
	struct tnpu_gguf *gguf = open_numbers();
	struct tnpu_errmsg err = { 0 };
	uint64_t wide;
	uint32_t val;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		/* A failure leaves the value alone. */
		val = cases[i].val + !!cases[i].ret;
		assert_int_equal(tnpu_gguf_get_u32(gguf, cases[i].key, &val,
						   &err), cases[i].ret);
		assert_int_equal(val, cases[i].val + !!cases[i].ret);
		if (cases[i].ret)
			assert_non_null(strstr(err.text, cases[i].key));
	}
	assert_int_equal(tnpu_gguf_get_u64(gguf, "u64", &wide, NULL), 0);
	assert_true(wide == UINT64_MAX);
	assert_int_equal(tnpu_gguf_optional(-ENOENT), 0);
	assert_int_equal(tnpu_gguf_optional(-EINVAL), -EINVAL);
	tnpu_gguf_close(gguf);
}

static void test_floats(void **state)
{
	struct tnpu_gguf *gguf = open_numbers();
	float val = 0;

	assert_int_equal(tnpu_gguf_get_f32(gguf, "f32", &val, NULL), 0);
	assert_true(val == 1.5f);
	assert_int_equal(tnpu_gguf_get_f32(gguf, "half", &val, NULL), 0);
	assert_true(val == 0.5f);
	assert_int_equal(tnpu_gguf_get_f32(gguf, "nan", &val, NULL), -ERANGE);
	assert_int_equal(tnpu_gguf_get_f32(gguf, "huge", &val, NULL), -ERANGE);
	assert_int_equal(tnpu_gguf_get_f32(gguf, "u8", &val, NULL), -EINVAL);
	assert_int_equal(tnpu_gguf_get_f32(gguf, "absent", &val, NULL),
			 -ENOENT);
	tnpu_gguf_close(gguf);
}

static void test_arrays(void **state)
{
	struct tnpu_gguf *gguf = open_numbers();
	struct tnpu_gguf_array array;
	struct tnpu_gguf_str str;
	bool flag;

	assert_int_equal(tnpu_gguf_get_array(gguf, "floats", TNPU_GGUF_FLOAT32,
					     &array, NULL), 0);
	assert_int_equal(array.count, 2);
	assert_true(tnpu_gguf_array_f32(&array, 1) == -2.0f);
	assert_int_equal(tnpu_gguf_get_array(gguf, "ints", TNPU_GGUF_INT32,
					     &array, NULL), 0);
	assert_int_equal(tnpu_gguf_array_i32(&array, 1), -6);
	assert_int_equal(tnpu_gguf_get_array(gguf, "uints", TNPU_GGUF_INT32,
					     &array, NULL), 0);
	assert_int_equal(tnpu_gguf_array_i32(&array, 0), 7);
	assert_int_equal(tnpu_gguf_get_array(gguf, "none", TNPU_GGUF_STRING,
					     &array, NULL), 0);
	assert_int_equal(array.count, 0);
	assert_int_equal(tnpu_gguf_get_array(gguf, "ints", TNPU_GGUF_STRING,
					     &array, NULL), -EINVAL);
	assert_int_equal(tnpu_gguf_get_array(gguf, "u8", TNPU_GGUF_STRING,
					     &array, NULL), -EINVAL);
	assert_int_equal(tnpu_gguf_get_array(gguf, "absent", TNPU_GGUF_STRING,
					     &array, NULL), -ENOENT);
	assert_int_equal(tnpu_gguf_get_str(gguf, "u8", &str, NULL), -EINVAL);
	assert_int_equal(tnpu_gguf_get_str(gguf, "absent", &str, NULL),
			 -ENOENT);
	assert_int_equal(tnpu_gguf_get_bool(gguf, "u8", &flag, NULL), -EINVAL);
	assert_int_equal(tnpu_gguf_get_bool(gguf, "absent", &flag, NULL),
			 -ENOENT);
	tnpu_gguf_close(gguf);
}

/*
 * Bad files. Each function writes one; all are followed by 1 KiB of zeros, so
 * that nothing is refused only because the file ends.
 */
static const uint64_t bad_ne[] = { 64, 3, 1, 1 };

static void bad_empty(struct gguf_buf *buf)
{
	buf->len = 0;
}

static void bad_magic(struct gguf_buf *buf)
{
	gguf_buf_bytes(buf, "GGML", 4);
}

static void bad_version_0(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 0, 0, 0);
}

static void bad_version_1(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 1, 0, 0);
}

static void bad_version_4(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 4, 0, 0);
}

static void bad_big_endian(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 0x03000000, 0, 0);
}

static void bad_tensor_count(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, UINT64_MAX, 0);
}

static void bad_tensor_count_fits(struct gguf_buf *buf)
{
	/* 1048 bytes in all, 16 read, 33 at least for each tensor. */
	gguf_buf_header(buf, 3, (1048 - 16) / 33 + 1, 0);
}

static void bad_key_count(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 0, 1ull << 60);
}

static void bad_key_length(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 0, 1);
	gguf_buf_u64(buf, UINT64_MAX - 3);
}

static void bad_key_empty(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 0, 1);
	gguf_buf_key_u32(buf, "", 1);
}

static void bad_key_long(struct gguf_buf *buf)
{
	char key[TNPU_GGUF_KEY_MAX + 2] = { 0 };

	memset(key, 'k', sizeof(key) - 1);
	gguf_buf_header(buf, 3, 0, 1);
	gguf_buf_key_u32(buf, key, 1);
}

static void bad_key_nul(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 0, 1);
	gguf_buf_strn(buf, "a\0b", 3);
	gguf_buf_u32(buf, TNPU_GGUF_UINT32);
	gguf_buf_u32(buf, 0);
}

static void bad_key_twice(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 0, 3);
	gguf_buf_key_u32(buf, "twice", 1);
	gguf_buf_key_u32(buf, "other", 1);
	gguf_buf_key_f32(buf, "twice", 1);
}

static void bad_value_type(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 0, 1);
	gguf_buf_key(buf, "k", 13);
}

static void bad_bool(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 0, 1);
	gguf_buf_key_bool(buf, "k", 2);
}

static void bad_string_length(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 0, 1);
	gguf_buf_key(buf, "k", TNPU_GGUF_STRING);
	gguf_buf_u64(buf, 1ull << 63);
}

static void bad_array_type(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 0, 1);
	gguf_buf_key_array(buf, "k", 0xffffffff, 0);
}

static void bad_array_nested(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 0, 1);
	gguf_buf_key_array(buf, "k", TNPU_GGUF_ARRAY, 1);
	gguf_buf_u32(buf, TNPU_GGUF_UINT8);
	gguf_buf_u64(buf, 1);
}

static void bad_array_count(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 0, 1);
	gguf_buf_key_array(buf, "k", TNPU_GGUF_UINT8, 1ull << 40);
}

/* 8 * (2^61 + 1) wraps round to 8. */
static void bad_array_overflow(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 0, 1);
	gguf_buf_key_array(buf, "k", TNPU_GGUF_UINT64, (1ull << 61) + 1);
}

static void bad_array_strings(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 0, 1);
	gguf_buf_key_array(buf, "k", TNPU_GGUF_STRING, 1ull << 32);
}

static void bad_array_string_length(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 0, 1);
	gguf_buf_key_array(buf, "k", TNPU_GGUF_STRING, 2);
	gguf_buf_str(buf, "sound");
	gguf_buf_u64(buf, 1ull << 32);
}

static void put_alignment(struct gguf_buf *buf, uint32_t alignment)
{
	gguf_buf_header(buf, 3, 0, 1);
	gguf_buf_key_u32(buf, "general.alignment", alignment);
}

static void bad_alignment_0(struct gguf_buf *buf)
{
	put_alignment(buf, 0);
}

static void bad_alignment_48(struct gguf_buf *buf)
{
	put_alignment(buf, 48);
}

static void bad_alignment_4(struct gguf_buf *buf)
{
	put_alignment(buf, 4);
}

static void bad_alignment_huge(struct gguf_buf *buf)
{
	put_alignment(buf, 1u << 31);
}

static void bad_alignment_type(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 0, 1);
	gguf_buf_key_str(buf, "general.alignment", "32");
}

static void put_tensor(struct gguf_buf *buf, uint32_t n_dims,
		       const uint64_t *ne, uint32_t type, uint64_t offset)
{
	gguf_buf_header(buf, 3, 1, 0);
	gguf_buf_tensor(buf, "t", n_dims, ne, type, offset);
}

static void bad_name_empty(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 1, 0);
	gguf_buf_tensor(buf, "", 2, bad_ne, TNPU_GGUF_F32, 0);
}

static void bad_name_long(struct gguf_buf *buf)
{
	char name[TNPU_GGUF_NAME_MAX + 2] = { 0 };

	memset(name, 'n', sizeof(name) - 1);
	gguf_buf_header(buf, 3, 1, 0);
	gguf_buf_tensor(buf, name, 2, bad_ne, TNPU_GGUF_F32, 0);
}

static void bad_name_twice(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 2, 0);
	gguf_buf_tensor(buf, "t", 1, bad_ne, TNPU_GGUF_F32, 0);
	gguf_buf_tensor(buf, "t", 1, bad_ne, TNPU_GGUF_F32, 256);
}

static void bad_dims_0(struct gguf_buf *buf)
{
	put_tensor(buf, 0, bad_ne, TNPU_GGUF_F32, 0);
}

static void bad_dims_5(struct gguf_buf *buf)
{
	static const uint64_t ne[5] = { 1, 1, 1, 1, 1 };

	put_tensor(buf, 5, ne, TNPU_GGUF_F32, 0);
}

static void bad_dims_huge(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 1, 0);
	gguf_buf_str(buf, "t");
	gguf_buf_u32(buf, UINT32_MAX);
}

static void bad_ne_0(struct gguf_buf *buf)
{
	static const uint64_t ne[] = { 64, 0 };

	put_tensor(buf, 2, ne, TNPU_GGUF_F32, 0);
}

static void bad_ne_row_0(struct gguf_buf *buf)
{
	static const uint64_t ne[] = { 0, 64 };

	put_tensor(buf, 2, ne, TNPU_GGUF_F32, 0);
}

static void bad_ne_block(struct gguf_buf *buf)
{
	static const uint64_t ne[] = { 48, 2 };

	put_tensor(buf, 2, ne, TNPU_GGUF_Q4_0, 0);
}

/* 2^32 * 2^32 elements wrap round to 0. */
static void bad_ne_overflow(struct gguf_buf *buf)
{
	static const uint64_t ne[] = { 1ull << 32, 1ull << 32 };

	put_tensor(buf, 2, ne, TNPU_GGUF_Q8_0, 0);
}

static void bad_ne_bytes_overflow(struct gguf_buf *buf)
{
	static const uint64_t ne[] = { 1ull << 62 };

	put_tensor(buf, 1, ne, TNPU_GGUF_F32, 0);
}

static void bad_type_q4_k(struct gguf_buf *buf)
{
	static const uint64_t ne[] = { 256 };

	put_tensor(buf, 1, ne, 12, 0);
}

static void bad_type_hole(struct gguf_buf *buf)
{
	put_tensor(buf, 2, bad_ne, 4, 0);
}

static void bad_type_huge(struct gguf_buf *buf)
{
	put_tensor(buf, 2, bad_ne, UINT32_MAX, 0);
}

static void bad_offset_unaligned(struct gguf_buf *buf)
{
	put_tensor(buf, 2, bad_ne, TNPU_GGUF_F32, 4);
}

static void bad_offset_beyond(struct gguf_buf *buf)
{
	put_tensor(buf, 2, bad_ne, TNPU_GGUF_F32, 2048);
}

static void bad_offset_overflow(struct gguf_buf *buf)
{
	put_tensor(buf, 2, bad_ne, TNPU_GGUF_F32, -(uint64_t)ALIGN);
}

static void bad_size_beyond(struct gguf_buf *buf)
{
	static const uint64_t ne[] = { 64, 5 };

	put_tensor(buf, 2, ne, TNPU_GGUF_F32, 0);
}

static void bad_overlap(struct gguf_buf *buf)
{
	static const uint64_t ne[] = { 64 };

	gguf_buf_header(buf, 3, 3, 0);
	gguf_buf_tensor(buf, "a", 1, ne, TNPU_GGUF_F32, 512);
	gguf_buf_tensor(buf, "b", 1, ne, TNPU_GGUF_F32, 0);
	gguf_buf_tensor(buf, "c", 1, ne, TNPU_GGUF_F32, 224);
}

static void bad_overlap_same(struct gguf_buf *buf)
{
	gguf_buf_header(buf, 3, 2, 0);
	gguf_buf_tensor(buf, "a", 1, bad_ne, TNPU_GGUF_F16, 0);
	gguf_buf_tensor(buf, "b", 1, bad_ne, TNPU_GGUF_F16, 0);
}

static const struct {
	const char *name;
	void (*put)(struct gguf_buf *buf);
	int ret;
	const char *says;
} bad_files[] = {
	{ "empty key", bad_key_empty, -EBADMSG, "1 to 255" },
	{ "all zeros", bad_empty, -EBADMSG, "not a GGUF file" },
	{ "magic", bad_magic, -EBADMSG, "not a GGUF file" },
	{ "version 0", bad_version_0, -EOPNOTSUPP, "2 and 3" },
	{ "version 1", bad_version_1, -EOPNOTSUPP, "2 and 3" },
	{ "version 4", bad_version_4, -EOPNOTSUPP, "version 4" },
	{ "big-endian", bad_big_endian, -EOPNOTSUPP, "big-endian" },
	{ "tensor count", bad_tensor_count, -EBADMSG, "tensors" },
	{ "tensor count + 1", bad_tensor_count_fits, -EBADMSG, "can hold 31" },
	{ "key count", bad_key_count, -EBADMSG, "keys" },
	{ "key length", bad_key_length, -EBADMSG, "a key" },
	{ "long key", bad_key_long, -EBADMSG, "1 to 255" },
	{ "NUL in key", bad_key_nul, -EBADMSG, "NUL" },
	{ "key twice", bad_key_twice, -EBADMSG, "key twice occurs" },
	{ "value type", bad_value_type, -EBADMSG, "0 to 12" },
	{ "bool", bad_bool, -EBADMSG, "0 and 1" },
	{ "string length", bad_string_length, -EBADMSG, "a string value" },
	{ "array type", bad_array_type, -EBADMSG, "0 to 12" },
	{ "nested array", bad_array_nested, -EOPNOTSUPP, "array of arrays" },
	{ "array count", bad_array_count, -EBADMSG, "an array" },
	{ "array overflow", bad_array_overflow, -EBADMSG, "an array" },
	{ "string count", bad_array_strings, -EBADMSG, "an array" },
	{ "string in array", bad_array_string_length, -EBADMSG, "a string" },
	{ "alignment 0", bad_alignment_0, -EBADMSG, "power of two" },
	{ "alignment 48", bad_alignment_48, -EBADMSG, "power of two" },
	{ "alignment 4", bad_alignment_4, -EBADMSG, "power of two" },
	{ "alignment 2^31", bad_alignment_huge, -EBADMSG, "power of two" },
	{ "alignment type", bad_alignment_type, -EINVAL, "STRING" },
	{ "no name", bad_name_empty, -EBADMSG, "1 to 63" },
	{ "long name", bad_name_long, -EBADMSG, "1 to 63" },
	{ "name twice", bad_name_twice, -EBADMSG, "tensor t occurs" },
	{ "0 dimensions", bad_dims_0, -EBADMSG, "1 to 4" },
	{ "5 dimensions", bad_dims_5, -EBADMSG, "1 to 4" },
	{ "2^32 dimensions", bad_dims_huge, -EBADMSG, "1 to 4" },
	{ "dimension 0", bad_ne_0, -EBADMSG, "is 0;" },
	{ "row of 0", bad_ne_row_0, -EBADMSG, "rows of 0" },
	{ "half a block", bad_ne_block, -EBADMSG, "multiple of 32" },
	{ "2^64 elements", bad_ne_overflow, -EBADMSG, "2^63" },
	{ "2^64 bytes", bad_ne_bytes_overflow, -EBADMSG, "2^63" },
	{ "type Q4_K", bad_type_q4_k, -EOPNOTSUPP, "Q4_K" },
	{ "type 4", bad_type_hole, -EOPNOTSUPP, "unknown" },
	{ "type 2^32", bad_type_huge, -EOPNOTSUPP, "unknown" },
	{ "unaligned", bad_offset_unaligned, -EBADMSG, "multiple of 32" },
	{ "offset beyond", bad_offset_beyond, -EBADMSG, "truncated" },
	{ "offset overflow", bad_offset_overflow, -EBADMSG, "truncated" },
	{ "size beyond", bad_size_beyond, -EBADMSG, "truncated" },
	{ "overlap", bad_overlap, -EBADMSG, "b and c overlap" },
	{ "same place", bad_overlap_same, -EBADMSG, "overlap" },
};

static void test_bad(void **state)
{
	static const uint8_t zeros[1024];
	struct tnpu_errmsg err;
	struct gguf_buf buf;
	struct tnpu_gguf *gguf;
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(bad_files); i++) {
		memset(&buf, 0, sizeof(buf));
		bad_files[i].put(&buf);
		gguf_buf_bytes(&buf, zeros, sizeof(zeros));
		gguf = NULL;
		ret = open_buf(&buf, buf.len, &gguf, &err);
		free(buf.data);
		print_message("# %s: %d: %s\n", bad_files[i].name, ret, err.text);
		assert_int_equal(ret, bad_files[i].ret);
		assert_null(gguf);
		check_msg(&err);
		assert_non_null(strstr(err.text, bad_files[i].says));
	}
}

/* Limits of the library, which files of this size would not reach. */
static void test_too_many(void **state)
{
	const size_t size = (size_t)(TNPU_GGUF_TENSORS_MAX + 1) * 33 + 64;
	struct gguf_buf buf = { 0 };
	struct tnpu_gguf *gguf;
	struct tnpu_errmsg err;
	int fd;

	gguf_buf_header(&buf, 3, TNPU_GGUF_TENSORS_MAX + 1, 0);
	fd = file_of(&buf, buf.len);
	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(tnpu_gguf_open_fd(fd, "test.gguf", &gguf, &err),
			 -E2BIG);
	check_msg(&err);
	/* A string of 1 TiB in a sparse file of 2 TiB. */
	buf.len = 0;
	gguf_buf_header(&buf, 3, 0, 1);
	gguf_buf_key(&buf, "k", TNPU_GGUF_STRING);
	gguf_buf_u64(&buf, 1ull << 40);
	assert_int_equal(pwrite(fd, buf.data, buf.len, 0), buf.len);
	assert_int_equal(ftruncate(fd, 1ull << 41), 0);
	assert_int_equal(tnpu_gguf_open_fd(fd, "test.gguf", &gguf, &err),
			 -E2BIG);
	check_msg(&err);
	close(fd);
	free(buf.data);
}

/* A file cut at any byte is refused, in its data too. */
static void test_truncated(void **state)
{
	struct gguf_buf buf = { 0 };
	struct tnpu_errmsg err;
	struct tnpu_gguf *gguf;
	size_t len;

	put_small(&buf, 3);
	put_small_data(&buf);
	for (len = 0; len < buf.len; len++) {
		assert_int_equal(open_buf(&buf, len, &gguf, &err), -EBADMSG);
		check_msg(&err);
	}
	tnpu_gguf_close(open_good(&buf));
}

/* Walk through all that a file gives, as far as it opens at all. */
static void use_file(struct tnpu_gguf *gguf)
{
	const struct tnpu_gguf_tensor *tensor;
	struct tnpu_gguf_array words;
	struct tnpu_gguf_str str;
	uint64_t sum = 0, k;
	uint32_t i, j;
	const uint8_t *data;

	for (i = 0; i < tnpu_gguf_tensor_count(gguf); i++) {
		tensor = tnpu_gguf_tensor_at(gguf, i);
		assert_ptr_equal(tensor,
				 tnpu_gguf_tensor_find(gguf, tensor->name));
		data = tnpu_gguf_tensor_data(gguf, tensor);
		for (k = 0; k < tensor->nbytes; k++)
			sum += data[k];
	}
	if (!tnpu_gguf_get_array(gguf, "words", TNPU_GGUF_STRING, &words, NULL))
		for (i = 0; i < words.count; i++) {
			str = tnpu_gguf_array_str(&words, i);
			for (j = 0; j < str.len; j++)
				sum += str.ptr[j];
		}
	assert_true(sum < 1 << 20);
}

/* Every byte of the header, each bit flipped and all of them. */
static void test_flipped(void **state)
{
	uint32_t opened = 0, refused = 0;
	struct gguf_buf buf = { 0 };
	struct tnpu_errmsg err;
	struct tnpu_gguf *gguf;
	size_t header, i;
	int bit, ret;

	put_small(&buf, 3);
	header = buf.len;
	put_small_data(&buf);
	for (i = 0; i < header; i++) {
		for (bit = 0; bit <= 8; bit++) {
			buf.data[i] ^= bit < 8 ? 1 << bit : 0xff;
			ret = open_buf(&buf, buf.len, &gguf, &err);
			buf.data[i] ^= bit < 8 ? 1 << bit : 0xff;
			if (!ret) {
				use_file(gguf);
				tnpu_gguf_close(gguf);
				opened++;
				continue;
			}
			assert_true(ret == -EBADMSG || ret == -EOPNOTSUPP ||
				    ret == -EINVAL);
			check_msg(&err);
			refused++;
		}
	}
	print_message("# %u refused, %u sound\n", refused, opened);
	assert_true(refused > opened);
	free(buf.data);
}

static void test_no_file(void **state)
{
	char dir[] = "/tmp/test_gguf.XXXXXX";
	struct tnpu_errmsg err = { 0 };
	struct tnpu_gguf *gguf;
	char path[64];

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/x", dir);
	assert_int_equal(tnpu_gguf_open(path, &gguf, &err), -ENOENT);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(tnpu_gguf_open(dir, &gguf, &err), -EISDIR);
	assert_non_null(strstr(err.text, "directory"));
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(tnpu_gguf_open(path, &gguf, &err), -ESPIPE);
	assert_non_null(strstr(err.text, "regular"));
	unlink(path);
	rmdir(dir);
	assert_int_equal(tnpu_gguf_open_fd(-1, "test.gguf", &gguf, &err),
			 -EBADF);
	check_msg(&err);
	assert_int_equal(tnpu_gguf_open_fd(-1, "test.gguf", &gguf, NULL),
			 -EBADF);
	tnpu_gguf_close(NULL);
}

/* A file that shrinks after it was checked. */
static void test_shrunk(void **state)
{
	struct gguf_buf buf = { 0 };
	struct tnpu_errmsg err = { 0 };
	struct tnpu_gguf *gguf;
	uint8_t byte;
	int fd;

	put_small(&buf, 3);
	put_small_data(&buf);
	fd = file_of(&buf, buf.len);
	assert_int_equal(tnpu_gguf_open_fd(fd, "test.gguf", &gguf, &err), 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(tnpu_gguf_tensor_read(gguf,
					       tnpu_gguf_tensor_at(gguf, 0), 0,
					       &byte, 1, &err), -EBADMSG);
	check_msg(&err);
	tnpu_gguf_close(gguf);
	close(fd);
	free(buf.data);
}

/* More data than there are addresses: only pread() is left. */
static void test_unmapped(void **state)
{
	static const uint64_t ne[] = { 1ull << 30, 1ull << 22 };
	const struct tnpu_gguf_tensor *tensor;
	struct tnpu_errmsg err = { 0 };
	struct gguf_buf buf = { 0 };
	struct tnpu_gguf *gguf;
	uint32_t word;
	int fd;

	gguf_buf_header(&buf, 3, 1, 0);
	gguf_buf_tensor(&buf, "t", 2, ne, TNPU_GGUF_F32, 0);
	gguf_buf_align(&buf, ALIGN);
	gguf_buf_u32(&buf, 0x12345678);
	fd = file_of(&buf, buf.len);
	assert_int_equal(ftruncate(fd, buf.len + (1ull << 54)), 0);
	if (tnpu_gguf_open_fd(fd, "test.gguf", &gguf, &err))
		fail_msg("%s", err.text);
	tensor = tnpu_gguf_tensor_at(gguf, 0);
	assert_null(tnpu_gguf_tensor_data(gguf, tensor));
	assert_int_equal(tnpu_gguf_tensor_read(gguf, tensor, 0, &word, 4,
					       NULL), 0);
	assert_int_equal(word, 0x12345678);
	tnpu_gguf_close(gguf);
	close(fd);
	free(buf.data);
}

/* What stands in names from a file does not reach a terminal. */
static void test_message_is_plain(void **state)
{
	struct gguf_buf buf = { 0 };
	struct tnpu_errmsg err;
	struct tnpu_gguf *gguf;

	gguf_buf_header(&buf, 3, 0, 1);
	gguf_buf_key(&buf, "\033[2J\n", 99);
	assert_int_equal(open_buf(&buf, buf.len, &gguf, &err), -EBADMSG);
	assert_null(strchr(err.text, '\033'));
	check_msg(&err);
	free(buf.data);
}

static void check_model(const char *path)
{
	const struct tnpu_gguf_tensor *tensor;
	struct tnpu_gguf_str arch;
	struct tnpu_errmsg err;
	struct tnpu_gguf *gguf;
	uint64_t bytes = 0;
	uint32_t i, vocab;
	char key[32];

	if (tnpu_gguf_open(path, &gguf, &err))
		fail_msg("%s", err.text);
	assert_int_equal(tnpu_gguf_get_str(gguf, "general.architecture", &arch,
					   NULL), 0);
	snprintf(key, sizeof(key), "%.*s.embedding_length", (int)arch.len,
		 arch.ptr);
	assert_int_equal(tnpu_gguf_get_u32(gguf, key, &vocab, &err), 0);
	for (i = 0; i < tnpu_gguf_tensor_count(gguf); i++) {
		tensor = tnpu_gguf_tensor_at(gguf, i);
		assert_ptr_equal(tensor,
				 tnpu_gguf_tensor_find(gguf, tensor->name));
		assert_int_equal(tensor->offset % ALIGN, 0);
		bytes += tensor->nbytes;
	}
	assert_true(bytes < tnpu_gguf_size(gguf));
	tnpu_gguf_close(gguf);
}

static void test_models(void **state)
{
	static const char *const patterns[] = { "%s/*.gguf", "%s/vocab/*.gguf" };
	const char *models = getenv("TNPU_TEST_MODELS");
	char pattern[4096];
	glob_t found;
	size_t i, k;

	for (i = 0; i < 2; i++) {
		snprintf(pattern, sizeof(pattern), patterns[i], models);
		assert_int_equal(glob(pattern, 0, NULL, &found), 0);
		for (k = 0; k < found.gl_pathc; k++)
			check_model(found.gl_pathv[k]);
		print_message("# %zu files of %s\n", found.gl_pathc, patterns[i]);
		globfree(&found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_no_tensors),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_floats),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_shrunk),
		cmocka_unit_test(test_unmapped),
		cmocka_unit_test(test_message_is_plain),
		cmocka_unit_test(test_models),
	};

	size_t n = sizeof(tests) / sizeof(tests[0]);

	/* Tests with models are last; prove would count a skipped one as failed. */
	if (!getenv("TNPU_TEST_MODELS")) {
		n -= 1;
		print_message("# not run: tests with models, TNPU_TEST_MODELS is not set\n");
	}
	return _cmocka_run_group_tests("gguf", tests, n, NULL, NULL);
}
