// SPDX-License-Identifier: MIT
/*
 * The mutator of fuzz_stream. It changes commands, not bytes: sizes follow from opcodes,
 * addresses stay addresses, so that most streams come past the first checks and tiles run.
 */
#include <tnpu/tnpu_isa.h>

#include "engine.h"
#include "fuzz.h"
#include "fuzz_stream.h"

#define COMMANDS_MAX	48u

/** struct streams - an input taken apart; @offset of each command in @bytes, @end of all */
struct streams {
	struct stream_head head;
	struct stream_poke pokes[256];
	uint8_t bytes[STREAM_BYTES_MAX];
	uint32_t offset[COMMANDS_MAX + 1];
	uint32_t count;
	uint64_t random;
};

static uint32_t pick(struct streams *s, uint32_t below)
{
	s->random ^= s->random >> 12;
	s->random ^= s->random << 25;
	s->random ^= s->random >> 27;
	return (s->random * 0x2545f4914f6cdd1dull >> 32) % below;
}

/* ---- Taking apart and putting together ------------------------------------------------ */

static uint32_t command_size(const uint8_t *bytes, size_t left)
{
	struct tnpu_cmd_header hdr;
	uint32_t size = 0;

	if (left >= sizeof(hdr)) {
		memcpy(&hdr, bytes, sizeof(hdr));
		if (hdr.opcode < TNPU_OP_MAX && tnpu_ops[hdr.opcode])
			size = tnpu_ops[hdr.opcode]->size;
	}
	return size <= left ? size : 0;
}

static void split(struct streams *s, const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint32_t bytes, end = 0;

	fuzz_take(&in, &s->head, sizeof(s->head));
	fuzz_take(&in, s->pokes, s->head.pokes * sizeof(s->pokes[0]));
	bytes = in.left < sizeof(s->bytes) ? in.left : sizeof(s->bytes);
	memcpy(s->bytes, in.data, bytes);
	for (s->count = 0; s->count < COMMANDS_MAX; s->count++) {
		const uint32_t next = command_size(s->bytes + end, bytes - end);

		s->offset[s->count] = end;
		if (!next)
			break;
		end += next;
	}
	s->offset[s->count] = end;
}

static size_t join(const struct streams *s, uint8_t *data, size_t max)
{
	const size_t pokes = s->head.pokes * sizeof(s->pokes[0]);
	const size_t size = sizeof(s->head) + pokes + s->offset[s->count];

	if (size > max)
		return 0;
	memcpy(data, &s->head, sizeof(s->head));
	memcpy(data + sizeof(s->head), s->pokes, pokes);
	memcpy(data + sizeof(s->head) + pokes, s->bytes, s->offset[s->count]);
	return size;
}

/* ---- Values --------------------------------------------------------------------------- */

static uint64_t some_address(struct streams *s)
{
	static const uint32_t zones[] = {
		STREAM_ZEROS, STREAM_PAIRS, STREAM_COUNT, STREAM_ONES, STREAM_PARAMS,
		STREAM_DATA, STREAM_OUT, STREAM_ROOM_BYTES - 64,
	};
	uint64_t offset = zones[pick(s, 8)];

	if (pick(s, 3) == 0)
		offset = pick(s, STREAM_ROOM_BYTES);
	if (pick(s, 8))
		offset &= pick(s, 3) ? ~63ull : ~3ull;
	if (pick(s, 64) == 0)
		return offset - 128;
	return STREAM_VA(pick(s, STREAM_ROOMS), offset);
}

static uint64_t near_address(struct streams *s, uint64_t va)
{
	const uint64_t room = (va - STREAM_ROOM_BASE) / STREAM_ROOM_STEP;

	switch (pick(s, 5)) {
	case 0:
		return va + 4 * (pick(s, 33) - 16ull);
	case 1:
		return va + 64 * (pick(s, 33) - 16ull);
	case 2:
		return some_address(s);
	case 3:
		return pick(s, 4) ? va - va % 4096 + 4096 - 64 : 0;
	default:
		return va + (pick(s, STREAM_ROOMS) - room) * STREAM_ROOM_STEP;
	}
}

static bool is_address(uint64_t value)
{
	return value >= STREAM_ROOM_BASE &&
	       value < STREAM_VA(STREAM_ROOMS, STREAM_ROOM_STEP);
}

static uint32_t some_number(struct streams *s, uint32_t value)
{
	static const uint32_t known[] = {
		0x3f800000, 0x7f800000, 0x7fc00000, 0x80000000, 4096, 4097, 65535, 65536,
		32768, 1u << 20, ~0u, 0x00800000,
	};

	switch (pick(s, 8)) {
	case 0:
		return pick(s, 40);
	case 1:
		return 1u << pick(s, 32);
	case 2:
		return (1u << pick(s, 20)) - 1 + 2 * pick(s, 2);
	case 3:
		return known[pick(s, sizeof(known) / sizeof(known[0]))];
	case 4:
		return value * 2;
	case 5:
		return value / 2;
	case 6:
		return 16 * pick(s, 40);
	default:
		return value + pick(s, 3) - 1;
	}
}

/* ---- One field ------------------------------------------------------------------------- */

static bool change_format(struct streams *s, uint8_t *field)
{
	static const struct tnpu_wformat formats[TNPU_WFORMAT_COUNT] = {
		TNPU_WFORMAT_DESC_INT4_G32, TNPU_WFORMAT_DESC_INT8_G32,
		TNPU_WFORMAT_DESC_F16, TNPU_WFORMAT_DESC_BF16, TNPU_WFORMAT_DESC_F32,
	};

	for (unsigned int i = 0; i < TNPU_WFORMAT_COUNT; i++) {
		if (memcmp(field, &formats[i], sizeof(formats[i])))
			continue;
		memcpy(field, &formats[pick(s, TNPU_WFORMAT_COUNT)], sizeof(formats[i]));
		return true;
	}
	return false;
}

static void change_number(struct streams *s, uint8_t *field)
{
	const uint32_t at = pick(s, 8);
	uint32_t word;

	if (pick(s, 6) == 0) {
		field[at] = pick(s, 2) ? pick(s, 8) : pick(s, 256);
		return;
	}
	memcpy(&word, field + at / 4 * 4, sizeof(word));
	word = some_number(s, word);
	memcpy(field + at / 4 * 4, &word, pick(s, 8) ? 4 : 2);
}

static void change_field(struct streams *s, uint8_t *command, uint32_t size)
{
	uint8_t *field;
	uint64_t value;

	if (size == sizeof(struct tnpu_cmd_header))
		return;
	field = command + 8 * (1 + pick(s, size / 8 - 1));
	memcpy(&value, field, sizeof(value));
	if (is_address(value)) {
		value = near_address(s, value);
		memcpy(field, &value, sizeof(value));
	} else if (!value && pick(s, 4) == 0) {
		value = some_address(s);
		memcpy(field, &value, sizeof(value));
	} else if (!change_format(s, field)) {
		change_number(s, field);
	}
}

/* ---- Commands --------------------------------------------------------------------------- */

static void insert(struct streams *s, uint32_t at, const void *command, uint32_t size)
{
	const uint32_t end = s->offset[s->count];
	uint32_t i;

	if (s->count == COMMANDS_MAX || end + size > sizeof(s->bytes))
		return;
	memmove(s->bytes + s->offset[at] + size, s->bytes + s->offset[at], end - s->offset[at]);
	memcpy(s->bytes + s->offset[at], command, size);
	for (i = ++s->count; i > at; i--)
		s->offset[i] = s->offset[i - 1] + size;
}

/* A good command at @at, of @opcode where one is found soon, else of any. */
static void insert_good(struct streams *s, uint32_t at, uint32_t opcode)
{
	uint64_t command[STREAM_COMMAND_MAX / 8] = { 0 };
	const struct tnpu_cmd_header *hdr = (const struct tnpu_cmd_header *)command;
	size_t size = 0;

	for (uint32_t tries = 0; tries < 40; tries++) {
		size = stream_command(pick(s, 80), command);
		if (size && hdr->opcode == opcode)
			break;
	}
	if (size)
		insert(s, at, command, size);
}

static void delete(struct streams *s, uint32_t at)
{
	const uint32_t size = s->offset[at + 1] - s->offset[at];
	const uint32_t end = s->offset[s->count];

	memmove(s->bytes + s->offset[at], s->bytes + s->offset[at + 1], end - s->offset[at + 1]);
	for (s->count--; at <= s->count; at++)
		s->offset[at] = s->offset[at + 1] - size;
	s->offset[s->count] = end - size;
}

/* All addresses of a command to another kind of memory. */
static void move_rooms(struct streams *s, uint8_t *command, uint32_t size)
{
	const uint64_t room = pick(s, STREAM_ROOMS);
	uint64_t value;

	for (uint32_t i = 8; i < size; i += 8) {
		memcpy(&value, command + i, sizeof(value));
		if (!is_address(value))
			continue;
		value = STREAM_VA(room, (value - STREAM_ROOM_BASE) % STREAM_ROOM_STEP);
		memcpy(command + i, &value, sizeof(value));
	}
}

static void set_header(uint8_t *command, uint32_t opcode, uint32_t flags)
{
	const struct tnpu_cmd_header hdr = {
		.opcode = opcode,
		.flags = flags,
		.size = tnpu_ops[opcode]->size,
	};

	memcpy(command, &hdr, sizeof(hdr));
}

static void change_command(struct streams *s, uint32_t at)
{
	uint8_t *command = s->bytes + s->offset[at];
	const uint32_t size = s->offset[at + 1] - s->offset[at];
	uint8_t twin[STREAM_COMMAND_MAX];
	struct tnpu_cmd_header hdr;

	memcpy(&hdr, command, sizeof(hdr));
	switch (pick(s, 20)) {
	case 0:
		LLVMFuzzerMutate(command, size, size);
		set_header(command, hdr.opcode, hdr.flags);
		break;
	case 1:
		set_header(command, hdr.opcode, pick(s, 4));
		break;
	case 2:
		move_rooms(s, command, size);
		break;
	case 3:
		delete(s, at);
		break;
	case 4:
		memcpy(twin, command, size);
		insert(s, at, twin, size);
		break;
	case 5:
		hdr.size = some_number(s, hdr.size);
		memcpy(command, &hdr, pick(s, 4) ? 0 : sizeof(hdr));
		break;
	case 6:
	case 7:
	case 8:
		delete(s, at);
		insert_good(s, at, hdr.opcode);
		break;
	default:
		for (uint32_t n = 1 + pick(s, 2); n; n--)
			change_field(s, command, size);
		break;
	}
}

/* ---- The rest of an input --------------------------------------------------------------- */

static void change_head(struct streams *s)
{
	const uint32_t poke = pick(s, 8);

	switch (pick(s, 4)) {
	case 0:
		s->head.chip = pick(s, 8);
		break;
	case 1:
		s->head.flags = pick(s, 64) & pick(s, 64);
		break;
	case 2:
		s->head.fill = pick(s, STREAM_FILLS);
		break;
	default:
		if (s->head.pokes <= poke)
			s->head.pokes = poke + 1;
		s->pokes[poke].word = pick(s, pick(s, 2) ? STREAM_DATA / 4 : STREAM_ROOM_BYTES / 4);
		s->pokes[poke].value = some_number(s, pick(s, 8));
		break;
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	static struct streams s;
	size_t joined;

	s.random = seed * 0x9e3779b97f4a7c15ull | 1;
	if (pick(&s, 64) == 0)
		return LLVMFuzzerMutate(data, size, max);
	split(&s, data, size);
	for (uint32_t n = 1 + pick(&s, 3); n; n--) {
		if (!s.count || pick(&s, 12) == 0)
			insert_good(&s, pick(&s, s.count + 1), pick(&s, TNPU_OP_EXIT + 1));
		else if (pick(&s, 10) == 0)
			change_head(&s);
		else
			change_command(&s, pick(&s, s.count));
	}
	joined = join(&s, data, max);
	return joined ? joined : LLVMFuzzerMutate(data, size, max);
}
