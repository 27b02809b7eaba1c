/* SPDX-License-Identifier: MIT */
/*
 * A model that knows one answer: after a colon it recites a text, whatever
 * stands before. It runs through the whole stack as any other model does, and
 * what it says is known, which is what tests of the rest need.
 */
#ifndef RECITE_H
#define RECITE_H

/**
 * recite_write() - write such a model as a GGUF file
 * @path: file
 * @text: printable ASCII without spaces, at most RECITE_TEXT bytes
 *
 * A file that cannot be written ends the program.
 */
void recite_write(const char *path, const char *text);

/** RECITE_TEXT - bytes of a text at most */
#define RECITE_TEXT 480

#endif
