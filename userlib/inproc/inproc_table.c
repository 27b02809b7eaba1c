// SPDX-License-Identifier: MIT
/*
 * Handles of one client.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inproc.h"

static int inproc_table_grow(struct inproc_table *table)
{
	uint32_t size = table->size ? table->size * 2 : 16;
	void **slots = reallocarray(table->slots, size, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	memset(slots + table->size, 0, (size - table->size) * sizeof(*slots));
	table->slots = slots;
	table->size = size;
	return 0;
}

/** inproc_table_add() - Give @object the lowest free handle. 0 or -ENOMEM. */
int inproc_table_add(struct inproc_table *table, void *object, uint32_t *handle)
{
	uint32_t i = 0;

	while (i < table->size && table->slots[i])
		i++;
	if (i == table->size && inproc_table_grow(table))
		return -ENOMEM;
	table->slots[i] = object;
	*handle = i + 1;
	return 0;
}

/** inproc_table_get() - The object behind @handle, or NULL */
void *inproc_table_get(const struct inproc_table *table, uint32_t handle)
{
	if (!handle || handle > table->size)
		return NULL;
	return table->slots[handle - 1];
}

/** inproc_table_remove() - Free @handle; returns the object behind it, or NULL */
void *inproc_table_remove(struct inproc_table *table, uint32_t handle)
{
	void *object = inproc_table_get(table, handle);

	if (object)
		table->slots[handle - 1] = NULL;
	return object;
}
