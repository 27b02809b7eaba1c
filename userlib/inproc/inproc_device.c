// SPDX-License-Identifier: MIT
/*
 * The one device of this process: its start and stop, and the dispatcher thread that
 * answers interrupts and watches over timeouts.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inproc.h"

#define INPROC_NSEC		1000000000ull
#define INPROC_MEM_DEFAULT	(1ull << 30)
#define INPROC_ENGINES_MAX	64

static pthread_mutex_t inproc_the_lock = PTHREAD_MUTEX_INITIALIZER;
static struct inproc_device *inproc_the_device;

/** inproc_device_now() - CLOCK_MONOTONIC in nanoseconds */
uint64_t inproc_device_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INPROC_NSEC + ts.tv_nsec;
}

static struct timespec inproc_timespec(uint64_t ns)
{
	return (struct timespec){ .tv_sec = ns / INPROC_NSEC, .tv_nsec = ns % INPROC_NSEC };
}

/**
 * inproc_device_wait() - Wait for the next change, lock held but dropped meanwhile
 * @dev: the device
 * @deadline_ns: absolute CLOCK_MONOTONIC
 *
 * Return: 0 something changed, -ETIME it is past the deadline.
 */
int inproc_device_wait(struct inproc_device *dev, int64_t deadline_ns)
{
	struct timespec ts;

	if (deadline_ns <= (int64_t)inproc_device_now())
		return -ETIME;
	ts = inproc_timespec(deadline_ns);
	pthread_cond_clockwait(&dev->changed, &dev->lock, CLOCK_MONOTONIC, &ts);
	return 0;
}

uint32_t inproc_device_read(struct inproc_device *dev, uint32_t reg)
{
	return tnpu_chip_mmio_read(dev->chip, reg);
}

uint64_t inproc_device_read64(struct inproc_device *dev, uint32_t reg_lo)
{
	uint64_t lo = inproc_device_read(dev, reg_lo);

	return lo | (uint64_t)inproc_device_read(dev, reg_lo + 4) << 32;
}

void inproc_device_write64(struct inproc_device *dev, uint32_t reg_lo, uint64_t value)
{
	tnpu_chip_mmio_write(dev->chip, reg_lo, value);
	tnpu_chip_mmio_write(dev->chip, reg_lo + 4, value >> 32);
}

/** inproc_device_wake() - Have the dispatcher look; any thread, never blocks */
void inproc_device_wake(struct inproc_device *dev)
{
	if (!__atomic_exchange_n(&dev->pending, 1, __ATOMIC_SEQ_CST))
		sem_post(&dev->wake);
}

static void inproc_dispatcher_sleep(struct inproc_device *dev, uint64_t until_ns)
{
	struct timespec ts = inproc_timespec(until_ns);

	if (until_ns == UINT64_MAX)
		sem_wait(&dev->wake);
	else
		sem_clockwait(&dev->wake, CLOCK_MONOTONIC, &ts);
	/* Before the rings are read: an interrupt from now on must wake again. */
	__atomic_store_n(&dev->pending, 0, __ATOMIC_SEQ_CST);
}

static void *inproc_dispatcher(void *arg)
{
	struct inproc_device *dev = arg;
	uint64_t until_ns = UINT64_MAX;

	while (!__atomic_load_n(&dev->stop, __ATOMIC_ACQUIRE)) {
		inproc_dispatcher_sleep(dev, until_ns);
		pthread_mutex_lock(&dev->lock);
		inproc_job_complete_all(dev);
		if (inproc_device_now() >= dev->check_ns)
			inproc_job_check_timeouts(dev);
		until_ns = dev->check_ns;
		pthread_mutex_unlock(&dev->lock);
	}
	return NULL;
}

/* Bytes, with K, M, G behind. 0 where it is malformed; the chip refuses that. */
static uint64_t inproc_env_mem(void)
{
	const char *env = secure_getenv("TNPU_INPROC_MEM");
	const char *unit, *units = "KMG";
	char *end;
	uint64_t value;

	if (!env || !*env)
		return INPROC_MEM_DEFAULT;
	value = strtoull(env, &end, 0);
	unit = *end ? strchr(units, *end) : NULL;
	if (!unit)
		return *end ? 0 : value;
	if (end[1] || value > UINT64_MAX >> 40)
		return 0;
	return value << 10 * (unit - units + 1);
}

/* 0, where it is unset: one for each online CPU. */
static int inproc_env_engines(unsigned int *engines, struct tnpu_errmsg *err)
{
	const char *env = secure_getenv("TNPU_INPROC_ENGINES");
	unsigned long value;
	char *end;

	*engines = 0;
	if (!env || !*env)
		return 0;
	value = strtoul(env, &end, 10);
	if (*end || value < 1 || value > INPROC_ENGINES_MAX)
		return tnpu_errmsg_set(err, -EINVAL, "TNPU_INPROC_ENGINES=%s: not 1 to %d", env,
				       INPROC_ENGINES_MAX);
	*engines = value;
	return 0;
}

static int inproc_env_isa(enum tnpu_isa *isa, struct tnpu_errmsg *err)
{
	const char *env = secure_getenv("TNPU_INPROC_ISA");
	int i;

	*isa = TNPU_ISA_AUTO;
	if (!env || !*env || !strcmp(env, "auto"))
		return 0;
	for (i = TNPU_ISA_SCALAR; i < TNPU_ISAS; i++) {
		*isa = i;
		if (!strcmp(env, tnpu_isa_name(i)))
			return 0;
	}
	return tnpu_errmsg_set(err, -EINVAL,
			       "TNPU_INPROC_ISA=%s: not auto, scalar, avx2, avx-vnni, avx512-vnni, "
			       "amx-int8 or neon-dotprod", env);
}

/* As much system memory as the host has can be handed out, and no more. */
static uint64_t inproc_system_size(void)
{
	uint64_t size = (uint64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);

	return (size + INPROC_HUGE_SIZE - 1) & ~(INPROC_HUGE_SIZE - 1);
}

static int inproc_device_memory(struct inproc_device *dev, uint64_t size, struct tnpu_errmsg *err)
{
	if (!size || size % INPROC_HUGE_SIZE)
		return tnpu_errmsg_set(err, -EINVAL,
				       "TNPU_INPROC_MEM: not a multiple of 2 MiB (units: K, M, G)");
	if (inproc_region_init(&dev->local, size, false) ||
	    inproc_region_init(&dev->system, inproc_system_size(), true))
		return tnpu_errmsg_set(err, -ENOMEM, "%llu bytes of device memory: out of memory",
				       (unsigned long long)size);
	return 0;
}

static int inproc_device_power_on(struct inproc_device *dev, struct tnpu_errmsg *err)
{
	struct tnpu_chip_config config = {
		.bus = inproc_bus,
		.opaque = dev,
		.mem = dev->local.base,
		.mem_size = dev->local.size,
		.queues = INPROC_QUEUES,
		.contexts = INPROC_CONTEXTS,
		.vectors = INPROC_QUEUES + 1,
		.profile = TNPU_PCI_SUBSYS_GENERIC,
	};
	int ret = inproc_env_isa(&config.isa, err);

	if (!ret)
		ret = inproc_env_engines(&config.engines, err);
	if (ret)
		return ret;
	ret = tnpu_chip_create(&config, &dev->chip);
	if (ret == -ENOTSUP)
		return tnpu_errmsg_set(err, ret, "TNPU_INPROC_ISA: this host has no %s",
				       tnpu_isa_name(config.isa));
	if (ret)
		return tnpu_errmsg_set(err, ret, "the chip does not start: %s", strerror(-ret));
	return 0;
}

static int inproc_device_start(struct inproc_device *dev, struct tnpu_errmsg *err)
{
	int ret;

	ret = inproc_device_memory(dev, inproc_env_mem(), err);
	if (ret)
		return ret;
	ret = inproc_device_power_on(dev, err);
	if (ret)
		return ret;
	if (inproc_mbox_init(dev))
		return tnpu_errmsg_set(err, -ENOMEM, "out of memory");
	ret = inproc_boot(dev, err);
	if (ret)
		return ret;
	dev->reset_base = inproc_device_read(dev, TNPU_REG_RESET_COUNT);
	ret = -pthread_create(&dev->dispatcher, NULL, inproc_dispatcher, dev);
	if (ret)
		return tnpu_errmsg_set(err, ret, "no thread: %s", strerror(-ret));
	return 0;
}

/* Also of a device that did not start. */
static void inproc_device_free(struct inproc_device *dev)
{
	tnpu_chip_destroy(dev->chip);
	inproc_region_fini(&dev->system);
	inproc_region_fini(&dev->local);
	sem_destroy(&dev->mbox.event);
	sem_destroy(&dev->wake);
	pthread_cond_destroy(&dev->changed);
	pthread_mutex_destroy(&dev->lock);
	free(dev);
}

static struct inproc_device *inproc_device_alloc(void)
{
	struct inproc_device *dev = calloc(1, sizeof(*dev));

	if (!dev)
		return NULL;
	dev->refs = 1;
	dev->next_offset = 1ull << 32;
	dev->check_ns = UINT64_MAX;
	pthread_mutex_init(&dev->lock, NULL);
	pthread_cond_init(&dev->changed, NULL);
	sem_init(&dev->mbox.event, 0, 0);
	sem_init(&dev->wake, 0, 0);
	TAILQ_INIT(&dev->bos);
	return dev;
}

/* The program's signals are handled by the program's threads: ours block them all. */
static int inproc_device_create(struct inproc_device **device, struct tnpu_errmsg *err)
{
	struct inproc_device *dev = inproc_device_alloc();
	sigset_t all, old;
	int ret;

	if (!dev)
		return tnpu_errmsg_set(err, -ENOMEM, "out of memory");
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = inproc_device_start(dev, err);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ret)
		inproc_device_free(dev);
	else
		*device = dev;
	return ret;
}

/**
 * inproc_device_get() - The process's device; the first call starts it
 * @dev: the device, to be given back by inproc_device_put()
 * @err: why not, or NULL
 *
 * Return: 0 or a negative errno.
 */
int inproc_device_get(struct inproc_device **dev, struct tnpu_errmsg *err)
{
	int ret = 0;

	pthread_mutex_lock(&inproc_the_lock);
	if (inproc_the_device)
		inproc_the_device->refs++;
	else
		ret = inproc_device_create(&inproc_the_device, err);
	*dev = inproc_the_device;
	pthread_mutex_unlock(&inproc_the_lock);
	return ret;
}

/** inproc_device_put() - Give the device back; the last call stops it */
void inproc_device_put(struct inproc_device *dev)
{
	pthread_mutex_lock(&inproc_the_lock);
	if (!--dev->refs) {
		__atomic_store_n(&dev->stop, true, __ATOMIC_RELEASE);
		inproc_device_wake(dev);
		pthread_join(dev->dispatcher, NULL);
		inproc_device_free(dev);
		inproc_the_device = NULL;
	}
	pthread_mutex_unlock(&inproc_the_lock);
}
