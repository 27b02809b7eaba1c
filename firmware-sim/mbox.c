// SPDX-License-Identifier: MIT
/*
 * The control mailbox. It is served between batches only, when no engine holds a
 * translation or a host pointer: that is what makes an answer to INVALIDATE true.
 */
#include <string.h>

#include "chip.h"

union tnpu_mbox_payload {
	uint64_t raw[6];
	struct tnpu_msg_query query;
	struct tnpu_msg_context context;
	struct tnpu_msg_invalidate invalidate;
	struct tnpu_msg_queue_create create;
	struct tnpu_msg_queue queue;
	struct tnpu_msg_log log;
	struct tnpu_msg_trace trace;
};

_Static_assert(sizeof(union tnpu_mbox_payload) == sizeof(((struct tnpu_msg *)0)->payload),
	       "a payload is larger than its message");

static struct tnpu_mem *tnpu_mbox_context(struct tnpu_chip *chip, uint32_t id)
{
	return id && id <= chip->config.contexts ? &chip->mem[id] : NULL;
}

static struct tnpu_queue *tnpu_mbox_queue(struct tnpu_chip *chip, uint32_t id)
{
	if (id >= chip->config.queues || !chip->queue[id].exists)
		return NULL;
	return &chip->queue[id];
}

static uint32_t tnpu_mbox_nop(struct tnpu_chip *chip, union tnpu_mbox_payload *p)
{
	return TNPU_MSG_OK;
}

/* What is asked of the chip as a whole. */
static uint64_t tnpu_mbox_query_chip(struct tnpu_chip *chip, uint32_t item)
{
	const uint64_t busy = tnpu_chip_counter(chip, TNPU_COUNTER_BUSY);

	if (item == TNPU_QUERY_QUANTUM_US)
		return chip->fw.quantum_ns / 1000;
	tnpu_sensors_advance(&chip->sensors, tnpu_chip_clock(chip), busy);
	return tnpu_sensors_read(&chip->sensors, item, busy);
}

static uint32_t tnpu_mbox_query(struct tnpu_chip *chip, union tnpu_mbox_payload *p)
{
	const struct tnpu_queue *q = tnpu_mbox_queue(chip, p->query.index);

	if (p->query.item >= TNPU_QUERY_COUNT || p->query.value)
		return TNPU_MSG_INVALID;
	if (p->query.item >= TNPU_QUERY_QUANTUM_US) {
		if (p->query.index)
			return TNPU_MSG_INVALID;
		p->query.value = tnpu_mbox_query_chip(chip, p->query.item);
		return TNPU_MSG_OK;
	}
	if (!q)
		return TNPU_MSG_NO_OBJECT;
	if (p->query.item == TNPU_QUERY_JOBS)
		p->query.value = q->jobs;
	else
		p->query.value = p->query.item == TNPU_QUERY_COMMANDS ? q->commands : q->busy;
	return TNPU_MSG_OK;
}

static bool tnpu_mbox_context_busy(const struct tnpu_chip *chip, const struct tnpu_mem *mem)
{
	unsigned int i;

	for (i = 0; i < chip->config.queues; i++)
		if (chip->queue[i].exists && chip->queue[i].mem == mem)
			return true;
	return false;
}

static uint32_t tnpu_mbox_context_map(struct tnpu_chip *chip, union tnpu_mbox_payload *p)
{
	struct tnpu_mem *mem = tnpu_mbox_context(chip, p->context.context);

	if (p->context.reserved || p->context.root & ~TNPU_PTE_ADDR)
		return TNPU_MSG_INVALID;
	if (!mem)
		return TNPU_MSG_NO_OBJECT;
	if (!p->context.root && tnpu_mbox_context_busy(chip, mem))
		return TNPU_MSG_BUSY;
	mem->root = p->context.root;
	mem->epoch++;
	return TNPU_MSG_OK;
}

/*
 * All translations of the context go, whatever the range: they are cheap to make again,
 * and an operand that lies outside the range is bound to the same place as before.
 */
static uint32_t tnpu_mbox_invalidate(struct tnpu_chip *chip, union tnpu_mbox_payload *p)
{
	const struct tnpu_msg_invalidate *msg = &p->invalidate;
	struct tnpu_mem *mem = tnpu_mbox_context(chip, msg->context);
	const uint64_t end = msg->va + msg->size;

	if (msg->reserved || end < msg->va || end > 1ull << TNPU_VA_BITS ||
	    (msg->va && !msg->size))
		return TNPU_MSG_INVALID;
	if (!mem)
		return TNPU_MSG_NO_OBJECT;
	mem->epoch++;
	return TNPU_MSG_OK;
}

static uint32_t tnpu_mbox_queue_create(struct tnpu_chip *chip, union tnpu_mbox_payload *p)
{
	const struct tnpu_mem *mem = tnpu_mbox_context(chip, p->create.context);

	if (!tnpu_queue_create_valid(&p->create))
		return TNPU_MSG_INVALID;
	if (p->create.queue >= chip->config.queues || !mem || !mem->root)
		return TNPU_MSG_NO_OBJECT;
	if (chip->queue[p->create.queue].exists)
		return TNPU_MSG_BUSY;
	tnpu_queue_create(&chip->queue[p->create.queue], &p->create);
	return TNPU_MSG_OK;
}

/* Finds the queue of a struct tnpu_msg_queue; returns a status. */
static uint32_t tnpu_mbox_find(struct tnpu_chip *chip, const union tnpu_mbox_payload *p,
			       uint32_t priorities, struct tnpu_queue **q)
{
	*q = tnpu_mbox_queue(chip, p->queue.queue);
	if (p->queue.priority >= priorities)
		return TNPU_MSG_INVALID;
	return *q ? TNPU_MSG_OK : TNPU_MSG_NO_OBJECT;
}

static uint32_t tnpu_mbox_queue_destroy(struct tnpu_chip *chip, union tnpu_mbox_payload *p)
{
	struct tnpu_queue *q;
	const uint32_t status = tnpu_mbox_find(chip, p, 1, &q);

	if (!status)
		tnpu_queue_destroy(q);
	return status;
}

static uint32_t tnpu_mbox_queue_suspend(struct tnpu_chip *chip, union tnpu_mbox_payload *p)
{
	struct tnpu_queue *q;
	const uint32_t status = tnpu_mbox_find(chip, p, 1, &q);

	if (!status)
		q->suspended = true;
	return status;
}

static uint32_t tnpu_mbox_queue_resume(struct tnpu_chip *chip, union tnpu_mbox_payload *p)
{
	struct tnpu_queue *q;
	const uint32_t status = tnpu_mbox_find(chip, p, 1, &q);

	if (!status)
		q->suspended = false;
	return status;
}

static uint32_t tnpu_mbox_queue_priority(struct tnpu_chip *chip, union tnpu_mbox_payload *p)
{
	struct tnpu_queue *q;
	const uint32_t status = tnpu_mbox_find(chip, p, TNPU_PRIORITY_COUNT, &q);

	if (!status)
		q->priority = p->queue.priority;
	return status;
}

static uint32_t tnpu_mbox_queue_cancel(struct tnpu_chip *chip, union tnpu_mbox_payload *p)
{
	struct tnpu_queue *q;
	const uint32_t status = tnpu_mbox_find(chip, p, 1, &q);

	/* A job whose doorbell was rung before this request was written is to be found. */
	tnpu_queue_doorbells(chip);
	if (!status)
		tnpu_queue_cancel(q);
	return status;
}

static uint32_t tnpu_mbox_log(struct tnpu_chip *chip, union tnpu_mbox_payload *p)
{
	char text[TNPU_LOG_BYTES];
	const uint32_t size = tnpu_log_tail(chip, text, p->log.size);

	if (p->log.reserved || tnpu_bus_write(chip, p->log.addr, text, size))
		return TNPU_MSG_INVALID;
	p->log.size = size;
	return TNPU_MSG_OK;
}

static uint32_t tnpu_mbox_trace(struct tnpu_chip *chip, union tnpu_mbox_payload *p)
{
	struct tnpu_msg_trace *msg = &p->trace;
	const struct tnpu_span *span;
	uint32_t count;

	if (msg->flags & ~TNPU_TRACE_RECORD || msg->lost)
		return TNPU_MSG_INVALID;
	count = tnpu_trace_peek(chip, &span);
	if (msg->count > count)
		msg->count = count;
	if (msg->count &&
	    tnpu_bus_write(chip, msg->addr, span, msg->count * sizeof(*span)))
		return TNPU_MSG_INVALID;
	msg->lost = tnpu_trace_take(chip, msg->count, msg->flags & TNPU_TRACE_RECORD);
	return TNPU_MSG_OK;
}

static uint32_t (*const tnpu_mbox_handlers[TNPU_MSG_COUNT])(struct tnpu_chip *chip,
							    union tnpu_mbox_payload *p) = {
	[TNPU_MSG_NOP] = tnpu_mbox_nop,
	[TNPU_MSG_QUERY] = tnpu_mbox_query,
	[TNPU_MSG_CONTEXT_MAP] = tnpu_mbox_context_map,
	[TNPU_MSG_INVALIDATE] = tnpu_mbox_invalidate,
	[TNPU_MSG_QUEUE_CREATE] = tnpu_mbox_queue_create,
	[TNPU_MSG_QUEUE_DESTROY] = tnpu_mbox_queue_destroy,
	[TNPU_MSG_QUEUE_SUSPEND] = tnpu_mbox_queue_suspend,
	[TNPU_MSG_QUEUE_RESUME] = tnpu_mbox_queue_resume,
	[TNPU_MSG_QUEUE_PRIORITY] = tnpu_mbox_queue_priority,
	[TNPU_MSG_QUEUE_CANCEL] = tnpu_mbox_queue_cancel,
	[TNPU_MSG_LOG] = tnpu_mbox_log,
	[TNPU_MSG_TRACE] = tnpu_mbox_trace,
};

/* Turns a request into its response. */
static void tnpu_mbox_answer(struct tnpu_chip *chip, struct tnpu_msg *msg)
{
	union tnpu_mbox_payload payload;

	if (msg->type >= TNPU_MSG_COUNT || msg->version != TNPU_MSG_VERSION ||
	    !(chip->fw.msgs >> msg->type & 1)) {
		msg->status = TNPU_MSG_UNKNOWN;
	} else if (msg->status || msg->reserved) {
		msg->status = TNPU_MSG_INVALID;
	} else {
		memcpy(&payload, msg->payload, sizeof(payload));
		msg->status = tnpu_mbox_handlers[msg->type](chip, &payload);
		memcpy(msg->payload, &payload, sizeof(payload));
	}
	msg->reserved = 0;
}

/* Reads the driver's indices; false where a reset has cleared them under way. */
static bool tnpu_mbox_indices(struct tnpu_chip *chip, uint32_t *tail, uint32_t *head)
{
	bool valid;

	pthread_mutex_lock(&chip->lock);
	*tail = chip->reg[TNPU_REG_MBOX_REQ_TAIL / 4];
	*head = chip->reg[TNPU_REG_MBOX_RSP_HEAD / 4];
	valid = !chip->reset_pending;
	pthread_mutex_unlock(&chip->lock);
	return valid;
}

/* Takes one request; false where there is none, no room to answer, or the rings are bad. */
static bool tnpu_mbox_step(struct tnpu_chip *chip)
{
	struct tnpu_mbox *m = &chip->mbox;
	const uint32_t entries = 1u << m->order;
	const uint32_t mask = 2 * entries - 1;
	uint32_t tail, head;
	struct tnpu_msg msg;

	if (!tnpu_mbox_indices(chip, &tail, &head))
		return false;
	if (tail > mask || head > mask || ((tail - m->req_head) & mask) > entries ||
	    ((m->rsp_tail - head) & mask) > entries)
		goto crash;
	if (tail == m->req_head || ((m->rsp_tail - head) & mask) == entries)
		return false;
	if (tnpu_bus_read(chip, m->req + (m->req_head & (entries - 1)) * sizeof(msg), &msg,
			  sizeof(msg)))
		goto crash;
	tnpu_mbox_answer(chip, &msg);
	if (tnpu_provoked_take(chip, TNPU_PROVOKE_CORRUPT_REPLY))
		msg.seq = ~msg.seq;
	if (tnpu_bus_write(chip, m->rsp + (m->rsp_tail & (entries - 1)) * sizeof(msg), &msg,
			   sizeof(msg)))
		goto crash;
	m->req_head = (m->req_head + 1) & mask;
	m->rsp_tail = (m->rsp_tail + 1) & mask;
	tnpu_reg_set(chip, TNPU_REG_MBOX_REQ_HEAD, m->req_head);
	tnpu_reg_set(chip, TNPU_REG_MBOX_RSP_TAIL, m->rsp_tail);
	tnpu_irq_raise(chip, TNPU_IRQ_MBOX);
	return true;
crash:
	tnpu_chip_crash(chip, TNPU_REASON_MAILBOX);
	return false;
}

void tnpu_mbox_serve(struct tnpu_chip *chip)
{
	uint32_t budget = 1u << chip->mbox.order;

	while (chip->running && tnpu_mbox_step(chip)) {
		/* A driver that refills the ring without end must not keep jobs waiting. */
		if (!--budget) {
			tnpu_chip_kick(chip, TNPU_EVENT_MBOX);
			return;
		}
	}
}
