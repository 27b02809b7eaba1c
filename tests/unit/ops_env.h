/* SPDX-License-Identifier: MIT */
/*
 * What tests of operators share: a chip with memory of one kind, random operands, and the
 * comparison of one piece of work over instruction sets, lanes and page mappings.
 */
#ifndef _OPS_ENV_H_
#define _OPS_ENV_H_

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chip_harness.h"

/** struct ops_env - a chip, where operands lie, and the state of the random numbers */
struct ops_env {
	struct harness h;
	enum harness_place place;
	uint64_t random;
};

static inline void ops_open(struct ops_env *env, const struct harness_options *options)
{
	harness_open(&env->h, options);
	env->place = HARNESS_LOCAL;
	env->random = 0x9e3779b97f4a7c15ull;
}

static inline void ops_close(struct ops_env *env)
{
	harness_close(&env->h);
}

/* xorshift64*: the same operands in every run. */
static inline uint32_t ops_random(struct ops_env *env)
{
	env->random ^= env->random >> 12;
	env->random ^= env->random << 25;
	env->random ^= env->random >> 27;
	return env->random * 0x2545f4914f6cdd1dull >> 32;
}

/** ops_random_float - in [-scale, scale) */
static inline float ops_random_float(struct ops_env *env, float scale)
{
	return ((float)(ops_random(env) >> 8) * 0x1p-23f - 1.0f) * scale;
}

static inline float *ops_random_floats(struct ops_env *env, size_t count, float scale)
{
	float *x = test_malloc(count * sizeof(*x));

	for (size_t i = 0; i < count; i++)
		x[i] = ops_random_float(env, scale);
	return x;
}

/** ops_alloc - zeroed device or system memory where @env->place says */
static inline uint64_t ops_alloc(struct ops_env *env, size_t size)
{
	return harness_alloc(&env->h, size, env->place);
}

/** ops_put - memory that holds @size bytes of @data */
static inline uint64_t ops_put(struct ops_env *env, const void *data, size_t size)
{
	uint64_t va = ops_alloc(env, size);

	harness_write(&env->h, va, data, size);
	return va;
}

static inline uint64_t ops_put_u32(struct ops_env *env, uint32_t value)
{
	return ops_put(env, &value, sizeof(value));
}

static inline uint32_t ops_get_u32(struct ops_env *env, uint64_t va)
{
	uint32_t value;

	harness_read(&env->h, va, &value, sizeof(value));
	return value;
}

static inline struct tnpu_tensor ops_tensor(uint64_t va, uint32_t stride)
{
	return (struct tnpu_tensor){ .va = va, .stride = stride };
}

static inline struct tnpu_dim ops_dim(uint32_t value)
{
	return (struct tnpu_dim){ .value = value };
}

/** OPS_HEADER - the header of a command struct @type */
#define OPS_HEADER(op, type) { .opcode = TNPU_OP_##op, .size = sizeof(type) }

/** ops_reason - run one command; TNPU_ERR_* with which it ended */
static inline uint32_t ops_reason(struct ops_env *env, const void *cmd, size_t size)
{
	struct tnpu_completion c;

	harness_run(&env->h, cmd, size, &c);
	return c.status == TNPU_STATUS_OK ? TNPU_ERR_NONE : c.reason;
}

#define ops_run(env, cmd) assert_int_equal(ops_reason(env, cmd, sizeof(*(cmd))), TNPU_ERR_NONE)

/* ---- One piece of work everywhere ------------------------------------------------ */

/** struct ops_work - @run stores @size bytes of results, the same in every environment */
struct ops_work {
	const char *name;
	size_t size;
	void (*run)(struct ops_env *env, void *result);
};

static inline void ops_work_once(const struct ops_work *work, enum tnpu_isa isa,
				 unsigned int engines, enum harness_place place, void *result)
{
	const struct harness_options options = { .isa = isa, .engines = engines };
	struct ops_env env;

	ops_open(&env, &options);
	env.place = place;
	work->run(&env, result);
	ops_close(&env);
}

/**
 * ops_work_everywhere - run @work on each instruction set of this host, with 1, 2 and 5
 * lanes, in contiguous, scattered and system memory, and compare bit for bit
 */
static inline void ops_work_everywhere(const struct ops_work *work)
{
	static const unsigned int engines[] = { 1, 2, 5 };
	static const enum harness_place places[] = {
		HARNESS_LOCAL, HARNESS_SCATTER, HARNESS_SYSTEM,
	};
	uint8_t *expected = test_calloc(1, work->size), *got = test_calloc(1, work->size);

	ops_work_once(work, TNPU_ISA_SCALAR, 1, HARNESS_LOCAL, expected);
	for (enum tnpu_isa isa = TNPU_ISA_SCALAR; isa < TNPU_ISAS; isa++) {
		for (unsigned int i = 0; tnpu_isa_supported(isa) && i < 9; i++) {
			ops_work_once(work, isa, engines[i / 3], places[i % 3], got);
			if (memcmp(expected, got, work->size))
				fail_msg("%s differs: %s, %u lanes, memory %d", work->name,
					 tnpu_isa_name(isa), engines[i / 3], places[i % 3]);
		}
	}
	test_free(expected);
	test_free(got);
}

#endif /* _OPS_ENV_H_ */
