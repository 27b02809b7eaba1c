/* SPDX-License-Identifier: MIT */
/*
 * A saved chip: which objects it has, which fields these have, and how both stand in a
 * stream.
 *
 * A stream is a sequence of items, little endian:
 *
 *	u8 kind; u8 length of the name; u16 zero; u32 bytes of the value; name; value
 *
 * An OBJECT item opens an object; its value is the object's index, u64. The FIELD items
 * after it are the object's. A number is u64, whatever its width in the chip; other values
 * are bytes. The stream begins with the object "tnpu", whose index is the version of this
 * format, and ends with the object "end".
 *
 * Whoever loads skips objects and fields that it does not know, and leaves at zero what is
 * not there. So a field can be added without a new version, provided that zero means what
 * the chip did before there was the field, and it is written only where it is not zero;
 * where a chip that does not know it must not go on, the item is of the kind MUST.
 */
#ifndef _TNPU_STATE_H_
#define _TNPU_STATE_H_

#include "chip.h"

#define TNPU_STATE_VERSION	3

/** struct tnpu_item - head of an item; @kind: TNPU_ITEM_*, or'ed with _MUST */
struct tnpu_item {
	uint8_t kind;
	uint8_t name;
	uint16_t reserved;
	uint32_t size;
};

#define TNPU_ITEM_OBJECT	1
#define TNPU_ITEM_FIELD		2
#define TNPU_ITEM_MUST		0x80	/* who does not know the name refuses the stream */
#define TNPU_ITEM_NAME_MAX	32

/** enum tnpu_field_kind - what a field is in memory */
enum tnpu_field_kind {
	TNPU_FIELD_NUMBER,	/* 1, 2, 4 or 8 bytes; min..max */
	TNPU_FIELD_SAME,	/* a number that the loading chip must have too */
	TNPU_FIELD_BYTES,	/* so many bytes, no fewer */
	TNPU_FIELD_BLOB,	/* struct tnpu_blob, of max bytes at most */
	TNPU_FIELD_CONTEXT,	/* struct tnpu_mem pointer, as the context's ID */
};

/**
 * struct tnpu_field - a field of an object
 * @offset: in what tnpu_object.at() returns
 */
struct tnpu_field {
	const char *name;
	enum tnpu_field_kind kind;
	size_t offset;
	size_t size;
	uint64_t min;
	uint64_t max;
};

/**
 * struct tnpu_object - a kind of object
 * @count: how many there can be in this chip; saved are indices below it
 * @at: the object in the chip; its fields are relative to that
 * @exists: whether it is to be saved
 */
struct tnpu_object {
	const char *name;
	unsigned int (*count)(const struct tnpu_chip *chip);
	void *(*at)(struct tnpu_chip *chip, unsigned int index);
	bool (*exists)(const struct tnpu_chip *chip, unsigned int index);
	const struct tnpu_field *fields;
	unsigned int nfields;
};

extern const struct tnpu_object tnpu_objects[];
extern const unsigned int tnpu_nobjects;

/**
 * tnpu_state_check - whether a loaded chip is one that can be
 * @chip: fields are in their ranges already
 * Returns NULL, or what is wrong.
 */
const char *tnpu_state_check(struct tnpu_chip *chip);

#endif /* _TNPU_STATE_H_ */
