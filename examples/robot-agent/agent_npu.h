/* SPDX-License-Identifier: MIT */
/*
 * The model on an NPU. One thread at a time may use one; calls may block for
 * as long as the NPU's driver waits for a job.
 */
#ifndef AGENT_NPU_H
#define AGENT_NPU_H

#include <tnpu.h>

#include "agent_answer.h"

struct agent_npu;

/**
 * agent_npu_open() - open the first NPU and load the model
 * @path: GGUF file
 * @npu: receives the handle; the caller closes it
 * @err: receives the message on failure
 *
 * Return: 0, or a negative errno of libtnpu.
 */
int agent_npu_open(const char *path, struct agent_npu **npu,
		   struct tnpu_errmsg *err);

/** agent_npu_close() - give all back, also of a device that is gone; NULL is allowed */
void agent_npu_close(struct agent_npu *npu);

/** struct agent_figures - of one answer */
struct agent_figures {
	uint32_t prompt_tokens;
	uint32_t tokens;
	double prefill_s;
	double decode_s;
};

/**
 * agent_npu_ask() - answer a prompt
 * @npu: handle
 * @prompt: see agent_prompt_print()
 * @answer: initialised; receives the text
 * @fn: called for each token that came, or NULL
 * @opaque: its argument
 * @figures: receives the figures
 * @err: receives the message on failure
 *
 * Return: 0 when the model has ended its answer, and it is a program;
 * -EBADMSG: it is not, @answer->why tells; else an errno of libtnpu.
 */
int agent_npu_ask(struct agent_npu *npu, const char *prompt,
		  struct agent_answer *answer, void (*fn)(void *opaque),
		  void *opaque, struct agent_figures *figures,
		  struct tnpu_errmsg *err);

/**
 * agent_npu_pulse() - have the NPU answer a question whose answer is known
 *
 * One token through all of the model; the first answer to it was kept when the
 * model was loaded.
 *
 * Return: 0; -EBADMSG: it was another one; else an errno of libtnpu.
 */
int agent_npu_pulse(struct agent_npu *npu, struct tnpu_errmsg *err);

#endif
