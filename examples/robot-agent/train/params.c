// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "alloc.h"
#include "params.h"

/* A block of Q4_0 and Q8_0; rows in the file are whole numbers of blocks. */
#define PARAMS_BLOCK 32

const char *train_shape_check(const struct train_shape *shape)
{
	if (shape->vocab < 1 || shape->layers < 1 || shape->heads < 1 ||
	    shape->kv_heads < 1 || shape->context < 1)
		return "every dimension is at least 1";
	if (shape->width % PARAMS_BLOCK || shape->ffn % PARAMS_BLOCK ||
	    shape->width < 1 || shape->ffn < 1)
		return "width and ffn are multiples of 32";
	if (shape->width % shape->heads || train_head_width(shape) % 4)
		return "the width of a head is a whole multiple of 4";
	if (shape->heads % shape->kv_heads)
		return "heads are a multiple of kv-heads";
	return NULL;
}

static size_t params_layer_count(const struct train_shape *shape)
{
	size_t width = shape->width;

	return width * (2 + train_qkv_width(shape) + width +
			3 * (size_t)shape->ffn);
}

size_t train_params_count(const struct train_shape *shape)
{
	return shape->layers * params_layer_count(shape) +
	       ((size_t)shape->vocab + 1) * shape->width;
}

struct train_layer train_params_layer(const struct train_shape *shape,
				      real_t *array, int index)
{
	size_t width = shape->width;
	struct train_layer layer;

	layer.norm1 = array + shape->vocab * width +
		      index * params_layer_count(shape);
	layer.qkv = layer.norm1 + width;
	layer.out = layer.qkv + train_qkv_width(shape) * width;
	layer.norm2 = layer.out + width * width;
	layer.gate_up = layer.norm2 + width;
	layer.down = layer.gate_up + 2 * shape->ffn * width;
	return layer;
}

real_t *train_params_norm(const struct train_shape *shape, real_t *array)
{
	return array + train_params_count(shape) - shape->width;
}

/* A list of tensors as it grows; each lies behind the one before. */
struct params_list {
	struct train_tensor *tensor;
	int count;
	size_t end;
};

static void params_add(struct params_list *list, const char *name, int rows,
		       int cols, enum train_store store)
{
	struct train_tensor *tensor = &list->tensor[list->count++];

	snprintf(tensor->name, sizeof(tensor->name), "%s.weight", name);
	tensor->rows = rows;
	tensor->cols = cols;
	tensor->offset = list->end;
	tensor->store = store;
	list->end += (size_t)rows * cols;
}

static void params_add_layer(struct params_list *list,
			     const struct train_shape *shape, int index)
{
	const struct {
		const char *name;
		int rows;
		int cols;
	} parts[] = {
		{ "attn_norm", 1, shape->width },
		{ "attn_q", shape->width, shape->width },
		{ "attn_k", train_kv_width(shape), shape->width },
		{ "attn_v", train_kv_width(shape), shape->width },
		{ "attn_output", shape->width, shape->width },
		{ "ffn_norm", 1, shape->width },
		{ "ffn_gate", shape->ffn, shape->width },
		{ "ffn_up", shape->ffn, shape->width },
		{ "ffn_down", shape->width, shape->ffn },
	};
	char name[24];
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(name, sizeof(name), "blk.%d.%s", index, parts[i].name);
		params_add(list, name, parts[i].rows, parts[i].cols,
			   parts[i].rows > 1 ? TRAIN_STORE_Q4_0 :
					       TRAIN_STORE_F32);
	}
}

struct train_tensor *train_params_tensors(const struct train_shape *shape,
					  int *count)
{
	struct params_list list = { 0 };
	int i;

	list.tensor = train_alloc(2 + 9 * (size_t)shape->layers,
				  sizeof(*list.tensor));
	params_add(&list, "token_embd", shape->vocab, shape->width,
		   TRAIN_STORE_Q8_0);
	for (i = 0; i < shape->layers; i++)
		params_add_layer(&list, shape, i);
	params_add(&list, "output_norm", 1, shape->width, TRAIN_STORE_F32);
	*count = list.count;
	return list.tensor;
}
