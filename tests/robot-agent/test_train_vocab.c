// SPDX-License-Identifier: MIT
/*
 * The vocabulary: what it learns, and that libtnpu reads every text of the
 * task as the trainer does, by the metadata of a file that the trainer wrote.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../examples/robot-agent/train/alloc.h"
#include "../../examples/robot-agent/train/gguf_out.h"
#include "../../examples/robot-agent/train/learn.h"
#include "../../examples/robot-agent/train/samples.h"
#include "../../examples/robot-agent/train/skeleton.h"
#include "../../examples/robot-agent/train/trainer.h"
#include "gguf.h"
#include "tokenizer.h"

#define LEARN_SAMPLES	3000
#define SAMPLES		2000

/** struct vocabs - the same vocabulary, ours and libtnpu's */
struct vocabs {
	struct train_vocab *ours;
	struct tnpu_tokenizer *theirs;
};

static struct train_vocab *learn(void)
{
	const struct train_samples samples = { .seed = 1 };
	struct train_learn *learn = train_learn_create();
	struct train_vocab *vocab = train_vocab_create();
	struct agent_sample sample;
	struct train_text text;
	int i;

	train_skeleton_add(vocab);
	for (i = 0; i < LEARN_SAMPLES; i++) {
		train_samples_make(&samples, i, &sample, &text);
		train_learn_add(learn, vocab, text.prompt);
		train_learn_add(learn, vocab, text.answer);
	}
	train_learn_ascii(learn, vocab, 200, 5);
	train_learn_chars(learn, vocab, 20);
	train_learn_destroy(learn);
	return vocab;
}

static struct tnpu_tokenizer *tokenizer(const struct train_vocab *vocab)
{
	const struct train_shape shape = {
		.vocab = train_vocab_size(vocab), .width = 32, .layers = 1,
		.heads = 1, .kv_heads = 1, .ffn = 32, .context = 512,
		.epsilon = 1e-5, .rope_base = 10000,
	};
	real_t *params = train_alloc(train_params_count(&shape), sizeof(real_t));
	struct train_gguf file = {
		.shape = &shape, .vocab = vocab, .params = params,
		.name = "test", .description = "test",
	};
	char path[] = "/tmp/test_train_vocab.XXXXXX";
	struct tnpu_errmsg err = { .text = "" };
	struct tnpu_tokenizer *tok;
	struct tnpu_gguf *gguf;

	close(mkstemp(path));
	train_gguf_write(&file, path);
	assert_int_equal(tnpu_gguf_open(path, &gguf, &err), 0);
	assert_int_equal(tnpu_tokenizer_create(gguf, &tok, &err), 0);
	tnpu_gguf_close(gguf);
	unlink(path);
	free(params);
	return tok;
}

static int setup(void **state)
{
	struct vocabs *v = train_alloc(1, sizeof(*v));

	v->ours = learn();
	v->theirs = tokenizer(v->ours);
	*state = v;
	return 0;
}

static int teardown(void **state)
{
	struct vocabs *v = *state;

	tnpu_tokenizer_destroy(v->theirs);
	train_vocab_destroy(v->ours);
	free(v);
	return 0;
}

/* libtnpu's tokens of @text must be @n of @id. */
static void assert_theirs(const struct vocabs *v, const char *text,
			  uint32_t flags, const int *id, int n)
{
	uint32_t *theirs;
	int64_t count;
	int i;

	count = tnpu_tokenizer_encode(v->theirs, text, strlen(text), flags,
				      &theirs);
	if (count != n)
		fail_msg("%d tokens, theirs are %jd: %s", n, (intmax_t)count,
			 text);
	for (i = 0; i < n; i++)
		if (theirs[i] != id[i])
			fail_msg("token %d is %d, theirs %u: %s", i, id[i],
				 theirs[i], text);
	free(theirs);
}

/*
 * The prompt's tokens as at inference; and the whole text's, which must be the
 * prompt's and the answer's behind each other.
 */
static void check_sample(const struct vocabs *v,
			 const struct train_text *text)
{
	char whole[AGENT_PROMPT + AGENT_TEXT];
	int id[TRAIN_SAMPLE_MAX];
	struct train_tokens tokens = { .id = id };

	train_vocab_sample(v->ours, text->prompt, text->answer, &tokens);
	assert_true(tokens.prompt < tokens.count);
	assert_theirs(v, text->prompt, TNPU_ENCODE_ADD_SPECIAL, id,
		      tokens.prompt);
	snprintf(whole, sizeof(whole), "%s %s", text->prompt, text->answer);
	assert_theirs(v, whole, TNPU_ENCODE_ADD_SPECIAL, id, tokens.count - 1);
	assert_true(tnpu_tokenizer_is_eog(v->theirs, id[tokens.count - 1]));
}

static void test_samples(void **state)
{
	struct train_samples samples = { .seed = 2 };
	struct agent_sample sample;
	struct train_text text;
	int split, i;

	for (split = AGENT_TRAIN; split < AGENT_SPLITS; split++) {
		samples.split = split;
		for (i = 0; i < SAMPLES / AGENT_SPLITS + 1; i++) {
			train_samples_make(&samples, i, &sample, &text);
			check_sample(*state, &text);
		}
	}
}

/* A hint is at the token that has the last byte of what it is about. */
static void check_hint(const struct vocabs *v, const struct agent_hint *hint,
		       const struct train_tokens *tokens, size_t end)
{
	const char *piece;
	size_t at = 0, len;
	int i;

	for (i = 0; at < end; i++) {
		train_vocab_piece(v->ours, tokens->id[i], &len);
		at += len;
	}
	assert_true(tokens->hint[i - 1] >= 0);
	piece = train_vocab_piece(v->ours, tokens->hint[i - 1], &len);
	if (hint->what < AGENT_OBJECTS) {
		assert_int_equal(len, strlen(" a ("));
		assert_int_equal(piece[1], 'a' + hint->what);
	} else {
		assert_memory_equal(piece, "{\"do\":\"", strlen("{\"do\":\""));
	}
}

static void test_hints(void **state)
{
	struct train_samples samples = { .seed = 3, .split = AGENT_TRAIN };
	const struct vocabs *v = *state;
	int id[TRAIN_SAMPLE_MAX], hint[TRAIN_SAMPLE_MAX], i, k, n;
	struct train_tokens tokens = { .id = id, .hint = hint };
	struct agent_sample sample;
	struct train_text text;
	size_t first;

	samples.vocab = v->ours;
	for (i = 0; i < SAMPLES; i++) {
		train_samples_make(&samples, i, &sample, &text);
		train_samples_source(&samples, i, &tokens);
		first = strstr(text.prompt, "\ndo: ") + strlen("\ndo: ") -
			text.prompt;
		for (k = 0; k < sample.hints; k++)
			check_hint(v, &sample.hint[k], &tokens,
				   first + sample.hint[k].end);
		for (k = n = 0; k < tokens.prompt; k++)
			n += hint[k] >= 0;
		assert_true(n <= sample.hints);
	}
}

static void test_texts(void **state)
{
	static const char *const texts[] = {
		"", " ", "  ", "\n", "a", " a", "plan:", "plan: ", "plan: [",
		"don't I'LL we've", "x  y\t\tz \x20\n\n  w", "3.14 1234567890",
		"caf\u00e9 na\u00efve \u00a0\u00ad \u0391\u03b8",
		"\u628a\u7ea2\u8272\u65b9\u5757\u653e\u5230red\u65b9\u5757,\uff0c\u3002 \u3000\u4e00",
		"\U0001f600\U0001f916 \U00020000", "<|endoftext|>",
		"a\"},\"}, c\"}]}]},", " hand empty\ndo: hand a", "7);77);-7);",
		"(27,-8);27,270,2.27,",
		"\u180e\u2003\xc2\x85 \u202f", "[{\"do\":\"home\"}]",
	};
	const struct vocabs *v = *state;
	int id[256];
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_theirs(v, texts[i], 0, id,
			      train_vocab_encode(v->ours, texts[i],
						 strlen(texts[i]), id));
}

static void test_info(void **state)
{
	const struct vocabs *v = *state;
	const struct tnpu_tokenizer_info *info;

	info = tnpu_tokenizer_get_info(v->theirs);
	assert_int_equal(info->vocab_size, train_vocab_size(v->ours));
	assert_int_equal(info->bos, train_vocab_end(v->ours));
	assert_int_equal(info->eos, train_vocab_end(v->ours));
	assert_true(info->add_bos);
	assert_false(info->add_eos);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A token has no two digits, and characters of three bytes only alone. */
static void test_pieces(void **state)
{
	const struct vocabs *v = *state;
	int id, i, chars = 0, words = 0;
	const char *piece;
	size_t len;

	for (id = 256; id < 256 + train_vocab_merges(v->ours); id++) {
		piece = train_vocab_piece(v->ours, id, &len);
		if (piece[0] & 0x80) {
			assert_int_equal(piece[0] & 0xf0, 0xe0);
			assert_in_range(len, 2, 3);
			for (i = 1; i < (int)len; i++)
				assert_int_equal(piece[i] & 0xc0, 0x80);
			chars += len == 3;
			continue;
		}
		for (i = 0; i + 1 < (int)len; i++)
			assert_false(is_digit(piece[i]) &&
				     is_digit(piece[i + 1]));
		words++;
	}
	assert_int_equal(words, 200);
	assert_true(chars >= 100);
}

/* Parts of programs are one token, and only as the longest of their kind. */
static void test_whole(void **state)
{
	static const struct {
		const char *text;
		int tokens;
	} texts[] = {
		{ "[{\"do\":\"pick\",\"obj\":\"c\"},{\"do\":\"home\"}]", 4 },
		{ "[{\"do\":\"move\",\"dir\":\"up\",\"mm\":27}]", 5 },
		{ "[{\"do\":\"refuse\",\"why\":\"unsafe\"}]", 2 },
		{ "\nplan:", 1 }, { "-3);", 1 }, { "-36);", 1 }, { "27,12);", 2 },
		{ " hand h\ndo:", 1 }, { " h (", 1 }, { "scene:", 1 },
	};
	const struct vocabs *v = *state;
	int id[64], n;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		n = train_vocab_encode(v->ours, texts[i].text,
				       strlen(texts[i].text), id);
		assert_int_equal(n, texts[i].tokens);
		assert_true(train_vocab_is_whole(v->ours, id[n - 1]));
		assert_theirs(v, texts[i].text, 0, id, n);
	}
	assert_false(train_vocab_is_whole(v->ours, 'a'));
	assert_false(train_vocab_is_whole(v->ours, 256));
	assert_false(train_vocab_is_whole(v->ours, train_vocab_end(v->ours)));
}

/* The same samples, the same file; and a file gives the same vocabulary. */
static void test_file(void **state)
{
	const struct vocabs *v = *state;
	struct train_vocab *again = learn(), *read;
	char path[] = "/tmp/test_train_vocab.XXXXXX";
	char spelled[2][2 * TRAIN_PIECE_MAX + 1];
	int id;

	assert_int_equal(train_vocab_hash(v->ours), train_vocab_hash(again));
	close(mkstemp(path));
	train_vocab_write(again, path);
	read = train_vocab_read(path);
	unlink(path);
	assert_int_equal(train_vocab_hash(v->ours), train_vocab_hash(read));
	assert_int_equal(train_vocab_size(v->ours), train_vocab_size(read));
	for (id = 0; id < train_vocab_size(read); id++) {
		train_vocab_spell(v->ours, id, spelled[0]);
		train_vocab_spell(read, id, spelled[1]);
		assert_string_equal(spelled[0], spelled[1]);
	}
	train_vocab_merge(read, 'a', 'b');
	assert_true(train_vocab_hash(v->ours) != train_vocab_hash(read));
	train_vocab_destroy(read);
	train_vocab_destroy(again);
}

/* A token has no more than TRAIN_PIECE_MAX bytes. */
static void test_limits(void **state)
{
	struct train_vocab *vocab = train_vocab_create();
	int id = 'a', i;

	for (i = 1; i < TRAIN_PIECE_MAX; i *= 2)
		id = train_vocab_merge(vocab, id, id);
	assert_int_equal(id, 256 + 5);
	assert_int_equal(train_vocab_merge(vocab, id, 'a'), -1);
	assert_int_equal(train_vocab_size(vocab), 256 + 6 + 1);
	train_vocab_destroy(vocab);
}

/* The bytes of a sample's tokens from number @from on, up to number @to. */
static void spell_tokens(const struct vocabs *v, const struct train_tokens *tokens, int from,
			 int to, char *text)
{
	const char *piece;
	size_t len;

	for (; from < to; from++, text += len) {
		piece = train_vocab_piece(v->ours, tokens->id[from], &len);
		memcpy(text, piece, len);
	}
	*text = '\0';
}

/* What is given is an action of the answer and its comma; the answer goes on there. */
static void check_under_way(const struct vocabs *v, const struct train_tokens *all,
			    const struct train_tokens *cut)
{
	char answer[AGENT_TEXT], given[AGENT_TEXT], rest[AGENT_TEXT];
	const char *at;
	int i;

	spell_tokens(v, all, all->prompt, all->count, answer);
	spell_tokens(v, cut, all->prompt, cut->prompt, given);
	spell_tokens(v, cut, cut->prompt, cut->count, rest);
	assert_memory_equal(cut->id, all->id, all->prompt * sizeof(*all->id));
	assert_memory_equal(cut->hint, all->hint, all->prompt * sizeof(*all->hint));
	for (i = all->prompt; i < cut->prompt; i++)
		assert_int_equal(cut->hint[i], -1);
	assert_int_equal(strncmp(given, " [{", 3), 0);
	assert_ptr_equal(strstr(given, "},"), given + strlen(given) - 2);
	strcat(given, rest);
	assert_true(strlen(given) < strlen(answer));
	at = answer + strlen(answer) - strlen(given + 2);
	assert_string_equal(at, given + 2);
	assert_int_equal(at[-1], ',');
	assert_int_equal(strncmp(rest, "{\"do\":", 6), 0);
}

/* Of the samples under way, all that have three actions; the others are as they were. */
static void test_under_way(void **state)
{
	const struct vocabs *v = *state;
	const struct train_samples samples = { .vocab = v->ours, .seed = 3 };
	const struct train_samples moved = {
		.vocab = v->ours, .seed = 3, .under_way = 100,
	};
	int id[2][TRAIN_SAMPLE_MAX], hint[2][TRAIN_SAMPLE_MAX], i, n = 0;
	struct train_tokens all = { .id = id[0], .hint = hint[0] };
	struct train_tokens cut = { .id = id[1], .hint = hint[1] };
	struct agent_sample sample;
	struct train_text text;

	for (i = 0; i < SAMPLES; i++) {
		train_samples_make(&samples, i, &sample, &text);
		train_samples_source((void *)&samples, i, &all);
		train_samples_source((void *)&moved, i, &cut);
		assert_int_equal(cut.easy, all.easy);
		if (sample.program.count >= 3) {
			check_under_way(v, &all, &cut);
			n++;
			continue;
		}
		assert_int_equal(cut.count, all.count);
		assert_int_equal(cut.prompt, all.prompt);
		assert_memory_equal(cut.id, all.id, all.count * sizeof(*all.id));
	}
	assert_true(n > SAMPLES / 10);
}

static void test_tongues(void **state)
{
	static const int shares[] = { 1, 50, 100 };
	struct agent_sample sample;
	struct train_text text;
	int english, i, k;

	for (k = 0; k < 3; k++) {
		const struct train_samples samples = { .seed = 3, .english = shares[k] };

		english = 0;
		for (i = 0; i < SAMPLES; i++) {
			train_samples_make(&samples, i, &sample, &text);
			english += sample.scene.tongue == AGENT_ENGLISH;
		}
		assert_true(abs(english - SAMPLES * shares[k] / 100) < SAMPLES / 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_under_way),
		cmocka_unit_test(test_tongues),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
