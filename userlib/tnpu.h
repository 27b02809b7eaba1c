/* SPDX-License-Identifier: MIT */
/*
 * libtnpu: run work and language models on a TNPU.
 *
 * Layers, each usable alone: device, buffer, queue and stream speak to the driver; model,
 * tokenizer (tokenizer.h) and session run language models on top of them.
 *
 * Functions return 0 or a negative errno; those that take a struct tnpu_errmsg describe
 * the failure there in one line (NULL is allowed). Handles are opaque and belong to the
 * caller, who destroys them in the reverse order of creation; destroying NULL does
 * nothing. There is no global state. Functions of one handle may be called by one thread at a time;
 * different handles, also of one device, by any threads at once.
 */
#ifndef TNPU_H
#define TNPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drm/tnpu_accel.h>
#include <tnpu/tnpu_isa.h>
#include <tnpu/tnpu_regs.h>

#include "errmsg.h"
#include "tokenizer.h"

#if defined(__cplusplus)
extern "C" {
#endif

struct tnpu_device;
struct tnpu_buffer;
struct tnpu_queue;
struct tnpu_stream;
struct tnpu_model;
struct tnpu_session;
struct tnpu_batch;

/** tnpu_version() - "0.1.0" */
const char *tnpu_version(void);

/* ---- Device -------------------------------------------------------------------- */

/**
 * tnpu_device_open() - open a device and give it an address space
 * @path: a node such as /dev/accel/accel0; NULL: $TNPU_DEVICE, else the first TNPU
 * @dev: receives the handle
 * @err: receives the message on failure, or NULL
 *
 * With $TNPU_TRANSPORT=inproc the chip runs inside this process, and @path is not used.
 *
 * Return: 0; -ENODEV no device found; -EACCES; -EBUSY all contexts are taken; -ENOMEM.
 */
int tnpu_device_open(const char *path, struct tnpu_device **dev,
		     struct tnpu_errmsg *err);
void tnpu_device_close(struct tnpu_device *dev);

/** tnpu_device_info() - the device's constants; lives as long as the handle */
const struct drm_tnpu_dev_info *tnpu_device_info(const struct tnpu_device *dev);

/** tnpu_device_transport() - how it is reached: "drm" or "inproc" */
const char *tnpu_device_transport(const struct tnpu_device *dev);

/**
 * tnpu_device_query() - DRM_IOCTL_TNPU_DEV_QUERY
 * @type: DRM_TNPU_DEV_QUERY_*
 * @data: receives @size bytes; what the driver does not know is zero
 */
int tnpu_device_query(struct tnpu_device *dev, uint32_t type, void *data,
		      uint32_t size);

/** struct tnpu_driver_info - the driver as DRM_IOCTL_VERSION names it */
struct tnpu_driver_info {
	int major;
	int minor;
	int patch;
	char name[32];
};

int tnpu_device_driver(struct tnpu_device *dev, struct tnpu_driver_info *info);

/* ---- Buffers -------------------------------------------------------------------- */

/** TNPU_BUFFER_SYSTEM: in system memory; without it, in device memory */
#define TNPU_BUFFER_SYSTEM	(1u << 0)

/**
 * tnpu_buffer_create() - allocate zeroed memory and bind it at an address of its own
 * @size: bytes, not 0
 * @flags: TNPU_BUFFER_*
 *
 * Return: 0; -EINVAL; -ENOSPC the device's memory is full; -ENOMEM.
 */
int tnpu_buffer_create(struct tnpu_device *dev, uint64_t size, uint32_t flags,
		       struct tnpu_buffer **buf);

/**
 * tnpu_buffer_import() - bind memory that somebody else has allocated
 * @dmabuf: file descriptor of a dma-buf; it may be closed afterwards
 * @size: of the dma-buf
 *
 * Return: 0; -EINVAL; -ENOMEM; -EOPNOTSUPP or -ENOTTY on a device that has no dma-bufs, such as
 * the chip in process; or what the driver says of the dma-buf.
 */
int tnpu_buffer_import(struct tnpu_device *dev, int dmabuf, uint64_t size,
		       struct tnpu_buffer **buf);

/** tnpu_buffer_destroy() - unbind and free. No pending job may use it. */
void tnpu_buffer_destroy(struct tnpu_buffer *buf);

/** tnpu_buffer_va() - its device address, a multiple of 4096 */
uint64_t tnpu_buffer_va(const struct tnpu_buffer *buf);
uint64_t tnpu_buffer_size(const struct tnpu_buffer *buf);

/** tnpu_buffer_map() - its bytes in this process, until destroyed; NULL with errno set */
void *tnpu_buffer_map(struct tnpu_buffer *buf);

/* ---- Streams ---------------------------------------------------------------------- */

/** tnpu_stream_create() - an empty command stream. -ENOMEM. */
int tnpu_stream_create(struct tnpu_stream **stream);
void tnpu_stream_destroy(struct tnpu_stream *stream);

/**
 * tnpu_stream_add() - append a command
 * @opcode: TNPU_OP_*
 * @flags: of the opcode
 * @size: sizeof its struct
 *
 * Return: the command, header filled in and the rest zero, to be filled in before the next
 * call; NULL when memory is short, which tnpu_stream_upload() reports too.
 */
void *tnpu_stream_add(struct tnpu_stream *stream, uint16_t opcode, uint16_t flags,
		      uint32_t size);

/** tnpu_stream_size() - bytes so far */
uint32_t tnpu_stream_size(const struct tnpu_stream *stream);

/**
 * tnpu_stream_upload() - put the stream into device memory, ready to be replayed
 * Return: 0 and a buffer of the caller's; -ENOMEM, also for an earlier failure to append;
 * -EINVAL empty; -ENOSPC.
 */
int tnpu_stream_upload(const struct tnpu_stream *stream, struct tnpu_device *dev,
		       struct tnpu_buffer **buf);

/* ---- Queues ------------------------------------------------------------------------ */

/**
 * tnpu_queue_create() - a hardware queue
 * @priority: DRM_TNPU_QUEUE_PRIORITY_*
 * Return: 0; -EBUSY all queues are taken; -EPERM priority; -ENOMEM.
 */
int tnpu_queue_create(struct tnpu_device *dev, uint32_t priority,
		      struct tnpu_queue **queue);
void tnpu_queue_destroy(struct tnpu_queue *queue);

/**
 * struct tnpu_job - what tnpu_queue_submit() takes
 * @stream: device address of the commands; 0 with @size 0 is a NULL job
 * @size: bytes
 * @predicate: device address of a u32 that, when nonzero, skips the job; 0: none
 */
struct tnpu_job {
	uint64_t stream;
	uint32_t size;
	uint64_t predicate;
};

/**
 * tnpu_queue_submit() - start a job after the earlier ones of the queue
 * @point: receives its number, for tnpu_queue_wait()
 * Return: 0; -EINVAL; -ECANCELED the queue is dead; -ENOMEM, -EIO, -ENODEV.
 */
int tnpu_queue_submit(struct tnpu_queue *queue, const struct tnpu_job *job,
		      uint64_t *point);

/**
 * tnpu_queue_wait() - wait until job @point and all before it have ended
 * @timeout_ns: from now; negative: for ever
 * @err: receives why a job failed
 * Return: 0; -ETIME; -EIO a job of this queue failed; -ECANCELED lost; -ENODEV.
 */
int tnpu_queue_wait(struct tnpu_queue *queue, uint64_t point, int64_t timeout_ns,
		    struct tnpu_errmsg *err);

/** tnpu_queue_run() - submit and wait */
int tnpu_queue_run(struct tnpu_queue *queue, const struct tnpu_job *job,
		   struct tnpu_errmsg *err);

/** tnpu_queue_state() - DRM_IOCTL_TNPU_QUEUE_GET_STATE */
int tnpu_queue_state(struct tnpu_queue *queue, struct drm_tnpu_queue_get_state *state);

/** tnpu_reason_name() - "translation fault" for TNPU_ERR_FAULT and so on */
const char *tnpu_reason_name(uint32_t reason);

/* ---- Models -------------------------------------------------------------------------- */

/**
 * typedef tnpu_progress_fn - told how far a load is
 * Called from the loading thread; @done of @total bytes. Returning nonzero cancels the
 * load with -ECANCELED.
 */
typedef int (*tnpu_progress_fn)(void *opaque, uint64_t done, uint64_t total);

/**
 * struct tnpu_model_info - a loaded model's shape
 * @arch: "llama", "qwen2" or "gpt2"
 * @weight_bytes: device memory that its weights take
 */
struct tnpu_model_info {
	const char *arch;
	uint32_t layers;
	uint32_t width;
	uint32_t heads;
	uint32_t kv_heads;
	uint32_t head_dim;
	uint32_t ffn;
	uint32_t vocab;
	uint32_t context;
	uint64_t weight_bytes;
};

/**
 * tnpu_model_load() - read a GGUF file into device memory, packed for the device
 * @path: the file
 * @progress: may be NULL
 * @model: receives the handle
 *
 * Return: 0; as tnpu_gguf_open(); -EOPNOTSUPP an architecture or option that is not
 * supported; -EINVAL a tensor or key is missing or has another shape; -ENOSPC the device's
 * memory is too small.
 */
int tnpu_model_load(struct tnpu_device *dev, const char *path,
		    tnpu_progress_fn progress, void *opaque,
		    struct tnpu_model **model, struct tnpu_errmsg *err);
void tnpu_model_destroy(struct tnpu_model *model);
const struct tnpu_model_info *tnpu_model_get_info(const struct tnpu_model *model);

/** tnpu_model_tokenizer() - the file's own; lives as long as the model; may be shared */
const struct tnpu_tokenizer *tnpu_model_tokenizer(const struct tnpu_model *model);

/* ---- Sessions -------------------------------------------------------------------------- */

/**
 * struct tnpu_session_options - zero-initialise for the defaults
 * @context: positions; 0: the model's, at most 4096
 * @kv_dtype: TNPU_DTYPE_F32, F16 or QI8 of the KV cache (0 is F32)
 * @chunk: rows of one prefill pass, 1..1024; 0: 128. Very long contexts take fewer, since the
 *	device keeps a result of every 256 positions of every head and row meanwhile
 * @lookup: draft up to so many tokens, at most TNPU_LOOKUP_MAX, from what has followed the last
 *	ones when they came before, and check them all in one pass; 0: no drafts. What is drawn
 *	is the same in any case; text that repeats itself comes faster
 * @draft: a smaller model that makes the drafts instead; NULL: none. Its tokens must be the
 *	model's. It must outlive the session, which takes a queue, a KV cache and activations for
 *	it as well; where its context is shorter, what lies behind comes without drafts
 * @draft_max: tokens of its drafts, at most TNPU_DRAFT_MAX; 0: 4
 */
struct tnpu_session_options {
	uint32_t context;
	uint32_t kv_dtype;
	uint32_t chunk;
	uint32_t lookup;
	struct tnpu_model *draft;
	uint32_t draft_max;
};

#define TNPU_DRAFT_MAX	16
#define TNPU_LOOKUP_MAX	TNPU_DRAFT_MAX

/**
 * struct tnpu_sampling - how tokens are drawn; see struct tnpu_sample_params
 * All zero takes the likeliest token. A top_p of 0 is off, as 1 is.
 */
struct tnpu_sampling {
	float temperature;
	float top_p;
	uint32_t top_k;
	uint64_t seed;
};

enum tnpu_stop {
	TNPU_STOP_LENGTH,	/* as many tokens as asked for */
	TNPU_STOP_EOS,		/* a token that ends generation */
	TNPU_STOP_CONTEXT,	/* the context is full */
	TNPU_STOP_CALLER,	/* the callback said so */
};

/**
 * typedef tnpu_token_fn - receives each new token in order
 * Where the device draws them fast they come in groups: those of some 50 ms, at most 64.
 * Return: nonzero ends the generation; what the device has drawn behind that token is dropped.
 */
typedef int (*tnpu_token_fn)(void *opaque, uint32_t token);

/**
 * tnpu_session_create() - a sequence on a model: KV cache, buffers, compiled streams
 * Return: 0; -EINVAL options, or a draft model of another vocabulary; -ENOSPC; -EBUSY; -ENOMEM.
 */
int tnpu_session_create(struct tnpu_model *model,
			const struct tnpu_session_options *options,
			struct tnpu_session **session, struct tnpu_errmsg *err);
void tnpu_session_destroy(struct tnpu_session *session);

/** tnpu_session_context() - positions of the session's context */
uint32_t tnpu_session_context(const struct tnpu_session *session);

/** struct tnpu_session_memory - bytes of device memory that a session's data take */
struct tnpu_session_memory {
	uint64_t kv;
	uint64_t activations;
};

/** tnpu_session_get_memory() - as it has been since the session was created */
void tnpu_session_get_memory(const struct tnpu_session *session,
			     struct tnpu_session_memory *memory);

/** tnpu_session_reset() - forget all tokens */
void tnpu_session_reset(struct tnpu_session *session);

/**
 * struct tnpu_generation - what tnpu_session_generate() did
 * @prefill_s, @decode_s: seconds until the first token, and from it to the last
 * @drafted, @accepted: tokens of drafts, and of these the right ones
 */
struct tnpu_generation {
	uint32_t tokens;
	enum tnpu_stop stop;
	double prefill_s;
	double decode_s;
	uint32_t drafted;
	uint32_t accepted;
};

/**
 * tnpu_session_generate() - append @prompt and draw up to @n tokens
 * @prompt: token IDs; at least one
 * @ignore_eos: do not stop at tokens that end generation
 * @fn: receives the tokens; a token that ends generation is not passed on
 * @result: receives the figures
 *
 * Return: 0; -EINVAL no prompt, or an ID outside of the vocabulary; -E2BIG the prompt does not
 * fit the context; as tnpu_queue_wait().
 */
int tnpu_session_generate(struct tnpu_session *session, const uint32_t *prompt,
			  uint32_t n_prompt, uint32_t n,
			  const struct tnpu_sampling *sampling, bool ignore_eos,
			  tnpu_token_fn fn, void *opaque,
			  struct tnpu_generation *result, struct tnpu_errmsg *err);

/**
 * typedef tnpu_logits_fn - receives the logits of one position, ascending
 * @logits: vocabulary floats, valid during the call
 */
typedef int (*tnpu_logits_fn)(void *opaque, uint32_t position, const float *logits);

/**
 * tnpu_session_eval() - teacher-forced: append @ids and hand out the logits of each
 * Return: as tnpu_session_generate(); what @fn returned where that is not 0.
 */
int tnpu_session_eval(struct tnpu_session *session, const uint32_t *ids, uint32_t n,
		      tnpu_logits_fn fn, void *opaque, struct tnpu_errmsg *err);

/* ---- Batches ----------------------------------------------------------------------------- */

/**
 * struct tnpu_batch_options - zero-initialise for the defaults
 * @seqs: sequences decoded together, 1..TNPU_BATCH_MAX; 0: 8
 * @context: positions of each; 0: the model's, at most 4096
 * @kv_dtype: as in struct tnpu_session_options
 * @chunk: rows of one prefill pass, 1..1024; 0: 128
 * @positions: of the KV cache, which all sequences share in blocks of TNPU_BATCH_BLOCK; 0: enough
 *	for @seqs full contexts
 */
struct tnpu_batch_options {
	uint32_t seqs;
	uint32_t context;
	uint32_t kv_dtype;
	uint32_t chunk;
	uint32_t positions;
};

#define TNPU_BATCH_MAX		64
#define TNPU_BATCH_BLOCK	64

/**
 * typedef tnpu_done_fn - a request has ended, and is forgotten after the call
 * @opaque: the request's
 * @result: its figures; prefill_s counts from tnpu_batch_add()
 */
typedef void (*tnpu_done_fn)(void *opaque, const struct tnpu_generation *result);

/**
 * struct tnpu_request - a sequence that is to be generated
 * @prompt: @n_prompt token IDs, at least one; copied
 * @n: tokens to draw at most
 * @sampling: how
 * @ignore_eos: do not stop at tokens that end generation
 * @fn: receives its tokens, may be NULL; as in tnpu_session_generate()
 * @done: told of its end, may be NULL. Neither function may call the batch's.
 * @opaque: for both
 */
struct tnpu_request {
	const uint32_t *prompt;
	uint32_t n_prompt;
	uint32_t n;
	struct tnpu_sampling sampling;
	bool ignore_eos;
	tnpu_token_fn fn;
	tnpu_done_fn done;
	void *opaque;
};

/**
 * tnpu_batch_create() - several sequences of a model, decoded together
 *
 * A pass reads the weights once for all of them. Requests join and leave while others go on,
 * and each gets the tokens that it would get alone. Where prompts begin alike, in whole blocks,
 * the later ones use what the earlier ones have in the cache.
 *
 * Return: as tnpu_session_create().
 */
int tnpu_batch_create(struct tnpu_model *model, const struct tnpu_batch_options *options,
		      struct tnpu_batch **batch, struct tnpu_errmsg *err);

/** tnpu_batch_destroy() - requests that have not ended are forgotten without a call */
void tnpu_batch_destroy(struct tnpu_batch *batch);

/**
 * tnpu_batch_add() - a request joins the queue; it starts when there is room for all of it
 * Return: 0; -EINVAL no prompt, or an ID outside of the vocabulary; -E2BIG the prompt does not
 * fit the context, or prompt and tokens never fit the cache; -ENOMEM.
 */
int tnpu_batch_add(struct tnpu_batch *batch, const struct tnpu_request *request,
		   struct tnpu_errmsg *err);

/**
 * tnpu_batch_run() - do some work: a chunk of prompts, and then some tokens of each sequence
 * Return: requests that have not ended; 0: there is nothing to do; as tnpu_queue_wait(), after
 * which the batch can only be destroyed.
 */
int tnpu_batch_run(struct tnpu_batch *batch, struct tnpu_errmsg *err);

/**
 * struct tnpu_batch_stats - since creation
 * @prompt_tokens: of requests that have started
 * @shared_tokens: of these, found in the cache
 * @tokens: drawn and handed on
 * @passes: in which @tokens were drawn, but for each request's first
 */
struct tnpu_batch_stats {
	uint64_t prompt_tokens;
	uint64_t shared_tokens;
	uint64_t tokens;
	uint64_t passes;
};

void tnpu_batch_get_stats(const struct tnpu_batch *batch, struct tnpu_batch_stats *stats);

#if defined(__cplusplus)
}
#endif

#endif /* TNPU_H */
