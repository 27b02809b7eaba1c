/* SPDX-License-Identifier: MIT */
/*
 * The chip's own state and the calls between its files. See README.md for the thread
 * rules; "control" below stands for the control thread.
 */
#ifndef _TNPU_CHIP_PRIVATE_H_
#define _TNPU_CHIP_PRIVATE_H_

#include <pthread.h>
#include <stdatomic.h>

#include "engine.h"
#include "sensors.h"

#define TNPU_QUEUES_MAX		64
#define TNPU_CONTEXTS_MAX	256
#define TNPU_LANES_MAX		64
#define TNPU_VECTORS_MAX	(TNPU_QUEUES_MAX + 1)

#define TNPU_MAX_SPAN_US	1000
#define TNPU_MAX_CMD_BYTES	(1ull << 30)
#define TNPU_MAX_CMD_MACS	(1ull << 40)
#define TNPU_MAX_STREAM_BYTES	(4u << 20)
#define TNPU_TIMESTAMP_HZ	1000000000u
#define TNPU_GEMM_TILE		(64u << 16 | 16)

/* Ends a batch of tiles; a quarter of MAX_SPAN, the rest is for the last tiles. */
#define TNPU_BATCH_NS		250000

#define TNPU_LOG_BYTES		8192
#define TNPU_REG_FILE		(TNPU_REG_IRQ_ENABLE + 4)
#define TNPU_MBOX_ORDER_MIN	1
#define TNPU_MBOX_ORDER_MAX	8

/* What control has to look at; bits of tnpu_chip.events. */
#define TNPU_EVENT_DOORBELL	(1u << 0)
#define TNPU_EVENT_MBOX		(1u << 1)
#define TNPU_EVENT_BOOT		(1u << 2)
#define TNPU_EVENT_ENGINE_RESET	(1u << 3)
#define TNPU_EVENT_RESET	(1u << 4)
#define TNPU_EVENT_IRQ		(1u << 5)
#define TNPU_EVENT_CRASH	(1u << 6)
#define TNPU_EVENT_WAKE		(1u << 7)	/* pause, stop, a provocation */

/* These make control stand still, before it serves the others. */
#define TNPU_EVENTS_HOLD	(TNPU_EVENT_RESET | TNPU_EVENT_WAKE)

/* These end a batch at once; new jobs wait for its end by the clock. */
#define TNPU_EVENTS_URGENT	(~TNPU_EVENT_DOORBELL)

/* ---- Memory; mmu.c --------------------------------------------------------------- */

/**
 * struct tnpu_mem - a context's address space
 * @root: DMA address of the root table, 0: none
 * @epoch: counts INVALIDATE and CONTEXT_MAP; written by control between batches only, so
 *	that lanes may compare it
 */
struct tnpu_mem {
	struct tnpu_chip *chip;
	uint32_t id;
	uint64_t root;
	uint64_t epoch;
};

/** struct tnpu_range - [va, va + size) lies at @addr on, with PTE bits @flags */
struct tnpu_range {
	uint64_t va;
	uint64_t size;
	uint64_t addr;
	uint64_t flags;
};

#define TNPU_MMU_RANGES		32
#define TNPU_MMU_CHUNK		64	/* page-table entries that one bus access fetches */

/**
 * struct tnpu_mmu - one lane's view of a context
 * @ranges: translations into device memory, kept until the context's epoch changes
 * @tag: DMA address of the chunk of entries held for a level, ~0: none. Dropped by every
 *	tnpu_mmu_begin(), so that system-memory translations never outlive a tile
 */
struct tnpu_mmu {
	struct tnpu_mem *mem;
	uint64_t epoch;
	unsigned int count;
	unsigned int victim;
	struct tnpu_range ranges[TNPU_MMU_RANGES];
	uint64_t tag[TNPU_PT_LEVELS];
	uint64_t chunk[TNPU_PT_LEVELS][TNPU_MMU_CHUNK];
};

/** tnpu_mmu_begin - start of a tile, a command or a job: forget what must be forgotten */
void tnpu_mmu_begin(struct tnpu_mmu *mmu, struct tnpu_mem *mem);

/**
 * tnpu_mmu_map - check @access for all of a range
 * @host: set to its place in device memory where it is contiguous there, else to NULL
 * Returns 0, or -1 with @error set. The caller bounds @size: a walk costs one bus access
 * for each TNPU_MMU_CHUNK pages.
 */
int tnpu_mmu_map(struct tnpu_mmu *mmu, uint64_t va, uint64_t size, uint32_t access,
		 void **host, struct tnpu_error *error);

/**
 * tnpu_mmu_read, tnpu_mmu_write - copy between memory and @buf; 0, or -1 with @error set
 * Naturally aligned words of 4 and 8 bytes are copied atomically.
 */
int tnpu_mmu_read(struct tnpu_mmu *mmu, uint64_t va, void *buf, uint64_t size,
		  struct tnpu_error *error);
int tnpu_mmu_write(struct tnpu_mmu *mmu, uint64_t va, const void *buf, uint64_t size,
		   struct tnpu_error *error);

/** tnpu_mmu_known - device memory in place, where translations at hand say so; else NULL */
const void *tnpu_mmu_known(const struct tnpu_mmu *mmu, uint64_t va, uint64_t size);

/* ---- Lanes and batches; engine.c, pool.c ------------------------------------------- */

struct tnpu_block;

/** struct tnpu_lane - owned by its thread; lane 0 is control's */
struct tnpu_lane {
	struct tnpu_chip *chip;
	struct tnpu_mmu mmu;
	struct tnpu_block *top;		/* newest block of lane memory */
};

/**
 * struct tnpu_batch - tiles of one phase for the lanes to take
 * @deadline: of tnpu_host_ns()
 * @next: first tile that no lane has taken; all before it are done when the batch ends
 * @stop: nonzero ends the batch: what a tile returned
 */
struct tnpu_batch {
	const struct tnpu_queue *queue;
	struct tnpu_cmd *cmd;
	uint32_t phase;
	uint64_t deadline;
	atomic_uint_least64_t next;
	atomic_int stop;
};

/** struct tnpu_ahead - host memory that lanes may fetch; @next: first that none has */
struct tnpu_ahead {
	_Atomic uintptr_t next;
	_Atomic uintptr_t end;
};

/**
 * struct tnpu_pool - the lanes
 * @gate: TNPU_GATE_OPEN while workers may join the batch, plus the workers inside
 * @generation: counts batches; workers sleep on it
 * @waiting: control sleeps until the last worker leaves
 * @ahead: for lanes that wait
 */
struct tnpu_pool {
	unsigned int lanes;
	struct tnpu_lane *lane;
	pthread_t thread[TNPU_LANES_MAX];
	struct tnpu_batch *batch;
	_Atomic uint32_t gate;
	_Atomic uint32_t generation;
	_Atomic uint32_t sleepers;
	_Atomic uint32_t waiting;
	struct tnpu_ahead ahead;
	_Atomic bool stop;
};

/** tnpu_pool_create - lanes and worker threads; 0, -ENOMEM or -EAGAIN */
int tnpu_pool_create(struct tnpu_chip *chip, unsigned int lanes);
void tnpu_pool_destroy(struct tnpu_chip *chip);
/** tnpu_pool_run - run a batch, on all lanes or on lane 0 alone; no lane is in it after */
void tnpu_pool_run(struct tnpu_chip *chip, struct tnpu_batch *batch, bool parallel);

/** tnpu_batch_run - one lane's part of a batch */
void tnpu_batch_run(struct tnpu_batch *batch, struct tnpu_lane *lane);

/** tnpu_lane_reset - free what a tile or command left, but for one block */
void tnpu_lane_reset(struct tnpu_lane *lane);
void tnpu_lane_destroy(struct tnpu_lane *lane);

/** tnpu_cmd_rebind - translate all operands anew, after an INVALIDATE; 0 or -1 */
int tnpu_cmd_rebind(struct tnpu_cmd *cmd);

/* ---- What commands have read; inputs.c ----------------------------------------------- */

/** struct tnpu_blob - bytes that grow; zero: empty */
struct tnpu_blob {
	uint8_t *data;
	size_t size;
	size_t room;
};

/** tnpu_blob_reserve - make room for @size more bytes; 0 or -ENOMEM */
int tnpu_blob_reserve(struct tnpu_blob *blob, size_t size);
/** tnpu_blob_append - copy @size bytes to the end; 0 or -ENOMEM */
int tnpu_blob_append(struct tnpu_blob *blob, const void *buf, size_t size);
void tnpu_blob_free(struct tnpu_blob *blob);

/**
 * struct tnpu_inputs - what prepare read from memory, in order
 * @replay: prepare gets @blob again, from @at on, instead of what memory holds now
 */
struct tnpu_inputs {
	struct tnpu_blob blob;
	size_t at;
	bool replay;
};

/** tnpu_inputs_next - replay @size bytes; 0, or -1 where so many are not left */
int tnpu_inputs_next(struct tnpu_inputs *inputs, void *buf, size_t size);
/** tnpu_inputs_clear - forget what the last command read, keep a little room for the next */
void tnpu_inputs_clear(struct tnpu_inputs *inputs);

/* ---- Queues and jobs; queue.c, exec.c, sched.c ------------------------------------- */

#define TNPU_DESC_BYTES		512

/**
 * struct tnpu_job - the job at a queue's head
 * @active: fetched and not completed
 * @offset: of the next command in the stream
 * @ahead: offset up to which commands have been looked at; see tnpu_ahead_look()
 * @in_cmd: @cmd is prepared and not complete: @phase and @tile say how far it is
 * @loaded: @cmd is to be prepared anew, from @desc and @inputs, before it goes on; its
 *	results so far are in @results
 * @epoch: the context's when @cmd was bound
 * @since: when @cmd was fetched, where that is recorded, else 0
 */
struct tnpu_job {
	bool active;
	struct tnpu_ring_entry entry;
	uint32_t offset;
	uint32_t ahead;
	uint32_t cmd_index;
	uint64_t start;
	uint64_t busy;
	bool in_cmd;
	bool loaded;
	uint32_t phase;
	uint64_t tile;
	uint64_t epoch;
	uint64_t since;
	struct tnpu_inputs inputs;
	struct tnpu_blob results;
	uint64_t desc[TNPU_DESC_BYTES / 8];
	struct tnpu_cmd cmd;
};

/**
 * struct tnpu_queue - a hardware queue; control's
 * @bad_tail: a doorbell named a tail more than N ahead of the head: the job in progress is
 *	finished, the next one is refused as TNPU_ERR_ENTRY
 * @seq: of the newest completed job
 * @slice: what is left of the quantum, in nanoseconds
 * @poll_at, @poll_ns: a FENCE_WAIT looks again at this time, after this pause
 * @slow_tiles: tiles whose provoked slowness the queue has not waited for since @slow_from
 */
struct tnpu_queue {
	struct tnpu_chip *chip;
	uint32_t id;
	bool exists;
	bool suspended;
	bool stopped;
	bool bad_tail;
	struct tnpu_mem *mem;
	uint64_t ring;
	uint64_t completion;
	uint32_t order;
	uint32_t priority;
	uint32_t head;
	uint32_t tail;
	uint64_t seq;
	uint64_t jobs;
	uint64_t commands;
	uint64_t busy;
	int64_t slice;
	uint64_t poll_at;
	uint64_t poll_ns;
	uint64_t slow_tiles;
	uint64_t slow_from;
	struct tnpu_job job;
};

/** tnpu_queue_run - work on a queue until the deadline, its end, or an urgent event */
void tnpu_queue_run(struct tnpu_queue *q, uint64_t deadline);
/** tnpu_queue_has_work - an active job, or an entry to fetch (or to refuse) */
bool tnpu_queue_has_work(const struct tnpu_queue *q);
/** tnpu_queue_doorbells - take over the tails that drivers wrote */
void tnpu_queue_doorbells(struct tnpu_chip *chip);
/** tnpu_queue_create_valid - whether the fields of @msg are in range, IDs aside */
bool tnpu_queue_create_valid(const struct tnpu_msg_queue_create *msg);
void tnpu_queue_create(struct tnpu_queue *q, const struct tnpu_msg_queue_create *msg);
/** tnpu_queue_destroy - drop the queue and its job without a completion */
void tnpu_queue_destroy(struct tnpu_queue *q);
/** tnpu_queue_cancel - end the running or next job as CANCELLED, stop the queue */
void tnpu_queue_cancel(struct tnpu_queue *q);
/** tnpu_queue_engine_reset - end the running job, if any, as RESET and stop the queue */
void tnpu_queue_engine_reset(struct tnpu_queue *q);

/** enum tnpu_exec - how far the job's command came */
enum tnpu_exec {
	TNPU_EXEC_DONE,
	TNPU_EXEC_PREEMPTED,
	TNPU_EXEC_WAIT,
	TNPU_EXEC_FAILED,	/* job.cmd.error says why */
};

/**
 * tnpu_exec_next - make sure that there is a prepared command
 * Either the one under way, which is prepared anew where the chip was loaded meanwhile, or
 * the next one: copied, checked, prepared. 0 or -1 with cmd.error.
 */
int tnpu_exec_next(struct tnpu_queue *q);
/** tnpu_exec_run - run the prepared command until @deadline or an urgent event */
enum tnpu_exec tnpu_exec_run(struct tnpu_queue *q, uint64_t deadline);
/** tnpu_exec_end - release what the command holds; also of one that failed to prepare */
void tnpu_exec_end(struct tnpu_queue *q);

/** tnpu_ahead_look - find what comes behind the command just prepared; ahead.c */
void tnpu_ahead_look(struct tnpu_queue *q);
/** tnpu_ahead_fetch - fetch a little; false where nothing is left. Any lane. */
bool tnpu_ahead_fetch(struct tnpu_ahead *ahead);

/** tnpu_sched_run - give one queue a batch; false where none can run */
bool tnpu_sched_run(struct tnpu_chip *chip);
/** tnpu_sched_next - tnpu_host_ns() at which a waiting queue looks again, or ~0 */
uint64_t tnpu_sched_next(struct tnpu_chip *chip);
/** tnpu_sched_signalled - a fence was written: waiting queues look now. Control only. */
void tnpu_sched_signalled(struct tnpu_chip *chip);

/* ---- The chip ------------------------------------------------------------------------ */

/** struct tnpu_fw - what the running image says */
struct tnpu_fw {
	uint64_t ops;
	uint64_t msgs;
	uint64_t quantum_ns;
	uint64_t heartbeat_ns;
	uint64_t max_cmd_bytes;
	uint64_t max_cmd_macs;
	uint32_t version;
	uint32_t protocol;
};

#define TNPU_SPANS		32768	/* of a busy half second; a MiB, touched where it is used */

/**
 * struct tnpu_trace - what is recorded for TNPU_MSG_TRACE; trace.c
 * @on: written by control between batches only
 * @taken: of the @count spans, those that were copied; control's
 * @count: also those that found no room since the last request
 *
 * It is no state that is saved: a chip that was loaded does not record.
 */
struct tnpu_trace {
	bool on;
	uint32_t taken;
	_Atomic uint64_t count;
	struct tnpu_span span[TNPU_SPANS];
};

/** struct tnpu_mbox - the rings as latched at boot */
struct tnpu_mbox {
	uint64_t req;
	uint64_t rsp;
	uint32_t order;
	uint32_t req_head;
	uint32_t rsp_tail;
};

/**
 * struct tnpu_chip - the chip
 *
 * Constant: @config, @kernels, @ops. Atomic: from @events to @counter. Under
 * @lock: from @reg to @stop. @error_lock: the error of the command in execution. All else
 * is control's; lanes read it during a batch, when control does not write it.
 *
 * @reset_pending: a reset was asked for, control has not done it: registers are as after
 *	power-on already, and control's updates of them are dropped
 * @boot_requested: CTRL_BOOT was taken; BOOT_STATE reads LOADING
 */
struct tnpu_chip {
	struct tnpu_chip_config config;
	const struct tnpu_kernels *kernels;
	uint64_t ops;
	struct tnpu_pool pool;
	pthread_t thread;

	_Atomic uint32_t events;
	_Atomic uint32_t sleeping;
	_Atomic uint64_t provoked[TNPU_PROVOKES];
	_Atomic uint64_t counter[TNPU_COUNTERS];

	pthread_mutex_t lock;
	pthread_cond_t cond;
	uint32_t reg[TNPU_REG_FILE / 4];
	uint32_t tail[TNPU_QUEUES_MAX];
	uint64_t rung;			/* queues whose tail was written */
	bool reset_pending;
	bool boot_requested;
	bool pause_wanted;
	bool paused;
	bool stop;

	pthread_mutex_t error_lock;

	bool running;			/* firmware is READY */
	struct tnpu_fw fw;
	struct tnpu_mbox mbox;
	uint64_t next_beat;
	struct tnpu_sensors sensors;
	uint32_t current[TNPU_PRIORITY_COUNT];	/* queue whose turn it is, by band */
	struct tnpu_mem mem[TNPU_CONTEXTS_MAX + 1];
	struct tnpu_queue queue[TNPU_QUEUES_MAX];
	char log[TNPU_LOG_BYTES];
	uint64_t log_end;		/* bytes ever logged */
	struct tnpu_trace trace;
};

/** tnpu_host_ns - the host's monotonic clock: deadlines inside the chip */
uint64_t tnpu_host_ns(void);

/** tnpu_chip_kick - tell control that @event happened; any thread, never blocks */
void tnpu_chip_kick(struct tnpu_chip *chip, uint32_t event);
/** tnpu_chip_count - add to a counter; any thread */
void tnpu_chip_count(struct tnpu_chip *chip, enum tnpu_counter counter, uint64_t n);
/** tnpu_chip_clock - the timestamp counter */
uint64_t tnpu_chip_clock(struct tnpu_chip *chip);
/** tnpu_chip_crash - READY becomes CRASHED */
void tnpu_chip_crash(struct tnpu_chip *chip, uint32_t reason);
/** tnpu_chip_drop_all - no queue, no context, no firmware. Control, or control is paused. */
void tnpu_chip_drop_all(struct tnpu_chip *chip);

/* ---- Failures on demand; provoke.c ----------------------------------------------------- */

/** tnpu_provoked - the value that stands; any thread */
static inline uint64_t tnpu_provoked(const struct tnpu_chip *chip, enum tnpu_provoke what)
{
	return atomic_load_explicit(&chip->provoked[what], memory_order_relaxed);
}

/** tnpu_provoked_take - use up one of a counted failure; false where none is left */
bool tnpu_provoked_take(struct tnpu_chip *chip, enum tnpu_provoke what);

/* bus.c: the shell's callbacks with the provocations applied; no lock may be held */
int tnpu_bus_read(struct tnpu_chip *chip, uint64_t addr, void *buf, size_t size);
int tnpu_bus_write(struct tnpu_chip *chip, uint64_t addr, const void *buf, size_t size);
void tnpu_bus_raise(struct tnpu_chip *chip, unsigned int vector);
void tnpu_bus_dirty(struct tnpu_chip *chip, uint64_t offset, uint64_t size);

/* regs.c */
/** tnpu_regs_init - identification, and reset values elsewhere; before threads or locked */
void tnpu_regs_init(struct tnpu_chip *chip);
/** tnpu_regs_request_reset - first half of a function reset; the caller holds the lock */
void tnpu_regs_request_reset(struct tnpu_chip *chip);
uint32_t tnpu_reg_get(struct tnpu_chip *chip, uint32_t reg);
uint64_t tnpu_reg_get64(struct tnpu_chip *chip, uint32_t reg);
void tnpu_reg_set(struct tnpu_chip *chip, uint32_t reg, uint32_t value);
/** tnpu_irq_raise - set TNPU_IRQ_* bits, signal vector 0 for what is enabled. Control only. */
void tnpu_irq_raise(struct tnpu_chip *chip, uint32_t bits);

/** tnpu_boot - load and start the image that the registers name */
void tnpu_boot(struct tnpu_chip *chip);

/** tnpu_mbox_serve - answer requests */
void tnpu_mbox_serve(struct tnpu_chip *chip);

/** tnpu_log - one line to the log and the shell. Control only. */
void tnpu_log(struct tnpu_chip *chip, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** tnpu_log_tail - copy the newest @size bytes at most to @buf; returns how many */
uint32_t tnpu_log_tail(struct tnpu_chip *chip, char *buf, uint32_t size);

/** tnpu_trace_now - the timestamp counter where spans are recorded, else 0. Any lane. */
uint64_t tnpu_trace_now(struct tnpu_chip *chip);
/**
 * tnpu_trace_add - record what @lane did for the command under way, from @start until now
 * @start: of tnpu_trace_now(); 0: nothing is recorded
 */
void tnpu_trace_add(const struct tnpu_queue *q, unsigned int lane, uint64_t start);
/** tnpu_trace_peek - the oldest spans; returns how many. Control only. */
uint32_t tnpu_trace_peek(const struct tnpu_chip *chip, const struct tnpu_span **span);
/** tnpu_trace_take - forget @count of them, record on or not; returns how many were lost */
uint64_t tnpu_trace_take(struct tnpu_chip *chip, uint32_t count, bool go_on);

/* futex.c: sleep while *@word == @value, at most @ns nanoseconds (~0: for ever) */
void tnpu_futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t ns);
void tnpu_futex_wake(_Atomic uint32_t *word);
/** tnpu_spin - a step of a short spin: whoever is waited for may need this very core */
void tnpu_spin(void);

#endif /* _TNPU_CHIP_PRIVATE_H_ */
