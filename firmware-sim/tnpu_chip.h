/* SPDX-License-Identifier: MIT */
/*
 * The TNPU chip as a C library: boot ROM, command processor, scheduler, MMU and
 * engines behind one small bus interface. Its shells are the QEMU device, the
 * in-process transport of libtnpu, and the test and fuzz harness.
 *
 * Threads. A chip owns one control thread (what firmware does on a management
 * core) and engines - 1 workers. All control-plane state belongs to the control
 * thread, which serves mailbox and doorbells only between batches of tiles, when no engine
 * holds a translation or a host pointer. Registers are guarded by the chip's own
 * lock, held for a few instructions only, so register access never waits for work.
 * Unless a function says otherwise it may be called from any thread.
 */
#ifndef _TNPU_CHIP_H_
#define _TNPU_CHIP_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tnpu_chip;

/**
 * struct tnpu_bus - what a shell provides
 *
 * Every callback gets &tnpu_chip_config.opaque. They are called from the control
 * thread and the workers (@clock also from tnpu_chip_mmio_read()), never with a chip lock
 * held, and must not call back into the chip. System memory is reached only through them.
 */
struct tnpu_bus {
	/**
	 * @read: copy @size bytes of system memory at DMA address @addr.
	 * Returns 0 or -EIO; on error the contents of @buf are undefined.
	 */
	int (*read)(void *opaque, uint64_t addr, void *buf, size_t size);

	/**
	 * @write: the reverse. Stores of 8 aligned bytes or less are single-copy
	 * atomic, and a later write is never seen before an earlier one.
	 */
	int (*write)(void *opaque, uint64_t addr, const void *buf, size_t size);

	/**
	 * @map: a host pointer to system memory at @addr; *@size is lowered to what is
	 * contiguous. NULL where the address is not plain memory. May be NULL.
	 */
	void *(*map)(void *opaque, uint64_t addr, size_t *size, bool write);

	/** @unmap: ends a @map; @written bytes from its start were stored to. */
	void (*unmap)(void *opaque, void *host, size_t size, bool write, size_t written);

	/** @dirty: engines stored @size bytes to device memory at @offset. May be NULL. */
	void (*dirty)(void *opaque, uint64_t offset, uint64_t size);

	/** @raise: signal MSI-X vector @vector; edge, never blocks. */
	void (*raise)(void *opaque, unsigned int vector);

	/** @clock: nanoseconds of the timestamp counter, monotonic. */
	uint64_t (*clock)(void *opaque);

	/** @log: one line of text without newline. May be NULL. */
	void (*log)(void *opaque, const char *line);

	/** @thread_start, @thread_stop: run first and last in each chip thread. May be NULL. */
	void (*thread_start)(void *opaque);
	void (*thread_stop)(void *opaque);
};

/**
 * enum tnpu_isa - instruction sets of the host; bit-identical results
 */
enum tnpu_isa {
	TNPU_ISA_AUTO,		/* the best that this host has */
	TNPU_ISA_SCALAR,	/* the reference */
	TNPU_ISA_AVX2,
	TNPU_ISA_AVX_VNNI,
	TNPU_ISA_AVX512_VNNI,
	TNPU_ISA_AMX_INT8,
	TNPU_ISA_NEON_DOTPROD,
	TNPU_ISAS
};

/**
 * struct tnpu_chip_config - properties fixed at creation
 * @bus: callbacks, copied
 * @opaque: their argument
 * @mem: device memory, page aligned, owned by the shell, which keeps it until
 *	tnpu_chip_destroy()
 * @mem_size: its bytes, a multiple of 2 MiB, 2 MiB .. 1 TiB
 * @queues: hardware queues, 1..64
 * @contexts: address spaces, 1..256
 * @vectors: MSI-X vectors, 2..65
 * @engines: lanes, that is threads that run tiles, 1..64; 0: one per online CPU
 * @profile: chip profile that TNPU_REG_PROFILE shows
 * @isa: instruction set of the engines
 */
struct tnpu_chip_config {
	struct tnpu_bus bus;
	void *opaque;
	void *mem;
	uint64_t mem_size;
	unsigned int queues;
	unsigned int contexts;
	unsigned int vectors;
	unsigned int engines;
	unsigned int profile;
	enum tnpu_isa isa;
};

/**
 * tnpu_chip_create - power on
 * @config: properties; copied
 * @chip: the handle
 *
 * Starts the threads; the chip waits in TNPU_BOOT_ROM. Returns 0, -EINVAL for a value
 * out of range, -ENOTSUP for an instruction set that this host lacks, -ENOMEM or
 * -EAGAIN when memory or threads are short.
 */
int tnpu_chip_create(const struct tnpu_chip_config *config, struct tnpu_chip **chip);

/** tnpu_chip_destroy - cancel all work, join the threads, free. NULL is allowed. */
void tnpu_chip_destroy(struct tnpu_chip *chip);

/**
 * tnpu_chip_reset - function-level reset: cancels running work at the next tile boundary
 * and returns, within the longest span, when no engine and no callback is active.
 * Registers, queues and contexts are as after power-on; device memory keeps its
 * contents. The caller poisons device memory itself where the reset is a cold one.
 */
void tnpu_chip_reset(struct tnpu_chip *chip);

/** tnpu_chip_bar0_size - bytes of BAR0, a power of two. */
uint64_t tnpu_chip_bar0_size(const struct tnpu_chip *chip);

/**
 * tnpu_chip_mmio_read, tnpu_chip_mmio_write - access to BAR0
 * @offset: byte offset; aligned 4-byte accesses only, others read as zero
 *
 * Never wait for work. Each is atomic.
 */
uint32_t tnpu_chip_mmio_read(struct tnpu_chip *chip, uint64_t offset);
void tnpu_chip_mmio_write(struct tnpu_chip *chip, uint64_t offset, uint32_t value);

/**
 * tnpu_chip_pause, tnpu_chip_resume - freeze at a tile boundary and go on
 *
 * pause returns when no engine and no callback is active; register writes are
 * still taken. They nest not: one pause, one resume.
 */
void tnpu_chip_pause(struct tnpu_chip *chip);
void tnpu_chip_resume(struct tnpu_chip *chip);

/**
 * tnpu_chip_settle - wait until the chip has done what it was told
 * @ms: at most; a guest may have given it work without end
 *
 * Until it sleeps, or is paused. For fuzzers and tests.
 */
void tnpu_chip_settle(struct tnpu_chip *chip, unsigned int ms);

/**
 * struct tnpu_stream - where a saved chip goes to, or comes from
 * @write: takes all @size bytes; 0 or a negative errno
 * @read: gives all @size bytes; 0 or a negative errno
 */
struct tnpu_stream {
	int (*write)(void *opaque, const void *buf, size_t size);
	int (*read)(void *opaque, void *buf, size_t size);
	void *opaque;
};

/**
 * tnpu_chip_save - write the state of a paused chip
 *
 * All but device memory, which the shell saves: registers, firmware, mailbox, contexts,
 * queues and their jobs, with the command that each of them is in, log, provoked failures.
 * The chip is left as it is. No reset and no destroy may run meanwhile. Returns 0, -EBUSY
 * where the chip is not paused, -ENOMEM, or what @stream returned.
 */
int tnpu_chip_save(struct tnpu_chip *chip, const struct tnpu_stream *stream);

/**
 * tnpu_chip_load - become the chip that was saved
 * @why: what is wrong with the stream, of @size bytes; set where -EINVAL is returned
 *
 * The chip must be paused, and have the same memory size, queues, contexts, vectors and
 * profile; engines and instruction set may differ. The stream is hostile: whatever it holds,
 * the chip is a valid one afterwards. Reads no memory: commands under way are checked
 * against it after tnpu_chip_resume(). Returns 0, -EBUSY where the chip is not paused,
 * -ENOMEM, -EINVAL, or what @stream returned; on error the chip is as after a reset.
 */
int tnpu_chip_load(struct tnpu_chip *chip, const struct tnpu_stream *stream, char *why,
		   size_t size);

/** enum tnpu_provoke - failures on demand */
enum tnpu_provoke {
	TNPU_PROVOKE_HANG_QUEUE,	/* value: queue + 1 that makes no progress; 0 clears */
	TNPU_PROVOKE_FW_CRASH,		/* value: 1 */
	TNPU_PROVOKE_STALL_HEARTBEAT,	/* value: 1 stalls, 0 goes on */
	TNPU_PROVOKE_DROP_IRQ,		/* value: interrupts to swallow */
	TNPU_PROVOKE_DMA_ERROR,		/* value: bus accesses to fail */
	TNPU_PROVOKE_SLOW_US,		/* value: microseconds that a tile takes longer */
	TNPU_PROVOKE_ECC_SINGLE,	/* value: reads of device memory with one bit flipped */
	TNPU_PROVOKE_ECC_DOUBLE,	/* value: the same with two: the job fails */
	TNPU_PROVOKE_CORRUPT_REPLY,	/* value: mailbox responses with a wrong seq */
	TNPU_PROVOKE_CORRUPT_IMAGE,	/* value: boots whose image has a wrong header */
	TNPU_PROVOKES
};

/* The largest value of TNPU_PROVOKE_SLOW_US. */
#define TNPU_PROVOKE_SLOW_US_MAX	1000000

/**
 * tnpu_chip_provoke - make something fail
 * What counts is used up by what it hits; 0 ends it. Resets do not. Returns 0 or -EINVAL.
 */
int tnpu_chip_provoke(struct tnpu_chip *chip, enum tnpu_provoke what, uint64_t value);

/** enum tnpu_counter - what a chip counts from power-on; resets do not clear it */
enum tnpu_counter {
	TNPU_COUNTER_JOBS,		/* that have ended, in whatever way */
	TNPU_COUNTER_JOBS_FAILED,	/* of these: errors, cancelled, reset */
	TNPU_COUNTER_COMMANDS,		/* completed */
	TNPU_COUNTER_BUSY,		/* ticks of the timestamp counter with a queue at work */
	TNPU_COUNTER_IRQS,		/* vectors raised */
	TNPU_COUNTER_IRQS_DROPPED,	/* by TNPU_PROVOKE_DROP_IRQ */
	TNPU_COUNTER_BUS_ERRORS,	/* accesses to system memory that failed, provoked or not */
	TNPU_COUNTER_ECC_CORRECTED,	/* reads of device memory with one bit flipped */
	TNPU_COUNTER_ECC_UNCORRECTED,	/* with two */
	TNPU_COUNTERS
};

/** tnpu_chip_counter - its value now; never waits */
uint64_t tnpu_chip_counter(struct tnpu_chip *chip, enum tnpu_counter counter);

/**
 * tnpu_isa_name, tnpu_isa_supported - "auto", "scalar", "avx2", "avx-vnni", "avx512-vnni",
 *	"amx-int8", "neon-dotprod", on every host; and what this host runs. Who asks about
 *	"amx-int8" asks the kernel too that this process may use tiles
 */
const char *tnpu_isa_name(enum tnpu_isa isa);
bool tnpu_isa_supported(enum tnpu_isa isa);

#endif /* _TNPU_CHIP_H_ */
