/* SPDX-License-Identifier: MIT */
/*
 * Where the control plane meets the engines.
 *
 * The control plane (stream walk, scheduling, cancelling) knows an operator only as a
 * struct tnpu_op; an operator knows memory only as operands of its command. An operator
 * is prepared once (fields validated, cells read, operands bound), then its tiles run,
 * on any lane, in any order inside a phase, phases in ascending order. Between two
 * batches of tiles the control plane may preempt the command, drop every host pointer
 * and bind the operands anew.
 */
#ifndef _TNPU_ENGINE_H_
#define _TNPU_ENGINE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tnpu/tnpu_isa.h>
#include <tnpu/tnpu_regs.h>

#include "tnpu_chip.h"

#define TNPU_OPERANDS_MAX	16
#define TNPU_PHASES_MAX		4
#define TNPU_PRIVATE_BYTES	1024

struct tnpu_mem;	/* one context's memory as engines see it; mmu.c */
struct tnpu_kernels;	/* micro-kernels of one instruction set; kernels.h */
struct tnpu_inputs;	/* what prepare has read; inputs.c */

/** struct tnpu_error - why a command failed; the first error of a command stands */
struct tnpu_error {
	uint32_t reason;	/* TNPU_ERR_* */
	uint32_t access;	/* TNPU_ACCESS_*, for TNPU_ERR_FAULT */
	uint64_t va;		/* for TNPU_ERR_FAULT */
};

/**
 * struct tnpu_operand - a checked range of device virtual addresses
 * @host: device memory in place, where the range is contiguous there; else NULL, and
 *	accesses go through the lane's bounce buffers
 */
struct tnpu_operand {
	uint64_t va;
	uint64_t size;
	uint32_t access;	/* TNPU_ACCESS_* bits */
	void *host;
};

/**
 * struct tnpu_cmd - a command in execution
 * @desc: the chip's own copy of the command: guests cannot change it under way
 * @bytes, @macs: what it touches and multiplies, for the limits and the scheduler; set
 *	by prepare
 * @tiles: tiles of each phase, set by prepare; a phase may have none
 * @grain: tiles that a lane takes at once, >= 1, some 20 microseconds' worth
 * @scratch: results that pass from one phase to the next; see tnpu_cmd_scratch()
 * @results: bytes at the start of @scratch that tiles fill and later phases read, numbers
 *	of which any value is valid; set by prepare. They move with a saved chip.
 * @inputs: what prepare has read; see tnpu_cmd_read()
 * @ends: nothing behind this command is run: the job is done. Set by prepare
 * @priv: the operator's own state between prepare and tiles
 */
struct tnpu_cmd {
	const struct tnpu_op *op;
	const void *desc;
	struct tnpu_mem *mem;
	const struct tnpu_kernels *kernels;
	uint64_t bytes;
	uint64_t macs;
	uint32_t phases;
	uint32_t tiles[TNPU_PHASES_MAX];
	uint32_t grain[TNPU_PHASES_MAX];
	unsigned int operands;
	struct tnpu_operand operand[TNPU_OPERANDS_MAX];
	struct tnpu_error error;
	void *scratch;
	size_t results;
	struct tnpu_inputs *inputs;
	bool ends;
	uint64_t priv[TNPU_PRIVATE_BYTES / 8];
};

/** struct tnpu_lane - one engine lane: the thread's bounce and scratch memory; engine.c */
struct tnpu_lane;

/**
 * struct tnpu_op - an operator
 * @size: of its command struct; the control plane has checked hdr.size against it
 * @flags: header flags that it takes
 * @starts_over: what its tiles keep in scratch is more than numbers. In a chip that is
 *	loaded it runs from its first tile: what it has stored, it stores again
 * @prepare: validates every field of desc, reads its cells and binds its operands. It
 *	depends on nothing but desc, what it reads by tnpu_cmd_read() and tnpu_cmd_clock(),
 *	and the firmware's limits: a chip that is loaded prepares its commands anew.
 *	Returns 0, or -1 with cmd->error set (tnpu_cmd_fail())
 * @ahead: the first of what a command reads that is worth fetching into caches before its
 *	turn: returns the address, and the size in @bytes. An operator without one has no such
 *	operand. @desc is not checked
 * @tiles: runs tiles first..first + count - 1 of @phase. Returns 0 or -1 as prepare, or
 *	TNPU_TILE_AGAIN: nothing was done, the queue yields and the tile is run later
 */
struct tnpu_op {
	const char *name;
	uint32_t size;
	uint16_t flags;
	bool starts_over;
	int (*prepare)(struct tnpu_cmd *cmd);
	uint64_t (*ahead)(const void *desc, uint64_t *bytes);
	int (*tiles)(struct tnpu_cmd *cmd, struct tnpu_lane *lane, uint32_t phase,
		     uint32_t first, uint32_t count);
};

#define TNPU_TILE_AGAIN		1

/** tnpu_ops - the operators by opcode, NULL where there is none; ops.c */
extern const struct tnpu_op *const tnpu_ops[TNPU_OP_MAX];

/* ---- For operators; engine.c ------------------------------------------------------- */

/** tnpu_cmd_fail - record @reason unless an error stands already. Returns -1. Any thread. */
int tnpu_cmd_fail(struct tnpu_cmd *cmd, uint32_t reason);

/**
 * tnpu_cmd_bind - check and bind a range as the next operand
 * Returns its index, or -1: TNPU_ERR_FAULT where a page is missing or refuses @access,
 * TNPU_ERR_SHAPE where va + size overflows, TNPU_ERR_LIMIT where the command's bytes would
 * exceed MAX_CMD_BYTES. A @size of zero binds nothing readable. In prepare only. Counts
 * @size into cmd->bytes.
 */
int tnpu_cmd_bind(struct tnpu_cmd *cmd, uint64_t va, uint64_t size, uint32_t access);

/**
 * tnpu_cmd_read - copy a few bytes (cells, IDs) in, in prepare only. 0 or -1.
 * They are kept until the command ends, so that it can be prepared anew as it was.
 */
int tnpu_cmd_read(struct tnpu_cmd *cmd, uint64_t va, void *buf, size_t size);

/** tnpu_cmd_clock - the timestamp counter, in prepare only; kept in the same way. 0 or -1. */
int tnpu_cmd_clock(struct tnpu_cmd *cmd, uint64_t *ticks);

/**
 * tnpu_cmd_dim - the value of a dimension
 * Reads its cell once, checks it against the maximum @dim->value (TNPU_ERR_CELL),
 * reserved (TNPU_ERR_RESERVED) and alignment (TNPU_ERR_ALIGN); and dim->value against
 * @limit (TNPU_ERR_SHAPE). A value of zero is allowed and makes the command do nothing.
 */
int tnpu_cmd_dim(struct tnpu_cmd *cmd, const struct tnpu_dim *dim, uint32_t limit,
		 uint32_t *value);

/** tnpu_cmd_scratch - zeroed cmd->scratch of @size bytes, freed with the command. 0 or -1. */
int tnpu_cmd_scratch(struct tnpu_cmd *cmd, size_t size);

/**
 * tnpu_operand_read - the bytes at @offset of an operand, for the current tile only
 * In place, or copied to memory of the lane. NULL with cmd->error set on failure. Device
 * memory may change under an operator (another queue, the CPU): what is an index or a
 * bound must be copied and checked before it is used.
 */
const void *tnpu_operand_read(struct tnpu_cmd *cmd, struct tnpu_lane *lane, int operand,
			      uint64_t offset, size_t size);

/**
 * tnpu_operand_write - where to store @size bytes at @offset; all of them must be stored
 * tnpu_operand_modify - the same, holding the present contents
 * tnpu_operand_done - ends either: writes back, marks dirty. 0 or -1.
 */
void *tnpu_operand_write(struct tnpu_cmd *cmd, struct tnpu_lane *lane, int operand,
			 uint64_t offset, size_t size);
void *tnpu_operand_modify(struct tnpu_cmd *cmd, struct tnpu_lane *lane, int operand,
			  uint64_t offset, size_t size);
int tnpu_operand_done(struct tnpu_cmd *cmd, struct tnpu_lane *lane, int operand,
		      uint64_t offset, size_t size, void *ptr);

/**
 * tnpu_lane_alloc - 64-byte aligned memory of the lane, gone when tiles() returns or
 * tnpu_lane_release() goes back to a tnpu_lane_mark(). NULL with TNPU_ERR_ENGINE.
 */
void *tnpu_lane_alloc(struct tnpu_cmd *cmd, struct tnpu_lane *lane, size_t size);
size_t tnpu_lane_mark(const struct tnpu_lane *lane);
void tnpu_lane_release(struct tnpu_lane *lane, size_t mark);

/* ---- Small checks shared by operators; ops.c ------------------------------------------ */

/** tnpu_tensor_check - dtype in @dtypes (bit mask), stride, alignment, reserved; 0 or -1 */
int tnpu_tensor_check(struct tnpu_cmd *cmd, const struct tnpu_tensor *t, uint32_t cols,
		      uint32_t dtypes);
/** tnpu_tensor_row_bytes - bytes of one row without what pads it to the stride */
uint64_t tnpu_tensor_row_bytes(const struct tnpu_tensor *t, uint32_t cols);
/** tnpu_tensor_bind - bind rows x cols; returns the operand or -1 */
int tnpu_tensor_bind(struct tnpu_cmd *cmd, const struct tnpu_tensor *t, uint32_t rows,
		     uint32_t cols, uint32_t access);
/** tnpu_wformat_find - TNPU_WFORMAT_* of a description, or -1 */
int tnpu_wformat_find(const struct tnpu_wformat *f);
/** tnpu_weight_block_bytes - bytes of one row block of 16 rows, @k columns */
uint64_t tnpu_weight_block_bytes(int wformat, uint32_t k);
/** tnpu_weight_bytes - bytes of packed weights */
uint64_t tnpu_weight_bytes(int wformat, uint32_t n, uint32_t k);

#endif /* _TNPU_ENGINE_H_ */
