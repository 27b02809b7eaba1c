// SPDX-License-Identifier: GPL-2.0
/*
 * A new BO in device memory is zero, whatever was there before and whoever clears it.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "driver_cases.h"

#define CLEAR_SIZE	(16 * UAPI_HUGE + 3 * UAPI_PAGE)
#define CLEAR_THREADS	4
#define CLEAR_ROUNDS	8
#define CLEAR_MEM_MAX	(256ull << 20)

void clear_expect(struct uapi_test *t, __u64 size)
{
	__u32 handle = uapi_bo_create(t, size, DRM_TNPU_BO_LOCAL);
	char *p = uapi_bo_map(t, handle, size);

	/* Zero at the start, and each byte equal to the one before. */
	expect_true(!p[0] && !memcmp(p, p + 1, size - 1));
	memset(p, 0xff, size);
	expect_eq(uapi_dev_munmap(t->dev, p, size), 0);
	uapi_bo_close(t, handle);
}

UAPI_CASE(clear_reused)
{
	unsigned int i;

	for (i = 0; i < CLEAR_ROUNDS; i++)
		clear_expect(t, CLEAR_SIZE >> (i % 4) & -UAPI_PAGE);
}

/*
 * In many pieces: every second BO is freed, and a large one takes their places. To use all of a
 * large memory takes too long.
 */
UAPI_CASE(clear_pieces)
{
	__u64 piece = UAPI_HUGE / 2, count = t->info.mem_size / piece, i;
	struct drm_tnpu_bo_create args = { .size = piece, .flags = DRM_TNPU_BO_LOCAL };
	__u32 *handle;

	if (t->info.mem_size > CLEAR_MEM_MAX)
		return;
	handle = calloc(count, sizeof(*handle));
	expect_true(handle);
	for (i = 0; i < count && !uapi_dev_ioctl(t->dev, DRM_IOCTL_TNPU_BO_CREATE, &args); i++)
		handle[i] = args.handle;
	expect_true(i > 64);
	count = i;
	for (i = 0; i < count; i += 2)
		uapi_bo_close(t, handle[i]);
	clear_expect(t, 32 * piece);
	clear_expect(t, 32 * piece);
	free(handle);
}

static void *clear_thread(void *arg)
{
	struct uapi_test *t = arg, own = { .info = t->info };
	unsigned int i;

	expect_eq(uapi_dev_open(&own.dev), 0);
	for (i = 0; i < CLEAR_ROUNDS; i++)
		clear_expect(&own, CLEAR_SIZE / 2 & -UAPI_PAGE);
	uapi_dev_close(own.dev);
	return NULL;
}

/* Several clients, beside a job that holds its queue. */
UAPI_CASE(clear_threads)
{
	pthread_t threads[CLEAR_THREADS];
	struct uapi_bench b;
	unsigned int i;

	uapi_bench_init(t, &b);
	uapi_bench_hold(t, &b);
	for (i = 0; i < CLEAR_THREADS; i++)
		expect_eq(pthread_create(&threads[i], NULL, clear_thread, t), 0);
	for (i = 0; i < CLEAR_THREADS; i++)
		expect_eq(pthread_join(threads[i], NULL), 0);
	uapi_bench_release(&b);
	uapi_bench_finish(t, &b);
}
