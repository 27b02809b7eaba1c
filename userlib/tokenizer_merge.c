// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "tokenizer_internal.h"

void *tnpu_grow(void *array, size_t *max, size_t want, size_t size)
{
	size_t room = *max ? *max : 64;

	if (want <= *max)
		return array;
	while (room < want)
		room *= 2;
	array = reallocarray(array, room, size);
	if (array)
		*max = room;
	return array;
}

void tnpu_merge_start(struct tnpu_merge *merge)
{
	merge->n_symbols = 0;
	merge->n_heap = 0;
}

int tnpu_merge_add(struct tnpu_merge *merge, uint32_t len, int32_t id)
{
	size_t n = merge->n_symbols;
	struct tnpu_symbol *symbols;

	symbols = tnpu_grow(merge->symbols, &merge->max_symbols, n + 1,
			    sizeof(*symbols));
	if (!symbols)
		return -ENOMEM;
	merge->symbols = symbols;
	symbols[n] = (struct tnpu_symbol) {
		.prev = (int32_t)n - 1,
		.next = -1,
		.len = len,
		.id = id,
	};
	if (n) {
		symbols[n].start = symbols[n - 1].start + symbols[n - 1].len;
		symbols[n - 1].next = n;
	}
	merge->n_symbols++;
	return 0;
}

static int merge_push(struct tnpu_merge *merge, struct tnpu_candidate cand)
{
	struct tnpu_candidate *heap;
	size_t i, up;

	heap = tnpu_grow(merge->heap, &merge->max_heap, merge->n_heap + 1,
			 sizeof(*heap));
	if (!heap)
		return -ENOMEM;
	merge->heap = heap;
	for (i = merge->n_heap++; i; i = up) {
		up = (i - 1) / 2;
		if (heap[up].key <= cand.key)
			break;
		heap[i] = heap[up];
	}
	heap[i] = cand;
	return 0;
}

/* Take the least candidate; the heap is not empty. */
static struct tnpu_candidate merge_pop(struct tnpu_merge *merge)
{
	struct tnpu_candidate *heap = merge->heap;
	struct tnpu_candidate top = heap[0];
	struct tnpu_candidate last = heap[--merge->n_heap];
	size_t i = 0, kid;

	while ((kid = 2 * i + 1) < merge->n_heap) {
		if (kid + 1 < merge->n_heap &&
		    heap[kid + 1].key < heap[kid].key)
			kid++;
		if (last.key <= heap[kid].key)
			break;
		heap[i] = heap[kid];
		i = kid;
	}
	heap[i] = last;
	return top;
}

/* Offer the symbol @left and its right neighbour, if there are both. */
static int merge_offer(struct tnpu_encoder *enc, const char *text,
		       int32_t left, tnpu_merge_fn fn)
{
	struct tnpu_symbol *symbols = enc->merge.symbols;
	struct tnpu_candidate cand;
	struct tnpu_symbol *l, *r;
	uint32_t prio;

	if (left < 0 || symbols[left].next < 0)
		return 0;
	l = &symbols[left];
	r = &symbols[l->next];
	if (!fn(enc->tok, text, l, r, &prio, &cand.id))
		return 0;
	cand.key = (uint64_t)prio << 32 | (uint32_t)left;
	cand.len = l->len + r->len;
	return merge_push(&enc->merge, cand);
}

/* Carry out a candidate, unless one of its symbols is another by now. */
static int merge_apply(struct tnpu_encoder *enc, const char *text,
		       const struct tnpu_candidate *cand, tnpu_merge_fn fn)
{
	struct tnpu_symbol *symbols = enc->merge.symbols;
	int32_t left = (uint32_t)cand->key;
	struct tnpu_symbol *l = &symbols[left];
	struct tnpu_symbol *r;
	int ret;

	if (!l->len || l->next < 0)
		return 0;
	r = &symbols[l->next];
	if (l->len + r->len != cand->len)
		return 0;
	l->len = cand->len;
	l->id = cand->id;
	l->next = r->next;
	r->len = 0;
	if (l->next >= 0)
		symbols[l->next].prev = left;
	ret = merge_offer(enc, text, l->prev, fn);
	return ret ? ret : merge_offer(enc, text, left, fn);
}

static int merge_emit(struct tnpu_encoder *enc, const char *text,
		      const struct tnpu_symbol *sym)
{
	uint32_t i;
	int ret = 0;

	if (sym->id != TNPU_TOKEN_NONE)
		return tnpu_encoder_emit(enc, sym->id);
	for (i = 0; i < sym->len && !ret; i++)
		ret = tnpu_encoder_emit_byte(enc, text[sym->start + i]);
	return ret;
}

int tnpu_merge_run(struct tnpu_encoder *enc, const char *text,
		   tnpu_merge_fn fn)
{
	struct tnpu_merge *merge = &enc->merge;
	struct tnpu_candidate cand;
	int ret = 0;
	int32_t i;

	for (i = 0; i < (int32_t)merge->n_symbols && !ret; i++)
		ret = merge_offer(enc, text, i, fn);
	while (merge->n_heap && !ret) {
		cand = merge_pop(merge);
		ret = merge_apply(enc, text, &cand, fn);
	}
	i = merge->n_symbols ? 0 : -1;
	for (; i >= 0 && !ret; i = merge->symbols[i].next)
		ret = merge_emit(enc, text, &merge->symbols[i]);
	return ret;
}

void tnpu_merge_free(struct tnpu_merge *merge)
{
	free(merge->symbols);
	free(merge->heap);
}
