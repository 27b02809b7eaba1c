// SPDX-License-Identifier: MIT
/*
 * What libgcov is to a program, for the driver in a stock kernel: "make coverage" links this into
 * it. The counts go out by a port of the emulated machine (QEMU's isa-debugcon) when
 * the module's parameter "gcov" is written, and when the module goes; the wire is there even when
 * shared folders are not. They start at 0 again then, so that all of them may be added up.
 *
 * A message is the size of a name, the name, the size of a file, the file: what gcov reads
 * as .gcda. Sizes are 32 bits.
 */
#include <linux/io.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "gcov.h"

#define GCOV_PORT	0xe9
#define GCOV_MAGIC	0x67636461
#define GCOV_FUNCTION	0x01000000
#define GCOV_ARCS	0x01a10000

#if __GNUC__ < 12
#error "the compiler is too old: its counts look different"
#endif
/* How many kinds of counts the compiler knows; arcs, the only ones used here, are first. */
#if __GNUC__ < 14
#define GCOV_KINDS	8
#else
#define GCOV_KINDS	9
#endif

/* What the compiler leaves of each object, as it lays it out. */
struct gcov_arcs {
	u32 count;
	s64 *counts;
};

struct gcov_function {
	const struct gcov_object *object;
	u32 ident;
	u32 lines_checksum;
	u32 graph_checksum;
	struct gcov_arcs arcs;
};

struct gcov_object {
	u32 version;
	struct gcov_object *next;
	u32 stamp;
	u32 checksum;
	const char *name;
	void *merge[GCOV_KINDS];
	u32 functions;
	const struct gcov_function *const *function;
};

/* The compiler puts a pointer to each object's into this section; gcov_end.c is linked last. */
const struct gcov_object *const gcov_begin[0] __section(".gcov_info");

static DEFINE_MUTEX(gcov_lock);

/* Named by each object, called by programs only. */
void __gcov_merge_add(s64 *counts, u32 count)
{
}

static void gcov_put(const void *data, u32 size)
{
	outsb(GCOV_PORT, data, size);
}

static void gcov_put_word(u32 word)
{
	gcov_put(&word, sizeof(word));
}

static u32 gcov_arcs_size(const struct gcov_arcs *arcs)
{
	return arcs->count * sizeof(*arcs->counts);
}

static void gcov_put_function(const struct gcov_function *f)
{
	gcov_put_word(GCOV_FUNCTION);
	gcov_put_word(3 * sizeof(u32));
	gcov_put_word(f->ident);
	gcov_put_word(f->lines_checksum);
	gcov_put_word(f->graph_checksum);
	gcov_put_word(GCOV_ARCS);
	gcov_put_word(gcov_arcs_size(&f->arcs));
	gcov_put(f->arcs.counts, gcov_arcs_size(&f->arcs));
	memset(f->arcs.counts, 0, gcov_arcs_size(&f->arcs));
}

/* A function that another object has too may be left out of this one. */
static bool gcov_has(const struct gcov_object *object, u32 i)
{
	return object->function[i] && object->function[i]->object == object;
}

static void gcov_put_object(const struct gcov_object *object)
{
	u32 i, size = 4 * sizeof(u32);

	for (i = 0; i < object->functions; i++)
		if (gcov_has(object, i))
			size += 7 * sizeof(u32) +
				gcov_arcs_size(&object->function[i]->arcs);

	gcov_put_word(strlen(object->name));
	gcov_put(object->name, strlen(object->name));
	gcov_put_word(size);
	gcov_put_word(GCOV_MAGIC);
	gcov_put_word(object->version);
	gcov_put_word(object->stamp);
	gcov_put_word(object->checksum);
	for (i = 0; i < object->functions; i++)
		if (gcov_has(object, i))
			gcov_put_function(object->function[i]);
}

void gcov_put_all(void)
{
	const struct gcov_object *const *object;

	mutex_lock(&gcov_lock);
	for (object = gcov_begin; object != gcov_end; object++)
		gcov_put_object(*object);
	mutex_unlock(&gcov_lock);
}

static int gcov_set(const char *text, const struct kernel_param *param)
{
	gcov_put_all();
	return 0;
}

static const struct kernel_param_ops gcov_ops = {
	.set = gcov_set,
};

module_param_cb(gcov, &gcov_ops, NULL, 0200);
