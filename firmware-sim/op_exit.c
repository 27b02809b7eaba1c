// SPDX-License-Identifier: MIT
/*
 * EXIT: the end of a job before the end of its stream.
 */
#include "ops.h"

static int exit_prepare(struct tnpu_cmd *cmd)
{
	const struct tnpu_cmd_exit *d = cmd->desc;
	uint32_t value;

	if (tnpu_cmd_check_va(cmd, d->cell, 4) ||
	    tnpu_cmd_read(cmd, d->cell, &value, sizeof(value)))
		return -1;
	cmd->ends = value;
	return 0;
}

const struct tnpu_op tnpu_op_exit = {
	.name = "EXIT",
	.size = sizeof(struct tnpu_cmd_exit),
	.prepare = exit_prepare,
};
