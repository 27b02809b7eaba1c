// SPDX-License-Identifier: MIT
/*
 * tnpu decode: what it says of dumps made here, and that it refuses every unsound one with
 * status 1 and one line that says why. The command itself runs, from TNPU_BUILD.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include <drm/tnpu_accel.h>
#include <tnpu/tnpu_dump.h>
#include <tnpu/tnpu_isa.h>
#include <tnpu/tnpu_regs.h>

#define STREAM_VA	0x100000ull
#define FAULT_VA	0x200040ull
#define MUTATIONS	400

/* ---- Dumps -------------------------------------------------------------------------- */

/** struct buf - a dump that is being made */
struct buf {
	uint8_t data[16384];
	size_t len;
};

static struct tnpu_dump_header *header_of(struct buf *b)
{
	return (struct tnpu_dump_header *)b->data;
}

static void buf_init(struct buf *b)
{
	memset(b, 0, sizeof(*b));
	b->len = sizeof(struct tnpu_dump_header);
	*header_of(b) = (struct tnpu_dump_header){
		.magic = TNPU_DUMP_MAGIC,
		.version_major = TNPU_DUMP_VERSION_MAJOR,
		.header_size = b->len,
		.size = b->len,
	};
}

static struct tnpu_dump_section *buf_add(struct buf *b, uint32_t type, uint32_t stride,
					 const void *data, size_t size)
{
	struct tnpu_dump_section *s = (void *)(b->data + b->len);

	assert_true(b->len + sizeof(*s) + size + 8 < sizeof(b->data));
	*s = (struct tnpu_dump_section){ type, stride, size };
	memcpy(s + 1, data, size);
	b->len += sizeof(*s) + (size + 7) / 8 * 8;
	header_of(b)->sections++;
	header_of(b)->size = b->len;
	return s;
}

#define buf_add_one(b, type, one)	buf_add(b, type, sizeof(*(one)), one, sizeof(*(one)))

static const struct tnpu_dump_info info = {
	.cause = TNPU_DUMP_CAUSE_QUEUE,
	.driver_major = 1,
	.hw_version = 1 << 16,
	.fw_version = 2 << 24 | 3 << 16 | 4,
	.fw_name = "firmware-name",
	.kernel = "6.12.0-test",
	.device = "0000:00:04.0",
};

/* A queue whose job failed at command @index, for @reason. */
static void buf_add_queue(struct buf *b, uint32_t reason, uint32_t index, const void *stream,
			  size_t size)
{
	const struct tnpu_ring_entry ring[4] = {
		{ .cmd_va = STREAM_VA, .cmd_size = size, .seq = 1 },
		{ .cmd_va = STREAM_VA, .cmd_size = size, .seq = 2 },
		{ .cmd_va = STREAM_VA, .cmd_size = size, .seq = 3 },
	};
	const struct tnpu_completion done[4] = {
		{ .seq = 1, .status = TNPU_STATUS_OK },
		{ .seq = 2, .status = TNPU_STATUS_ERROR, .reason = reason, .cmd_index = index },
	};
	const struct tnpu_dump_queue queue = {
		.order = 2, .state = DRM_TNPU_QUEUE_STATE_GUILTY, .reason = reason, .error = -5,
		.cmd_index = index, .access = TNPU_ACCESS_WRITE, .pid = 4711, .mappings = 2,
		.seq = 102, .seq_base = 100, .fault_va = reason == TNPU_ERR_FAULT ? FAULT_VA : 0,
		.stream_va = STREAM_VA, .stream_size = size, .comm = "a\x1b[31mprogram",
	};
	const struct tnpu_dump_mapping vm[] = {
		{ .va = STREAM_VA, .size = 0x1000 },
		{ .va = 0x1ff000, .size = 0x1000, .flags = TNPU_DUMP_MAPPING_LOCAL },
	};

	buf_add_one(b, TNPU_DUMP_QUEUE, &queue);
	buf_add(b, TNPU_DUMP_RING, sizeof(ring[0]), ring, sizeof(ring));
	buf_add(b, TNPU_DUMP_COMPLETIONS, sizeof(done[0]), done, sizeof(done));
	buf_add(b, TNPU_DUMP_VM, sizeof(vm[0]), vm, sizeof(vm));
	buf_add(b, TNPU_DUMP_STREAM, 1, stream, size);
}

static void buf_add_device(struct buf *b)
{
	static const struct tnpu_dump_reg regs[] = {
		{ TNPU_REG_BOOT_STATE, TNPU_BOOT_READY },
		{ TNPU_REG_IRQ_ENABLE, TNPU_IRQ_MBOX | TNPU_IRQ_CRASH },
		{ TNPU_REG_PAGE_SIZES, 1 << 12 | 1 << 21 },
	};
	const struct tnpu_dump_mbox mbox = { .order = 1, .seq = 7 };
	const struct tnpu_msg req[2] = { { .seq = 7, .type = TNPU_MSG_QUEUE_CANCEL } };
	static const char log[] = "first line\nsecond line";

	buf_add(b, TNPU_DUMP_REGS, sizeof(regs[0]), regs, sizeof(regs));
	buf_add_one(b, TNPU_DUMP_MBOX, &mbox);
	buf_add(b, TNPU_DUMP_MBOX_REQ, sizeof(req[0]), req, sizeof(req));
	buf_add(b, TNPU_DUMP_MBOX_RSP, sizeof(req[0]), req, sizeof(req));
	buf_add(b, TNPU_DUMP_LOG, 1, log, sizeof(log) - 1);
}

/** struct two - a stream of two commands, of which the second one faults */
struct two {
	struct tnpu_cmd_nop nop;
	struct tnpu_cmd_fill fill;
};

static const struct two two = {
	.nop = { { TNPU_OP_NOP, 0, sizeof(two.nop) } },
	.fill = { { TNPU_OP_FILL, 0, sizeof(two.fill) }, FAULT_VA - 0x40, 0x1000, 0xabcd, 0 },
};

static void buf_make(struct buf *b)
{
	buf_init(b);
	buf_add_one(b, TNPU_DUMP_INFO, &info);
	buf_add_queue(b, TNPU_ERR_FAULT, 1, &two, sizeof(two));
	buf_add_device(b);
}

/* ---- The command -------------------------------------------------------------------- */

/** struct result - what a run left */
struct result {
	int status;
	char out[1 << 17];
	char err[1 << 12];
};

static struct result result, before;

static void take_output(int fd, char *text, size_t size)
{
	ssize_t n;

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	n = read(fd, text, size - 1);
	assert_true(n >= 0 && n < size - 1);
	text[n] = '\0';
	close(fd);
}

/* Runs "tnpu decode A B" with @in as its input; @b may be NULL, or both. */
static void run_command(int in, const char *a, const char *b)
{
	char *const arguments[] = { "tnpu", "decode", (char *)a, (char *)b, NULL };
	const char *build = getenv("TNPU_BUILD");
	posix_spawn_file_actions_t actions;
	int status, out = memfd_create("out", 0), err = memfd_create("err", 0);
	char program[4096];
	pid_t pid;

	snprintf(program, sizeof(program), "%s/bin/tnpu", build ? build : "build");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, err, 2);
	assert_int_equal(posix_spawn(&pid, program, &actions, NULL, arguments, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	result.status = WEXITSTATUS(status);
	take_output(out, result.out, sizeof(result.out));
	take_output(err, result.err, sizeof(result.err));
}

static void run_bytes(const void *data, size_t size, const char *option)
{
	int in = memfd_create("dump", 0);

	assert_int_equal(write(in, data, size), size);
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	run_command(in, "-", option);
	close(in);
}

static void run_good(struct buf *b, const char *option)
{
	run_bytes(b->data, b->len, option);
	assert_string_equal(result.err, "");
	assert_int_equal(result.status, 0);
}

/* Refused, with a line of which @why is a part. */
static void expect_refused(const char *why)
{
	assert_int_equal(result.status, 1);
	assert_string_equal(result.out, "");
	assert_ptr_equal(strstr(result.err, "tnpu: "), result.err);
	assert_ptr_equal(strchr(result.err, '\n'), result.err + strlen(result.err) - 1);
	if (!strstr(result.err, why))
		fail_msg("\"%s\" is not in: %s", why, result.err);
}

static void run_refused(struct buf *b, const char *why)
{
	run_bytes(b->data, b->len, NULL);
	expect_refused(why);
}

static void expect_out(const char *text)
{
	if (!strstr(result.out, text))
		fail_msg("\"%s\" is not in:\n%s", text, result.out);
}

/* ---- Sound dumps -------------------------------------------------------------------- */

static void test_text(void **state)
{
	static const char * const parts[] = {
		"cause: a queue is guilty\n", "firmware_version: 2.3.4\n", "kernel: 6.12.0-test\n",
		"reason: FAULT\n", "job: 102\n", "command: 1\n", "pid: 4711\n",
		"va: 0x200040\n", "access: WRITE\n",
		"place: not mapped: 0x40 bytes behind the end of the mapping at 0x1ff000\n",
		"opcode: FILL\n", "name hdr.size  value 32\n", "name pattern  value 0xabcd\n",
		"name dst  value 0x200000  wrong the fault is 0x40 bytes behind it\n",
		"01 00 00 00 20 00 00 00 00 00 20 00 00 00 00 00\n",
		"job 101  seq 1  is over", "job 102  seq 2  is FAILED", "job 103  seq 3  is lost",
		"va 0x1ff000  end 0x200000  size 0x1000  bo_offset 0x0  memory local  access rw\n",
		"name BOOT_STATE  offset 0x104  value 0x2  means READY\n",
		"name IRQ_ENABLE  offset 0x304  value 0x5  means MBOX CRASH\n",
		"means 4096 2097152\n", "seq 7  type QUEUE_CANCEL", "  second line\n",
	};
	struct buf b;
	size_t i;

	buf_make(&b);
	run_good(&b, NULL);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		expect_out(parts[i]);
	assert_null(strchr(result.out, '\x1b'));
	expect_out("comm: a?[31mprogram\n");
}

static const char *json_at(const cJSON *json, const char *object, const char *key)
{
	const cJSON *found = cJSON_GetObjectItem(cJSON_GetObjectItem(json, object), key);

	assert_true(cJSON_IsString(found));
	return found->valuestring;
}

static void test_json(void **state)
{
	const cJSON *fields, *dst;
	struct buf b;
	cJSON *json;

	buf_make(&b);
	run_good(&b, "--json");
	json = cJSON_Parse(result.out);
	assert_non_null(json);
	assert_ptr_equal(strchr(result.out, '\n'), result.out + strlen(result.out) - 1);
	assert_string_equal(json_at(json, "queue", "reason"), "FAULT");
	assert_string_equal(json_at(json, "fault", "va"), "0x200040");
	assert_string_equal(json_at(json, "command", "opcode"), "FILL");
	fields = cJSON_GetObjectItem(cJSON_GetObjectItem(json, "command"), "fields");
	assert_int_equal(cJSON_GetArraySize(fields), 3 + 4);
	dst = cJSON_GetArrayItem(fields, 3);
	assert_string_equal(cJSON_GetObjectItem(dst, "name")->valuestring, "dst");
	assert_non_null(cJSON_GetObjectItem(dst, "wrong"));
	assert_null(cJSON_GetObjectItem(cJSON_GetArrayItem(fields, 4), "wrong"));
	cJSON_Delete(json);
}

static void run_command_of(const void *cmd, size_t size, uint32_t reason)
{
	struct buf b;

	buf_init(&b);
	buf_add_one(&b, TNPU_DUMP_INFO, &info);
	buf_add_queue(&b, reason, 0, cmd, size);
	run_good(&b, NULL);
}

static const uint32_t op_sizes[] = {
	sizeof(struct tnpu_cmd_nop), sizeof(struct tnpu_cmd_fill), sizeof(struct tnpu_cmd_copy),
	sizeof(struct tnpu_cmd_convert), sizeof(struct tnpu_cmd_repack),
	sizeof(struct tnpu_cmd_gather), sizeof(struct tnpu_cmd_quantize),
	sizeof(struct tnpu_cmd_gemm), sizeof(struct tnpu_cmd_norm), sizeof(struct tnpu_cmd_rope),
	sizeof(struct tnpu_cmd_kv_store), sizeof(struct tnpu_cmd_attention),
	sizeof(struct tnpu_cmd_glu), sizeof(struct tnpu_cmd_sample), sizeof(struct tnpu_cmd_cell),
	sizeof(struct tnpu_cmd_fence_signal), sizeof(struct tnpu_cmd_fence_wait),
	sizeof(struct tnpu_cmd_timestamp),
};

/* The part of the output that tells the fields: from their heading to the raw bytes. */
static char *fields_of(struct result *r)
{
	char *begin = strstr(r->out, "fields:\n"), *end = strstr(r->out, "raw:\n");

	assert_true(begin && end > begin);
	*end = '\0';
	return begin;
}

/* There is no byte of any command that does not show in one of its fields. */
static void test_all_fields(void **state)
{
	uint8_t cmd[256];
	uint32_t op, i;

	for (op = 0; op < sizeof(op_sizes) / sizeof(op_sizes[0]); op++) {
		memset(cmd, 0, sizeof(cmd));
		memcpy(cmd, &(struct tnpu_cmd_header){ op, 0, op_sizes[op] }, 8);
		run_command_of(cmd, op_sizes[op], TNPU_ERR_LIMIT);
		before = result;
		for (i = 8; i < op_sizes[op]; i++) {
			cmd[i] = 0x40;
			run_command_of(cmd, op_sizes[op], TNPU_ERR_LIMIT);
			cmd[i] = 0;
			if (!strcmp(fields_of(&result), fields_of(&before)))
				fail_msg("opcode %u does not tell byte %u", op, i);
			before.out[strlen(before.out)] = 'r';
		}
	}
}

static void test_wrong_field(void **state)
{
	struct tnpu_cmd_gemm gemm = { .hdr = { TNPU_OP_GEMM, 0, sizeof(gemm) }, .n = 1, .k = 1 };

	gemm.reserved = 1;
	run_command_of(&gemm, sizeof(gemm), TNPU_ERR_RESERVED);
	expect_out("name reserved  value 1  wrong not zero\n");
	gemm.hdr.flags = 4;
	run_command_of(&gemm, sizeof(gemm), TNPU_ERR_RESERVED);
	expect_out("name hdr.flags  value 0x4  wrong not flags of this opcode\n");
	gemm.out.va = 0x1002;
	run_command_of(&gemm, sizeof(gemm), TNPU_ERR_ALIGN);
	expect_out("name out.va  value 0x1002  wrong not a multiple of 4\n");
	gemm.x.dtype = 9;
	run_command_of(&gemm, sizeof(gemm), TNPU_ERR_DTYPE);
	expect_out("name x.dtype  value 9  wrong no such data type\n");
	gemm.act = 5;
	run_command_of(&gemm, sizeof(gemm), TNPU_ERR_VALUE);
	expect_out("name act  value 5  wrong out of range\n");
	gemm.n = 0;
	run_command_of(&gemm, sizeof(gemm), TNPU_ERR_SHAPE);
	expect_out("name n  value 0  wrong zero\n");
	run_command_of(&gemm, sizeof(gemm), TNPU_ERR_FORMAT);
	expect_out("name format.kind  value 0  wrong no such format\n");
	gemm.hdr.size = 8;
	run_command_of(&gemm, sizeof(gemm), TNPU_ERR_SIZE);
	expect_out("name hdr.size  value 8  wrong the opcode's is 112\n");
	gemm.hdr.opcode = 60;
	run_command_of(&gemm, sizeof(gemm), TNPU_ERR_OPCODE);
	expect_out("name hdr.opcode  value 60  wrong no such opcode\n");
}

/* A command of which only the beginning is in the dump, and one that is not there at all. */
static void test_command_cut(void **state)
{
	struct buf b;
	size_t size;

	for (size = sizeof(two.nop) + 8; size < sizeof(two); size++) {
		buf_init(&b);
		buf_add_one(&b, TNPU_DUMP_INFO, &info);
		buf_add_queue(&b, TNPU_ERR_FAULT, 1, &two, size);
		run_good(&b, NULL);
		expect_out("name hdr.opcode  value 1 (FILL)\n");
		assert_null(strstr(result.out, "name reserved"));
	}
	buf_init(&b);
	buf_add_one(&b, TNPU_DUMP_INFO, &info);
	buf_add_queue(&b, TNPU_ERR_FAULT, 2, &two, sizeof(two));
	run_good(&b, NULL);
	expect_out("command: not in the dump\n");
}

/* What a reader does not know, it skips: a section, and the end of an element. */
static void test_newer(void **state)
{
	const struct tnpu_dump_reg reg = { TNPU_REG_BOOT_STATE, TNPU_BOOT_CRASHED };
	uint8_t longer[sizeof(info) + 24] = { 0 };
	struct buf b;

	buf_init(&b);
	buf_add_one(&b, TNPU_DUMP_INFO, &info);
	buf_add_one(&b, TNPU_DUMP_REGS, &reg);
	run_good(&b, NULL);
	before = result;
	buf_init(&b);
	header_of(&b)->version_minor = 9;
	buf_add(&b, 0, 3, "nothing", 6);
	memcpy(longer, &info, sizeof(info));
	buf_add(&b, TNPU_DUMP_INFO, sizeof(longer), longer, sizeof(longer));
	buf_add(&b, 0x12345678, 1, "something", 9);
	buf_add_one(&b, TNPU_DUMP_REGS, &reg);
	run_good(&b, NULL);
	assert_string_equal(result.out, before.out);
}

/* ---- Unsound dumps ------------------------------------------------------------------ */

static void test_cut(void **state)
{
	struct buf b;
	size_t len;

	buf_make(&b);
	for (len = 0; len < b.len; len += len < 64 ? 1 : 13) {
		run_bytes(b.data, len, NULL);
		expect_refused("-: cut off");
	}
}

/* The same, but the header says that all is there. */
static void test_cut_in_section(void **state)
{
	struct buf b;
	size_t len;

	buf_make(&b);
	for (len = sizeof(struct tnpu_dump_header); len < b.len - 8; len += 8) {
		header_of(&b)->size = len;
		run_bytes(b.data, len, NULL);
		expect_refused("");
		assert_true(strstr(result.err, "cut off in the header of a section") ||
			    strstr(result.err, "longer than what is left"));
	}
}

static void test_oversized(void **state)
{
	static uint8_t large[(16 << 20) + 1];
	struct buf b;

	buf_make(&b);
	run_bytes(b.data, b.len + 8, NULL);
	expect_refused("fewer bytes");
	b.len += 8;
	header_of(&b)->size = b.len;
	run_refused(&b, "behind the last section");
	memcpy(large, b.data, b.len);
	run_bytes(large, sizeof(large), NULL);
	expect_refused("more than 16 MiB");
}

static void test_header(void **state)
{
	struct buf b;

	buf_make(&b);
	header_of(&b)->magic++;
	run_refused(&b, "magic is 1146113621 (0x44504e55)");
	buf_make(&b);
	header_of(&b)->version_major = 2;
	run_refused(&b, "not 2");
	buf_make(&b);
	header_of(&b)->header_size = 16;
	run_refused(&b, "header_size cannot be 16");
	header_of(&b)->header_size = 0xfffffff8;
	run_refused(&b, "header_size cannot be");
	buf_make(&b);
	header_of(&b)->sections = UINT32_MAX;
	run_refused(&b, "cut off in the header of a section");
	header_of(&b)->sections = 3;
	run_refused(&b, "behind the last section");
	header_of(&b)->size = UINT64_MAX;
	run_refused(&b, "cut off");
}

static void refuse_section(uint32_t stride, uint64_t size, const char *why)
{
	static const uint8_t zeros[64];
	struct tnpu_dump_section *s;
	struct buf b;

	buf_init(&b);
	buf_add_one(&b, TNPU_DUMP_INFO, &info);
	s = buf_add(&b, TNPU_DUMP_RING, stride, zeros, sizeof(zeros));
	s->size = size;
	run_refused(&b, why);
}

static void test_section(void **state)
{
	struct buf b;

	refuse_section(0, 64, "section RING: its size is no multiple of stride 0");
	refuse_section(48, 64, "section RING: its size is no multiple of stride 48");
	refuse_section(32, 64, "section RING: elements are too short, stride is 32");
	refuse_section(64, 65, "section RING: longer than what is left");
	refuse_section(1, UINT64_MAX, "section RING: longer than what is left");
	refuse_section(1, UINT64_MAX - 14, "section RING: longer than what is left");
	buf_make(&b);
	buf_add_one(&b, TNPU_DUMP_INFO, &info);
	run_refused(&b, "section INFO: is there twice");
	buf_init(&b);
	run_refused(&b, "section INFO is missing");
}

/* One byte is another: it is told, or refused, and nothing else happens. */
static void test_mutated(void **state)
{
	struct buf b;
	unsigned int i;
	size_t at;

	srand(1);
	for (i = 0; i < MUTATIONS; i++) {
		buf_make(&b);
		at = rand() % b.len;
		b.data[at] ^= 1 + rand() % 255;
		run_bytes(b.data, b.len, NULL);
		if (result.status)
			expect_refused("-: ");
		else
			assert_string_equal(result.err, "");
	}
}

/* ---- Usage -------------------------------------------------------------------------- */

static void test_usage(void **state)
{
	int in = open("/dev/null", O_RDONLY);

	run_command(in, NULL, NULL);
	assert_int_equal(result.status, 2);
	run_command(in, "a", "b");
	assert_int_equal(result.status, 2);
	run_command(in, "/nonexistent/dump", NULL);
	expect_refused("/nonexistent/dump: No such file or directory");
	run_command(in, "/", NULL);
	expect_refused("/: Is a directory");
	close(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_all_fields),
		cmocka_unit_test(test_wrong_field),
		cmocka_unit_test(test_command_cut),
		cmocka_unit_test(test_newer),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_in_section),
		cmocka_unit_test(test_oversized),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_section),
		cmocka_unit_test(test_mutated),
		cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
