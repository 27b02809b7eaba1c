// SPDX-License-Identifier: MIT
/*
 * Drafts of a second model: what is drawn is what is drawn without, whoever drafts, however
 * tokens are drawn, and wherever the text ends. On the chip in process, with models that
 * gguf-random of TNPU_BUILD makes.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tnpu.h"

#define ANSWER		60
#define CONTEXT		128
#define CHUNK		16	/* of a prompt: what a drafter lacks may be several */
#define SHAPE		"--layers 2 --width 64 --heads 4 --ffn 96 --ctx 128 "
#define PROMPT		37

/* The last tensor is the output matrix where it has one: 300 rows of 64 weights. */
#define OUTPUT_BYTES	(300 * 64 / 32 * 18)

/** enum who - the models; MODEL draws, the others draft */
enum who {
	MODEL,
	OTHER,		/* of one layer, and random in another way */
	NEAR,		/* MODEL with a hole in the last layer: often right */
	SILENT,		/* all logits are 0: it says token 0 and nothing else */
	NOISE,		/* all logits are NaN */
	SHORT,		/* its context ends early */
	N_MODELS,
};

static const char * const recipes[N_MODELS] = {
	[MODEL] = SHAPE "--vocab 300 --untied --seed 1",
	[OTHER] = "--layers 1 --width 32 --heads 2 --ffn 64 --ctx 128 --vocab 300 --seed 2",
	[NEAR] = SHAPE "--vocab 300 --untied --seed 1",
	[SILENT] = SHAPE "--vocab 300 --untied --seed 3",
	[NOISE] = SHAPE "--vocab 300 --untied --seed 3",
	[SHORT] = "--layers 1 --width 32 --heads 2 --ffn 64 --ctx 48 --vocab 300 --seed 2",
};

static char folder[32];
static struct tnpu_device *dev;
static struct tnpu_model *models[N_MODELS];
static struct tnpu_session *plain;

/* ---- Models ------------------------------------------------------------------------- */

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void make_file(const char *name, const char *recipe)
{
	const char *build = getenv("TNPU_BUILD");
	char command[1024];

	snprintf(command, sizeof(command), "%s/tests/tools/gguf-random -q %s %s",
		 build ? build : "build", recipe, path_of(name));
	assert_int_equal(system(command), 0);
}

/* Overwrites @len bytes that begin @from before the end. */
static void change_file(const char *name, size_t from, size_t len, int byte)
{
	FILE *f = fopen(path_of(name), "r+");

	assert_non_null(f);
	assert_int_equal(fseek(f, -(long)from, SEEK_END), 0);
	while (len--)
		assert_int_equal(fputc(byte, f), byte);
	assert_int_equal(fclose(f), 0);
}

static struct tnpu_model *load(struct tnpu_device *device, const char *name)
{
	struct tnpu_errmsg err = { .text = "" };
	struct tnpu_model *model;

	if (tnpu_model_load(device, path_of(name), NULL, NULL, &model, &err))
		fail_msg("%s: %s", name, err.text);
	return model;
}

static struct tnpu_session *open_session(struct tnpu_model *draft, uint32_t draft_max)
{
	const struct tnpu_session_options options = {
		.kv_dtype = TNPU_DTYPE_F16, .chunk = CHUNK, .draft = draft, .draft_max = draft_max,
	};
	struct tnpu_errmsg err = { .text = "" };
	struct tnpu_session *session;

	if (tnpu_session_create(models[MODEL], &options, &session, &err))
		fail_msg("%s", err.text);
	return session;
}

static int setup(void **state)
{
	char name[2] = "a";
	int i;

	snprintf(folder, sizeof(folder), "/tmp/tnpu-draft-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(tnpu_device_open(NULL, &dev, NULL), 0);
	for (i = 0; i < N_MODELS; i++, name[0]++) {
		make_file(name, recipes[i]);
		if (i == NEAR)
			change_file(name, OUTPUT_BYTES + 2000, 200, 0);
		if (i == SILENT)
			change_file(name, OUTPUT_BYTES, OUTPUT_BYTES, 0);
		if (i == NOISE)
			change_file(name, OUTPUT_BYTES, OUTPUT_BYTES, 0xff);
		models[i] = load(dev, name);
	}
	plain = open_session(NULL, 0);
	return 0;
}

static int teardown(void **state)
{
	char name[2] = "a";
	int i;

	tnpu_session_destroy(plain);
	for (i = 0; i < N_MODELS; i++, name[0]++) {
		tnpu_model_destroy(models[i]);
		unlink(path_of(name));
	}
	tnpu_device_close(dev);
	return rmdir(folder);
}

/* ---- Texts -------------------------------------------------------------------------- */

/** struct text - what was drawn; the caller ends it at @max */
struct text {
	uint32_t ids[2 * CONTEXT];
	uint32_t n;
	uint32_t max;
	struct tnpu_generation g;
};

static const struct tnpu_sampling samplings[] = {
	{ .temperature = 0 },
	{ .temperature = 0.7f, .top_k = 40, .top_p = 0.95f, .seed = 5 },
	{ .temperature = 1.5f, .top_p = 0.5f, .seed = 6 },
	/* All tokens are nearly alike: the one that ends the text comes by itself. */
	{ .temperature = 100, .seed = 7 },
};

#define HOT		(&samplings[3])
#define N_SAMPLINGS	(sizeof(samplings) / sizeof(samplings[0]))

static int take(void *opaque, uint32_t token)
{
	struct text *t = opaque;

	assert_true(t->n < 2 * CONTEXT);
	t->ids[t->n++] = token;
	return t->n == t->max;
}

/* Behind what the session has. */
static void go_on(struct tnpu_session *session, const uint32_t *prompt, uint32_t n_prompt,
		  uint32_t n, const struct tnpu_sampling *how, bool ignore_eos, struct text *t)
{
	struct tnpu_errmsg err = { .text = "" };

	if (tnpu_session_generate(session, prompt, n_prompt, n, how, ignore_eos, take, t, &t->g,
				  &err))
		fail_msg("%s", err.text);
	assert_true(t->g.accepted <= t->g.drafted);
}

static void draw(struct tnpu_session *session, uint32_t n, const struct tnpu_sampling *how,
		 bool ignore_eos, struct text *t)
{
	uint32_t prompt[PROMPT], i;

	for (i = 0; i < PROMPT; i++)
		prompt[i] = (i * 37 + how->seed) % 300;
	t->n = 0;
	tnpu_session_reset(session);
	go_on(session, prompt, PROMPT, n, how, ignore_eos, t);
}

static void expect_same(const struct text *a, const struct text *b)
{
	assert_int_equal(a->n, b->n);
	assert_memory_equal(a->ids, b->ids, a->n * sizeof(*a->ids));
	assert_int_equal(a->g.stop, b->g.stop);
	assert_int_equal(a->g.tokens, b->g.tokens);
}

/* One who drafts, and of a hundred how many are right, in the first ways to draw. */
static void check_drafter(enum who who, uint32_t draft_max, uint32_t ways, uint32_t least,
			  uint32_t most)
{
	struct tnpu_session *session = open_session(models[who], draft_max);
	struct text want = { .n = 0 }, got = { .n = 0 };
	uint32_t i, drafted = 0, accepted = 0;

	for (i = 0; i < ways; i++) {
		draw(plain, ANSWER, &samplings[i], true, &want);
		draw(session, ANSWER, &samplings[i], true, &got);
		assert_int_equal(got.n, ANSWER);
		expect_same(&want, &got);
		drafted += got.g.drafted;
		accepted += got.g.accepted;
	}
	tnpu_session_destroy(session);
	print_message("# model %d, %u at most: %u of %u are right\n", who, draft_max, accepted,
		      drafted);
	assert_true(drafted >= ways * ANSWER / 3);
	assert_in_range(100 * accepted, least * drafted, most * drafted);
}

/* The same model, the same seeds: always right. */
static void test_right(void **state)
{
	check_drafter(MODEL, 1, N_SAMPLINGS, 100, 100);
	check_drafter(MODEL, 5, N_SAMPLINGS, 100, 100);
	check_drafter(MODEL, TNPU_DRAFT_MAX, N_SAMPLINGS, 100, 100);
}

static void test_sometimes(void **state)
{
	check_drafter(NEAR, 0, N_SAMPLINGS, 20, 80);
	check_drafter(NEAR, TNPU_DRAFT_MAX, N_SAMPLINGS, 20, 80);
	check_drafter(OTHER, 0, N_SAMPLINGS, 1, 50);
	check_drafter(OTHER, 3, N_SAMPLINGS, 1, 50);
}

/* Where all tokens are alike, silence and noise are right, too: not there. */
static void test_wrong(void **state)
{
	check_drafter(SILENT, 0, N_SAMPLINGS - 1, 0, 0);
	check_drafter(SILENT, 1, N_SAMPLINGS - 1, 0, 0);
	check_drafter(NOISE, 4, N_SAMPLINGS - 1, 0, 0);
	check_drafter(NOISE, 4, N_SAMPLINGS, 0, 50);
}

/* ---- Ends --------------------------------------------------------------------------- */

/* A token that ends the text, at many places of a draft; what follows is not told. */
static void test_eos(void **state)
{
	struct tnpu_session *session = open_session(models[MODEL], 8);
	struct tnpu_sampling how = *HOT;
	struct text want = { .n = 0 }, got = { .n = 0 };
	uint32_t ended = 0;

	for (how.seed = 0; how.seed < 24; how.seed++) {
		draw(plain, 91, &how, false, &want);
		draw(session, 91, &how, false, &got);
		expect_same(&want, &got);
		ended += got.g.stop == TNPU_STOP_EOS;
	}
	tnpu_session_destroy(session);
	print_message("# %u of 24 ended\n", ended);
	assert_in_range(ended, 3, 23);
}

/* The caller ends it anywhere, and goes on: as if it had not. */
static void check_parts(enum who who, uint32_t stop)
{
	struct tnpu_session *session = open_session(models[who], 8);
	struct text want = { .n = 0 }, got = { .n = 0, .max = stop };
	uint32_t first;

	draw(plain, ANSWER, &samplings[0], true, &want);
	draw(session, ANSWER, &samplings[0], true, &got);
	assert_int_equal(got.n, stop);
	assert_int_equal(got.g.stop, TNPU_STOP_CALLER);
	got.max = 0;
	first = got.ids[stop - 1];
	go_on(session, &first, 1, ANSWER - stop, &samplings[0], true, &got);
	assert_int_equal(got.n, ANSWER);
	assert_memory_equal(got.ids, want.ids, ANSWER * sizeof(*got.ids));
	tnpu_session_destroy(session);
}

static void test_stop(void **state)
{
	uint32_t stop;

	for (stop = 1; stop < 20; stop++) {
		check_parts(MODEL, stop);
		check_parts(NEAR, stop);
	}
}

/* One token, a few, and as many as fit or more, with drafts that would be longer. */
static void test_length(void **state)
{
	const uint32_t room = CONTEXT - PROMPT + 1;
	const uint32_t n[] = { 0, 1, 2, 3, 4, 9, room - 2, room - 1, room, room + 1, 1000 };
	struct tnpu_session *session = open_session(models[MODEL], TNPU_DRAFT_MAX);
	struct text want = { .n = 0 }, got = { .n = 0 };
	uint32_t i;

	for (i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		draw(plain, n[i], &samplings[1], true, &want);
		draw(session, n[i], &samplings[1], true, &got);
		expect_same(&want, &got);
		assert_int_equal(got.n, n[i] < room ? n[i] : room);
		assert_int_equal(got.g.stop, n[i] > room ? TNPU_STOP_CONTEXT : TNPU_STOP_LENGTH);
	}
	tnpu_session_destroy(session);
}

/* A drafter whose context ends before the text does, or before the prompt. */
static void test_short(void **state)
{
	struct tnpu_session *session = open_session(models[SHORT], 8);
	struct text want = { .n = 0 }, got = { .n = 0 };

	draw(plain, 1000, &samplings[0], true, &want);
	draw(session, 1000, &samplings[0], true, &got);
	expect_same(&want, &got);
	assert_in_range(got.g.drafted, 1, 3 * (48 - PROMPT));
	tnpu_session_destroy(session);
}

static int ignore(void *opaque, uint32_t position, const float *logits)
{
	return 0;
}

/* What other calls have put into the session is read by the drafter as well. */
static void test_turns(void **state)
{
	struct tnpu_session *session[2] = { plain, open_session(models[MODEL], 4) };
	const uint32_t more[] = { 7, 8, 9, 260, 270 };
	struct text t[2] = { { .n = 0 }, { .n = 0 } };
	uint32_t i, first;

	for (i = 0; i < 2; i++) {
		draw(session[i], 11, &samplings[2], true, &t[i]);
		assert_int_equal(tnpu_session_eval(session[i], more, 5, ignore, NULL, NULL), 0);
		go_on(session[i], more, 3, 13, &samplings[0], true, &t[i]);
		first = t[i].g.drafted;
		go_on(session[i], more, 5, 17, &samplings[1], true, &t[i]);
		assert_int_equal(t[i].g.accepted, t[i].g.drafted);
		assert_int_equal(first > 0, i);
	}
	expect_same(&t[0], &t[1]);
	tnpu_session_destroy(session[1]);
}

/* ---- Sessions ----------------------------------------------------------------------- */

static void expect_refused(const struct tnpu_session_options *options, const char *why)
{
	struct tnpu_errmsg err = { .text = "" };
	struct tnpu_session *session = NULL;

	assert_int_equal(tnpu_session_create(models[MODEL], options, &session, &err), -EINVAL);
	assert_null(session);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" is not in: %s", why, err.text);
}

static void test_options(void **state)
{
	struct tnpu_session_options options = { .draft = models[OTHER], .lookup = 1 };

	expect_refused(&options, "from a model or from look-up, not from both");
	options.lookup = 0;
	options.draft_max = TNPU_DRAFT_MAX + 1;
	expect_refused(&options, "at most 16 tokens, not 17");
	options.draft_max = UINT32_MAX;
	expect_refused(&options, "at most 16 tokens, not 4294967295");
	options = (struct tnpu_session_options){ .lookup = TNPU_LOOKUP_MAX + 1 };
	expect_refused(&options, "at most 16 tokens, not 17");
}

static void check_vocabulary(const char *recipe, const char *why)
{
	struct tnpu_session_options options = { .draft_max = 4 };

	make_file("z", recipe);
	options.draft = load(dev, "z");
	expect_refused(&options, why);
	tnpu_model_destroy(options.draft);
	unlink(path_of("z"));
}

static void test_vocabulary(void **state)
{
	check_vocabulary(SHAPE "--vocab 299", "a vocabulary of 299, the model one of 300");
	check_vocabulary(SHAPE "--vocab 300 --tokenizer bytes",
			 "token 0 is \"<|endoftext|>\", not \"<unk>\"");
}

/* Both have a cache and activations. */
static void test_memory(void **state)
{
	struct tnpu_session *session = open_session(models[MODEL], 8);
	struct tnpu_session_memory one, both;

	tnpu_session_get_memory(plain, &one);
	tnpu_session_get_memory(session, &both);
	assert_int_equal(both.kv, 2 * one.kv);
	assert_true(both.activations > 2 * one.activations);
	tnpu_session_destroy(session);
}

/* Sessions until one finds no queue for itself or its drafter; what it had is free again. */
static void test_queues(void **state)
{
	const struct tnpu_session_options options = { .draft = models[OTHER], .context = 16 };
	struct tnpu_session *session[256];
	struct tnpu_errmsg err = { .text = "" };
	int round, ret, n, before = 0;

	for (round = 0; round < 2; round++) {
		for (n = 0, ret = 0; n < 256 && !ret; n += !ret)
			ret = tnpu_session_create(models[MODEL], &options, &session[n], &err);
		assert_int_equal(ret, -EBUSY);
		assert_non_null(strstr(err.text, "all hardware queues are taken"));
		assert_true(!round || n == before);
		before = n;
		while (n)
			tnpu_session_destroy(session[--n]);
	}
	print_message("# %d sessions, then: %s\n", before, err.text);
}

/* The drafter may be on a device of its own. */
static void test_device(void **state)
{
	struct tnpu_session *session;
	struct tnpu_device *other;
	struct tnpu_model *model;
	struct text want = { .n = 0 }, got = { .n = 0 };

	assert_int_equal(tnpu_device_open(NULL, &other, NULL), 0);
	model = load(other, "a");
	session = open_session(model, 8);
	draw(plain, ANSWER, &samplings[1], true, &want);
	draw(session, ANSWER, &samplings[1], true, &got);
	expect_same(&want, &got);
	assert_int_equal(got.g.accepted, got.g.drafted);
	tnpu_session_destroy(session);
	tnpu_model_destroy(model);
	tnpu_device_close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_sometimes),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_eos),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_vocabulary),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_queues),
		cmocka_unit_test(test_device),
	};

	return cmocka_run_group_tests_name("draft", tests, setup, teardown);
}
