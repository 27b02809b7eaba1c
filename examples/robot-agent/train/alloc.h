/* SPDX-License-Identifier: MIT */
/*
 * Memory of the trainer's programs, which end where there is no more of it.
 */
#ifndef TRAIN_ALLOC_H
#define TRAIN_ALLOC_H

#include <stddef.h>

/**
 * train_alloc() - zeroed memory, at a multiple of 64 bytes
 * @count: elements
 * @size: bytes of one
 *
 * Return: never NULL; released with free().
 */
void *train_alloc(size_t count, size_t size);

/**
 * train_grow() - room for one more element at an array's end
 * @array: NULL, or what an earlier call gave
 * @count: its elements, of which a power of two have room
 * @size: bytes of one
 *
 * Return: the array, perhaps elsewhere; released with free().
 */
void *train_grow(void *array, size_t count, size_t size);

#endif
