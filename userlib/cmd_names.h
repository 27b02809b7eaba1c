/* SPDX-License-Identifier: MIT */
/*
 * What the values of the device's interfaces are called, for those who tell them to people.
 */
#ifndef TNPU_CMD_NAMES_H
#define TNPU_CMD_NAMES_H

#include <stdint.h>

/** struct tnpu_names - what the values from 0 on are called; NULL: nothing */
struct tnpu_names {
	const char *name[20];
};

/** tnpu_op_names - of opcodes, TNPU_OP_* */
extern const struct tnpu_names tnpu_op_names;

/** tnpu_name_of() - what a value is called; NULL where it has no name */
const char *tnpu_name_of(const struct tnpu_names *names, uint64_t value);

#endif /* TNPU_CMD_NAMES_H */
