// SPDX-License-Identifier: MIT
/*
 * The plug-in that libtnpu loads is this one, which hands all on to the real one.
 */
#include <stdatomic.h>

#define tnpu_transport_plugin faulty_inner
#include "inproc/inproc.c"
#undef tnpu_transport_plugin

#include "faulty.h"

#define PUBLIC __attribute__((visibility("default")))

static struct {
	pthread_mutex_t lock;
	pthread_cond_t healed;
	enum faulty_kind kind;
	long at;
	long count;
} faulty = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, FAULTY_NONE, 0, 0 };

PUBLIC void faulty_set(enum faulty_kind kind, long after)
{
	pthread_mutex_lock(&faulty.lock);
	faulty.kind = kind;
	faulty.at = faulty.count + after;
	pthread_mutex_unlock(&faulty.lock);
}

PUBLIC void faulty_heal(void)
{
	pthread_mutex_lock(&faulty.lock);
	faulty.kind = FAULTY_NONE;
	pthread_cond_broadcast(&faulty.healed);
	pthread_mutex_unlock(&faulty.lock);
}

PUBLIC long faulty_count(void)
{
	long count;

	pthread_mutex_lock(&faulty.lock);
	count = faulty.count;
	pthread_mutex_unlock(&faulty.lock);
	return count;
}

/* Neither zeros nor ones, so that it is taken for something. */
static void scribble(struct inproc_region *region)
{
	struct inproc_span *span;
	uint64_t i;

	TAILQ_FOREACH(span, &region->spans, link)
		for (i = 0; i < span->size; i++)
			region->base[span->start + i] = i * 37 + 11;
}

static void break_chip(struct inproc_device *dev, enum faulty_kind kind)
{
	if (kind == FAULTY_HANG)
		tnpu_chip_provoke(dev->chip, TNPU_PROVOKE_HANG_QUEUE, 1);
	else if (kind == FAULTY_CRASH)
		tnpu_chip_provoke(dev->chip, TNPU_PROVOKE_FW_CRASH, 1);
	else if (kind == FAULTY_RESET)
		tnpu_chip_reset(dev->chip);
	else if (kind == FAULTY_SCRIBBLE)
		scribble(&dev->local);
}

/* With the lock held: what an ioctl is to return, or 0 to go on. */
static int fail(struct inproc_device *dev)
{
	enum faulty_kind kind = faulty.kind;

	if (kind == FAULTY_GONE)
		return -ENODEV;
	if (kind == FAULTY_BLOCK) {
		while (faulty.kind == FAULTY_BLOCK)
			pthread_cond_wait(&faulty.healed, &faulty.lock);
		return 0;
	}
	/* The rest happens once. */
	faulty.kind = FAULTY_NONE;
	break_chip(dev, kind);
	return kind == FAULTY_ERROR ? -EIO : 0;
}

static int faulty_ioctl(struct tnpu_transport *t, unsigned long cmd, void *arg)
{
	int ret = 0;

	pthread_mutex_lock(&faulty.lock);
	if (faulty.kind != FAULTY_NONE && faulty.count >= faulty.at)
		ret = fail(((struct inproc_file *)t)->dev);
	faulty.count++;
	pthread_mutex_unlock(&faulty.lock);
	return ret ? ret : faulty_inner.ioctl(t, cmd, arg);
}

static int faulty_open(const char *path, struct tnpu_transport **t, struct tnpu_errmsg *err)
{
	bool gone;

	pthread_mutex_lock(&faulty.lock);
	gone = faulty.kind == FAULTY_GONE && faulty.count >= faulty.at;
	pthread_mutex_unlock(&faulty.lock);
	if (gone)
		return tnpu_errmsg_set(err, -ENODEV, "no TNPU");
	return faulty_inner.open(path, t, err);
}

extern const struct tnpu_transport_ops tnpu_transport_plugin;

PUBLIC const struct tnpu_transport_ops tnpu_transport_plugin = {
	.abi = TNPU_TRANSPORT_ABI,
	.name = "faulty",
	.open = faulty_open,
	.close = inproc_close,
	.ioctl = faulty_ioctl,
	.mmap = inproc_ops_mmap,
	.munmap = inproc_ops_munmap,
};
