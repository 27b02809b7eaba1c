/* SPDX-License-Identifier: MIT */
#ifndef TNPU_UTF8_H
#define TNPU_UTF8_H

#include <stddef.h>

/**
 * tnpu_utf8_char() - Look at the character that a text starts with
 * @text: bytes
 * @len: in bytes, at least 1
 *
 * Return: its 1 to 4 bytes; 0 where the first byte starts no valid character
 * (overlong forms, surrogates and values above U+10FFFF are not); -1 where
 * the text ends inside of a character that is valid so far.
 */
int tnpu_utf8_char(const char *text, size_t len);

/* Bytes at the start of the text that are valid UTF-8. */
size_t tnpu_utf8_valid(const char *text, size_t len);

#endif /* TNPU_UTF8_H */
