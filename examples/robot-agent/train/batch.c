// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "alloc.h"
#include "batch.h"

void train_batch_init(struct train_batch *batch, int max)
{
	*batch = (struct train_batch){
		.max = max,
		.token = train_alloc(max, sizeof(*batch->token)),
		.position = train_alloc(max, sizeof(*batch->position)),
		.span = train_alloc(max, sizeof(*batch->span)),
		.target = train_alloc(max, sizeof(*batch->target)),
		.weight = train_alloc(max, sizeof(*batch->weight)),
		.right = train_alloc(max, sizeof(*batch->right)),
	};
}

void train_batch_fini(struct train_batch *batch)
{
	free(batch->token);
	free(batch->position);
	free(batch->span);
	free(batch->target);
	free(batch->weight);
	free(batch->right);
}

void train_batch_clear(struct train_batch *batch)
{
	batch->rows = 0;
	batch->spans = 0;
	batch->losses = 0;
}

static void batch_add_row(struct train_batch *batch, int token, int position)
{
	batch->token[batch->rows] = token;
	batch->position[batch->rows++] = position;
}

static void batch_add_loss(struct train_batch *batch, int target, real_t weight)
{
	batch->target[batch->losses] = target;
	batch->weight[batch->losses++] = weight;
}

/* The first row that has something to foretell. */
static int batch_query(const struct train_tokens *tokens, real_t hint_weight)
{
	int answer = tokens->prompt - 1, row = 0;

	if (!tokens->hint || !(hint_weight > 0))
		return answer;
	while (row < answer && tokens->hint[row] < 0)
		row++;
	return row;
}

bool train_batch_add(struct train_batch *batch,
		     const struct train_tokens *tokens, real_t hint_weight)
{
	int rows = tokens->count - 1, answer = tokens->prompt - 1, i;
	int query = batch_query(tokens, hint_weight);

	if (rows > batch->max - batch->rows)
		return false;
	batch->span[batch->spans++] = (struct train_span){
		.first = batch->rows,
		.query = batch->rows + query,
		.answer = batch->rows + answer,
		.end = batch->rows + rows,
	};
	for (i = 0; i < rows; i++)
		batch_add_row(batch, tokens->id[i], i + (i >= tokens->gap_at ? tokens->gap : 0));
	for (i = query; i < answer; i++)
		if (tokens->hint[i] < 0)
			batch_add_loss(batch, tokens->id[i + 1], 0);
		else
			batch_add_loss(batch, tokens->hint[i], hint_weight);
	for (; i < rows; i++)
		batch_add_loss(batch, tokens->id[i + 1], 1);
	return true;
}

int train_batch_wrong(const struct train_batch *batch, int index)
{
	const struct train_span *span = batch->span;
	const unsigned char *right = batch->right;
	int row;

	for (; span < batch->span + index; span++)
		right += span->end - span->query;
	right += span->answer - span->query;
	for (row = span->answer; row < span->end; row++)
		if (!*right++)
			return row - span->answer;
	return -1;
}

double train_batch_weight(const struct train_batch *batch)
{
	double sum = 0;
	int i;

	for (i = 0; i < batch->losses; i++)
		sum += batch->weight[i];
	return sum;
}

void train_batch_scale(struct train_batch *batch, real_t factor)
{
	int i;

	for (i = 0; i < batch->losses; i++)
		batch->weight[i] *= factor;
}
