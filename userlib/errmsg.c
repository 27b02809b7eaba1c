// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>

#include "errmsg.h"

int tnpu_errmsg_set(struct tnpu_errmsg *err, int code, const char *fmt, ...)
{
	va_list args;
	char *c;

	if (!err)
		return code;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	for (c = err->text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return code;
}
