// SPDX-License-Identifier: MIT
/*
 * tnpu-mkfw: writes a firmware image.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fwimage.h"

enum {
	OPT_OPS = 256,
	OPT_MSGS,
	OPT_QUANTUM,
	OPT_HEARTBEAT,
	OPT_MAX_BYTES,
	OPT_MAX_MACS,
	OPT_HW_MIN,
	OPT_HW_MAX,
};

struct mkfw {
	struct tnpu_fwimage image;
	const char *output;
};

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "Write the image to FILE (required)", 0 },
	{ "name", 'n', "NAME", 0, "Name of the image, at most 31 bytes [tnpu]", 0 },
	{ "image-version", 'i', "X.Y.Z", 0, "Its version [1.0.0]", 0 },
	{ "ops", OPT_OPS, "MASK", 0, "Bit n enables opcode n [all]", 0 },
	{ "messages", OPT_MSGS, "MASK", 0, "Bit n enables mailbox message n [all]", 0 },
	{ "quantum-us", OPT_QUANTUM, "N", 0,
	  "Time slice inside a priority band, 100..100000 [2000]", 0 },
	{ "heartbeat-ms", OPT_HEARTBEAT, "N", 0, "Heartbeat period, 1..1000 [100]", 0 },
	{ "max-cmd-bytes", OPT_MAX_BYTES, "N", 0,
	  "Limit of the bytes that a command touches, 0: the hardware's [0]", 0 },
	{ "max-cmd-macs", OPT_MAX_MACS, "N", 0,
	  "Limit of a command's multiply-accumulates, 0: the hardware's [0]", 0 },
	{ "hw-min", OPT_HW_MIN, "N", 0, "Lowest hardware major version [1]", 0 },
	{ "hw-max", OPT_HW_MAX, "N", 0, "Highest hardware major version [1]", 0 },
	{ 0 },
};

static uint64_t parse_number(struct argp_state *state, const char *name, const char *arg,
			     uint64_t min, uint64_t max)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(arg, &end, 0);
	if (errno || *end || end == arg || *arg == '-' || value < min || value > max)
		argp_error(state, "%s: '%s' is not a number from %" PRIu64 " to %" PRIu64,
			   name, arg, min, max);
	return value;
}

static uint32_t parse_version(struct argp_state *state, const char *arg)
{
	unsigned int major, minor, patch;
	int used = 0;

	if (sscanf(arg, "%3u.%3u.%5u%n", &major, &minor, &patch, &used) != 3 || arg[used] ||
	    major > UINT8_MAX || minor > UINT8_MAX || patch > UINT16_MAX)
		argp_error(state, "image-version: '%s' is not X.Y.Z, X and Y <= 255, Z <= 65535",
			   arg);
	return major << 24 | minor << 16 | patch;
}

static void parse_name(struct argp_state *state, char *name, size_t size, const char *arg)
{
	if (strlen(arg) >= size)
		argp_error(state, "name: '%s' is longer than %zu bytes", arg, size - 1);
	memset(name, 0, size);
	memcpy(name, arg, strnlen(arg, size - 1));
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct mkfw *m = state->input;
	struct tnpu_fwimage *fw = &m->image;

	switch (key) {
	case 'o':
		m->output = arg;
		return 0;
	case 'n':
		parse_name(state, fw->name, sizeof(fw->name), arg);
		return 0;
	case 'i':
		fw->version = parse_version(state, arg);
		return 0;
	case OPT_OPS:
		fw->ops = parse_number(state, "ops", arg, 0, UINT64_MAX);
		return 0;
	case OPT_MSGS:
		fw->msgs = parse_number(state, "messages", arg, 0, UINT64_MAX);
		return 0;
	case OPT_QUANTUM:
		fw->sched.quantum_us = parse_number(state, "quantum-us", arg, 100, 100000);
		return 0;
	case OPT_HEARTBEAT:
		fw->sched.heartbeat_ms = parse_number(state, "heartbeat-ms", arg, 1, 1000);
		return 0;
	case OPT_MAX_BYTES:
		fw->limits.max_cmd_bytes = parse_number(state, "max-cmd-bytes", arg, 0,
							UINT64_MAX);
		return 0;
	case OPT_MAX_MACS:
		fw->limits.max_cmd_macs = parse_number(state, "max-cmd-macs", arg, 0,
						       UINT64_MAX);
		return 0;
	case OPT_HW_MIN:
		fw->hw_min = parse_number(state, "hw-min", arg, 0, UINT16_MAX);
		return 0;
	case OPT_HW_MAX:
		fw->hw_max = parse_number(state, "hw-max", arg, 0, UINT16_MAX);
		return 0;
	case ARGP_KEY_END:
		if (!m->output)
			argp_error(state, "--output is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = options,
	.parser = parse_option,
	.doc = "Write a TNPU firmware image: the tables by which the simulated firmware runs.",
};

static int mkfw_write(const char *path, const void *buf, size_t size)
{
	FILE *file = fopen(path, "wb");
	bool written;

	if (!file)
		return -errno;
	written = fwrite(buf, 1, size, file) == size;
	if (fclose(file) || !written)
		return errno ? -errno : -EIO;
	return 0;
}

int main(int argc, char **argv)
{
	uint8_t buf[TNPU_FWIMAGE_SIZE];
	struct mkfw m = { .output = NULL };
	int ret;

	tnpu_fwimage_default(&m.image);
	if (argp_parse(&parser, argc, argv, 0, NULL, &m))
		return EXIT_FAILURE;
	tnpu_fwimage_build(&m.image, buf);
	ret = mkfw_write(m.output, buf, sizeof(buf));
	if (ret) {
		fprintf(stderr, "tnpu-mkfw: %s: %s\n", m.output, strerror(-ret));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
