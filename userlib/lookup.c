// SPDX-License-Identifier: MIT
#include <string.h>

#include "lookup.h"

#define TNPU_LOOKUP_LONG	3
#define TNPU_LOOKUP_SHORT	2

/* Where the last @len of @n tokens end when they come for the last time before; 0: never. */
static uint32_t tnpu_lookup_find(const uint32_t *ids, uint32_t n, uint32_t len)
{
	const uint32_t *last = ids + n - len;
	uint32_t end;

	for (end = n - 1; end >= len; end--)
		if (!memcmp(ids + end - len, last, len * sizeof(*ids)))
			return end;
	return 0;
}

uint32_t tnpu_lookup_draft(const uint32_t *ids, uint32_t n, uint32_t *draft, uint32_t max)
{
	uint32_t len, i, from = 0;

	for (len = TNPU_LOOKUP_LONG; !from && len >= TNPU_LOOKUP_SHORT; len--)
		if (n > len)
			from = tnpu_lookup_find(ids, n, len);
	if (!from)
		return 0;
	for (i = 0; i < max; i++)
		draft[i] = from + i < n ? ids[from + i] : draft[from + i - n];
	return max;
}
