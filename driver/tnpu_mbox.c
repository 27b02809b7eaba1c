// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: the control mailbox.
 *
 * A request lies on its caller's stack until the response with its sequence number comes, so
 * nothing is allocated and recovery can use the mailbox too. Responses are taken
 * from the ring by the event vector's thread, and by a waiting caller from time to time,
 * for an interrupt can be lost.
 *
 * tnpu_mbox_exchange() is the plain exchange. tnpu_mbox_call() is for everybody but recovery
 * itself: where there is no answer it starts recovery and waits for its end. Callers
 * enter what they want into the driver's tables first (or take it out), and recovery sets the
 * device up from these tables: so when a call was cut off by a recovery that
 * succeeded, what it asked for is the case.
 */
#include <linux/completion.h>
#include <linux/dma-mapping.h>
#include <linux/pci.h>

#include "tnpu_drv.h"
#include "tnpu_trace.h"

#define TNPU_MBOX_TIMEOUT	msecs_to_jiffies(5000)
/* How often a caller looks for itself. */
#define TNPU_MBOX_POLL		msecs_to_jiffies(100)

/**
 * struct tnpu_mbox_request - a request in flight; on its caller's stack
 * @node: entry of tnpu_mbox.waiting, empty once @done is complete
 * @msg: the request, then the response
 * @epoch: in which it may be posted
 * @error: 0, or -ECONNRESET: the mailbox was stopped, -EAGAIN: before it was posted
 * @done: complete when the two are valid
 */
struct tnpu_mbox_request {
	struct list_head node;
	struct tnpu_msg msg;
	u32 epoch;
	int error;
	struct completion done;
};

static u32 tnpu_mbox_next(u32 index)
{
	return (index + 1) % (2 * TNPU_MBOX_ENTRIES);
}

/**
 * tnpu_mbox_init - allocate the rings
 * @tdev: the device
 *
 * Return: 0 or -ENOMEM.
 */
int tnpu_mbox_init(struct tnpu_device *tdev)
{
	struct tnpu_mbox *mbox = &tdev->mbox;

	spin_lock_init(&mbox->lock);
	INIT_LIST_HEAD(&mbox->waiting);
	init_waitqueue_head(&mbox->space);
	mbox->rings = dma_alloc_coherent(&tdev->pdev->dev, sizeof(*mbox->rings),
					 &mbox->dma, GFP_KERNEL);

	return mbox->rings ? 0 : -ENOMEM;
}

/**
 * tnpu_mbox_fini - free the rings
 * @tdev: the device, in reset, its mailbox stopped
 */
void tnpu_mbox_fini(struct tnpu_device *tdev)
{
	struct tnpu_mbox *mbox = &tdev->mbox;

	dma_free_coherent(&tdev->pdev->dev, sizeof(*mbox->rings), mbox->rings, mbox->dma);
	mbox->rings = NULL;
}

/**
 * tnpu_mbox_reset - empty the rings and tell the device where they are
 * @tdev: the device, just reset; its mailbox is stopped
 */
void tnpu_mbox_reset(struct tnpu_device *tdev)
{
	struct tnpu_mbox *mbox = &tdev->mbox;

	mbox->req_tail = 0;
	mbox->rsp_head = 0;
	tnpu_wr64(tdev, MBOX_REQ, mbox->dma + offsetof(struct tnpu_mbox_rings, req));
	tnpu_wr64(tdev, MBOX_RSP, mbox->dma + offsetof(struct tnpu_mbox_rings, rsp));
	tnpu_wr(tdev, MBOX_ORDER, TNPU_MBOX_ORDER);
}

/**
 * tnpu_mbox_start - take requests
 * @tdev: the device, its firmware ready
 */
void tnpu_mbox_start(struct tnpu_device *tdev)
{
	struct tnpu_mbox *mbox = &tdev->mbox;

	spin_lock_irq(&mbox->lock);
	mbox->online = true;
	spin_unlock_irq(&mbox->lock);
	wake_up_all(&mbox->space);
}

static void tnpu_mbox_end(struct tnpu_mbox *mbox, struct tnpu_mbox_request *request, int error)
{
	lockdep_assert_held(&mbox->lock);

	request->error = error;
	trace_tnpu_mbox(&request->msg, error);
	list_del_init(&request->node);
	mbox->in_flight--;
	/* The last touch: the request's memory is its caller's stack. */
	complete(&request->done);
}

/**
 * tnpu_mbox_stop - end all requests with -ECONNRESET and take no more
 * @tdev: the device
 */
void tnpu_mbox_stop(struct tnpu_device *tdev)
{
	struct tnpu_mbox *mbox = &tdev->mbox;
	struct tnpu_mbox_request *request, *next;

	spin_lock_irq(&mbox->lock);
	mbox->online = false;
	mbox->epoch++;
	list_for_each_entry_safe(request, next, &mbox->waiting, node)
		tnpu_mbox_end(mbox, request, -ECONNRESET);
	spin_unlock_irq(&mbox->lock);
	wake_up_all(&mbox->space);
}

/**
 * tnpu_mbox_copy - copy what the mailbox holds, for a core dump
 * @tdev: the device
 * @state: where its state goes
 * @rings: where the rings go
 *
 * Part of recovery.
 */
void tnpu_mbox_copy(struct tnpu_device *tdev, struct tnpu_dump_mbox *state,
		    struct tnpu_mbox_rings *rings)
{
	struct tnpu_mbox *mbox = &tdev->mbox;

	spin_lock_irq(&mbox->lock);
	*state = (struct tnpu_dump_mbox){
		.order = TNPU_MBOX_ORDER,
		.online = mbox->online,
		.req_tail = mbox->req_tail,
		.rsp_head = mbox->rsp_head,
		.seq = mbox->seq,
		.in_flight = mbox->in_flight,
	};
	memcpy(rings, mbox->rings, sizeof(*rings));
	spin_unlock_irq(&mbox->lock);
}

static void tnpu_mbox_take(struct tnpu_device *tdev, const struct tnpu_msg *msg)
{
	struct tnpu_mbox *mbox = &tdev->mbox;
	struct tnpu_mbox_request *request;

	list_for_each_entry(request, &mbox->waiting, node) {
		if (request->msg.seq != msg->seq || request->msg.type != msg->type)
			continue;
		request->msg = *msg;
		tnpu_mbox_end(mbox, request, 0);
		return;
	}
	/* Its caller lost patience. */
	tnpu_dbg(tdev, MBOX, "response to nobody: seq %u type %u", msg->seq, msg->type);
}

/**
 * tnpu_mbox_poll - take the responses from the ring
 * @tdev: the device
 */
void tnpu_mbox_poll(struct tnpu_device *tdev)
{
	struct tnpu_mbox *mbox = &tdev->mbox;
	u32 tail;

	spin_lock_irq(&mbox->lock);
	tail = mbox->online ? tnpu_rd(tdev, MBOX_RSP_TAIL) : mbox->rsp_head;
	if (tail >= 2 * TNPU_MBOX_ENTRIES)
		tail = mbox->rsp_head;
	if (mbox->rsp_head != tail) {
		/* The records were written before the tail. */
		dma_rmb();
		while (mbox->rsp_head != tail) {
			tnpu_mbox_take(tdev, &mbox->rings->rsp[mbox->rsp_head %
							       TNPU_MBOX_ENTRIES]);
			mbox->rsp_head = tnpu_mbox_next(mbox->rsp_head);
		}
		tnpu_wr(tdev, MBOX_RSP_HEAD, mbox->rsp_head);
	}
	spin_unlock_irq(&mbox->lock);
	wake_up_all(&mbox->space);
}

/* Returns false where there is no room. */
static bool tnpu_mbox_post(struct tnpu_device *tdev, struct tnpu_mbox_request *request)
{
	struct tnpu_mbox *mbox = &tdev->mbox;
	bool posted = true;

	spin_lock_irq(&mbox->lock);
	if (!mbox->online || request->epoch != mbox->epoch) {
		request->error = -EAGAIN;
		complete(&request->done);
	} else if (mbox->in_flight < TNPU_MBOX_ENTRIES) {
		request->msg.seq = ++mbox->seq;
		mbox->rings->req[mbox->req_tail % TNPU_MBOX_ENTRIES] = request->msg;
		list_add_tail(&request->node, &mbox->waiting);
		mbox->in_flight++;
		mbox->req_tail = tnpu_mbox_next(mbox->req_tail);
		tnpu_wr(tdev, MBOX_REQ_TAIL, mbox->req_tail);
	} else {
		posted = false;
	}
	spin_unlock_irq(&mbox->lock);

	return posted;
}

static int tnpu_mbox_wait(struct tnpu_device *tdev, struct tnpu_mbox_request *request)
{
	struct tnpu_mbox *mbox = &tdev->mbox;
	const unsigned long end = jiffies + TNPU_MBOX_TIMEOUT;

	while (!wait_for_completion_timeout(&request->done, TNPU_MBOX_POLL)) {
		tnpu_mbox_poll(tdev);
		/* A device that is gone will not answer later. */
		if (time_before(jiffies, end) && !tnpu_hw_gone(tdev))
			continue;
		spin_lock_irq(&mbox->lock);
		if (!list_empty(&request->node))
			tnpu_mbox_end(mbox, request, -ETIMEDOUT);
		spin_unlock_irq(&mbox->lock);
	}

	return request->error;
}

static int tnpu_mbox_status(struct tnpu_device *tdev, const struct tnpu_msg *msg)
{
	tnpu_dbg(tdev, MBOX, "seq %u type %u status %u", msg->seq, msg->type, msg->status);
	switch (msg->status) {
	case TNPU_MSG_OK:
		return 0;
	case TNPU_MSG_UNKNOWN:
		return -EOPNOTSUPP;
	case TNPU_MSG_NO_OBJECT:
		return -ENXIO;
	case TNPU_MSG_BUSY:
		return -EEXIST;
	default:
		return -EPROTO;
	}
}

static int tnpu_mbox_exchange_in(struct tnpu_device *tdev, u32 epoch, u16 type, void *payload,
				 size_t size)
{
	struct tnpu_mbox_request request = {
		.msg.type = type,
		.msg.version = TNPU_MSG_VERSION,
		.epoch = epoch,
	};
	int ret;

	if (WARN_ON(size > sizeof(request.msg.payload)))
		return -EINVAL;
	INIT_LIST_HEAD(&request.node);
	init_completion(&request.done);
	memcpy(request.msg.payload, payload, size);
	if (!wait_event_timeout(tdev->mbox.space, tnpu_mbox_post(tdev, &request),
				TNPU_MBOX_TIMEOUT))
		return -ETIMEDOUT;
	ret = tnpu_mbox_wait(tdev, &request);
	if (ret)
		return ret;
	memcpy(payload, request.msg.payload, size);

	return tnpu_mbox_status(tdev, &request.msg);
}

/**
 * tnpu_mbox_exchange - send a request and wait for its response
 * @tdev: the device
 * @type: TNPU_MSG_*
 * @payload: of the request; replaced by that of the response
 * @size: its bytes
 *
 * Part of recovery: may sleep for some seconds; allocates nothing.
 *
 * Return: 0; -ECONNRESET the mailbox is stopped; -ETIMEDOUT; -EOPNOTSUPP unknown to the
 * firmware; -ENXIO no such object; -EEXIST exists or in use; -EPROTO refused.
 */
int tnpu_mbox_exchange(struct tnpu_device *tdev, u16 type, void *payload, size_t size)
{
	int ret = tnpu_mbox_exchange_in(tdev, READ_ONCE(tdev->mbox.epoch), type, payload, size);

	return ret == -EAGAIN ? -ECONNRESET : ret;
}

/* tnpu_mbox_call(), but who is not answered is told so: -ETIMEDOUT, -ECONNRESET. */
static int tnpu_mbox_try(struct tnpu_device *tdev, u16 type, void *payload, size_t size)
{
	u32 epoch;
	int ret;

	might_sleep();
	do {
		epoch = READ_ONCE(tdev->mbox.epoch);
		/* A recovery that has begun is seen below, or ends this epoch. */
		smp_rmb();
		ret = tnpu_reset_wait(tdev);
		if (ret)
			return ret;
		ret = tnpu_mbox_exchange_in(tdev, epoch, type, payload, size);
	} while (ret == -EAGAIN);
	if (ret == -ETIMEDOUT) {
		tnpu_err(tdev, "no answer to message %u", type);
		tnpu_reset_trigger(tdev);
	}

	return ret;
}

/**
 * tnpu_mbox_call - tnpu_mbox_exchange(), with recovery where there is no answer
 * @tdev: the device
 * @type: TNPU_MSG_*
 * @payload: of the request; replaced by that of the response, unless recovery stepped in
 * @size: its bytes
 *
 * Not to be called where recovery may have to wait for the caller. It is sent before a recovery
 * or after it, not while the device is being set up anew from the driver's tables, which hold what
 * is asked for already: who makes an object may find that it exists.
 *
 * Return: 0 where the device has done what was asked, or has been set up anew from the
 * driver's tables; -EIO the device is wedged; -ENODEV it is gone; else as
 * tnpu_mbox_exchange().
 */
int tnpu_mbox_call(struct tnpu_device *tdev, u16 type, void *payload, size_t size)
{
	const int ret = tnpu_mbox_try(tdev, type, payload, size);

	if (ret == -ETIMEDOUT || ret == -ECONNRESET)
		return tnpu_reset_wait(tdev);

	return ret;
}

/**
 * tnpu_mbox_query - ask for a number of the whole device
 * @tdev: the device
 * @item: TNPU_QUERY_*, not of a queue
 * @value: where it goes
 *
 * As tnpu_mbox_call(), but no recovery can stand for an answer. Who was cut off by one asks again.
 *
 * Return: 0; -ETIMEDOUT there was no answer, but recovery since; -EIO the device is wedged;
 * -ENODEV it is gone; -EPROTO it does not know @item; -EOPNOTSUPP it takes no questions.
 */
int tnpu_mbox_query(struct tnpu_device *tdev, u32 item, u64 *value)
{
	struct tnpu_msg_query msg;
	int ret;

	do {
		msg = (struct tnpu_msg_query){ .item = item };
		ret = tnpu_mbox_try(tdev, TNPU_MSG_QUERY, &msg, sizeof(msg));
	} while (ret == -ECONNRESET);
	if (ret == -ETIMEDOUT)
		return tnpu_reset_wait(tdev) ?: ret;
	*value = msg.value;

	return ret;
}
