// SPDX-License-Identifier: MIT
#include <stdint.h>
#include <string.h>

#include "agent_text.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* Bytes of the character at @s, 0 where there is none that may be shown. */
static size_t character(const uint8_t *s, size_t len)
{
	static const uint32_t least[] = { 0, ' ', 0xa0, 0x800, 0x10000 };
	uint32_t code = s[0];
	size_t size = 1, i;

	if (s[0] >= 0x80) {
		size = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
		code = s[0] & (0x7f >> size);
	}
	if (size > len || (s[0] >= 0x80 && s[0] < 0xc0) || s[0] >= 0xf8)
		return 0;
	for (i = 1; i < size; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < least[size] || code == 0x7f || (code >= 0xd800 && code < 0xe000) ||
	    (code & 0xfffe) == 0xfffe || code > 0x10ffff)
		return 0;
	return size;
}

char *agent_text_clean(const char *text, size_t len, char *clean)
{
	char *out = clean;
	size_t size, i;

	for (i = 0; i < len; i += size ? size : 1) {
		size = character((const uint8_t *)text + i, len - i);
		memcpy(out, size ? text + i : REPLACEMENT, size ? size : 3);
		out += size ? size : 3;
	}
	*out = '\0';
	return clean;
}
