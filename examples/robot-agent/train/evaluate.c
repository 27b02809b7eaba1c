// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "evaluate.h"

static void score_add(struct train_count *count, bool right)
{
	count->all++;
	count->right += right;
}

static void score_sample(struct train_score *score, unsigned int traits,
			 int tongue, bool right)
{
	int bit;

	score_add(&score->tongue[tongue], right);
	for (bit = 0; bit < AGENT_TRAITS; bit++)
		if (traits >> bit & 1)
			score_add(&score->trait[tongue][bit], right);
}

void train_evaluate(struct train_trainer *trainer, bool rounded,
		    struct train_samples *samples, int count,
		    struct train_score *score, int *wrong)
{
	int *place = train_alloc(count, sizeof(*place));
	struct agent_sample sample;
	struct train_text text;
	int i;

	train_trainer_evaluate(trainer, rounded, train_samples_source, samples,
			       count, place);
	memset(score, 0, sizeof(*score));
	for (i = 0; i < count; i++) {
		train_samples_make(samples, i, &sample, &text);
		score_sample(score, sample.traits, i % TRAIN_TONGUES,
			     place[i] < 0);
	}
	if (wrong)
		memcpy(wrong, place, count * sizeof(*wrong));
	free(place);
}

double train_percent(const struct train_count *count)
{
	return count->all ? 100.0 * count->right / count->all : 0;
}

void train_decode(struct train_trainer *trainer,
		  const struct train_vocab *vocab, struct train_tokens *tokens,
		  char *text, size_t size)
{
	const char *piece;
	size_t len, used = 0;
	int id;

	tokens->count = tokens->prompt;
	while (tokens->count < trainer->options.shape.context) {
		id = train_trainer_choose(trainer, tokens);
		piece = train_vocab_piece(vocab, id, &len);
		if (!len || len > size - 1 - used)
			break;
		memcpy(text + used, piece, len);
		used += len;
		tokens->id[tokens->count++] = id;
	}
	text[used] = '\0';
	if (text[0] == ' ')
		memmove(text, text + 1, used);
}
