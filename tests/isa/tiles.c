// SPDX-License-Identifier: GPL-2.0
/*
 * Linux gives tiles to processes that ask, and needs XFD for that, which Bochs lacks. This
 * module switches them on for all. No process's tiles are saved: one at a time may use them.
 */
#include <linux/module.h>

#include <asm/fpu/xcr.h>

#define XCR0_TILES	(3 << 17)

static int __init tiles_init(void)
{
	xsetbv(0, xgetbv(0) | XCR0_TILES);
	return 0;
}
module_init(tiles_init);

MODULE_DESCRIPTION("Tiles for a kernel that does not know them");
MODULE_LICENSE("GPL");
