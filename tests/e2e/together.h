/* SPDX-License-Identifier: MIT */
/*
 * Sequences decoded together, and with drafts, against the same ones alone.
 */
#ifndef TOGETHER_H
#define TOGETHER_H

#include "tnpu.h"

/** struct together - what was seen; @why says in one line what went wrong */
struct together {
	uint32_t requests;
	uint32_t tokens;
	uint32_t shared;
	uint32_t passes;
	uint32_t drafted;
	uint32_t accepted;
	char why[512];
};

/**
 * together_check() - every request gets the ids that it gets alone
 * @ids: @n tokens, of which prompts are made
 * Return: whether it does, and beginnings were shared. Whether drafts were made, and right, is
 * the text's to decide: a caller with several models sums them up.
 */
bool together_check(struct tnpu_model *model, uint32_t kv_dtype, const uint32_t *ids, uint32_t n,
		    struct together *t);

#endif
