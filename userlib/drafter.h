/* SPDX-License-Identifier: MIT */
/*
 * Drafters: a small model that foretells what a larger one will draw.
 *
 * It reads what has been drawn, and goes on from there by itself. What it says is checked, so
 * that it may be wrong; then it goes back to where it was right, and reads on from there.
 */
#ifndef TNPU_DRAFTER_H
#define TNPU_DRAFTER_H

#include "runner.h"

/**
 * struct tnpu_drafter - a model and the sequence that it follows
 * @first: a step that also reads the rows behind its own
 * @ids: the tokens in the KV cache, @position of them
 */
struct tnpu_drafter {
	struct tnpu_runner runner;
	struct tnpu_program first;
	uint32_t *ids;
	uint32_t position;
};

/**
 * tnpu_drafter_create() - a drafter for a session
 * @model: drafts
 * @target: draws; the tokens of both must be the same
 * @shape: of the session; the drafter's context is not longer than its model's
 * @max: tokens of a draft, at most
 * Return: as tnpu_runner_build(); -EINVAL also where the vocabularies differ.
 */
int tnpu_drafter_create(struct tnpu_model *model, const struct tnpu_model *target,
			const struct tnpu_shape *shape, uint32_t max,
			struct tnpu_drafter **drafter, struct tnpu_errmsg *err);
void tnpu_drafter_destroy(struct tnpu_drafter *d);

/**
 * tnpu_drafter_begin() - drafts are drawn like that
 * With the same seed and counter as the target's draw a draft is right more often than the
 * likeliest tokens would be.
 */
void tnpu_drafter_begin(struct tnpu_drafter *d, const struct tnpu_sampling *sampling);

/**
 * tnpu_drafter_draft() - what follows @ids, to this model's mind
 * @ids: @n tokens, at least one; what the cache has of their beginning is not read again
 * @counter: of the draw behind them
 * @draft: receives up to @max tokens, all of the vocabulary
 *
 * Return: tokens in @draft: fewer than @max, or none, where the drafter's context ends;
 * as tnpu_queue_wait().
 */
int tnpu_drafter_draft(struct tnpu_drafter *d, const uint32_t *ids, uint32_t n, uint32_t counter,
		       uint32_t *draft, uint32_t max, struct tnpu_errmsg *err);

#endif /* TNPU_DRAFTER_H */
