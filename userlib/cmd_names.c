// SPDX-License-Identifier: MIT
/*
 * Names of values that more than one subcommand tells.
 */
#include <stddef.h>

#include "cmd_names.h"

const struct tnpu_names tnpu_op_names = { {
	"NOP", "FILL", "COPY", "CONVERT", "REPACK", "GATHER", "QUANTIZE", "GEMM", "NORM", "ROPE",
	"KV_STORE", "ATTENTION", "GLU", "SAMPLE", "CELL", "FENCE_SIGNAL", "FENCE_WAIT",
	"TIMESTAMP", "EXIT",
} };

const char *tnpu_name_of(const struct tnpu_names *names, uint64_t value)
{
	return value < sizeof(names->name) / sizeof(names->name[0]) ? names->name[value] : NULL;
}
