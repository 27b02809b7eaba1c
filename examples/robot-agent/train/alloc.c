// SPDX-License-Identifier: MIT
#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

#define MEMORY_ALIGN 64

void *train_alloc(size_t count, size_t size)
{
	size_t bytes;
	void *memory = NULL;

	if (!__builtin_mul_overflow(count, size, &bytes) &&
	    bytes <= PTRDIFF_MAX - MEMORY_ALIGN) {
		bytes = (bytes + MEMORY_ALIGN) / MEMORY_ALIGN * MEMORY_ALIGN;
		memory = aligned_alloc(MEMORY_ALIGN, bytes);
	}
	if (!memory)
		err(1, "no memory for %zu elements of %zu bytes", count, size);
	return memset(memory, 0, bytes);
}

void *train_grow(void *array, size_t count, size_t size)
{
	/* Full exactly where the count is 0 or a power of two. */
	if (count & (count - 1))
		return array;
	array = reallocarray(array, count ? 2 * count : 1, size);
	if (!array)
		err(1, "no memory for %zu elements of %zu bytes", count, size);
	return array;
}
