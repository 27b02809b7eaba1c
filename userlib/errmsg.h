/* SPDX-License-Identifier: MIT */
/*
 * The one-line error message that goes with a negative errno.
 */
#ifndef TNPU_ERRMSG_H
#define TNPU_ERRMSG_H

#if defined(__cplusplus)
extern "C" {
#endif

/**
 * struct tnpu_errmsg - what went wrong, for a person
 * @text: one line without a newline, NUL-terminated; bytes from a file that
 *        could upset a terminal are shown as '?'
 *
 * The caller owns it. Functions write it only when they fail; every function
 * that takes one also takes NULL.
 */
struct tnpu_errmsg {
	char text[512];
};

/**
 * tnpu_errmsg_set() - Describe an error
 * @err: where to write, or NULL
 * @code: negative errno
 * @fmt: printf format: what was wrong and what is allowed
 *
 * Return: @code, so that a caller can describe and return in one statement.
 */
__attribute__((format(printf, 3, 4)))
int tnpu_errmsg_set(struct tnpu_errmsg *err, int code, const char *fmt, ...);

#if defined(__cplusplus)
}
#endif

#endif /* TNPU_ERRMSG_H */
