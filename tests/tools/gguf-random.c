// SPDX-License-Identifier: MIT
/*
 * gguf-random: write a model file with random weights.
 *
 * The file is a sound model of one of the architectures, with any dimensions,
 * named and shaped as llama.cpp names and shapes them; the text that it makes
 * means nothing. The same options give the same file.
 */
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "gguf.h"
#include "gguf_buf.h"
#include "random_weights.h"
#include "random_vocab.h"

#define ALIGNMENT 32

enum weight { WEIGHT_MATRIX, WEIGHT_NORM, WEIGHT_BIAS, WEIGHT_POSITION };

struct tensor {
	char name[64];
	enum weight weight;
	enum tnpu_gguf_type type;
	uint64_t ne[2];
	uint64_t nbytes;
};

/* What is to be written; 0 and NULL: not said, so the preset decides. */
struct model {
	const char *preset;
	const char *arch;
	const char *tokenizer;
	const char *type;
	const char *embd_type;
	uint64_t layers;
	uint64_t width;
	uint64_t heads;
	uint64_t kv_heads;
	uint64_t ffn;
	uint64_t vocab;
	uint64_t ctx;
	double rope_base;
	int tied;		/* 1: yes, -1: no */
	uint64_t seed;
	bool quiet;
	const char *path;
};

struct writer {
	const struct model *model;
	const struct random_vocab *vocab;
	struct tensor *tensors;
	uint32_t n_tensors;
	uint64_t total;		/* bytes of the file */
	uint64_t written;
	struct gguf_buf head;
	uint32_t n_keys;
	FILE *file;
	char *temp;
};

static const struct model presets[] = {
	{
		.preset = "stories", .arch = "llama", .tokenizer = "spm",
		.type = "q4_0", .layers = 5, .width = 64, .heads = 8,
		.kv_heads = 4, .ffn = 172, .vocab = 512, .ctx = 512,
		.rope_base = 1e4, .tied = 1,
	}, {
		.preset = "gpt2-tiny", .arch = "gpt2", .tokenizer = "bytes",
		.type = "q4_0", .layers = 2, .width = 96, .heads = 8,
		.kv_heads = 8, .ffn = 192, .vocab = 258, .ctx = 192,
		.rope_base = 1e4, .tied = -1,
	}, {
		.preset = "qwen2.5-0.5b", .arch = "qwen2", .tokenizer = "bpe",
		.type = "q4_0", .embd_type = "q8_0", .layers = 24,
		.width = 896, .heads = 14, .kv_heads = 2, .ffn = 4864,
		.vocab = 151936, .ctx = 32768, .rope_base = 1e6, .tied = 1,
	}, {
		.preset = "qwen2.5-1.5b", .arch = "qwen2", .tokenizer = "bpe",
		.type = "q4_0", .embd_type = "q8_0", .layers = 28,
		.width = 1536, .heads = 12, .kv_heads = 2, .ffn = 8960,
		.vocab = 151936, .ctx = 32768, .rope_base = 1e6, .tied = 1,
	}, {
		.preset = "llama-7b-4l", .arch = "llama", .tokenizer = "spm",
		.type = "q4_0", .embd_type = "q8_0", .layers = 4,
		.width = 4096, .heads = 32, .kv_heads = 32, .ffn = 11008,
		.vocab = 32000, .ctx = 4096, .rope_base = 1e4, .tied = -1,
	},
};

enum {
	OPT_PRESET = 0x100, OPT_ARCH, OPT_LAYERS, OPT_WIDTH, OPT_HEADS,
	OPT_KV_HEADS, OPT_FFN, OPT_VOCAB, OPT_CTX, OPT_TYPE, OPT_EMBD_TYPE,
	OPT_TIED, OPT_UNTIED, OPT_SEED, OPT_TOKENIZER, OPT_ROPE_BASE,
};

static const struct argp_option options[] = {
	{ "preset", OPT_PRESET, "NAME", 0,
	  "Start from: stories (default), gpt2-tiny, qwen2.5-0.5b, qwen2.5-1.5b, llama-7b-4l" },
	{ "arch", OPT_ARCH, "NAME", 0, "llama, qwen2 or gpt2" },
	{ "layers", OPT_LAYERS, "N", 0, "Number of blocks" },
	{ "width", OPT_WIDTH, "N", 0, "Embedding length" },
	{ "heads", OPT_HEADS, "N", 0, "Attention heads" },
	{ "kv-heads", OPT_KV_HEADS, "N", 0, "Heads of keys and values" },
	{ "ffn", OPT_FFN, "N", 0, "Width of the feed-forward part" },
	{ "vocab", OPT_VOCAB, "N", 0, "Number of tokens" },
	{ "ctx", OPT_CTX, "N", 0, "Context length" },
	{ "type", OPT_TYPE, "TYPE", 0,
	  "Weights: f32, f16, q8_0 or q4_0; f16 where rows are no multiple of 32" },
	{ "embd-type", OPT_EMBD_TYPE, "TYPE", 0,
	  "Embeddings and output, if not as --type" },
	{ "tied", OPT_TIED, NULL, 0, "The output uses the embeddings" },
	{ "untied", OPT_UNTIED, NULL, 0, "The output has its own weights" },
	{ "rope-base", OPT_ROPE_BASE, "X", 0, "Base of the rotary embedding" },
	{ "tokenizer", OPT_TOKENIZER, "NAME", 0, "spm, bpe or bytes" },
	{ "seed", OPT_SEED, "N", 0, "Another seed, another model (default 0)" },
	{ "quiet", 'q', NULL, 0, "No progress, no summary" },
	{ 0 }
};

static uint64_t parse_count(struct argp_state *state, const char *arg,
			    uint64_t max)
{
	char *end;
	uint64_t val;

	errno = 0;
	val = strtoull(arg, &end, 10);
	if (errno || end == arg || *end || *arg == '-' || !val || val > max)
		argp_error(state, "'%s' is no number from 1 to %ju", arg,
			   max);
	return val;
}

static void parse_seed(struct argp_state *state, const char *arg,
		       struct model *model)
{
	char *end;

	errno = 0;
	model->seed = strtoull(arg, &end, 0);
	if (errno || end == arg || *end || *arg == '-')
		argp_error(state, "'%s' is no seed from 0 to 2^64 - 1", arg);
}

static void parse_rope_base(struct argp_state *state, const char *arg,
			    struct model *model)
{
	char *end;

	model->rope_base = strtod(arg, &end);
	if (end == arg || *end || !(model->rope_base >= 1) ||
	    model->rope_base > 1e9)
		argp_error(state, "'%s' is no number from 1 to 1e9", arg);
}

static error_t parse_count_opt(int key, char *arg, struct argp_state *state)
{
	struct model *model = state->input;

	switch (key) {
	case OPT_LAYERS:
		model->layers = parse_count(state, arg, 1024);
		return 0;
	case OPT_WIDTH:
		model->width = parse_count(state, arg, 65536);
		return 0;
	case OPT_HEADS:
		model->heads = parse_count(state, arg, 1024);
		return 0;
	case OPT_KV_HEADS:
		model->kv_heads = parse_count(state, arg, 1024);
		return 0;
	case OPT_FFN:
		model->ffn = parse_count(state, arg, 1 << 20);
		return 0;
	case OPT_VOCAB:
		model->vocab = parse_count(state, arg, 1 << 21);
		return 0;
	case OPT_CTX:
		model->ctx = parse_count(state, arg, 1 << 24);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	struct model *model = state->input;

	switch (key) {
	case OPT_PRESET:
		model->preset = arg;
		return 0;
	case OPT_ARCH:
		model->arch = arg;
		return 0;
	case OPT_TYPE:
		model->type = arg;
		return 0;
	case OPT_EMBD_TYPE:
		model->embd_type = arg;
		return 0;
	case OPT_TOKENIZER:
		model->tokenizer = arg;
		return 0;
	case OPT_TIED:
	case OPT_UNTIED:
		model->tied = key == OPT_TIED ? 1 : -1;
		return 0;
	case OPT_SEED:
		parse_seed(state, arg, model);
		return 0;
	case OPT_ROPE_BASE:
		parse_rope_base(state, arg, model);
		return 0;
	case 'q':
		model->quiet = true;
		return 0;
	case ARGP_KEY_ARG:
		if (model->path)
			argp_error(state, "one FILE is enough");
		model->path = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no FILE was given");
		return ARGP_ERR_UNKNOWN;
	default:
		return parse_count_opt(key, arg, state);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse_opt,
	.args_doc = "FILE",
	.doc = "Write a GGUF model FILE with random weights.",
};

static const struct model *find_preset(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(presets); i++)
		if (!strcmp(presets[i].preset, name))
			return &presets[i];
	errx(EXIT_FAILURE, "unknown preset '%s'; --help lists them", name);
}

/* Fill in from the preset what was not said. */
static void apply_preset(struct model *model)
{
	const struct model *p;

	p = find_preset(model->preset ? model->preset : "stories");
	/* Embeddings follow a type that was asked for. */
	if (!model->embd_type)
		model->embd_type = model->type ?: p->embd_type;
	model->arch = model->arch ?: p->arch;
	model->type = model->type ?: p->type;
	model->layers = model->layers ?: p->layers;
	model->width = model->width ?: p->width;
	if (model->heads && !model->kv_heads)
		model->kv_heads = model->heads;
	model->heads = model->heads ?: p->heads;
	model->kv_heads = model->kv_heads ?: p->kv_heads;
	model->ffn = model->ffn ?: p->ffn;
	model->vocab = model->vocab ?: p->vocab;
	model->ctx = model->ctx ?: p->ctx;
	model->rope_base = model->rope_base ?: p->rope_base;
	model->tied = model->tied ?: p->tied;
	model->tokenizer = model->tokenizer ?: p->tokenizer;
	if (!model->embd_type)
		model->embd_type = model->type;
}

static bool is_arch(const struct model *model, const char *arch)
{
	return !strcmp(model->arch, arch);
}

static enum tnpu_gguf_type find_type(const char *name)
{
	static const enum tnpu_gguf_type types[] = {
		TNPU_GGUF_F32, TNPU_GGUF_F16, TNPU_GGUF_Q8_0, TNPU_GGUF_Q4_0,
	};
	size_t i;

	for (i = 0; i < 4; i++)
		if (!strcasecmp(name, tnpu_gguf_type_name(types[i])))
			return types[i];
	errx(EXIT_FAILURE,
	     "unknown type '%s'; f32, f16, q8_0 and q4_0 are supported", name);
}

static void check_model(const struct model *model, struct writer *w)
{
	if (!is_arch(model, "llama") && !is_arch(model, "qwen2") &&
	    !is_arch(model, "gpt2"))
		errx(EXIT_FAILURE,
		     "unknown architecture '%s'; llama, qwen2 and gpt2 are supported",
		     model->arch);
	if (model->width % model->heads ||
	    (!is_arch(model, "gpt2") && model->width / model->heads % 2))
		errx(EXIT_FAILURE,
		     "width %ju over %ju heads: each needs a whole, even number",
		     model->width, model->heads);
	if (model->heads % model->kv_heads)
		errx(EXIT_FAILURE,
		     "%ju heads are no multiple of %ju heads of keys and values",
		     model->heads, model->kv_heads);
	if (is_arch(model, "gpt2") && model->heads != model->kv_heads)
		errx(EXIT_FAILURE,
		     "gpt2 has as many heads of keys and values as heads");
	w->vocab = random_vocab_find(model->tokenizer);
	if (!w->vocab)
		errx(EXIT_FAILURE,
		     "unknown tokenizer '%s'; spm, bpe and bytes are supported",
		     model->tokenizer);
	if (model->vocab < w->vocab->min)
		errx(EXIT_FAILURE,
		     "a vocabulary of %ju is too small; %s needs %u",
		     model->vocab, w->vocab->name, w->vocab->min);
}

static void add_tensor(struct writer *w, enum weight kind,
		       enum tnpu_gguf_type type, const char *name, uint64_t ne0,
		       uint64_t ne1)
{
	struct tensor *t;

	w->tensors = reallocarray(w->tensors, w->n_tensors + 1,
				  sizeof(*w->tensors));
	if (!w->tensors)
		err(EXIT_FAILURE, "%u tensors", w->n_tensors);
	t = &w->tensors[w->n_tensors++];
	/* As llama.cpp's quantiser does. */
	if (kind == WEIGHT_MATRIX && ne0 % tnpu_gguf_type_block(type))
		type = TNPU_GGUF_F16;
	snprintf(t->name, sizeof(t->name), "%s", name);
	t->weight = kind;
	t->type = type;
	t->ne[0] = ne0;
	t->ne[1] = ne1;
	t->nbytes = ne0 / tnpu_gguf_type_block(type) *
		    tnpu_gguf_type_size(type) * ne1;
}

static void add_norm(struct writer *w, const char *name)
{
	char full[64];

	snprintf(full, sizeof(full), "%s.weight", name);
	add_tensor(w, WEIGHT_NORM, TNPU_GGUF_F32, full, w->model->width, 1);
	if (!is_arch(w->model, "gpt2"))
		return;
	snprintf(full, sizeof(full), "%s.bias", name);
	add_tensor(w, WEIGHT_BIAS, TNPU_GGUF_F32, full, w->model->width, 1);
}

static void add_linear(struct writer *w, uint32_t layer, const char *name,
		       uint64_t in, uint64_t out, bool bias)
{
	char full[64];

	snprintf(full, sizeof(full), "blk.%u.%s.weight", layer, name);
	add_tensor(w, WEIGHT_MATRIX, find_type(w->model->type), full, in, out);
	if (!bias)
		return;
	snprintf(full, sizeof(full), "blk.%u.%s.bias", layer, name);
	add_tensor(w, WEIGHT_BIAS, TNPU_GGUF_F32, full, out, 1);
}

static void add_layer(struct writer *w, uint32_t layer)
{
	const struct model *m = w->model;
	uint64_t kv = m->width / m->heads * m->kv_heads;
	bool gpt2 = is_arch(m, "gpt2"), qwen2 = is_arch(m, "qwen2");
	char norm[32];

	snprintf(norm, sizeof(norm), "blk.%u.attn_norm", layer);
	add_norm(w, norm);
	if (gpt2) {
		add_linear(w, layer, "attn_qkv", m->width, 3 * m->width, true);
	} else {
		add_linear(w, layer, "attn_q", m->width, m->width, qwen2);
		add_linear(w, layer, "attn_k", m->width, kv, qwen2);
		add_linear(w, layer, "attn_v", m->width, kv, qwen2);
	}
	add_linear(w, layer, "attn_output", m->width, m->width, gpt2);
	snprintf(norm, sizeof(norm), "blk.%u.ffn_norm", layer);
	add_norm(w, norm);
	if (!gpt2)
		add_linear(w, layer, "ffn_gate", m->width, m->ffn, false);
	add_linear(w, layer, "ffn_up", m->width, m->ffn, gpt2);
	add_linear(w, layer, "ffn_down", m->ffn, m->width, gpt2);
}

static void add_tensors(struct writer *w)
{
	const struct model *m = w->model;
	enum tnpu_gguf_type embd = find_type(m->embd_type);
	uint32_t layer;

	add_tensor(w, WEIGHT_MATRIX, embd, "token_embd.weight", m->width,
		   m->vocab);
	if (is_arch(m, "gpt2"))
		add_tensor(w, WEIGHT_POSITION, TNPU_GGUF_F32,
			   "position_embd.weight", m->width, m->ctx);
	for (layer = 0; layer < m->layers; layer++)
		add_layer(w, layer);
	add_norm(w, "output_norm");
	if (m->tied < 0)
		add_tensor(w, WEIGHT_MATRIX, embd, "output.weight", m->width,
			   m->vocab);
}

static void put_u32(struct writer *w, const char *name, uint64_t val)
{
	char key[64];

	snprintf(key, sizeof(key), "%s.%s", w->model->arch, name);
	gguf_buf_key_u32(&w->head, key, val);
	w->n_keys++;
}

static void put_f32(struct writer *w, const char *name, float val)
{
	char key[64];

	snprintf(key, sizeof(key), "%s.%s", w->model->arch, name);
	gguf_buf_key_f32(&w->head, key, val);
	w->n_keys++;
}

/* llama.cpp's number for "mostly this type". */
static uint32_t file_type(enum tnpu_gguf_type type)
{
	switch (type) {
	case TNPU_GGUF_F32:
		return 0;
	case TNPU_GGUF_F16:
		return 1;
	case TNPU_GGUF_Q4_0:
		return 2;
	default:
		return 7;
	}
}

static void put_general(struct writer *w)
{
	const struct model *m = w->model;

	gguf_buf_key_str(&w->head, "general.architecture", m->arch);
	gguf_buf_key_str(&w->head, "general.name", "random weights");
	gguf_buf_key_u32(&w->head, "general.alignment", ALIGNMENT);
	gguf_buf_key_u32(&w->head, "general.file_type",
			 file_type(find_type(m->type)));
	gguf_buf_key_u32(&w->head, "general.quantization_version", 2);
	w->n_keys += 5;
}

static void put_keys(struct writer *w)
{
	const struct model *m = w->model;
	bool qwen2 = is_arch(m, "qwen2");

	put_general(w);
	put_u32(w, "vocab_size", m->vocab);
	put_u32(w, "context_length", m->ctx);
	put_u32(w, "embedding_length", m->width);
	put_u32(w, "block_count", m->layers);
	put_u32(w, "feed_forward_length", m->ffn);
	put_u32(w, "attention.head_count", m->heads);
	if (is_arch(m, "gpt2")) {
		put_f32(w, "attention.layer_norm_epsilon", 1e-5f);
	} else {
		put_u32(w, "attention.head_count_kv", m->kv_heads);
		put_f32(w, "attention.layer_norm_rms_epsilon",
			qwen2 ? 1e-6f : 1e-5f);
		put_f32(w, "rope.freq_base", m->rope_base);
	}
	if (is_arch(m, "llama"))
		put_u32(w, "rope.dimension_count", m->width / m->heads);
	w->vocab->put(&w->head, m->vocab, qwen2 ? "qwen2" : "gpt-2");
	w->n_keys += w->vocab->keys;
}

static uint64_t align_up(uint64_t val)
{
	return (val + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Everything before the data. */
static void put_head(struct writer *w)
{
	struct gguf_buf head = { 0 };
	const struct tensor *t;
	uint64_t offset = 0;
	uint32_t i;

	put_keys(w);
	gguf_buf_header(&head, 3, w->n_tensors, w->n_keys);
	gguf_buf_bytes(&head, w->head.data, w->head.len);
	free(w->head.data);
	for (i = 0; i < w->n_tensors; i++) {
		t = &w->tensors[i];
		gguf_buf_tensor(&head, t->name, t->ne[1] > 1 ? 2 : 1, t->ne,
				t->type, offset);
		offset = align_up(offset + t->nbytes);
	}
	gguf_buf_align(&head, ALIGNMENT);
	w->total = head.len + offset;
	w->head = head;
}

static void write_bytes(struct writer *w, const void *bytes, size_t len)
{
	if (fwrite(bytes, 1, len, w->file) != len)
		err(EXIT_FAILURE, "%s", w->temp);
	w->written += len;
}

static void show_progress(const struct writer *w)
{
	if (!w->model->quiet && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%s: %3" PRIu64 " %% of %" PRIu64 " MB",
			w->model->path, w->written * 100 / w->total,
			w->total / 1000000);
}

static void init_data(const struct tensor *t, uint64_t seed,
		      struct random_weights *data)
{
	/* Keeps what flows through the layers near 1. */
	float sigma = 1 / sqrtf(t->ne[0]);

	switch (t->weight) {
	case WEIGHT_NORM:
		random_weights_init(data, seed, t->type, 1, 0.1f);
		break;
	case WEIGHT_BIAS:
		random_weights_init(data, seed, t->type, 0, 0.02f);
		break;
	default:
		random_weights_init(data, seed, t->type, 0, sigma);
		break;
	}
}

static void write_tensor(struct writer *w, uint32_t i)
{
	static uint8_t buf[4 * RANDOM_WEIGHTS_CHUNK];
	static const uint8_t zeros[ALIGNMENT];
	const struct tensor *t = &w->tensors[i];
	uint64_t left = t->ne[0] * t->ne[1], n;
	struct random_weights data;

	/* Far apart for neighbouring seeds and tensors alike. */
	init_data(t, w->model->seed * 0xd1342543de82ef95 + i, &data);
	for (; left; left -= n) {
		n = left < RANDOM_WEIGHTS_CHUNK ? left : RANDOM_WEIGHTS_CHUNK;
		write_bytes(w, buf, random_weights_fill(&data, buf, n));
		show_progress(w);
	}
	write_bytes(w, zeros, align_up(t->nbytes) - t->nbytes);
}

/* A file that was left half-written never has the final name. */
static char *temp_path;

static void remove_temp(void)
{
	if (temp_path)
		unlink(temp_path);
}

static void open_file(struct writer *w)
{
	if (asprintf(&w->temp, "%s.part", w->model->path) < 0)
		err(EXIT_FAILURE, "%s", w->model->path);
	w->file = fopen(w->temp, "w");
	if (!w->file)
		err(EXIT_FAILURE, "%s", w->temp);
	temp_path = w->temp;
	atexit(remove_temp);
}

static void close_file(struct writer *w)
{
	if (fclose(w->file) || rename(w->temp, w->model->path))
		err(EXIT_FAILURE, "%s", w->model->path);
	temp_path = NULL;
	if (w->model->quiet)
		return;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	fprintf(stderr, "%s: %s, random weights, %u tensors, %" PRIu64 " MB\n",
		w->model->path, w->model->arch, w->n_tensors,
		w->total / 1000000);
}

int main(int argc, char **argv)
{
	struct model model = { 0 };
	struct writer w = { .model = &model };
	uint32_t i;

	argp_parse(&argp, argc, argv, 0, NULL, &model);
	apply_preset(&model);
	check_model(&model, &w);
	add_tensors(&w);
	put_head(&w);
	open_file(&w);
	write_bytes(&w, w.head.data, w.head.len);
	for (i = 0; i < w.n_tensors; i++)
		write_tensor(&w, i);
	close_file(&w);
	free(w.head.data);
	free(w.tensors);
	free(w.temp);
	return 0;
}
