// SPDX-License-Identifier: MIT
/*
 * Fences. A timeline is a chain of links: each has the fence of its point and what the
 * timeline held before; it has signalled when both have.
 */
#include <stdlib.h>

#include "inproc.h"

/** inproc_fence_create() - A new fence, or NULL */
struct inproc_fence *inproc_fence_create(bool signaled)
{
	struct inproc_fence *fence = calloc(1, sizeof(*fence));

	if (!fence)
		return NULL;
	fence->refs = 1;
	fence->signaled = signaled;
	return fence;
}

struct inproc_fence *inproc_fence_get(struct inproc_fence *fence)
{
	fence->refs++;
	return fence;
}

/** inproc_fence_put() - Drop a reference. Chains may be long: no recursion along them. */
void inproc_fence_put(struct inproc_fence *fence)
{
	struct inproc_fence *prev;

	while (fence && !--fence->refs) {
		prev = fence->prev;
		inproc_fence_put(fence->base);
		free(fence);
		fence = prev;
	}
}

static bool inproc_fence_self_done(const struct inproc_fence *fence)
{
	return fence->base ? fence->base->signaled : fence->signaled;
}

/**
 * inproc_fence_done() - Whether a fence has signalled
 * Drops the links before it that have, so that chains stay short.
 */
bool inproc_fence_done(struct inproc_fence *fence)
{
	struct inproc_fence *prev;

	while ((prev = fence->prev) && inproc_fence_self_done(prev)) {
		fence->prev = prev->prev ? inproc_fence_get(prev->prev) : NULL;
		inproc_fence_put(prev);
	}
	return !fence->prev && inproc_fence_self_done(fence);
}

/** inproc_fence_signal() - A job or a bind has ended, one way or another */
void inproc_fence_signal(struct inproc_device *dev, struct inproc_fence *fence)
{
	fence->signaled = true;
	pthread_cond_broadcast(&dev->changed);
}
