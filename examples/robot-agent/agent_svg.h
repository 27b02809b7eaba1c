/* SPDX-License-Identifier: MIT */
/*
 * What the arm did, as pictures: a strip for each instruction, a picture for
 * each action, the table from above and the arm from its right side.
 */
#ifndef AGENT_SVG_H
#define AGENT_SVG_H

#include "agent_task.h"

struct agent_svg;

/**
 * agent_svg_open() - begin a file
 * @path: written by agent_svg_close()
 * @svg: receives the handle
 *
 * Return: 0, or a negative errno.
 */
int agent_svg_open(const char *path, struct agent_svg **svg);

/** agent_svg_add() - add the strip of an instruction */
void agent_svg_add(struct agent_svg *svg, const struct agent_record *record);

/**
 * agent_svg_close() - write the file and free; NULL is allowed
 * Return: 0, or a negative errno.
 */
int agent_svg_close(struct agent_svg *svg);

#endif
