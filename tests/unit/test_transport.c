// SPDX-License-Identifier: MIT
/*
 * Opening a transport: what the environment chooses, and one clear message for each way to
 * fail. What an open one does is the matter of the uAPI cases (tests/kselftests/tnpu/uapi).
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <tnpu/tnpu_regs.h>

#include "transport.h"

#define IMAGE_MAX	4096

/* Must fail with @error and a message that contains @text. */
static void open_fails(const char *path, int error, const char *text)
{
	struct tnpu_errmsg err = { "" };
	struct tnpu_transport *t;

	assert_int_equal(tnpu_transport_open(path, &t, &err), error);
	if (!strstr(err.text, text))
		fail_msg("message \"%s\" lacks \"%s\"", err.text, text);
}

static void open_works(void)
{
	struct tnpu_errmsg err = { "" };
	struct tnpu_transport *t;

	if (tnpu_transport_open(NULL, &t, &err))
		fail_msg("%s", err.text);
	tnpu_transport_close(t);
}

#define VARIABLES	7

/* For the duration of a test; its environment comes back afterwards. */
static const char * const variables[VARIABLES] = {
	"TNPU_TRANSPORT", "TNPU_PLUGIN_DIR", "TNPU_DEVICE", "TNPU_FIRMWARE", "TNPU_INPROC_MEM",
	"TNPU_INPROC_ENGINES", "TNPU_INPROC_ISA"
};

static char *saved[VARIABLES];

static int save_environment(void **state)
{
	const char *value;
	int i;

	for (i = 0; i < VARIABLES; i++) {
		value = getenv(variables[i]);
		saved[i] = value ? strdup(value) : NULL;
	}
	setenv("TNPU_TRANSPORT", "inproc", 1);
	return 0;
}

static int restore_environment(void **state)
{
	int i;

	for (i = 0; i < VARIABLES; i++) {
		if (saved[i])
			setenv(variables[i], saved[i], 1);
		else
			unsetenv(variables[i]);
		free(saved[i]);
	}
	return 0;
}

static void test_unknown_transport(void **state)
{
	setenv("TNPU_TRANSPORT", "carrier-pigeon", 1);
	open_fails(NULL, -EINVAL, "TNPU_TRANSPORT=carrier-pigeon: unknown");
}

static void test_node_missing(void **state)
{
	setenv("TNPU_TRANSPORT", "drm", 1);
	open_fails("/nonexistent/accel0", -ENOENT, "/nonexistent/accel0: No such file");
	setenv("TNPU_DEVICE", "/nonexistent/accel1", 1);
	open_fails(NULL, -ENOENT, "/nonexistent/accel1: No such file");
}

static void test_plugin_missing(void **state)
{
	setenv("TNPU_PLUGIN_DIR", "/nonexistent", 1);
	open_fails(NULL, -ELIBACC, "libtnpu-inproc.so");
}

static void test_open_twice(void **state)
{
	struct tnpu_transport *a, *b;

	assert_int_equal(tnpu_transport_open(NULL, &a, NULL), 0);
	assert_int_equal(tnpu_transport_open(NULL, &b, NULL), 0);
	assert_ptr_not_equal(a, b);
	tnpu_transport_close(a);
	tnpu_transport_close(b);
	tnpu_transport_close(NULL);
	open_works();
}

static void test_memory_size(void **state)
{
	setenv("TNPU_INPROC_MEM", "64M", 1);
	open_works();
	setenv("TNPU_INPROC_MEM", "3M", 1);
	open_fails(NULL, -EINVAL, "TNPU_INPROC_MEM");
	setenv("TNPU_INPROC_MEM", "0", 1);
	open_fails(NULL, -EINVAL, "TNPU_INPROC_MEM");
	setenv("TNPU_INPROC_MEM", "64Mx", 1);
	open_fails(NULL, -EINVAL, "TNPU_INPROC_MEM");
	setenv("TNPU_INPROC_MEM", "much", 1);
	open_fails(NULL, -EINVAL, "TNPU_INPROC_MEM");
}

static void test_engines(void **state)
{
	setenv("TNPU_INPROC_ENGINES", "3", 1);
	open_works();
	setenv("TNPU_INPROC_ENGINES", "0", 1);
	open_fails(NULL, -EINVAL, "TNPU_INPROC_ENGINES=0: not 1 to 64");
	setenv("TNPU_INPROC_ENGINES", "65", 1);
	open_fails(NULL, -EINVAL, "TNPU_INPROC_ENGINES=65: not 1 to 64");
	setenv("TNPU_INPROC_ENGINES", "2x", 1);
	open_fails(NULL, -EINVAL, "TNPU_INPROC_ENGINES=2x: not 1 to 64");
}

static void test_isa(void **state)
{
	setenv("TNPU_INPROC_ISA", "scalar", 1);
	open_works();
	setenv("TNPU_INPROC_ISA", "z80", 1);
	open_fails(NULL, -EINVAL, "TNPU_INPROC_ISA=z80");
}

/* ---- Firmware images that must be refused -------------------------------------------- */

static size_t image_read(void *image)
{
	int fd = open(getenv("TNPU_FIRMWARE"), O_RDONLY);
	ssize_t n = read(fd, image, IMAGE_MAX);

	close(fd);
	assert_true(n > (ssize_t)sizeof(struct tnpu_fw_header) && n < IMAGE_MAX);
	return n;
}

/* Boots @image from a file; it must be refused for this reason. */
static void image_fails(const void *image, size_t size, const char *reason)
{
	char path[] = "/tmp/tnpu-image-XXXXXX";
	int fd = mkstemp(path);

	assert_int_equal(write(fd, image, size), size);
	close(fd);
	setenv("TNPU_FIRMWARE", path, 1);
	open_fails(NULL, -ENOEXEC, reason);
	unlink(path);
}

static void test_firmware_missing(void **state)
{
	setenv("TNPU_FIRMWARE", "/nonexistent/tnpu.bin", 1);
	open_fails(NULL, -ENOENT, "firmware /nonexistent/tnpu.bin: No such file");
}

static void test_firmware_size(void **state)
{
	uint64_t image[IMAGE_MAX / sizeof(uint64_t)];
	size_t size = image_read(image);

	image_fails(image, 0, "is not of");
	image_fails(image, sizeof(struct tnpu_fw_header) - 1, "is not of");
	image_fails(image, size - 8, "wrong size");
}

static void test_firmware_magic(void **state)
{
	uint64_t image[IMAGE_MAX / sizeof(uint64_t)];
	size_t size = image_read(image);

	((struct tnpu_fw_header *)image)->magic ^= 1;
	image_fails(image, size, "wrong magic number");
}

static void test_firmware_digest(void **state)
{
	uint64_t image[IMAGE_MAX / sizeof(uint64_t)];
	size_t size = image_read(image);

	((uint8_t *)image)[size - 1] ^= 0x40;
	image_fails(image, size, "wrong digest");
}

static void test_firmware_hardware(void **state)
{
	uint64_t image[IMAGE_MAX / sizeof(uint64_t)];
	size_t size = image_read(image);
	struct tnpu_fw_header *header = (void *)image;

	header->hw_min = TNPU_HW_VERSION_MAJOR + 1;
	header->hw_max = TNPU_HW_VERSION_MAJOR + 1;
	image_fails(image, size, "another hardware version");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, save_environment, restore_environment)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unknown_transport),
		TEST(test_node_missing),
		TEST(test_plugin_missing),
		TEST(test_open_twice),
		TEST(test_memory_size),
		TEST(test_engines),
		TEST(test_isa),
		TEST(test_firmware_missing),
		TEST(test_firmware_size),
		TEST(test_firmware_magic),
		TEST(test_firmware_digest),
		TEST(test_firmware_hardware),
	};

	return cmocka_run_group_tests_name("transport", tests, NULL, NULL);
}
