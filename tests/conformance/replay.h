/* SPDX-License-Identifier: MIT */
/*
 * Replays recorded traces against a device; README.rst describes their format.
 *
 * What a device is driven by is a backend of a few functions. Everything else, from the
 * text of a trace to the comparison with what the device did, is the same for all.
 */
#ifndef _REPLAY_H_
#define _REPLAY_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLAY_SYS_SIZE		(1u << 20)	/* system memory that every trace has */
#define REPLAY_MEM_SIZE		(2u << 20)	/* device memory that every device has */
#define REPLAY_VECTORS		65
#define REPLAY_VARIABLES	64

/** enum replay_space - what a memory address is an address of */
enum replay_space {
	REPLAY_SYS,	/* system memory; the address is the device's DMA address */
	REPLAY_MEM,	/* device memory; the address is an offset from its start */
};

/**
 * struct replay_backend - a device under test
 *
 * Addresses have been checked: memory accesses lie inside of REPLAY_SYS_SIZE bytes from
 * @sys_base, or of REPLAY_MEM_SIZE; those of 8, 4 or 2 bytes are aligned if the trace's
 * addresses are, and have to be single-copy atomic then.
 */
struct replay_backend {
	/** @open: a device as after power-on; system memory is zero. NULL on failure. */
	void *(*open)(void);
	/** @close: the end of this device */
	void (*close)(void *dev);
	/** @read32, @write32: one access to BAR0 */
	uint32_t (*read32)(void *dev, uint64_t offset);
	void (*write32)(void *dev, uint64_t offset, uint32_t value);
	/** @load, @store: 1, 2, 4 or 8 bytes of memory, little endian */
	uint64_t (*load)(void *dev, enum replay_space space, uint64_t addr, size_t size);
	void (*store)(void *dev, enum replay_space space, uint64_t addr, size_t size,
		      uint64_t value);
	/** @interrupts: how often @vector was signalled since @open */
	unsigned int (*interrupts)(void *dev, unsigned int vector);
	/** @sys_base: DMA address of the system memory, a multiple of 4 KiB */
	uint64_t sys_base;
	/** @nowhere: DMA address, a multiple of 4 KiB, at which there is nothing */
	uint64_t nowhere;
};

extern const struct replay_backend replay_chip;	/* the chip in process */
extern const struct replay_backend replay_qemu;	/* QEMU's device, $QTEST_QEMU_BINARY */

struct replay_variable {
	char name[32];
	uint64_t value;
};

/**
 * struct replay - one trace under way
 * @backend: NULL while the trace is only read, which comes first: a trace that is
 *	malformed anywhere never touches a device
 * @file, @line: the present place, for messages
 * @seen: interrupts of each vector that the trace knows of
 * @error: what went wrong, with its place
 */
struct replay {
	const struct replay_backend *backend;
	void *dev;
	const char *file;
	unsigned int line;
	unsigned int depth;
	char title[128];
	struct replay_variable variable[REPLAY_VARIABLES];
	unsigned int variables;
	unsigned int seen[REPLAY_VECTORS];
	char error[320];
};

/** replay_fail - keeps the first message, with its place; returns -1 */
int replay_fail(struct replay *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- Names: trace_names.c ----------------------------------------------------- */

/**
 * struct trace_field - a field of a struct
 * @nested: the struct that it is, or NULL
 * @size: bytes of one element
 * @count: elements; 0: not an array
 */
struct trace_field {
	const char *type;
	const char *name;
	const char *nested;
	size_t offset;
	size_t size;
	size_t count;
};

/** trace_find_const, trace_find_struct - false where the headers have no such name */
bool trace_find_const(const char *name, uint64_t *value);
bool trace_find_struct(const char *name, size_t *size);
/** trace_find_field - the field of struct @type, or NULL */
const struct trace_field *trace_find_field(const char *type, const char *name);

/* ---- Expressions: trace_expr.c ------------------------------------------------ */

/** trace_eval - the value of @text, all of which is an expression */
int trace_eval(struct replay *r, const char *text, uint64_t *value);
/** trace_eval_max - the same, at most @max */
int trace_eval_max(struct replay *r, const char *text, uint64_t max, uint64_t *value);
/** trace_register - the offset that a TNPU_REG_ name or "bar0:EXPRESSION" stands for */
int trace_register(struct replay *r, const char *text, uint64_t *offset);
/** trace_path - resolves "FIELD", "FIELD[INDEX]", "FIELD.FIELD" of struct @type */
int trace_path(struct replay *r, const char *type, const char *path,
	       struct trace_field *field);
/** trace_assign - sets a variable, which is made where there is none of that name */
int trace_assign(struct replay *r, const char *name, uint64_t value);

/* ---- Memory: trace_memory.c --------------------------------------------------- */

struct trace_memory {
	enum replay_space space;
	uint64_t addr;
};

/**
 * typedef trace_element_fn - what to do with an element of an operand
 * @what: its name in messages
 */
typedef int (*trace_element_fn)(struct replay *r, const struct trace_memory *at,
				size_t size, uint64_t value, const char *what);

/**
 * trace_operand - calls @fn for each element that LOCATION TYPE VALUE... names
 * @arg: the words: where, a type or a struct, then values or FIELD=VALUE
 */
int trace_operand(struct replay *r, char **arg, unsigned int n, trace_element_fn fn);
/** trace_clear - zero the struct that LOCATION STRUCT names; other types: nothing */
int trace_clear(struct replay *r, char **arg);

int trace_store(struct replay *r, const struct trace_memory *at, size_t size,
		uint64_t value, const char *what);
int trace_compare(struct replay *r, const struct trace_memory *at, size_t size,
		  uint64_t value, const char *what);

#endif /* _REPLAY_H_ */
