/* SPDX-License-Identifier: MIT */
/*
 * A run's state in a file. A run that goes on from it ends with the weights of
 * one that was never interrupted, bit for bit.
 */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include "trainer.h"

/**
 * train_checkpoint_save() - write a run's state
 * @trainer: the run
 * @vocab: train_vocab_hash() of its vocabulary
 * @path: takes the place of an older file at once, when it is complete; the
 *        program ends where it cannot be written
 */
void train_checkpoint_save(const struct train_trainer *trainer, uint64_t vocab,
			   const char *path);

/**
 * train_checkpoint_options() - what a run was started with
 * @path: its file; the program ends where it is none, or is one of another
 *        vocabulary
 * @vocab: see above
 * @options: receives them
 */
void train_checkpoint_options(const char *path, uint64_t vocab,
			      struct train_options *options);

/**
 * train_checkpoint_load() - go back to a run's state
 * @trainer: made with the file's options
 * @path: its file; the program ends where it is short
 */
void train_checkpoint_load(struct train_trainer *trainer, const char *path);

#endif
