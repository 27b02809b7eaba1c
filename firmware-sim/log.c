// SPDX-License-Identifier: MIT
/*
 * The firmware's log: a ring of text that TNPU_MSG_LOG reads, and the shell's log.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "chip.h"

static void tnpu_log_append(struct tnpu_chip *chip, const char *text)
{
	for (; *text; text++)
		chip->log[chip->log_end++ % TNPU_LOG_BYTES] = *text;
}

void tnpu_log(struct tnpu_chip *chip, const char *format, ...)
{
	const uint64_t us = tnpu_chip_clock(chip) / 1000;
	char stamp[40];
	char line[160];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	snprintf(stamp, sizeof(stamp), "[%6" PRIu64 ".%06" PRIu64 "] ", us / 1000000, us % 1000000);
	tnpu_log_append(chip, stamp);
	tnpu_log_append(chip, line);
	tnpu_log_append(chip, "\n");
	if (chip->config.bus.log)
		chip->config.bus.log(chip->config.opaque, line);
}

uint32_t tnpu_log_tail(struct tnpu_chip *chip, char *buf, uint32_t size)
{
	uint64_t first;
	uint32_t i;

	if (size > TNPU_LOG_BYTES)
		size = TNPU_LOG_BYTES;
	if (size > chip->log_end)
		size = chip->log_end;
	first = chip->log_end - size;
	for (i = 0; i < size; i++)
		buf[i] = chip->log[(first + i) % TNPU_LOG_BYTES];
	return size;
}
