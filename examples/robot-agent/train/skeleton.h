/* SPDX-License-Identifier: MIT */
/*
 * What the task's texts have in common: the parts of programs and prompts that
 * never change. Each is one token, so that a model reads and writes what tells
 * one text from another, and an action is two tokens instead of eight.
 */
#ifndef TRAIN_SKELETON_H
#define TRAIN_SKELETON_H

#include "vocab.h"

/** train_skeleton_add() - add those tokens to a vocabulary */
void train_skeleton_add(struct train_vocab *vocab);

/**
 * train_skeleton_hint() - the token that stands for a hint
 * @what: see struct agent_hint: the letter that an object has in the scene, or
 *	the first of the action's
 */
int train_skeleton_hint(const struct train_vocab *vocab, int what);

#endif
