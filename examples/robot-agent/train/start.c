// SPDX-License-Identifier: MIT
/*
 * What a run starts from: random numbers, but for the attention of the first
 * blocks. An instruction speaks of things by the words that the scene has for
 * them, and a model whose numbers are all random takes long to find out that
 * like words are to be looked for. So the first block starts out looking at the
 * tokens just before, and the next two looking for tokens that are like this
 * one in what stood before it, and taking over what they find: the two halves
 * of an induction head (Olsson et al., "In-context learning and induction
 * heads", 2022), set up as in Trockman and Kolter, "Mimetic initialization of
 * self-attention layers", 2023. Training is free to change all of it.
 */
#include <math.h>

#include "../lang/rng.h"
#include "params.h"

/* Every token's first number: queries and keys tell distances by it. */
#define START_CONSTANT	0.5

/* What queries and keys make of it, and of all else, where they tell distances. */
#define START_DISTANCE	0.48
#define START_REST	0.3

/* How much more than random ones like keys are like. */
#define START_LIKE	1.7

/* Blocks behind the first that look for like tokens. */
#define START_LIKE_BLOCKS 2

/* How far back the first block's heads look, in turn. */
static const double start_near[] = { 0.5, 1, 1.5, 2.5 };

/* Box and Muller's; the logarithm's argument is above 0. */
static double start_normal(struct agent_rng *rng)
{
	double u = (agent_rng_next(rng) >> 11) + 1, v = agent_rng_next(rng);

	return sqrt(-2 * log(u * 0x1p-53)) * cos(2 * M_PI * v * 0x1p-64);
}

static void start_draw(struct agent_rng *rng, real_t *to, size_t rows,
		       size_t cols, double scale)
{
	size_t i;

	for (i = 0; i < rows * cols; i++)
		to[i] = scale / sqrt(cols) * start_normal(rng);
}

static void start_ones(real_t *to, int count)
{
	while (count)
		to[--count] = 1;
}

static void start_layer(const struct train_shape *shape,
			const struct train_layer *layer, struct agent_rng *rng)
{
	double small = 1 / sqrt(2 * shape->layers);

	start_ones(layer->norm1, shape->width);
	start_draw(rng, layer->qkv, train_qkv_width(shape), shape->width, 1);
	start_draw(rng, layer->out, shape->width, shape->width, small);
	start_ones(layer->norm2, shape->width);
	start_draw(rng, layer->gate_up, 2 * shape->ffn, shape->width, 1);
	start_draw(rng, layer->down, shape->width, shape->ffn, small);
}

/* A query or key as the constant number makes it, turned by @angle. */
static void start_pair(int width, real_t *rows, double size, double angle)
{
	int c;

	for (c = 0; c < 2 * width; c++)
		rows[c] *= START_REST;
	rows[0] = size * cos(angle);
	rows[width] = size * sin(angle);
}

/*
 * The pairs of numbers that the rotary embedding turns fast tell distances:
 * the scores grow by sum(cos(theta (distance - @far))), or, where @sign is -1,
 * fall by it.
 */
static void start_distance(const struct train_shape *shape,
			   const struct train_layer *layer, int head,
			   double far, double sign)
{
	int width = shape->width, size = train_head_width(shape), i;
	int group = shape->heads / shape->kv_heads;
	real_t *q = layer->qkv + (size_t)head * size * width;
	real_t *k = layer->qkv +
		    ((size_t)width + head / group * size) * width;
	double theta;

	for (i = 0; i < size / 2; i += 2) {
		theta = pow(shape->rope_base, -(double)i / size);
		start_pair(width, q + i * width, START_DISTANCE, -theta * far);
		if (head % group == 0)
			start_pair(width, k + i * width, sign * START_DISTANCE,
				   0);
	}
}

/* A head that looks at the tokens around the one @far back. */
static void start_near_head(const struct train_shape *shape,
			    const struct train_layer *layer, int head)
{
	int kinds = sizeof(start_near) / sizeof(start_near[0]);

	start_distance(shape, layer, head, start_near[head % kinds], 1);
}

/*
 * A head that looks for tokens like this one, not at the nearest, and hands on
 * what they are. Like ones have like keys in the numbers that turn slowly.
 */
static void start_like_head(const struct train_shape *shape,
			    const struct train_layer *layer, int head)
{
	int width = shape->width, size = train_head_width(shape), r, c;
	int kv = head / (shape->heads / shape->kv_heads);
	real_t *q = layer->qkv + (size_t)head * size * width;
	real_t *k = layer->qkv + ((size_t)width + kv * size) * width;
	real_t *v = k + (size_t)train_kv_width(shape) * width;

	start_distance(shape, layer, head, 0, -1);
	for (r = size / 2; r < size; r++) {
		k[r * width] = 0;
		for (c = 0; c < width; c++)
			q[r * width + c] = k[r * width + c];
	}
	for (r = 0; r < size; r++)
		for (c = 0; c < width; c++)
			layer->out[c * width + head * size + r] =
				v[r * width + c];
}

static void start_scale(real_t *x, size_t count, double scale)
{
	while (count)
		x[--count] *= scale;
}

static void start_attention(const struct train_shape *shape,
			    const struct train_layer *layer, int index)
{
	size_t square = (size_t)shape->width * shape->width;
	int head;

	if (index > START_LIKE_BLOCKS)
		return;
	if (index)
		start_scale(layer->qkv + square,
			    (size_t)train_kv_width(shape) * shape->width,
			    START_LIKE);
	else
		start_scale(layer->out, square, sqrt(2 * shape->layers));
	for (head = 0; head < shape->heads; head++) {
		if (index)
			start_like_head(shape, layer, head);
		else
			start_near_head(shape, layer, head);
	}
}

void train_params_init(const struct train_shape *shape, real_t *array,
		       uint64_t seed)
{
	struct train_layer layer;
	struct agent_rng rng;
	int i;

	agent_rng_seed(&rng, seed, 0);
	start_draw(&rng, array, shape->vocab, shape->width, 1);
	for (i = 0; i < shape->layers; i++) {
		layer = train_params_layer(shape, array, i);
		start_layer(shape, &layer, &rng);
		start_attention(shape, &layer, i);
	}
	for (i = 0; i < shape->vocab; i++)
		array[(size_t)i * shape->width] = START_CONSTANT;
	start_ones(train_params_norm(shape, array), shape->width);
}
