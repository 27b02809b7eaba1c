// SPDX-License-Identifier: MIT
/*
 * Architectures, and a model's numbers from its file's metadata.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model.h"

/* A smaller one turns positions further than any float can tell. */
#define ROPE_FACTOR_MIN	1e-3f

static const struct tnpu_arch tnpu_archs[] = {
	{
		.name = "llama",
		.epsilon_key = "attention.layer_norm_rms_epsilon",
		.norm = TNPU_NORM_RMS,
		.rope = TNPU_ROPE_PAIRS,
		.act = TNPU_ACT_SILU,
		.rotary = true,
		.gated = true,
	}, {
		.name = "qwen2",
		.epsilon_key = "attention.layer_norm_rms_epsilon",
		.norm = TNPU_NORM_RMS,
		.rope = TNPU_ROPE_HALVES,
		.act = TNPU_ACT_SILU,
		.rotary = true,
		.gated = true,
	}, {
		.name = "gpt2",
		.epsilon_key = "attention.layer_norm_epsilon",
		.norm = TNPU_NORM_LAYER,
		.act = TNPU_ACT_GELU_TANH,
		.fused_qkv = true,
		.biases = true,
	},
};

static int tnpu_params_arch(struct tnpu_model *model, const struct tnpu_gguf *gguf,
			    struct tnpu_errmsg *err)
{
	struct tnpu_gguf_str name;
	size_t i;
	int ret = tnpu_gguf_get_str(gguf, "general.architecture", &name, err);

	if (ret)
		return ret;
	for (i = 0; i < sizeof(tnpu_archs) / sizeof(tnpu_archs[0]); i++) {
		if (tnpu_gguf_str_equal(name, tnpu_archs[i].name)) {
			model->arch = &tnpu_archs[i];
			model->info.arch = tnpu_archs[i].name;
			return 0;
		}
	}
	return tnpu_errmsg_set(err, -EOPNOTSUPP,
			       "%s: architecture \"%.*s\" is not supported (llama, qwen2 and gpt2 are)",
			       tnpu_gguf_name(gguf), (int)(name.len > 64 ? 64 : name.len),
			       name.ptr);
}

/* "llama" and "block_count" make "llama.block_count". */
static const char *tnpu_params_key(const struct tnpu_model *model, char key[128],
				   const char *name)
{
	snprintf(key, 128, "%s.%s", model->arch->name, name);
	return key;
}

/**
 * struct tnpu_param - an integer of the metadata
 * @optional: where the key is missing, *value stays as it is
 */
struct tnpu_param {
	const char *name;
	uint32_t *value;
	uint32_t max;
	bool optional;
};

static int tnpu_params_u32(const struct tnpu_model *model, const struct tnpu_gguf *gguf,
			   const struct tnpu_param *p, struct tnpu_errmsg *err)
{
	char key[128];
	int ret;

	ret = tnpu_gguf_get_u32(gguf, tnpu_params_key(model, key, p->name), p->value, err);
	if (p->optional)
		ret = tnpu_gguf_optional(ret);
	if (ret)
		return ret;
	if (*p->value && *p->value <= p->max)
		return 0;
	return tnpu_errmsg_set(err, -EINVAL, "%s: %s is %u; allowed are 1 to %u",
			       tnpu_gguf_name(gguf), key, *p->value, p->max);
}

/* @min: 0, or the least that is allowed. */
static int tnpu_params_f32(const struct tnpu_model *model, const struct tnpu_gguf *gguf,
			   const char *name, float min, float *value, struct tnpu_errmsg *err)
{
	char key[128];
	int ret;

	ret = tnpu_gguf_get_f32(gguf, tnpu_params_key(model, key, name), value, err);
	ret = tnpu_gguf_optional(ret);
	if (ret)
		return ret;
	if (*value >= min && *value < 1e30f)
		return 0;
	return tnpu_errmsg_set(err, -EINVAL, "%s: %s is %g; allowed are %g to %g",
			       tnpu_gguf_name(gguf), key, *value, min, 1e30);
}

static int tnpu_params_heads(struct tnpu_model *model, const struct tnpu_gguf *gguf,
			     struct tnpu_errmsg *err)
{
	struct tnpu_model_info *info = &model->info;
	struct tnpu_param kv = { "attention.head_count_kv", &info->kv_heads, info->heads, true };
	struct tnpu_param dim = { "attention.key_length", &info->head_dim,
				  TNPU_MAX_HEAD_DIM, true };
	struct tnpu_param rot = { "rope.dimension_count", &model->n_rot, 0, true };
	int ret;

	if (info->heads > info->width)
		return tnpu_errmsg_set(err, -EINVAL,
				       "%s: %s.attention.head_count is %u; allowed are 1 to embedding_length, %u",
				       tnpu_gguf_name(gguf), model->arch->name, info->heads,
				       info->width);
	info->kv_heads = info->heads;
	info->head_dim = info->width / info->heads;
	ret = tnpu_params_u32(model, gguf, &kv, err);
	if (!ret)
		ret = tnpu_params_u32(model, gguf, &dim, err);
	if (ret)
		return ret;
	model->n_rot = info->head_dim;
	rot.max = info->head_dim;
	ret = tnpu_params_u32(model, gguf, &rot, err);
	if (ret)
		return ret;
	if (info->heads % info->kv_heads || info->head_dim % 4 || model->n_rot % 2)
		return tnpu_errmsg_set(err, -EINVAL,
				       "%s: %u heads over %u KV heads of %u dimensions, %u rotated: heads must be a multiple of KV heads, dimensions of 4, rotated ones of 2",
				       tnpu_gguf_name(gguf), info->heads, info->kv_heads,
				       info->head_dim, model->n_rot);
	return 0;
}

/* What would silently change the model's results is refused by name. */
static int tnpu_params_scaling(struct tnpu_model *model, const struct tnpu_gguf *gguf,
			       struct tnpu_errmsg *err)
{
	struct tnpu_gguf_str type = { 0 };
	char key[128];
	int ret;

	ret = tnpu_gguf_get_str(gguf, tnpu_params_key(model, key, "rope.scaling.type"), &type,
				err);
	ret = tnpu_gguf_optional(ret);
	if (ret)
		return ret;
	model->rope_factor = 1;
	if (!type.ptr || tnpu_gguf_str_equal(type, "none"))
		return 0;
	if (tnpu_gguf_str_equal(type, "linear"))
		return tnpu_params_f32(model, gguf, "rope.scaling.factor", ROPE_FACTOR_MIN,
				       &model->rope_factor, err);
	return tnpu_errmsg_set(err, -EOPNOTSUPP,
			       "%s: %s \"%.*s\" is not supported (none and linear are)",
			       tnpu_gguf_name(gguf), key,
			       (int)(type.len > 64 ? 64 : type.len), type.ptr);
}

static int tnpu_params_floats(struct tnpu_model *model, const struct tnpu_gguf *gguf,
			      struct tnpu_errmsg *err)
{
	int ret;

	model->epsilon = 1e-5f;
	model->rope_base = 10000;
	ret = tnpu_params_f32(model, gguf, model->arch->epsilon_key, 0, &model->epsilon, err);
	if (!ret && model->arch->rotary)
		ret = tnpu_params_f32(model, gguf, "rope.freq_base", 1, &model->rope_base, err);
	if (!ret && model->arch->rotary)
		ret = tnpu_params_scaling(model, gguf, err);
	return ret;
}

int tnpu_model_read_params(struct tnpu_model *model, const struct tnpu_gguf *gguf,
			   struct tnpu_errmsg *err)
{
	struct tnpu_model_info *info = &model->info;
	const struct tnpu_param params[] = {
		{ "block_count", &info->layers, 1024 },
		{ "embedding_length", &info->width, TNPU_MAX_GEMM_K },
		{ "attention.head_count", &info->heads, TNPU_MAX_HEADS },
		{ "feed_forward_length", &info->ffn, TNPU_MAX_GEMM_K },
		{ "context_length", &info->context, TNPU_MAX_POSITIONS },
	};
	size_t i;
	int ret;

	ret = tnpu_params_arch(model, gguf, err);
	for (i = 0; !ret && i < sizeof(params) / sizeof(params[0]); i++)
		ret = tnpu_params_u32(model, gguf, &params[i], err);
	if (!ret)
		ret = tnpu_params_heads(model, gguf, err);
	if (!ret)
		ret = tnpu_params_floats(model, gguf, err);
	return ret;
}
