/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TNPU: what differs between the QEMU releases that the overlay builds in,
 * 10.0 to 10.2. Each difference is found by what the tree holds, never by its
 * version number.
 */
#ifndef HW_MISC_TNPU_COMPAT_H
#define HW_MISC_TNPU_COMPAT_H

/*
 * 10.1 moved the memory API to system/ and made the data of class_init const
 * in the same cycle. The header of RAM blocks was split and moved with it.
 */
#if __has_include("system/memory.h")
#include "system/address-spaces.h"
#include "system/memory.h"
#include "system/ramblock.h"
#define TNPU_CLASS_DATA	const void
#else
#include "exec/address-spaces.h"
#include "exec/cpu-common.h"
#include "exec/memory.h"
#define TNPU_CLASS_DATA	void
#endif

#endif /* HW_MISC_TNPU_COMPAT_H */
