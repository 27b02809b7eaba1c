/* SPDX-License-Identifier: MIT */
/*
 * Prompt look-up: text that repeats itself foretells what comes next.
 */
#ifndef TNPU_LOOKUP_H
#define TNPU_LOOKUP_H

#include <stdint.h>

/**
 * tnpu_lookup_draft() - what followed the last tokens when they came before
 * @ids: @n tokens
 * @draft: receives up to @max tokens
 *
 * The latest earlier place of the last three tokens counts, else of the last two. What
 * followed there may reach the end of @ids; then it goes on as a repetition.
 *
 * Return: tokens in @draft; 0 where there is no such place.
 */
uint32_t tnpu_lookup_draft(const uint32_t *ids, uint32_t n, uint32_t *draft, uint32_t max);

#endif /* TNPU_LOOKUP_H */
