/* SPDX-License-Identifier: MIT */
/*
 * What a fuzz target is: LLVMFuzzerTestOneInput() for libFuzzer and for replay.c, and
 * seeds, the inputs from which fuzzing starts.
 */
#ifndef _FUZZ_H_
#define _FUZZ_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_SEED_MAX	(64u << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/** fuzz_seed - seed @index into @buf of FUZZ_SEED_MAX bytes; its size, 0: there are no more */
size_t fuzz_seed(unsigned int index, uint8_t *buf);

/** fuzz_require - what must hold whatever the input is */
#define fuzz_require(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

/* ---- Reading an input ------------------------------------------------------------- */

/** struct fuzz_input - the bytes that are left; an input that has ended goes on with zeros */
struct fuzz_input {
	const uint8_t *data;
	size_t left;
};

static inline void fuzz_take(struct fuzz_input *in, void *buf, size_t size)
{
	size_t have = size < in->left ? size : in->left;

	memset(buf, 0, size);
	if (have)
		memcpy(buf, in->data, have);
	in->data += have;
	in->left -= have;
}

static inline uint8_t fuzz_u8(struct fuzz_input *in)
{
	uint8_t value;

	fuzz_take(in, &value, sizeof(value));
	return value;
}

static inline uint32_t fuzz_u32(struct fuzz_input *in)
{
	uint32_t value;

	fuzz_take(in, &value, sizeof(value));
	return value;
}

static inline uint64_t fuzz_u64(struct fuzz_input *in)
{
	uint64_t value;

	fuzz_take(in, &value, sizeof(value));
	return value;
}

/* ---- Writing a seed ---------------------------------------------------------------- */

/** struct fuzz_output - a seed that grows; what does not fit is left out */
struct fuzz_output {
	uint8_t *data;
	size_t size;
};

static inline void fuzz_put(struct fuzz_output *out, const void *bytes, size_t size)
{
	if (size > FUZZ_SEED_MAX - out->size)
		return;
	memcpy(out->data + out->size, bytes, size);
	out->size += size;
}

static inline void fuzz_put_u8(struct fuzz_output *out, uint8_t value)
{
	fuzz_put(out, &value, sizeof(value));
}

static inline void fuzz_put_u32(struct fuzz_output *out, uint32_t value)
{
	fuzz_put(out, &value, sizeof(value));
}

static inline void fuzz_put_u64(struct fuzz_output *out, uint64_t value)
{
	fuzz_put(out, &value, sizeof(value));
}

#endif /* _FUZZ_H_ */
