/* SPDX-License-Identifier: MIT */
/*
 * TNPU: the contract between userspace and the device, the command stream.
 *
 * A stream is a sequence of commands, each a struct below, 8-byte aligned and
 * self-sized. The driver never parses it; the device checks every field, reads every
 * memory cell once, and checks every operand before the command runs. Shapes,
 * layouts, errors and exact numerics are in Documentation/hardware/commands.rst and
 * numerics.rst. All fields are little endian; reserved fields and unlisted flags
 * must be zero (TNPU_ERR_RESERVED).
 */
#ifndef _TNPU_ISA_H_
#define _TNPU_ISA_H_

#include <linux/types.h>

/* ---- Common parts --------------------------------------------------------- */

struct tnpu_cmd_header {
	__u16 opcode;		/* TNPU_OP_* */
	__u16 flags;		/* of the opcode; else zero */
	__u32 size;		/* of the whole command: sizeof its struct */
};

/* Opcodes. 48..55 are reserved for user-written tile kernels, 56..63 for vendors. */
#define TNPU_OP_NOP			0
#define TNPU_OP_FILL			1
#define TNPU_OP_COPY			2
#define TNPU_OP_CONVERT			3
#define TNPU_OP_REPACK			4
#define TNPU_OP_GATHER			5
#define TNPU_OP_QUANTIZE		6
#define TNPU_OP_GEMM			7
#define TNPU_OP_NORM			8
#define TNPU_OP_ROPE			9
#define TNPU_OP_KV_STORE		10
#define TNPU_OP_ATTENTION		11
#define TNPU_OP_GLU			12
#define TNPU_OP_SAMPLE			13
#define TNPU_OP_CELL			14
#define TNPU_OP_FENCE_SIGNAL		15
#define TNPU_OP_FENCE_WAIT		16
#define TNPU_OP_TIMESTAMP		17
#define TNPU_OP_EXIT			18
#define TNPU_OP_KERNEL			48
#define TNPU_OP_MAX			64

/* Data types of tensors. Bits of TNPU_REG_DTYPES. */
#define TNPU_DTYPE_F32			0
#define TNPU_DTYPE_F16			1
#define TNPU_DTYPE_BF16			2
#define TNPU_DTYPE_QI8			3	/* INT8 with an F32 scale a group */

/*
 * A matrix in memory, row-major. A QI8 row is cols INT8 values, padded to a multiple
 * of 64 bytes, then one F32 scale for each group of 2^group_log2 columns (the last
 * group may be shorter); va and stride are multiples of 64. Elsewhere va and stride
 * are multiples of the element's size, stride >= cols * size.
 */
struct tnpu_tensor {
	__u64 va;
	__u32 stride;		/* bytes between rows */
	__u8 dtype;		/* TNPU_DTYPE_* */
	__u8 group_log2;	/* QI8: 5..8; else zero */
	__u16 reserved;
};

/*
 * A dimension or index that may come from memory: with cell = 0 it is @value; else
 * the u32 at VA @cell (4-byte aligned), which must not exceed @value (TNPU_ERR_CELL).
 */
struct tnpu_dim {
	__u64 cell;
	__u32 value;
	__u32 reserved;
};

/*
 * Weight formats are described. The device takes the descriptions whose bit is set in
 * TNPU_REG_WFORMATS. Layout, for N x K weights: row blocks of 16 rows (the last one
 * padded with zero bytes), ascending, each 64-byte aligned.
 *   INT:   for each group of 32 columns: 16 F16 scales (one a row), then the values:
 *          8 bits: 8 vectors of 64 bytes; byte 4 * r + i of vector v is row r, column
 *          4 * v + i. 4 bits: 4 vectors; the low nibble of byte 4 * r + i of vector v is
 *          column 4 * v + i, the high nibble column 16 + 4 * v + i. Stored value u means
 *          (u - zero) * scale. K is a multiple of 32.
 *   FLOAT: for each column, 16 elements, one a row. Any K; row blocks start at
 *          multiples of 64 bytes.
 */
struct tnpu_wformat {
	__u8 kind;		/* TNPU_WKIND_* */
	__u8 bits;
	__u8 group;		/* columns that share a scale; FLOAT: 0 */
	__u8 scale;		/* TNPU_WSCALE_* */
	__u8 zero;		/* zero point */
	__u8 min;		/* reserved for formats with a minimum */
	__u8 levels;		/* scale levels: INT 1, FLOAT 0 */
	__u8 reserved;
};

#define TNPU_WKIND_INT			1
#define TNPU_WKIND_FLOAT		2	/* IEEE 754 binary16 or binary32 */
#define TNPU_WKIND_BFLOAT		3
#define TNPU_WKIND_CODEBOOK		4	/* reserved */
#define TNPU_WSCALE_NONE		0
#define TNPU_WSCALE_F16			1

/* Bits of TNPU_REG_WFORMATS, and the description behind each. */
#define TNPU_WFORMAT_INT4_G32		0
#define TNPU_WFORMAT_INT8_G32		1
#define TNPU_WFORMAT_F16		2
#define TNPU_WFORMAT_BF16		3
#define TNPU_WFORMAT_F32		4
#define TNPU_WFORMAT_COUNT		5

#define TNPU_WFORMAT_DESC_INT4_G32	{ TNPU_WKIND_INT, 4, 32, TNPU_WSCALE_F16, 8, 0, 1, 0 }
#define TNPU_WFORMAT_DESC_INT8_G32	{ TNPU_WKIND_INT, 8, 32, TNPU_WSCALE_F16, 128, 0, 1, 0 }
#define TNPU_WFORMAT_DESC_F16		{ TNPU_WKIND_FLOAT, 16, 0, TNPU_WSCALE_NONE, 0, 0, 0, 0 }
#define TNPU_WFORMAT_DESC_BF16		{ TNPU_WKIND_BFLOAT, 16, 0, TNPU_WSCALE_NONE, 0, 0, 0, 0 }
#define TNPU_WFORMAT_DESC_F32		{ TNPU_WKIND_FLOAT, 32, 0, TNPU_WSCALE_NONE, 0, 0, 0, 0 }

#define TNPU_WEIGHT_LANES		16	/* rows of a row block */
#define TNPU_WEIGHT_ALIGN		64

/* Activation functions. */
#define TNPU_ACT_NONE			0
#define TNPU_ACT_SILU			1
#define TNPU_ACT_GELU_TANH		2
#define TNPU_ACT_GELU_ERF		3
#define TNPU_ACT_RELU			4

/* Limits that hold on every device; others are in registers. */
#define TNPU_MAX_ROWS			4096
#define TNPU_MAX_COLS			65536	/* of a tensor that is not an output of GEMM */
#define TNPU_MAX_GEMM_K			32768
#define TNPU_MAX_GEMM_N			(1u << 20)
#define TNPU_MAX_HEADS			1024
#define TNPU_MAX_HEAD_DIM		256
#define TNPU_MAX_STOPS			64
#define TNPU_MAX_POSITIONS		(1u << 20)

/* ATTENTION: a chunk of positions; bytes that the results of one command's chunks may take. */
#define TNPU_ATTENTION_CHUNK		256
#define TNPU_MAX_ATTENTION_BYTES	(256u << 20)

/* ---- Moving data ------------------------------------------------------------ */

struct tnpu_cmd_nop {
	struct tnpu_cmd_header hdr;
};

/* Stores the u32 @pattern over @size bytes; dst and size are multiples of 4. */
struct tnpu_cmd_fill {
	struct tnpu_cmd_header hdr;
	__u64 dst;
	__u64 size;
	__u32 pattern;
	__u32 reserved;
};

/*
 * Copies @rows rows of @row_bytes bytes, any alignment; strides are >= row_bytes. What
 * is stored where source and destination overlap is undefined.
 */
struct tnpu_cmd_copy {
	struct tnpu_cmd_header hdr;
	__u64 src;
	__u64 dst;
	__u64 src_stride;
	__u64 dst_stride;
	__u64 row_bytes;
	struct tnpu_dim rows;
};

/* Converts between F32, F16 and BF16, round to nearest even. */
struct tnpu_cmd_convert {
	struct tnpu_cmd_header hdr;
	struct tnpu_tensor src;
	struct tnpu_tensor dst;
	struct tnpu_dim rows;
	__u32 cols;
	__u32 reserved;
};

/*
 * Packs @rows rows of K columns, row-major as in a GGUF file (F32, F16, BF16; Q4_0 blocks of
 * 18 bytes, Q8_0 blocks of 34 bytes), into rows @first_row... of packed weights that have
 * @n rows. first_row is a multiple of 16; rows is one too unless first_row + rows = n. The
 * file format follows from @format: INT4_G32 is Q4_0, INT8_G32 is Q8_0.
 */
struct tnpu_cmd_repack {
	struct tnpu_cmd_header hdr;
	__u64 src;
	__u64 dst;		/* row 0 of the packed weights */
	struct tnpu_wformat format;
	__u32 n;
	__u32 k;
	__u32 first_row;
	__u32 rows;
};

/* ---- Operators ---------------------------------------------------------------- */

/*
 * out[r] = table[ids[r]], as F32. The table is packed weights of @table_rows x @cols,
 * or, with TNPU_GATHER_TENSOR, the row-major F32/F16/BF16 tensor (va = table, stride
 * and dtype from @tensor). With TNPU_GATHER_ADD, out[r] += instead. An id >=
 * table_rows is TNPU_ERR_CELL.
 */
struct tnpu_cmd_gather {
	struct tnpu_cmd_header hdr;
	struct tnpu_tensor table;	/* packed: va only */
	struct tnpu_wformat format;	/* packed; else zero */
	struct tnpu_tensor out;		/* F32 */
	__u64 ids;			/* u32[rows] */
	struct tnpu_dim rows;
	__u32 table_rows;
	__u32 cols;
};

#define TNPU_GATHER_TENSOR		(1u << 0)
#define TNPU_GATHER_ADD			(1u << 1)

/* F32 -> QI8. */
struct tnpu_cmd_quantize {
	struct tnpu_cmd_header hdr;
	struct tnpu_tensor src;
	struct tnpu_tensor dst;
	struct tnpu_dim rows;
	__u32 cols;
	__u32 reserved;
};

/*
 * out[r][n] = act(sum_k w[n][k] * x[r][k] + bias[n]) + residual[r][n]. INT weights
 * take QI8 activations, FLOAT and BFLOAT weights F32 ones. residual may be out itself.
 */
struct tnpu_cmd_gemm {
	struct tnpu_cmd_header hdr;
	struct tnpu_tensor x;
	__u64 weights;
	struct tnpu_wformat format;
	__u64 bias;			/* F32[n], 0: none */
	struct tnpu_tensor residual;	/* F32; all zero: none */
	struct tnpu_tensor out;		/* F32 */
	struct tnpu_dim rows;
	__u32 n;
	__u32 k;
	__u32 act;			/* TNPU_ACT_* */
	__u32 reserved;
};

struct tnpu_cmd_norm {
	struct tnpu_cmd_header hdr;
	struct tnpu_tensor x;		/* F32 */
	struct tnpu_tensor out;		/* F32, may be x; or QI8, as QUANTIZE would */
	__u64 weight;			/* F32[cols] */
	__u64 bias;			/* F32[cols], 0: none */
	struct tnpu_dim rows;
	__u32 cols;
	__u32 kind;			/* TNPU_NORM_* */
	__u32 epsilon;			/* bits of an F32, finite, >= 0 */
	__u32 reserved;
};

#define TNPU_NORM_RMS			0
#define TNPU_NORM_LAYER			1

/* Rotates the first n_rot of each head's dimensions by positions[r] * freqs[i], in place. */
struct tnpu_cmd_rope {
	struct tnpu_cmd_header hdr;
	struct tnpu_tensor x;		/* F32, heads * head_dim columns */
	__u64 positions;		/* u32[rows], each < TNPU_MAX_POSITIONS */
	__u64 freqs;			/* F32[n_rot / 2], radians a position */
	struct tnpu_dim rows;
	__u32 heads;
	__u32 head_dim;
	__u32 n_rot;			/* even, <= head_dim */
	__u32 mode;			/* TNPU_ROPE_* */
};

#define TNPU_ROPE_PAIRS			0	/* (2i, 2i + 1): Llama */
#define TNPU_ROPE_HALVES		1	/* (i, i + n_rot / 2): Qwen2, NEOX */

/*
 * A paged KV cache: @blocks blocks in each of K and V, each of kv_heads x
 * block_positions. Position p of sequence s lies in block table[s][p /
 * block_positions], or, without a table, s * blocks_per_seq + p / block_positions.
 * Inside a (block, head): K in groups of 16 positions, F32/F16 as [p / 16][d][p % 16]; V as
 * [p][d]. QI8: a row (one position of one head) is F32 scales, one for each 32 dimensions,
 * then head_dim INT8 values: K keeps them as [p / 16]{ scale[i][p % 16], value[d][p % 16] },
 * V as [p]{ scale[i], value[d] }.
 */
struct tnpu_kv {
	__u64 k;		/* 64-byte aligned */
	__u64 v;		/* 64-byte aligned */
	__u64 table;		/* u32[seqs][blocks_per_seq], 0: none */
	__u32 blocks;
	__u32 block_positions;	/* power of two, 16..1024 */
	__u32 blocks_per_seq;
	__u32 seqs;
	__u16 kv_heads;
	__u16 head_dim;		/* multiple of 4, 4..256 */
	__u8 dtype;		/* TNPU_DTYPE_F32, F16, QI8 */
	__u8 reserved[3];
};

/* Stores rows of K and V at (seqs[r], positions[r]). Two rows must not name one place. */
struct tnpu_cmd_kv_store {
	struct tnpu_cmd_header hdr;
	struct tnpu_tensor k;		/* F32, kv_heads * head_dim columns */
	struct tnpu_tensor v;
	struct tnpu_kv cache;
	__u64 positions;		/* u32[rows] */
	__u64 seqs;			/* u32[rows], 0: all rows are sequence 0 */
	struct tnpu_dim rows;
};

/*
 * Row r attends to positions lo..positions[r] of sequence seqs[r], lo = 0 or, with a
 * window, max(0, positions[r] - window + 1). With TNPU_ATTENTION_FULL it attends to
 * 0..lengths[r] - 1 instead. Query head h uses KV head h / (heads / kv_heads).
 */
struct tnpu_cmd_attention {
	struct tnpu_cmd_header hdr;
	struct tnpu_tensor q;		/* F32, heads * head_dim columns */
	struct tnpu_tensor out;		/* F32, the same shape, not q */
	struct tnpu_kv cache;
	__u64 positions;		/* u32[rows]; lengths with TNPU_ATTENTION_FULL */
	__u64 seqs;			/* u32[rows], 0: all rows are sequence 0 */
	struct tnpu_dim rows;
	__u32 heads;			/* multiple of kv_heads */
	__u32 window;			/* 0: none; not with FULL */
	__u32 scale;			/* bits of an F32: score = scale * q.k */
	__u32 reserved;
};

#define TNPU_ATTENTION_FULL		(1u << 0)

/* out = act(gate) * up; as QI8 it is quantised as QUANTIZE would */
struct tnpu_cmd_glu {
	struct tnpu_cmd_header hdr;
	struct tnpu_tensor gate;	/* F32 */
	struct tnpu_tensor up;		/* F32 */
	struct tnpu_tensor out;		/* F32, may be gate or up; or QI8 */
	struct tnpu_dim rows;
	__u32 cols;
	__u32 act;			/* TNPU_ACT_* */
};

/* In memory, one a row, 8-byte aligned, so that a compiled stream serves any sampling. */
struct tnpu_sample_params {
	__u32 temperature;	/* bits of an F32, finite, >= 0; 0: greedy */
	__u32 top_p;		/* bits of an F32, in (0, 1]; 1: off */
	__u32 top_k;		/* 0: off */
	__u32 reserved;
	__u64 seed;
};

/*
 * Draws tokens[r] from logits[r]; writes it to history[r][history_index] too; where all
 * rows drew one of the stop tokens, stores 1 to the predicate cell (u32).
 */
struct tnpu_cmd_sample {
	struct tnpu_cmd_header hdr;
	struct tnpu_tensor logits;	/* F32 */
	struct tnpu_dim rows;
	__u64 params;			/* struct tnpu_sample_params[rows] */
	__u64 counters;			/* u32[rows]: the generator's counter */
	__u64 tokens;			/* u32[rows] */
	__u64 mask;			/* u32[(n + 31) / 32], bit set: allowed; 0: all are */
	__u64 history;			/* u32, 0: none */
	struct tnpu_dim history_index;
	__u64 stops;			/* u32[n_stops], 0: none */
	struct tnpu_dim n_stops;
	__u64 predicate;		/* u32, 0: none */
	__u32 n;			/* vocabulary */
	__u32 history_stride;		/* bytes between rows */
};

/* u32 arithmetic on a cell, mod 2^32: SET dst = value; ADD dst = *src + value. */
struct tnpu_cmd_cell {
	struct tnpu_cmd_header hdr;
	__u64 dst;
	__u64 src;			/* ADD only, else zero */
	__u32 value;
	__u32 op;			/* TNPU_CELL_* */
};

#define TNPU_CELL_SET			0
#define TNPU_CELL_ADD			1

/* ---- Synchronisation ------------------------------------------------------------ */

/* Stores @value (u64, 8-byte aligned) after all earlier commands of the stream. */
struct tnpu_cmd_fence_signal {
	struct tnpu_cmd_header hdr;
	__u64 va;
	__u64 value;
};

/* Waits until the u64 at @va is >= @value; other queues run meanwhile. */
struct tnpu_cmd_fence_wait {
	struct tnpu_cmd_header hdr;
	__u64 va;
	__u64 value;
	__u32 timeout_us;		/* 1..10000000; then TNPU_ERR_WAIT */
	__u32 reserved;
};

/* Stores the timestamp counter (u64, 8-byte aligned). */
struct tnpu_cmd_timestamp {
	struct tnpu_cmd_header hdr;
	__u64 va;
};

/* Ends the job, with success, where the u32 at @cell is not zero: a loop's way out. */
struct tnpu_cmd_exit {
	struct tnpu_cmd_header hdr;
	__u64 cell;
};

#endif /* _TNPU_ISA_H_ */
