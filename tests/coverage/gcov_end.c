// SPDX-License-Identifier: MIT
/* The end of what gcov.c begins. */
#include <linux/compiler.h>

#include "gcov.h"

const struct gcov_object *const gcov_end[0] __section(".gcov_info");
