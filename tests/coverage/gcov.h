/* SPDX-License-Identifier: MIT */
/*
 * Counts of the driver's lines, see gcov.c. The object with the driver's module_exit() includes
 * this before all else: the module has the last word when the driver is gone.
 */
#ifndef GCOV_H
#define GCOV_H

#include <linux/module.h>

struct gcov_object;

extern const struct gcov_object *const gcov_begin[0];
extern const struct gcov_object *const gcov_end[0];

void gcov_put_all(void);
void __gcov_merge_add(s64 *counts, u32 count);

#undef module_exit
#define module_exit(fn)			\
	void __exit cleanup_module(void)	\
	{				\
		fn();			\
		gcov_put_all();		\
	}				\
	___ADDRESSABLE(cleanup_module, __exitdata)

#endif /* GCOV_H */
