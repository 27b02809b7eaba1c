// SPDX-License-Identifier: MIT
/*
 * The chip's life, and the loop of its control thread.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "chip.h"
#include "kernels.h"

#define TNPU_MEM_ALIGN		(2ull << 20)
#define TNPU_MEM_MAX		(1ull << 40)
#define TNPU_CONTROL_SPIN_NS	20000

uint64_t tnpu_host_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

uint64_t tnpu_chip_clock(struct tnpu_chip *chip)
{
	return chip->config.bus.clock(chip->config.opaque);
}

void tnpu_chip_kick(struct tnpu_chip *chip, uint32_t event)
{
	atomic_fetch_or(&chip->events, event);
	if (atomic_load(&chip->sleeping))
		tnpu_futex_wake(&chip->events);
}

void tnpu_chip_count(struct tnpu_chip *chip, enum tnpu_counter counter, uint64_t n)
{
	atomic_fetch_add_explicit(&chip->counter[counter], n, memory_order_relaxed);
}

void tnpu_chip_crash(struct tnpu_chip *chip, uint32_t reason)
{
	chip->running = false;
	tnpu_log(chip, "firmware crashed, reason %u", reason);
	tnpu_reg_set(chip, TNPU_REG_BOOT_REASON, reason);
	tnpu_reg_set(chip, TNPU_REG_BOOT_STATE, TNPU_BOOT_CRASHED);
	tnpu_irq_raise(chip, TNPU_IRQ_CRASH);
}

/* ---- The control thread ----------------------------------------------------------------- */

void tnpu_chip_drop_all(struct tnpu_chip *chip)
{
	unsigned int i;

	for (i = 0; i < chip->config.queues; i++)
		tnpu_queue_destroy(&chip->queue[i]);
	for (i = 1; i <= chip->config.contexts; i++) {
		chip->mem[i].root = 0;
		chip->mem[i].epoch++;
	}
	chip->running = false;
	tnpu_trace_take(chip, 0, false);
}

/*
 * The second half of a function reset. The first, under the lock, set the registers to their
 * reset values at once, but for BOOT_STATE and RESET_COUNT: these tell when it is over.
 */
static void tnpu_chip_do_reset(struct tnpu_chip *chip)
{
	tnpu_chip_drop_all(chip);
	pthread_mutex_lock(&chip->lock);
	chip->reset_pending = false;
	chip->reg[TNPU_REG_RESET_COUNT / 4]++;
	if (!chip->boot_requested)
		chip->reg[TNPU_REG_BOOT_STATE / 4] = TNPU_BOOT_ROM;
	pthread_cond_broadcast(&chip->cond);
	pthread_mutex_unlock(&chip->lock);
}

static void tnpu_chip_engine_reset(struct tnpu_chip *chip)
{
	unsigned int i;

	if (!chip->running)
		return;
	for (i = 0; i < chip->config.queues; i++)
		tnpu_queue_engine_reset(&chip->queue[i]);
	tnpu_reg_set(chip, TNPU_REG_RESET_COUNT,
		     tnpu_reg_get(chip, TNPU_REG_RESET_COUNT) + 1);
}

/*
 * Serves pauses, resets and the end. Engines stand still here: it is called between batches.
 * The other @events are put back meanwhile: who saves a paused chip has to see them. Returns
 * false when the chip is to stop.
 */
static bool tnpu_chip_hold(struct tnpu_chip *chip, uint32_t *events)
{
	bool stop;

	atomic_fetch_or(&chip->events, *events & ~TNPU_EVENTS_HOLD);
	pthread_mutex_lock(&chip->lock);
	while (!chip->stop && (chip->reset_pending || chip->pause_wanted)) {
		if (chip->reset_pending) {
			pthread_mutex_unlock(&chip->lock);
			tnpu_chip_do_reset(chip);
			pthread_mutex_lock(&chip->lock);
			continue;
		}
		chip->paused = true;
		pthread_cond_broadcast(&chip->cond);
		pthread_cond_wait(&chip->cond, &chip->lock);
	}
	chip->paused = false;
	stop = chip->stop;
	pthread_mutex_unlock(&chip->lock);
	*events = atomic_fetch_and(&chip->events, TNPU_EVENTS_HOLD) & ~TNPU_EVENTS_HOLD;
	return !stop;
}

static bool tnpu_chip_take_boot(struct tnpu_chip *chip)
{
	bool requested;

	pthread_mutex_lock(&chip->lock);
	requested = chip->boot_requested && !chip->reset_pending;
	if (requested)
		chip->boot_requested = false;
	pthread_mutex_unlock(&chip->lock);
	return requested;
}

static void tnpu_chip_serve(struct tnpu_chip *chip, uint32_t events)
{
	if (events & TNPU_EVENT_CRASH && chip->running)
		tnpu_chip_crash(chip, TNPU_REASON_CRASH);
	if (events & TNPU_EVENT_DOORBELL)
		tnpu_queue_doorbells(chip);
	if (events & TNPU_EVENT_ENGINE_RESET)
		tnpu_chip_engine_reset(chip);
	if (events & TNPU_EVENT_BOOT && tnpu_chip_take_boot(chip))
		tnpu_boot(chip);
	if (events & TNPU_EVENT_MBOX)
		tnpu_mbox_serve(chip);
	if (events & TNPU_EVENT_IRQ)
		tnpu_irq_raise(chip, 0);
}

static void tnpu_chip_beat(struct tnpu_chip *chip, uint64_t now)
{
	if (!chip->running || now < chip->next_beat)
		return;
	chip->next_beat = now + chip->fw.heartbeat_ns;
	if (!tnpu_provoked(chip, TNPU_PROVOKE_STALL_HEARTBEAT))
		tnpu_reg_set(chip, TNPU_REG_HEARTBEAT,
			     tnpu_reg_get(chip, TNPU_REG_HEARTBEAT) + 1);
}

/*
 * Spins shortly after something happened: a client that submits and waits in turns is
 * answered faster. A heartbeat alone is not worth it.
 */
static void tnpu_chip_sleep(struct tnpu_chip *chip, bool busy)
{
	uint64_t until = tnpu_sched_next(chip);
	uint64_t now = tnpu_host_ns();
	const uint64_t spin = busy ? now + TNPU_CONTROL_SPIN_NS : now;

	if (chip->running && chip->next_beat < until)
		until = chip->next_beat;
	while (now < spin && now < until) {
		if (atomic_load(&chip->events))
			return;
		tnpu_spin();
		now = tnpu_host_ns();
	}
	if (until != ~0ull)
		until = until > now ? until - now : 0;
	atomic_store(&chip->sleeping, 1);
	tnpu_futex_wait(&chip->events, 0, until);
	atomic_store(&chip->sleeping, 0);
}

static void *tnpu_chip_control(void *arg)
{
	struct tnpu_chip *chip = arg;
	bool ran, was_running = false;
	uint32_t events;

	if (chip->config.bus.thread_start)
		chip->config.bus.thread_start(chip->config.opaque);
	tnpu_sensors_start(&chip->sensors, tnpu_chip_clock(chip));
	for (;;) {
		events = atomic_exchange(&chip->events, 0);
		if (events & TNPU_EVENTS_HOLD && !tnpu_chip_hold(chip, &events))
			break;
		tnpu_chip_serve(chip, events);
		tnpu_chip_beat(chip, tnpu_host_ns());
		ran = tnpu_sched_run(chip);
		if (!ran)
			tnpu_chip_sleep(chip, events || was_running);
		was_running = ran;
	}
	if (chip->config.bus.thread_stop)
		chip->config.bus.thread_stop(chip->config.opaque);
	return NULL;
}

/* ---- The interface of tnpu_chip.h --------------------------------------------------------- */

static bool tnpu_in(uint64_t value, uint64_t low, uint64_t high)
{
	return value >= low && value <= high;
}

static bool tnpu_config_valid(const struct tnpu_chip_config *c)
{
	const struct tnpu_bus *bus = &c->bus;

	if (!bus->read || !bus->write || !bus->raise || !bus->clock)
		return false;
	if (!c->mem || (uintptr_t)c->mem % 4096 || c->mem_size % TNPU_MEM_ALIGN)
		return false;
	return tnpu_in(c->mem_size, TNPU_MEM_ALIGN, TNPU_MEM_MAX) &&
	       tnpu_in(c->queues, 1, TNPU_QUEUES_MAX) &&
	       tnpu_in(c->contexts, 1, TNPU_CONTEXTS_MAX) &&
	       tnpu_in(c->vectors, 2, TNPU_VECTORS_MAX) &&
	       c->engines <= TNPU_LANES_MAX;
}

static unsigned int tnpu_host_cpus(void)
{
	const long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > TNPU_LANES_MAX ? TNPU_LANES_MAX : n;
}

static void tnpu_chip_init(struct tnpu_chip *chip, const struct tnpu_chip_config *config)
{
	unsigned int i;

	chip->config = *config;
	if (!config->engines)
		chip->config.engines = tnpu_host_cpus();
	for (i = 0; i < TNPU_OP_MAX; i++)
		if (tnpu_ops[i])
			chip->ops |= 1ull << i;
	for (i = 0; i < TNPU_QUEUES_MAX; i++) {
		chip->queue[i].chip = chip;
		chip->queue[i].id = i;
	}
	for (i = 0; i <= TNPU_CONTEXTS_MAX; i++) {
		chip->mem[i].chip = chip;
		chip->mem[i].id = i;
	}
	pthread_mutex_init(&chip->lock, NULL);
	pthread_mutex_init(&chip->error_lock, NULL);
	pthread_cond_init(&chip->cond, NULL);
	tnpu_regs_init(chip);
}

static void tnpu_chip_free(struct tnpu_chip *chip)
{
	pthread_cond_destroy(&chip->cond);
	pthread_mutex_destroy(&chip->error_lock);
	pthread_mutex_destroy(&chip->lock);
	free(chip);
}

/* The shell's signals are the shell's: chip threads take none. */
static int tnpu_chip_start(struct tnpu_chip *chip)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = tnpu_pool_create(chip, chip->config.engines);
	if (!ret) {
		ret = -pthread_create(&chip->thread, NULL, tnpu_chip_control, chip);
		if (ret)
			tnpu_pool_destroy(chip);
		else
			pthread_setname_np(chip->thread, "tnpu-control");
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ret;
}

int tnpu_chip_create(const struct tnpu_chip_config *config, struct tnpu_chip **chip)
{
	const struct tnpu_kernels *kernels = tnpu_kernels_get(config->isa);
	struct tnpu_chip *c;
	int ret;

	if (!tnpu_config_valid(config))
		return -EINVAL;
	if (!kernels)
		return -ENOTSUP;
	if (sodium_init() < 0)
		return -EAGAIN;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	tnpu_chip_init(c, config);
	c->kernels = kernels;
	ret = tnpu_chip_start(c);
	if (ret)
		tnpu_chip_free(c);
	else
		*chip = c;
	return ret;
}

void tnpu_chip_destroy(struct tnpu_chip *chip)
{
	if (!chip)
		return;
	pthread_mutex_lock(&chip->lock);
	chip->stop = true;
	pthread_cond_broadcast(&chip->cond);
	pthread_mutex_unlock(&chip->lock);
	tnpu_chip_kick(chip, TNPU_EVENT_WAKE);
	pthread_join(chip->thread, NULL);
	tnpu_chip_drop_all(chip);
	tnpu_pool_destroy(chip);
	tnpu_chip_free(chip);
}

void tnpu_chip_reset(struct tnpu_chip *chip)
{
	uint32_t before;

	pthread_mutex_lock(&chip->lock);
	tnpu_regs_request_reset(chip);
	/* A guest that asks for resets without end must not keep the caller here. */
	before = chip->reg[TNPU_REG_RESET_COUNT / 4];
	while (chip->reset_pending && chip->reg[TNPU_REG_RESET_COUNT / 4] == before)
		pthread_cond_wait(&chip->cond, &chip->lock);
	pthread_mutex_unlock(&chip->lock);
}

uint64_t tnpu_chip_bar0_size(const struct tnpu_chip *chip)
{
	const uint64_t used = TNPU_REGS_SIZE + (uint64_t)TNPU_DB_STRIDE * chip->config.queues;
	uint64_t size = TNPU_REGS_SIZE;

	while (size < used)
		size *= 2;
	return size;
}

void tnpu_chip_pause(struct tnpu_chip *chip)
{
	pthread_mutex_lock(&chip->lock);
	chip->pause_wanted = true;
	tnpu_chip_kick(chip, TNPU_EVENT_WAKE);
	while (!chip->paused)
		pthread_cond_wait(&chip->cond, &chip->lock);
	pthread_mutex_unlock(&chip->lock);
}

void tnpu_chip_resume(struct tnpu_chip *chip)
{
	pthread_mutex_lock(&chip->lock);
	chip->pause_wanted = false;
	pthread_cond_broadcast(&chip->cond);
	pthread_mutex_unlock(&chip->lock);
}

/* In this order: control takes the events after it has woken up. */
static bool tnpu_chip_rests(struct tnpu_chip *chip)
{
	bool paused;

	pthread_mutex_lock(&chip->lock);
	paused = chip->paused;
	pthread_mutex_unlock(&chip->lock);
	return paused || (!atomic_load(&chip->events) && atomic_load(&chip->sleeping));
}

void tnpu_chip_settle(struct tnpu_chip *chip, unsigned int ms)
{
	const uint64_t until = tnpu_host_ns() + ms * 1000000ull;

	while (!tnpu_chip_rests(chip) && tnpu_host_ns() < until)
		tnpu_spin();
}

uint64_t tnpu_chip_counter(struct tnpu_chip *chip, enum tnpu_counter counter)
{
	return atomic_load_explicit(&chip->counter[counter], memory_order_relaxed);
}
