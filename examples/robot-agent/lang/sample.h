/* SPDX-License-Identifier: MIT */
/*
 * Samples of the task: a scene, an instruction about it, and the one right
 * program, drawn from a grammar. The same stream of random numbers gives the
 * same sample everywhere.
 */
#ifndef AGENT_SAMPLE_H
#define AGENT_SAMPLE_H

#include "program.h"
#include "prompt.h"
#include "rng.h"

enum agent_split {
	AGENT_TRAIN,		/* no sample has a held-out trait */
	AGENT_TEST,		/* every sample has one at least */
	AGENT_REFUSE_TEST,	/* to be refused, worded as none in training */
	AGENT_SPLITS
};

/* What a sample has that no sample for training has (a set of bits). */
enum agent_trait {
	AGENT_TRAIT_NOUN = 1 << 0,		/* a held-out noun */
	AGENT_TRAIT_COLOUR = 1 << 1,		/* a held-out colour */
	AGENT_TRAIT_COMBINATION = 1 << 2,	/* verb x order x relation */
	AGENT_TRAIT_TEMPLATE = 1 << 3,		/* names of object x place */
	AGENT_TRAIT_LENGTH = 1 << 4,		/* one clause more */
	AGENT_TRAIT_WORDING = 1 << 5,		/* of what to refuse */
};

/** AGENT_TRAITS - bits that enum agent_trait has */
#define AGENT_TRAITS 6

/** AGENT_CLAUSES - clauses of an instruction at most in training */
#define AGENT_CLAUSES 4

/**
 * struct agent_hint - what a place of the instruction speaks of
 * @end: bytes of the instruction up to there
 * @what: index of an object, of several one of them by lot; or
 *        AGENT_HINT_ASK + enum agent_about, or AGENT_HINT_REFUSE + enum
 *        agent_why: the answer that is due to it; or what a clause does:
 *        AGENT_HINT_PLACE + enum agent_rel, AGENT_HINT_MOVE + enum agent_dir,
 *        AGENT_HINT_DO + enum agent_verb from AGENT_OPEN to AGENT_WAIT, or
 *        AGENT_HINT_PICK
 */
struct agent_hint {
	int end;
	int what;
};

#define AGENT_HINT_ASK		AGENT_OBJECTS
#define AGENT_HINT_REFUSE	(AGENT_HINT_ASK + AGENT_ABOUTS)
#define AGENT_HINT_PLACE	(AGENT_HINT_REFUSE + AGENT_WHYS)
#define AGENT_HINT_MOVE		(AGENT_HINT_PLACE + AGENT_RELS)
#define AGENT_HINT_DO		(AGENT_HINT_MOVE + AGENT_DIRS - AGENT_OPEN)
#define AGENT_HINT_PICK		(AGENT_HINT_DO + AGENT_WAIT + 1)
#define AGENT_HINT_WHATS	(AGENT_HINT_PICK + 1)

/** AGENT_HINTS - of a sample at most */
#define AGENT_HINTS 32

/**
 * struct agent_sample - one example
 * @scene: the table
 * @instruction: what is asked for, one line of UTF-8
 * @program: the one right answer; agent_program_parse() takes it
 * @clauses: of @instruction
 * @traits: set of enum agent_trait
 * @hints: of @hint
 * @hint: in the order of the instruction; a learner may be told them
 */
struct agent_sample {
	struct agent_scene scene;
	char instruction[AGENT_INSTRUCTION];
	struct agent_program program;
	int clauses;
	unsigned int traits;
	int hints;
	struct agent_hint hint[AGENT_HINTS];
};

/**
 * agent_sample_make() - draw a sample, in either language
 * @rng: to draw from; agent_rng_seed(rng, seed, number) before each sample
 *       makes a set that can be split among threads
 * @split: which set it is for
 * @sample: filled in
 */
void agent_sample_make(struct agent_rng *rng, enum agent_split split,
		       struct agent_sample *sample);

/** agent_sample_make_in() - draw a sample in the language @tongue */
void agent_sample_make_in(struct agent_rng *rng, enum agent_split split,
			  enum agent_tongue tongue,
			  struct agent_sample *sample);

/** AGENT_REFUSALS - instructions of AGENT_REFUSE_TEST, in turn of each language */
#define AGENT_REFUSALS 200

/**
 * agent_sample_refuse() - an instruction of AGENT_REFUSE_TEST
 * @rng: draws the scene
 * @number: 0 to AGENT_REFUSALS - 1
 * @sample: filled in
 */
void agent_sample_refuse(struct agent_rng *rng, int number, struct agent_sample *sample);

/** agent_trait_name() - "noun" for AGENT_TRAIT_NOUN, bit 0, and so on */
const char *agent_trait_name(int bit);

#endif
