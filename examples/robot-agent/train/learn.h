/* SPDX-License-Identifier: MIT */
/*
 * Learns a vocabulary's merges from text (Sennrich, Haddow, Birch: "Neural
 * machine translation of rare words with subword units", 2016).
 *
 * ASCII words merge freely, but not two digits: numbers are spelled, so that
 * one that was never seen reads like any other. Characters of three bytes
 * merge only into themselves: a Chinese noun is spelled the same everywhere,
 * known or not.
 */
#ifndef TRAIN_LEARN_H
#define TRAIN_LEARN_H

#include "vocab.h"

struct train_learn;

struct train_learn *train_learn_create(void);
void train_learn_destroy(struct train_learn *learn);

/**
 * train_learn_add() - take the words of a text into account
 * @learn: texts
 * @vocab: its whole words, which are left out
 * @text: UTF-8
 */
void train_learn_add(struct train_learn *learn,
		     const struct train_vocab *vocab, const char *text);

/**
 * train_learn_ascii() - merge the most frequent pairs, one after the other
 * @learn: texts
 * @vocab: receives the merges
 * @merges: at most
 * @least: a pair occurs so often at least
 *
 * Of pairs of one frequency the one of lower tokens comes first.
 */
void train_learn_ascii(const struct train_learn *learn,
		       struct train_vocab *vocab, int merges, long least);

/**
 * train_learn_chars() - make tokens of frequent characters of three bytes
 * @learn: texts
 * @vocab: receives two merges for each, less where the first is shared
 * @least: a character occurs so often at least
 */
void train_learn_chars(const struct train_learn *learn,
		       struct train_vocab *vocab, long least);

#endif
