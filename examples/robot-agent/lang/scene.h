/* SPDX-License-Identifier: MIT */
/*
 * The world that an instruction is about: what lies on the table, and what the
 * gripper holds. A scene is one line of text, in English or Chinese, at the
 * start of the model's prompt.
 */
#ifndef AGENT_SCENE_H
#define AGENT_SCENE_H

#include <stddef.h>

/** AGENT_OBJECTS - most objects of a scene; object N has the letter 'a' + N */
#define AGENT_OBJECTS 8

/** AGENT_NAME - bytes of an object's name in UTF-8, with the closing NUL */
#define AGENT_NAME 64

enum agent_tongue {
	AGENT_ENGLISH,
	AGENT_CHINESE,
};

/**
 * struct agent_object - one thing on the table
 * @name: as the instruction may call it: "red block", "红色方块"
 * @x: millimetres in front of the arm's base
 * @y: millimetres to the left of it (negative: to the right)
 */
struct agent_object {
	char name[AGENT_NAME];
	int x;
	int y;
};

/**
 * struct agent_scene - the table
 * @tongue: language of the names and of the line
 * @count: objects
 * @object: from left to right: @y never grows from one to the next
 * @held: index of the object in the gripper, or -1
 */
struct agent_scene {
	enum agent_tongue tongue;
	int count;
	struct agent_object object[AGENT_OBJECTS];
	int held;
};

/**
 * agent_scene_parse() - read a scene's line
 * @line: "scene: red block a (32,12); blue cup b (41,-8); hand a" (see README.md;
 *        centimetres); UTF-8, no newline
 * @scene: filled in
 * @why: receives one sentence, without a newline, where the line is refused
 * @size: of @why
 *
 * Return: 0, or -1 when @line is not a scene.
 */
int agent_scene_parse(const char *line, struct agent_scene *scene, char *why,
		      size_t size);

/**
 * agent_scene_print() - write a scene as its line
 * @scene: to write
 * @line: receives it, closed by a NUL, no newline
 * @size: of @line
 *
 * Return: its length, or -1 when @size does not suffice.
 */
int agent_scene_print(const struct agent_scene *scene, char *line, size_t size);

#endif
