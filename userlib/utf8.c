// SPDX-License-Identifier: MIT
#include <stdint.h>

#include "array.h"
#include "tokenizer.h"
#include "utf8.h"

/* Unicode 15, table 3-7: by lead byte, length and range of the second byte. */
static const struct {
	uint8_t first, last;
	uint8_t len;
	uint8_t lo, hi;
} utf8_leads[] = {
	{ 0xc2, 0xdf, 2, 0x80, 0xbf },
	{ 0xe0, 0xe0, 3, 0xa0, 0xbf },
	{ 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f },
	{ 0xee, 0xef, 3, 0x80, 0xbf },
	{ 0xf0, 0xf0, 4, 0x90, 0xbf },
	{ 0xf1, 0xf3, 4, 0x80, 0xbf },
	{ 0xf4, 0xf4, 4, 0x80, 0x8f },
};

int tnpu_utf8_char(const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text;
	uint8_t lo, hi;
	size_t i, k;

	if (p[0] < 0x80)
		return 1;
	for (i = 0; i < ARRAY_SIZE(utf8_leads); i++)
		if (p[0] >= utf8_leads[i].first && p[0] <= utf8_leads[i].last)
			break;
	if (i == ARRAY_SIZE(utf8_leads))
		return 0;
	lo = utf8_leads[i].lo;
	hi = utf8_leads[i].hi;
	for (k = 1; k < utf8_leads[i].len; k++) {
		if (k == len)
			return -1;
		if (p[k] < lo || p[k] > hi)
			return 0;
		lo = 0x80;
		hi = 0xbf;
	}
	return k;
}

size_t tnpu_utf8_valid(const char *text, size_t len)
{
	size_t pos = 0;
	int n;

	while (pos < len) {
		n = tnpu_utf8_char(text + pos, len - pos);
		if (n <= 0)
			break;
		pos += n;
	}
	return pos;
}

size_t tnpu_utf8_complete(const char *text, size_t len)
{
	size_t back;

	/* Only the last three bytes can start an unfinished character. */
	for (back = 1; back <= TNPU_DETOK_HELD_MAX && back <= len; back++)
		if (tnpu_utf8_char(text + len - back, back) < 0)
			return len - back;
	return len;
}
