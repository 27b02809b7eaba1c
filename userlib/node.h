/* SPDX-License-Identifier: MIT */
#ifndef TNPU_NODE_H
#define TNPU_NODE_H

#include <stddef.h>

#include "errmsg.h"

/**
 * tnpu_node_choose() - Which device node is meant
 * @path: its path; NULL: what the environment variable TNPU_DEVICE says, else the first node
 *	in /sys/class/accel whose driver is tnpu
 * @node: the path
 * @size: of @node
 * @err: why there is none, or NULL
 *
 * Return: 0; -ENODEV no TNPU; -ENAMETOOLONG.
 */
int tnpu_node_choose(const char *path, char *node, size_t size, struct tnpu_errmsg *err);

#endif /* TNPU_NODE_H */
