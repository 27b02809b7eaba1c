// SPDX-License-Identifier: MIT
/*
 * The pages of a batch's KV cache: what is shared, kept, and given to others; and drafts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache.h"
#include "lookup.h"

#define BLOCK	4
#define BLOCKS	8
#define SEQS	3

static const uint32_t text[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18 };

static int setup(void **state)
{
	*state = tnpu_cache_create(BLOCKS, BLOCK, SEQS);
	return !*state;
}

static int teardown(void **state)
{
	tnpu_cache_destroy(*state);
	return 0;
}

/* A sequence that has computed all of @n tokens. */
static struct tnpu_pages run(struct tnpu_cache *c, const uint32_t *ids, uint32_t n,
			     uint32_t positions)
{
	struct tnpu_pages pages;

	assert_true(tnpu_cache_take(c, ids, n, positions, &pages));
	assert_int_equal(pages.count, (positions + BLOCK - 1) / BLOCK);
	tnpu_cache_filled(c, &pages, ids, n);
	return pages;
}

/* Whole blocks are shared while the first has them, and when it has left. */
static void test_shared(void **state)
{
	struct tnpu_cache *c = *state;
	struct tnpu_pages a = run(c, text, 10, 12), b = run(c, text, 11, 12), d;

	assert_int_equal(a.shared, 0);
	assert_int_equal(b.shared, 8);
	assert_memory_equal(a.block, b.block, 2 * sizeof(*a.block));
	assert_int_not_equal(a.block[2], b.block[2]);
	assert_int_not_equal(a.seq, b.seq);
	tnpu_cache_release(c, &a);
	tnpu_cache_release(c, &b);
	d = run(c, text, 9, 12);
	assert_int_equal(d.shared, 8);
	tnpu_cache_release(c, &d);
}

/* The last token of a prompt has to run, also where it ends a block that is known. */
static void test_last_token(void **state)
{
	struct tnpu_cache *c = *state;
	struct tnpu_pages a = run(c, text, 8, 8), b = run(c, text, 8, 8);

	assert_int_equal(b.shared, 4);
	tnpu_cache_release(c, &b);
	tnpu_cache_release(c, &a);
}

/* The same tokens behind others are something else. */
static void test_beginning(void **state)
{
	const uint32_t other[] = { 1, 2, 3, 9, 5, 6, 7, 8, 9 };
	struct tnpu_cache *c = *state;
	struct tnpu_pages a = run(c, text, 9, 9), b = run(c, other, 9, 9);

	assert_int_equal(b.shared, 0);
	tnpu_cache_release(c, &b);
	tnpu_cache_release(c, &a);
}

/* What is not computed yet is not shared. */
static void test_unfilled(void **state)
{
	struct tnpu_cache *c = *state;
	struct tnpu_pages a, b;

	assert_true(tnpu_cache_take(c, text, 10, 12, &a));
	tnpu_cache_filled(c, &a, text, 7);
	b = run(c, text, 10, 12);
	assert_int_equal(b.shared, 4);
	tnpu_cache_release(c, &b);
	tnpu_cache_release(c, &a);
}

/* Too few blocks or sequences: nothing is taken, and what others leave suffices. */
static void test_full(void **state)
{
	struct tnpu_cache *c = *state;
	struct tnpu_pages a = run(c, text, 17, 18), b, d;

	assert_true(tnpu_cache_holds(c, BLOCKS * BLOCK));
	assert_false(tnpu_cache_holds(c, BLOCKS * BLOCK + 1));
	assert_false(tnpu_cache_take(c, text + 1, 16, 16, &b));
	b = run(c, text + 1, 12, 12);
	assert_false(tnpu_cache_take(c, text + 2, 1, 1, &d));
	/* All but one block is there already. */
	assert_false(tnpu_cache_take(c, text, 16, 16, &d));
	tnpu_cache_release(c, &a);
	assert_true(tnpu_cache_take(c, text, 16, 16, &d));
	assert_int_equal(d.shared, 12);
	tnpu_cache_release(c, &d);
	tnpu_cache_release(c, &b);
	a = run(c, text + 3, 1, BLOCKS * BLOCK);
	tnpu_cache_release(c, &a);
}

static void test_seqs(void **state)
{
	struct tnpu_cache *c = *state;
	struct tnpu_pages pages[SEQS], more;
	int i;

	for (i = 0; i < SEQS; i++)
		pages[i] = run(c, text + i, 1, 1);
	assert_false(tnpu_cache_take(c, text, 1, 1, &more));
	tnpu_cache_release(c, &pages[1]);
	more = run(c, text, 1, 1);
	assert_int_equal(more.seq, 1);
	tnpu_cache_release(c, &more);
	tnpu_cache_release(c, &pages[2]);
	tnpu_cache_release(c, &pages[0]);
}

/* The oldest goes first, its end before its beginning; what followed it is forgotten with it. */
static void test_oldest(void **state)
{
	struct tnpu_cache *c = *state;
	struct tnpu_pages a = run(c, text, 13, 13), b;

	tnpu_cache_release(c, &a);
	b = run(c, text + 5, 1, 5 * BLOCK);
	tnpu_cache_release(c, &b);
	/* Four blocks were new; the fifth was the last of the three known ones, or the rest. */
	a = run(c, text, 13, 13);
	assert_int_equal(a.shared, 12);
	tnpu_cache_release(c, &a);
	b = run(c, text + 5, 1, 6 * BLOCK);
	tnpu_cache_release(c, &b);
	a = run(c, text, 13, 13);
	assert_int_equal(a.shared, 8);
	tnpu_cache_release(c, &a);
	b = run(c, text + 5, 1, 8 * BLOCK);
	tnpu_cache_release(c, &b);
	a = run(c, text, 13, 13);
	assert_int_equal(a.shared, 0);
	tnpu_cache_release(c, &a);
}

static void test_draft(void **state)
{
	const uint32_t ids[] = { 1, 2, 3, 7, 9, 2, 3, 8, 1, 2, 3 };
	uint32_t draft[12];

	/* Three tokens count more than the later place of two. */
	assert_int_equal(tnpu_lookup_draft(ids, 11, draft, 2), 2);
	assert_int_equal(draft[0], 7);
	assert_int_equal(draft[1], 9);
	assert_int_equal(tnpu_lookup_draft(ids + 1, 10, draft, 1), 1);
	assert_int_equal(draft[0], 8);
	/* Behind the end it goes on as a repetition: 7 9 2 3 8 1 2 3 | 7 9 2 3 */
	assert_int_equal(tnpu_lookup_draft(ids, 11, draft, 12), 12);
	assert_memory_equal(draft, ids + 3, 8 * sizeof(*ids));
	assert_memory_equal(draft + 8, draft, 4 * sizeof(*draft));
	assert_int_equal(tnpu_lookup_draft(text, 18, draft, 4), 0);
	assert_int_equal(tnpu_lookup_draft(ids, 1, draft, 4), 0);
	assert_int_equal(tnpu_lookup_draft(ids, 2, draft, 4), 0);
}

/* One token over and over is what a repetition of one is. */
static void test_draft_same(void **state)
{
	const uint32_t ids[] = { 5, 5, 5, 5 };
	uint32_t draft[6];
	int i;

	assert_int_equal(tnpu_lookup_draft(ids, 4, draft, 6), 6);
	for (i = 0; i < 6; i++)
		assert_int_equal(draft[i], 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_shared, setup, teardown),
		cmocka_unit_test_setup_teardown(test_last_token, setup, teardown),
		cmocka_unit_test_setup_teardown(test_beginning, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unfilled, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_seqs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_oldest, setup, teardown),
		cmocka_unit_test(test_draft),
		cmocka_unit_test(test_draft_same),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
