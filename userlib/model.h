/* SPDX-License-Identifier: MIT */
/*
 * A model in device memory, as the compiler sees it.
 *
 * Weights lie in one buffer; everything in it is named by its offset. Offset 0 is never
 * used, so that 0 means "the model has none".
 */
#ifndef TNPU_MODEL_H
#define TNPU_MODEL_H

#include "device.h"
#include "gguf.h"

/** struct tnpu_matrix - packed weights: @n outputs of @k inputs each */
struct tnpu_matrix {
	uint64_t offset;
	uint32_t n;
	uint32_t k;
	int wformat;		/* TNPU_WFORMAT_* */
};

/** struct tnpu_linear - a matrix and, where @bias is not 0, an F32 vector added to it */
struct tnpu_linear {
	struct tnpu_matrix weight;
	uint64_t bias;
};

/** struct tnpu_norm - offsets of F32 vectors; @bias may be 0 */
struct tnpu_norm {
	uint64_t weight;
	uint64_t bias;
};

/**
 * struct tnpu_layer - a transformer block
 * @qkv: gpt2: the three in one; then @q, @k and @v are empty
 * @gate: empty where the feed-forward part is not gated
 */
struct tnpu_layer {
	struct tnpu_norm attn_norm;
	struct tnpu_linear qkv;
	struct tnpu_linear q;
	struct tnpu_linear k;
	struct tnpu_linear v;
	struct tnpu_linear attn_out;
	struct tnpu_norm ffn_norm;
	struct tnpu_linear gate;
	struct tnpu_linear up;
	struct tnpu_linear down;
};

/** struct tnpu_arch - what distinguishes the architectures */
struct tnpu_arch {
	const char *name;
	const char *epsilon_key;
	uint32_t norm;		/* TNPU_NORM_* */
	uint32_t rope;		/* TNPU_ROPE_* */
	uint32_t act;		/* TNPU_ACT_* */
	bool rotary;		/* else learned positions */
	bool gated;
	bool fused_qkv;
	bool biases;		/* every linear and norm has a bias */
};

/**
 * struct tnpu_model - see tnpu_model_load()
 * @freqs: rotary frequencies, F32[n_rot / 2]
 * @stops: tokens that end generation, for the sampler
 */
struct tnpu_model {
	struct tnpu_device *dev;
	const struct tnpu_arch *arch;
	struct tnpu_model_info info;
	float epsilon;
	float rope_base;
	float rope_factor;
	uint32_t n_rot;
	struct tnpu_tokenizer *tokenizer;
	struct tnpu_buffer *weights;
	struct tnpu_layer *layers;
	struct tnpu_matrix embedding;
	struct tnpu_matrix positions;
	struct tnpu_norm out_norm;
	struct tnpu_linear head;
	uint64_t freqs;
	uint32_t n_stops;
	uint32_t stops[TNPU_MAX_STOPS];
};

/** tnpu_model_read_params() - fill arch, info and the numbers from a file's metadata */
int tnpu_model_read_params(struct tnpu_model *model, const struct tnpu_gguf *gguf,
			   struct tnpu_errmsg *err);

/** tnpu_wformat_desc() - the description of TNPU_WFORMAT_* */
struct tnpu_wformat tnpu_wformat_desc(int wformat);

/** tnpu_wformat_bytes() - of packed weights, a multiple of TNPU_WEIGHT_ALIGN */
uint64_t tnpu_wformat_bytes(int wformat, uint32_t n, uint32_t k);

#endif /* TNPU_MODEL_H */
