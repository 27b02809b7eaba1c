/* SPDX-License-Identifier: MIT */
/*
 * What a run tells while it goes: a line of progress on stderr, and a table
 * with one row for every so many steps, tab-separated, with a heading.
 */
#ifndef TRAIN_REPORT_H
#define TRAIN_REPORT_H

#include <stdio.h>

#include "evaluate.h"

/**
 * struct train_report - state of the progress and of the table
 * @steps: of the whole run
 * @table: where the table goes, or NULL
 * @terminal: whether stderr is one: lines then replace each other
 * @began: time at which this process began to train
 * @first: step at which it did
 * @last: time of the last line
 * @sum: of the steps since the last line; rate and length are the last step's
 * @count: of those steps
 */
struct train_report {
	long steps;
	FILE *table;
	bool terminal;
	double began;
	long first;
	double last;
	struct train_figures sum;
	int count;
};

/** train_now() - seconds of a clock that only goes forward */
double train_now(void);

/**
 * train_report_begin() - begin to tell
 * @steps: of the whole run
 * @first: steps that are done; the table's rows behind them are dropped, and
 *         the others kept
 * @path: of the table, or NULL; the program ends where it cannot be written
 */
void train_report_begin(struct train_report *report, long steps, long first,
			const char *path);
void train_report_end(struct train_report *report);

/** train_report_add() - take a step into account */
void train_report_add(struct train_report *report,
		      const struct train_figures *figures);

/**
 * train_report_line() - tell about the steps since the last line
 * @step: steps done
 * @score: of an evaluation behind that step, or NULL
 */
void train_report_line(struct train_report *report, long step,
		       const struct train_score *score);

#endif
