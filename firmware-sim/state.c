// SPDX-License-Identifier: MIT
/*
 * What a chip's state consists of, and which states there are. See state.h.
 *
 * Names and values are a format: a name once given keeps its meaning.
 */
#include <stddef.h>
#include <string.h>

#include "state.h"

#define TNPU_ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Block tables and IDs of the largest commands; results of the largest ATTENTION. */
#define TNPU_STATE_INPUTS	(64u << 20)
#define TNPU_STATE_RESULTS	(256u << 20)

#define TNPU_STATE_EVENTS							\
	(TNPU_EVENT_DOORBELL | TNPU_EVENT_MBOX | TNPU_EVENT_BOOT |		\
	 TNPU_EVENT_ENGINE_RESET | TNPU_EVENT_IRQ | TNPU_EVENT_CRASH)

#define FIELD(type, name, what, member, low, high)				\
	{ name, what, offsetof(type, member), sizeof(((type *)0)->member), low, high }
#define NUMBER(type, name, member, low, high)					\
	FIELD(type, name, TNPU_FIELD_NUMBER, member, low, high)
#define ANY(type, name, member)		NUMBER(type, name, member, 0, ~0ull)
#define FLAG(type, name, member)	NUMBER(type, name, member, 0, 1)

/* ---- Objects of which there is one --------------------------------------------------- */

#define SAME(name, member)							\
	FIELD(struct tnpu_chip, name, TNPU_FIELD_SAME, config.member, 0, ~0ull)

static const struct tnpu_field tnpu_fields_config[] = {
	SAME("mem_size", mem_size),
	SAME("queues", queues),
	SAME("contexts", contexts),
	SAME("vectors", vectors),
	SAME("profile", profile),
};

#define REGISTER_MAX(name, offset, high)					\
	NUMBER(struct tnpu_chip, name, reg[(offset) / 4], 0, high)
#define REGISTER(name, offset)	REGISTER_MAX(name, offset, ~0u)

/* The others identify the chip, or are zero. */
static const struct tnpu_field tnpu_fields_registers[] = {
	REGISTER_MAX("boot_state", TNPU_REG_BOOT_STATE, TNPU_BOOT_CRASHED),
	REGISTER("boot_reason", TNPU_REG_BOOT_REASON),
	REGISTER("fw_addr_lo", TNPU_REG_FW_ADDR_LO),
	REGISTER("fw_addr_hi", TNPU_REG_FW_ADDR_HI),
	REGISTER("fw_size", TNPU_REG_FW_SIZE),
	REGISTER("fw_version", TNPU_REG_FW_VERSION),
	REGISTER("protocol", TNPU_REG_PROTOCOL),
	REGISTER("heartbeat", TNPU_REG_HEARTBEAT),
	REGISTER("reset_count", TNPU_REG_RESET_COUNT),
	REGISTER("timestamp_lo", TNPU_REG_TIMESTAMP_LO),
	REGISTER("timestamp_hi", TNPU_REG_TIMESTAMP_HI),
	REGISTER("scratch", TNPU_REG_SCRATCH),
	REGISTER("mbox_req_lo", TNPU_REG_MBOX_REQ_LO),
	REGISTER("mbox_req_hi", TNPU_REG_MBOX_REQ_HI),
	REGISTER("mbox_rsp_lo", TNPU_REG_MBOX_RSP_LO),
	REGISTER("mbox_rsp_hi", TNPU_REG_MBOX_RSP_HI),
	REGISTER("mbox_order", TNPU_REG_MBOX_ORDER),
	REGISTER("mbox_req_tail", TNPU_REG_MBOX_REQ_TAIL),
	REGISTER("mbox_req_head", TNPU_REG_MBOX_REQ_HEAD),
	REGISTER("mbox_rsp_tail", TNPU_REG_MBOX_RSP_TAIL),
	REGISTER("mbox_rsp_head", TNPU_REG_MBOX_RSP_HEAD),
	REGISTER_MAX("irq_status", TNPU_REG_IRQ_STATUS, TNPU_IRQ_ALL),
	REGISTER_MAX("irq_enable", TNPU_REG_IRQ_ENABLE, TNPU_IRQ_ALL),
	REGISTER("ops_lo", TNPU_REG_OPS_LO),
	REGISTER("ops_hi", TNPU_REG_OPS_HI),
	REGISTER("max_cmd_bytes_lo", TNPU_REG_MAX_CMD_BYTES_LO),
	REGISTER("max_cmd_bytes_hi", TNPU_REG_MAX_CMD_BYTES_HI),
	REGISTER("max_cmd_macs_lo", TNPU_REG_MAX_CMD_MACS_LO),
	REGISTER("max_cmd_macs_hi", TNPU_REG_MAX_CMD_MACS_HI),
};

/* What was asked for and is not served yet: TNPU_EVENT_*, doorbells by queue. */
static const struct tnpu_field tnpu_fields_requests[] = {
	NUMBER(struct tnpu_chip, "events", events, 0, TNPU_STATE_EVENTS),
	ANY(struct tnpu_chip, "rung", rung),
};

#define PROVOKED(name, which, high)						\
	NUMBER(struct tnpu_chip, name, provoked[TNPU_PROVOKE_##which], 0, high)

static const struct tnpu_field tnpu_fields_provoked[] = {
	PROVOKED("hang_queue", HANG_QUEUE, TNPU_QUEUES_MAX),
	PROVOKED("stall_heartbeat", STALL_HEARTBEAT, 1),
	PROVOKED("drop_irq", DROP_IRQ, ~0ull),
	PROVOKED("dma_errors", DMA_ERROR, ~0ull),
	PROVOKED("slow_us", SLOW_US, TNPU_PROVOKE_SLOW_US_MAX),
	PROVOKED("ecc_single", ECC_SINGLE, ~0ull),
	PROVOKED("ecc_double", ECC_DOUBLE, ~0ull),
	PROVOKED("corrupt_reply", CORRUPT_REPLY, ~0ull),
	PROVOKED("corrupt_image", CORRUPT_IMAGE, ~0ull),
};

static const struct tnpu_field tnpu_fields_firmware[] = {
	ANY(struct tnpu_chip, "ops", fw.ops),
	ANY(struct tnpu_chip, "msgs", fw.msgs),
	NUMBER(struct tnpu_chip, "quantum_ns", fw.quantum_ns, 100000, 100000000),
	NUMBER(struct tnpu_chip, "heartbeat_ns", fw.heartbeat_ns, 1000000, 1000000000),
	NUMBER(struct tnpu_chip, "max_cmd_bytes", fw.max_cmd_bytes, 1, TNPU_MAX_CMD_BYTES),
	NUMBER(struct tnpu_chip, "max_cmd_macs", fw.max_cmd_macs, 1, TNPU_MAX_CMD_MACS),
	ANY(struct tnpu_chip, "version", fw.version),
	ANY(struct tnpu_chip, "protocol", fw.protocol),
};

static const struct tnpu_field tnpu_fields_mailbox[] = {
	ANY(struct tnpu_chip, "req", mbox.req),
	ANY(struct tnpu_chip, "rsp", mbox.rsp),
	NUMBER(struct tnpu_chip, "order", mbox.order, TNPU_MBOX_ORDER_MIN, TNPU_MBOX_ORDER_MAX),
	ANY(struct tnpu_chip, "req_head", mbox.req_head),
	ANY(struct tnpu_chip, "rsp_tail", mbox.rsp_tail),
};

#define COUNTER(name, which)							\
	ANY(struct tnpu_chip, name, counter[TNPU_COUNTER_##which])

/*
 * The sensors are among them, as one who loads skips fields that it does not know, but no object:
 * so a chip that has sensors can still become one that has none.
 */
static const struct tnpu_field tnpu_fields_counters[] = {
	COUNTER("jobs", JOBS),
	COUNTER("jobs_failed", JOBS_FAILED),
	COUNTER("commands", COMMANDS),
	COUNTER("busy", BUSY),
	COUNTER("irqs", IRQS),
	COUNTER("irqs_dropped", IRQS_DROPPED),
	COUNTER("bus_errors", BUS_ERRORS),
	COUNTER("ecc_corrected", ECC_CORRECTED),
	COUNTER("ecc_uncorrected", ECC_UNCORRECTED),
	ANY(struct tnpu_chip, "sensors_clock", sensors.clock),
	ANY(struct tnpu_chip, "sensors_powered", sensors.powered),
	ANY(struct tnpu_chip, "sensors_spent", sensors.spent),
	NUMBER(struct tnpu_chip, "sensors_recent", sensors.recent, 0, TNPU_SENSORS_WINDOW_NS),
	NUMBER(struct tnpu_chip, "sensors_rise", sensors.rise, 0, TNPU_SENSORS_RISE_MAX),
};

static const struct tnpu_field tnpu_fields_log[] = {
	ANY(struct tnpu_chip, "end", log_end),
	FIELD(struct tnpu_chip, "text", TNPU_FIELD_BYTES, log, 0, 0),
};

/* ---- Objects with an index -------------------------------------------------------------- */

/* The new tail of a queue whose bit in "rung" is set. */
static const struct tnpu_field tnpu_fields_doorbell[] = {
	{ "tail", TNPU_FIELD_NUMBER, 0, sizeof(uint32_t), 0, ~0ull },
};

static const struct tnpu_field tnpu_fields_band[] = {
	{ "turn", TNPU_FIELD_NUMBER, 0, sizeof(uint32_t), 0, TNPU_QUEUES_MAX - 1 },
};

static const struct tnpu_field tnpu_fields_context[] = {
	ANY(struct tnpu_mem, "root", root),
};

static const struct tnpu_field tnpu_fields_queue[] = {
	FLAG(struct tnpu_queue, "exists", exists),
	FLAG(struct tnpu_queue, "suspended", suspended),
	FLAG(struct tnpu_queue, "stopped", stopped),
	FLAG(struct tnpu_queue, "bad_tail", bad_tail),
	FIELD(struct tnpu_queue, "context", TNPU_FIELD_CONTEXT, mem, 1, TNPU_CONTEXTS_MAX),
	ANY(struct tnpu_queue, "ring", ring),
	ANY(struct tnpu_queue, "completion", completion),
	NUMBER(struct tnpu_queue, "order", order, TNPU_RING_ORDER_MIN, TNPU_RING_ORDER_MAX),
	NUMBER(struct tnpu_queue, "priority", priority, 0, TNPU_PRIORITY_COUNT - 1),
	ANY(struct tnpu_queue, "head", head),
	ANY(struct tnpu_queue, "tail", tail),
	ANY(struct tnpu_queue, "seq", seq),
	ANY(struct tnpu_queue, "jobs", jobs),
	ANY(struct tnpu_queue, "commands", commands),
	ANY(struct tnpu_queue, "busy", busy),
	NUMBER(struct tnpu_queue, "slice", slice, 0, 100000000),
};

/* Of the job at a queue's head: what its end needs, and where its stream stands. */
static const struct tnpu_field tnpu_fields_job[] = {
	FLAG(struct tnpu_job, "active", active),
	ANY(struct tnpu_job, "cmd_va", entry.cmd_va),
	NUMBER(struct tnpu_job, "cmd_size", entry.cmd_size, 0, TNPU_MAX_STREAM_BYTES),
	ANY(struct tnpu_job, "fence_va", entry.fence_va),
	ANY(struct tnpu_job, "fence_value", entry.fence_value),
	NUMBER(struct tnpu_job, "offset", offset, 0, TNPU_MAX_STREAM_BYTES),
	ANY(struct tnpu_job, "cmd_index", cmd_index),
	ANY(struct tnpu_job, "start", start),
	ANY(struct tnpu_job, "busy", busy),
};

/* Of the command that a job is in. */
static const struct tnpu_field tnpu_fields_command[] = {
	FLAG(struct tnpu_job, "prepared", in_cmd),
	NUMBER(struct tnpu_job, "phase", phase, 0, TNPU_PHASES_MAX - 1),
	NUMBER(struct tnpu_job, "tile", tile, 0, ~0u),
	FIELD(struct tnpu_job, "desc", TNPU_FIELD_BYTES, desc, 0, 0),
	FIELD(struct tnpu_job, "inputs", TNPU_FIELD_BLOB, inputs.blob, 0, TNPU_STATE_INPUTS),
	FIELD(struct tnpu_job, "results", TNPU_FIELD_BLOB, results, 0, TNPU_STATE_RESULTS),
};

/* ---- Where objects are ------------------------------------------------------------------- */

static unsigned int tnpu_count_one(const struct tnpu_chip *chip)
{
	return 1;
}

static unsigned int tnpu_count_queues(const struct tnpu_chip *chip)
{
	return chip->config.queues;
}

static unsigned int tnpu_count_bands(const struct tnpu_chip *chip)
{
	return TNPU_PRIORITY_COUNT;
}

/* IDs of contexts begin at 1; context 0 is none. */
static unsigned int tnpu_count_contexts(const struct tnpu_chip *chip)
{
	return chip->config.contexts + 1;
}

static void *tnpu_at_chip(struct tnpu_chip *chip, unsigned int index)
{
	return chip;
}

static void *tnpu_at_doorbell(struct tnpu_chip *chip, unsigned int index)
{
	return &chip->tail[index];
}

static void *tnpu_at_band(struct tnpu_chip *chip, unsigned int index)
{
	return &chip->current[index];
}

static void *tnpu_at_context(struct tnpu_chip *chip, unsigned int index)
{
	return &chip->mem[index];
}

static void *tnpu_at_queue(struct tnpu_chip *chip, unsigned int index)
{
	return &chip->queue[index];
}

static void *tnpu_at_job(struct tnpu_chip *chip, unsigned int index)
{
	return &chip->queue[index].job;
}

static bool tnpu_exists_always(const struct tnpu_chip *chip, unsigned int index)
{
	return true;
}

static bool tnpu_exists_running(const struct tnpu_chip *chip, unsigned int index)
{
	return chip->running;
}

static bool tnpu_exists_doorbell(const struct tnpu_chip *chip, unsigned int index)
{
	return chip->rung >> index & 1;
}

static bool tnpu_exists_provoked(const struct tnpu_chip *chip, unsigned int index)
{
	unsigned int i;

	for (i = 0; i < TNPU_PROVOKES; i++)
		if (tnpu_provoked(chip, i))
			return true;
	return false;
}

static bool tnpu_exists_context(const struct tnpu_chip *chip, unsigned int index)
{
	return chip->mem[index].root;
}

static bool tnpu_exists_queue(const struct tnpu_chip *chip, unsigned int index)
{
	return chip->queue[index].exists;
}

static bool tnpu_exists_job(const struct tnpu_chip *chip, unsigned int index)
{
	return tnpu_exists_queue(chip, index) && chip->queue[index].job.active;
}

static bool tnpu_exists_command(const struct tnpu_chip *chip, unsigned int index)
{
	return tnpu_exists_job(chip, index) && chip->queue[index].job.in_cmd;
}

#define OBJECT(name, count, at, exists)						\
	{ #name, tnpu_count_##count, tnpu_at_##at, tnpu_exists_##exists,	\
	  tnpu_fields_##name, TNPU_ARRAY_SIZE(tnpu_fields_##name) }

const struct tnpu_object tnpu_objects[] = {
	OBJECT(config, one, chip, always),
	OBJECT(registers, one, chip, always),
	OBJECT(requests, one, chip, always),
	OBJECT(doorbell, queues, doorbell, doorbell),
	OBJECT(firmware, one, chip, running),
	OBJECT(mailbox, one, chip, running),
	OBJECT(band, bands, band, running),
	OBJECT(context, contexts, context, context),
	OBJECT(queue, queues, queue, queue),
	OBJECT(job, queues, job, job),
	OBJECT(command, queues, job, command),
	OBJECT(counters, one, chip, always),
	OBJECT(log, one, chip, always),
	OBJECT(provoked, one, chip, provoked),
};

const unsigned int tnpu_nobjects = TNPU_ARRAY_SIZE(tnpu_objects);

/* ---- Which states there are --------------------------------------------------------------- */

static const char *tnpu_check_firmware(const struct tnpu_chip *chip)
{
	const struct tnpu_mbox *m = &chip->mbox;
	const uint32_t mask = (2u << m->order) - 1;

	if (!chip->fw.quantum_ns || !chip->fw.heartbeat_ns || !m->order)
		return "BOOT_STATE is READY, but there is no firmware or no mailbox";
	if (chip->fw.ops & ~chip->ops)
		return "the firmware enables an opcode that this chip lacks";
	if (m->req % sizeof(struct tnpu_msg) || m->rsp % sizeof(struct tnpu_msg))
		return "a ring of the mailbox is not aligned";
	if (m->req_head > mask || m->rsp_tail > mask)
		return "an index of the mailbox is beyond its ring";
	return NULL;
}

static const char *tnpu_check_requests(const struct tnpu_chip *chip)
{
	unsigned int i;

	if (tnpu_provoked(chip, TNPU_PROVOKE_HANG_QUEUE) > chip->config.queues)
		return "the queue that hangs is none of this chip's";
	for (i = 0; i < TNPU_PRIORITY_COUNT; i++)
		if (chip->current[i] >= chip->config.queues)
			return "the turn in a band is of no queue of this chip";
	if (chip->config.queues < 64 && chip->rung >> chip->config.queues)
		return "a doorbell of no queue was rung";
	return NULL;
}

/*
 * Head and tail need not fit each other: a driver that takes a doorbell back brings a queue
 * there by itself, and its next entry is refused.
 */
static const char *tnpu_check_ring(const struct tnpu_queue *q)
{
	const struct tnpu_msg_queue_create msg = {
		.ring = q->ring,
		.completion = q->completion,
		.order = q->order,
		.priority = q->priority,
	};
	const uint32_t mask = (2u << (q->order & 15)) - 1;

	if (!tnpu_queue_create_valid(&msg))
		return "a queue's rings are none that QUEUE_CREATE takes";
	if (q->head > mask || q->tail > mask)
		return "head or tail of a queue is beyond its ring";
	if (!q->mem || q->mem->id > q->chip->config.contexts || !q->mem->root)
		return "a queue's context has no page table";
	return NULL;
}

static const char *tnpu_check_job(const struct tnpu_queue *q)
{
	const struct tnpu_job *job = &q->job;

	if (job->in_cmd && !job->active)
		return "a command belongs to no job";
	if (!job->active)
		return NULL;
	if (job->entry.cmd_va % 8 || job->entry.cmd_size % 8 || job->entry.fence_va % 8)
		return "addresses or size of a job are not aligned";
	if (job->offset % 8 || job->offset > job->entry.cmd_size ||
	    (job->in_cmd && job->offset == job->entry.cmd_size))
		return "a job is beyond the end of its stream";
	return NULL;
}

static const char *tnpu_check_queue(const struct tnpu_queue *q)
{
	const char *why;

	if (!q->exists)
		return q->job.active || q->job.in_cmd ? "a job belongs to no queue" : NULL;
	why = tnpu_check_ring(q);
	return why ? why : tnpu_check_job(q);
}

const char *tnpu_state_check(struct tnpu_chip *chip)
{
	const char *why = tnpu_check_requests(chip);
	unsigned int i;

	if (!why && chip->running)
		why = tnpu_check_firmware(chip);
	for (i = 0; i < chip->config.contexts && !why; i++)
		if (chip->mem[i + 1].root & ~TNPU_PTE_ADDR)
			why = "a context's page table is not aligned";
	for (i = 0; i < chip->config.queues && !why; i++)
		why = tnpu_check_queue(&chip->queue[i]);
	return why;
}
