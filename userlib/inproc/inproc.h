/* SPDX-License-Identifier: MIT */
/*
 * The chip in this process: a small second driver. It has the semantics of
 * drm/tnpu_accel.h and drives firmware-sim's chip by the registers, rings, page tables
 * and messages of tnpu/tnpu_regs.h, as tnpu.ko does; the bus is plain memory.
 *
 * Locking. One lock a device, inproc_device.lock, guards all state here; every ioctl
 * holds it from beginning to end and drops it only in inproc_device_wait(). Chip threads
 * enter through the bus callbacks alone, which never take it, so the chip may be waited
 * for (mailbox) with the lock held. Interrupts wake the dispatcher thread, which takes
 * the lock, resolves completions and hands on what waited for them.
 *
 * Lifetime. One device a process, shared by all opens: the first starts the chip, the
 * last close stops it. Nothing outlives the process, so it may be killed or exit at any
 * moment. A forked child must not use what its parent opened.
 */
#ifndef TNPU_INPROC_H
#define TNPU_INPROC_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <drm/tnpu_accel.h>
#include <tnpu/tnpu_regs.h>

#include "../../firmware-sim/tnpu_chip.h"
#include "../transport.h"

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

#define INPROC_PAGE_SIZE	(1ull << TNPU_PAGE_SHIFT)
#define INPROC_HUGE_SIZE	(1ull << TNPU_HUGE_SHIFT)
#define INPROC_QUEUES		16
#define INPROC_CONTEXTS		32
#define INPROC_RING_ORDER	8
#define INPROC_RING_ENTRIES	(1u << INPROC_RING_ORDER)
#define INPROC_MBOX_ORDER	2
#define INPROC_MBOX_ENTRIES	(1u << INPROC_MBOX_ORDER)

/* Limits of this driver that DEV_QUERY tells. */
#define INPROC_VA_START		INPROC_HUGE_SIZE
#define INPROC_VA_END		(1ull << 47)
#define INPROC_MAX_JOBS		64
#define INPROC_MAX_SYNCS	64
#define INPROC_MAX_BIND_OPS	4096
#define INPROC_MAX_STRIDE	256

/* ---- Memory ------------------------------------------------------------------ */

struct inproc_span {
	TAILQ_ENTRY(inproc_span) link;
	uint64_t start;
	uint64_t size;
};

TAILQ_HEAD(inproc_spans, inproc_span);

/**
 * struct inproc_region - reserved memory, handed out first-fit
 * @base: where offset 0 lies in this process
 * @size: bytes
 * @guard: what is not handed out cannot be touched, by anyone
 * @spans: what is handed out, ascending
 *
 * There are two: device memory, whose offsets are local addresses, and system memory,
 * whose offsets are DMA addresses. What is handed out is zero.
 */
struct inproc_region {
	uint8_t *base;
	uint64_t size;
	bool guard;
	struct inproc_spans spans;
};

int inproc_region_init(struct inproc_region *region, uint64_t size, bool guard);
void inproc_region_fini(struct inproc_region *region);
int inproc_region_alloc(struct inproc_region *region, uint64_t size, uint64_t *offset);
void inproc_region_free(struct inproc_region *region, uint64_t offset);
uint64_t inproc_region_used(const struct inproc_region *region);

/* ---- Handles ----------------------------------------------------------------- */

/** struct inproc_table - handles of one client: 1, 2, 3, ..., the lowest free one first */
struct inproc_table {
	void **slots;
	uint32_t size;
};

int inproc_table_add(struct inproc_table *table, void *object, uint32_t *handle);
void *inproc_table_get(const struct inproc_table *table, uint32_t handle);
void *inproc_table_remove(struct inproc_table *table, uint32_t handle);

/* ---- Device and clients ------------------------------------------------------ */

/** struct inproc_mbox - the control mailbox; requests are made one at a time */
struct inproc_mbox {
	uint64_t dma;
	struct tnpu_msg *req;
	struct tnpu_msg *rsp;
	uint32_t seq;
	sem_t event;		/* vector 0 was raised */
};

TAILQ_HEAD(inproc_bos, inproc_bo);

/** struct inproc_device - the one device of this process */
struct inproc_device {
	unsigned int refs;
	pthread_mutex_t lock;
	pthread_cond_t changed;		/* a fence signalled, or a syncobj got one */
	struct tnpu_chip *chip;
	struct inproc_region local;
	struct inproc_region system;
	struct inproc_mbox mbox;
	struct inproc_queue *queues[INPROC_QUEUES];	/* by hardware queue */
	struct inproc_vm *contexts[INPROC_CONTEXTS];	/* by context ID - 1 */
	struct inproc_bos bos;
	uint64_t next_offset;		/* of the next BO, for mmap */
	uint64_t next_serial;		/* of the next VM */
	uint32_t reset_base;		/* TNPU_REG_RESET_COUNT at boot */
	struct drm_tnpu_firmware_info firmware;
	pthread_t dispatcher;
	sem_t wake;			/* of the dispatcher */
	int pending;			/* wake was posted and not yet taken; atomic */
	uint64_t check_ns;		/* when the dispatcher looks for stalled jobs next */
	bool stop;			/* atomic */
};

/** struct inproc_mapping - a BO in the CPU's sight; holds a reference to it */
struct inproc_mapping {
	TAILQ_ENTRY(inproc_mapping) link;
	struct inproc_bo *bo;
	size_t size;
};

TAILQ_HEAD(inproc_mappings, inproc_mapping);

/** struct inproc_file - one client */
struct inproc_file {
	struct tnpu_transport base;
	struct inproc_device *dev;
	struct inproc_table bos;
	struct inproc_table vms;
	struct inproc_table queues;
	struct inproc_table syncobjs;
	struct inproc_mappings mappings;
};

int inproc_device_get(struct inproc_device **dev, struct tnpu_errmsg *err);
void inproc_device_put(struct inproc_device *dev);
int inproc_device_wait(struct inproc_device *dev, int64_t deadline_ns);
uint64_t inproc_device_now(void);
uint32_t inproc_device_read(struct inproc_device *dev, uint32_t reg);
uint64_t inproc_device_read64(struct inproc_device *dev, uint32_t reg_lo);
void inproc_device_write64(struct inproc_device *dev, uint32_t reg_lo, uint64_t value);
void inproc_device_wake(struct inproc_device *dev);

/* ---- The bus ----------------------------------------------------------------- */

extern const struct tnpu_bus inproc_bus;

/* ---- Boot and mailbox -------------------------------------------------------- */

int inproc_boot(struct inproc_device *dev, struct tnpu_errmsg *err);
int inproc_mbox_init(struct inproc_device *dev);
int inproc_mbox_call(struct inproc_device *dev, uint16_t type, void *payload, size_t size);

/* ---- The caller's memory ----------------------------------------------------- */

int inproc_user_read(void *dst, uint64_t src, size_t size);
int inproc_user_write(uint64_t dst, const void *src, size_t size);
int inproc_user_array(const struct drm_tnpu_obj_array *array, size_t size, uint32_t max,
		      void **objects);

/* ---- Buffer objects ---------------------------------------------------------- */

/** struct inproc_bo - a buffer object; handles, binds and mappings hold references */
struct inproc_bo {
	TAILQ_ENTRY(inproc_bo) link;
	unsigned int refs;
	struct inproc_device *dev;
	struct inproc_region *region;
	uint64_t offset;	/* in the region */
	uint64_t size;
	uint64_t mmap_offset;
	uint64_t vm_serial;	/* the only VM that may bind it, 0: any */
	uint32_t flags;
};

void inproc_bo_put(struct inproc_bo *bo);
int inproc_bo_create(struct inproc_file *file, void *data);
int inproc_bo_mmap_offset(struct inproc_file *file, void *data);
int inproc_bo_wait(struct inproc_file *file, void *data);
int inproc_gem_close(struct inproc_file *file, void *data);
int inproc_mmap(struct inproc_file *file, uint64_t offset, size_t size, void **ptr);
int inproc_munmap(struct inproc_file *file, void *ptr, size_t size);
void inproc_gem_release(struct inproc_file *file);

/* ---- Address spaces ---------------------------------------------------------- */

/** struct inproc_map - a range of a BO at a device address */
struct inproc_map {
	TAILQ_ENTRY(inproc_map) link;
	struct inproc_bo *bo;
	uint64_t bo_offset;
	uint64_t va;
	uint64_t size;
	uint32_t flags;		/* DRM_TNPU_VM_BIND_* */
};

TAILQ_HEAD(inproc_maps, inproc_map);

/** struct inproc_pt - a page table; tables of level 1 to 3 know their children */
struct inproc_pt {
	SLIST_ENTRY(inproc_pt) dead;
	uint64_t *entries;
	uint64_t dma;
	struct inproc_pt **children;
};

SLIST_HEAD(inproc_pts, inproc_pt);

TAILQ_HEAD(inproc_binds, inproc_bind);

/**
 * struct inproc_vm - an address space; its ID and its queues hold references
 * @maps: ascending, disjoint; what the device sees
 * @dead_maps, @dead_pts: taken out, and freed once the device has let go of them
 * @binds: that have not taken effect, oldest first
 * @holds: binds that have prepared tables and not entered their maps: no table goes
 * @prune_start, @prune_end: where there may be tables that are not needed
 */
struct inproc_vm {
	unsigned int refs;
	struct inproc_device *dev;
	uint64_t serial;
	uint32_t context;
	struct inproc_pt *root;
	struct inproc_maps maps;
	struct inproc_maps dead_maps;
	struct inproc_pts dead_pts;
	struct inproc_binds binds;
	unsigned int holds;
	uint64_t prune_start;
	uint64_t prune_end;
};

struct inproc_pt *inproc_pt_create(struct inproc_device *dev, int level);
void inproc_pt_destroy(struct inproc_device *dev, struct inproc_pt *pt);
int inproc_pt_prepare(struct inproc_vm *vm, const struct inproc_map *map);
int inproc_pt_prepare_clear(struct inproc_vm *vm, uint64_t va, uint64_t size);
void inproc_pt_set(struct inproc_vm *vm, const struct inproc_map *map);
void inproc_pt_clear(struct inproc_vm *vm, uint64_t va, uint64_t size);
void inproc_pt_hold(struct inproc_vm *vm);
void inproc_pt_unhold(struct inproc_vm *vm, uint64_t start, uint64_t end);

void inproc_vm_put(struct inproc_vm *vm);
void inproc_vm_bury(struct inproc_vm *vm);
bool inproc_vm_has_bo(const struct inproc_vm *vm, const struct inproc_bo *bo);
int inproc_vm_create(struct inproc_file *file, void *data);
int inproc_vm_destroy(struct inproc_file *file, void *data);

/* ---- Fences and syncobjs ----------------------------------------------------- */

/**
 * struct inproc_fence - the fence of a job or a bind, or a link of a timeline's chain
 *
 * It carries no error: syncobj waits do not pass one on, QUEUE_GET_STATE does.
 *
 * @base: link only: the fence of this point
 * @prev: link only: what the timeline held before, NULL once that has signalled
 * @point: link only: its point
 * @prev_point: link only: the point before it in order, else 0
 */
struct inproc_fence {
	unsigned int refs;
	bool signaled;
	struct inproc_fence *base;
	struct inproc_fence *prev;
	uint64_t point;
	uint64_t prev_point;
};

struct inproc_syncobj {
	unsigned int refs;
	struct inproc_fence *fence;
};

struct inproc_fence *inproc_fence_create(bool signaled);
struct inproc_fence *inproc_fence_get(struct inproc_fence *fence);
void inproc_fence_put(struct inproc_fence *fence);
bool inproc_fence_done(struct inproc_fence *fence);
void inproc_fence_signal(struct inproc_device *dev, struct inproc_fence *fence);

struct inproc_syncobj *inproc_syncobj_get(struct inproc_file *file, uint32_t handle);
void inproc_syncobj_put(struct inproc_syncobj *syncobj);
int inproc_syncobj_find(struct inproc_syncobj *syncobj, uint64_t point,
			struct inproc_fence **fence);
void inproc_syncobj_replace(struct inproc_syncobj *syncobj, struct inproc_fence *fence);
void inproc_syncobj_add_point(struct inproc_syncobj *syncobj, struct inproc_fence *link,
			      struct inproc_fence *fence, uint64_t point);
int inproc_syncobj_create(struct inproc_file *file, void *data);
int inproc_syncobj_destroy(struct inproc_file *file, void *data);
int inproc_syncobj_wait(struct inproc_file *file, void *data);
int inproc_syncobj_timeline_wait(struct inproc_file *file, void *data);
int inproc_syncobj_reset(struct inproc_file *file, void *data);
int inproc_syncobj_signal(struct inproc_file *file, void *data);
int inproc_syncobj_timeline_signal(struct inproc_file *file, void *data);
int inproc_syncobj_query(struct inproc_file *file, void *data);
void inproc_syncobj_release(struct inproc_file *file);

/**
 * struct inproc_signal - a syncobj that gets a fence
 * @link: timeline only: allocated beforehand, because nothing may fail any more then
 */
struct inproc_signal {
	struct inproc_syncobj *syncobj;
	struct inproc_fence *link;
	uint64_t point;
};

/** struct inproc_syncs - what to wait for, and what to signal */
struct inproc_syncs {
	struct inproc_fence **deps;
	struct inproc_signal *signals;
	uint32_t num_deps;
	uint32_t num_signals;
};

struct inproc_job;
TAILQ_HEAD(inproc_jobs, inproc_job);

int inproc_syncs_read(struct inproc_file *file, struct inproc_syncs *syncs,
		      const struct drm_tnpu_obj_array *array, struct inproc_jobs *earlier);
bool inproc_syncs_ready(const struct inproc_syncs *syncs);
void inproc_syncs_signal(struct inproc_syncs *syncs, struct inproc_fence *fence);
void inproc_syncs_free(struct inproc_syncs *syncs);

/* ---- Binds --------------------------------------------------------------------- */

int inproc_bind(struct inproc_file *file, void *data);
void inproc_bind_run_all(struct inproc_device *dev);
void inproc_bind_cancel_all(struct inproc_vm *vm);
struct inproc_fence *inproc_bind_last(const struct inproc_vm *vm);
bool inproc_bind_has_bo(const struct inproc_vm *vm, const struct inproc_bo *bo);

/* ---- Queues and jobs --------------------------------------------------------- */

/** struct inproc_job - a job from its submission to its end */
struct inproc_job {
	TAILQ_ENTRY(inproc_job) link;
	struct tnpu_ring_entry entry;
	struct inproc_fence *fence;
	struct inproc_syncs syncs;
};

/**
 * struct inproc_queue - a hardware queue
 * @waiting: jobs that are not in the ring: their turn has not come
 * @running: jobs in the ring, oldest first
 * @pushed: jobs ever put in the ring: its tail, and the newest job's sequence number
 * @state: what QUEUE_GET_STATE tells, without what is counted elsewhere
 * @progress: what the firmware said of the oldest running job when it last moved
 * @moved_ns: when it was first seen so; 0: not looked at yet
 * @check_ns: when to look next
 */
struct inproc_queue {
	struct inproc_vm *vm;
	unsigned int hw;
	uint64_t dma;
	struct tnpu_ring_entry *ring;
	struct tnpu_completion *completions;
	struct inproc_jobs waiting;
	struct inproc_jobs running;
	uint64_t pushed;
	uint64_t timeout_ns;
	struct drm_tnpu_queue_get_state state;
	uint64_t progress;
	uint64_t moved_ns;
	uint64_t check_ns;
};

int inproc_queue_create(struct inproc_file *file, void *data);
int inproc_queue_destroy(struct inproc_file *file, void *data);
int inproc_queue_get_state(struct inproc_file *file, void *data);
int inproc_queue_submit(struct inproc_file *file, void *data);
void inproc_queue_free(struct inproc_queue *queue);

void inproc_job_free(struct inproc_job *job);
void inproc_job_push_all(struct inproc_device *dev);
void inproc_job_complete_all(struct inproc_device *dev);
void inproc_job_cancel_all(struct inproc_device *dev, struct inproc_queue *queue);
void inproc_job_check_timeouts(struct inproc_device *dev);
void inproc_job_submit(struct inproc_device *dev, struct inproc_queue *queue,
		       struct inproc_job *job);

/* ---- Queries ----------------------------------------------------------------- */

int inproc_dev_query(struct inproc_file *file, void *data);
int inproc_version(struct inproc_file *file, void *data);

#endif /* TNPU_INPROC_H */
