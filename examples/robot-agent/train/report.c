// SPDX-License-Identifier: MIT
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

#define REPORT_HEADING \
	"step\tloss\texact\trate\tlength\ttokens_s\tgflops\ten\tzh\n"

double train_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + 1e-9 * t.tv_nsec;
}

/* Where the table's rows of steps above @first begin; its heading stays. */
static long report_keep(FILE *table, long first)
{
	long keep = 0;
	char line[256];

	while (fgets(line, sizeof(line), table)) {
		if (keep && atol(line) > first)
			break;
		keep = ftell(table);
	}
	return keep;
}

static FILE *report_open(const char *path, long first)
{
	FILE *table = fopen(path, first ? "r+" : "w");
	long keep;

	if (!table && first)
		table = fopen(path, "w");
	if (!table)
		err(1, "%s", path);
	keep = first ? report_keep(table, first) : 0;
	if (fseek(table, keep, SEEK_SET) || ftruncate(fileno(table), keep))
		err(1, "%s", path);
	if (!keep)
		fputs(REPORT_HEADING, table);
	return table;
}

void train_report_begin(struct train_report *report, long steps, long first,
			const char *path)
{
	*report = (struct train_report){
		.steps = steps,
		.table = path ? report_open(path, first) : NULL,
		.terminal = isatty(STDERR_FILENO),
		.began = train_now(),
		.first = first,
		.last = train_now(),
	};
}

void train_report_end(struct train_report *report)
{
	if (report->terminal)
		fputc('\n', stderr);
	if (report->table && fclose(report->table))
		err(1, "the log");
}

void train_report_add(struct train_report *report,
		      const struct train_figures *figures)
{
	report->sum.rows += figures->rows;
	report->sum.samples += figures->samples;
	report->sum.exact += figures->exact;
	report->sum.loss += figures->loss;
	report->sum.rate = figures->rate;
	report->sum.length = figures->length;
	report->sum.flops += figures->flops;
	report->count++;
}

static void report_row(const struct train_report *report, long step,
		       double seconds, const struct train_score *score)
{
	const struct train_figures *sum = &report->sum;
	int i;

	fprintf(report->table, "%ld\t%.5f\t%.2f\t%.3e\t%.3f\t%.0f\t%.1f", step,
		sum->loss / report->count, 100.0 * sum->exact / sum->samples,
		sum->rate, sum->length, sum->rows / seconds,
		sum->flops / seconds / 1e9);
	for (i = 0; i < TRAIN_TONGUES; i++) {
		fputc('\t', report->table);
		if (score)
			fprintf(report->table, "%.2f",
				train_percent(&score->tongue[i]));
	}
	fputc('\n', report->table);
	if (fflush(report->table))
		err(1, "the log");
}

static void report_progress(const struct train_report *report, long step,
			    double seconds, const struct train_score *score)
{
	const struct train_figures *sum = &report->sum;
	double left = (report->last - report->began) /
		      (step - report->first) * (report->steps - step);

	fprintf(stderr,
		"%sstep %ld of %ld: loss %.4f, exact %.1f %%, %.0f tokens/s, %.0f GFLOP/s, %d:%02d left",
		report->terminal ? "\r\x1b[K" : "", step, report->steps,
		sum->loss / report->count, 100.0 * sum->exact / sum->samples,
		sum->rows / seconds, sum->flops / seconds / 1e9,
		(int)left / 60, (int)left % 60);
	if (score)
		fprintf(stderr, "; held out: English %.1f %%, Chinese %.1f %%",
			train_percent(&score->tongue[0]),
			train_percent(&score->tongue[1]));
	if (!report->terminal || score)
		fputc('\n', stderr);
}

void train_report_line(struct train_report *report, long step,
		       const struct train_score *score)
{
	double now = train_now(), seconds = now - report->last;

	report->last = now;
	if (report->table)
		report_row(report, step, seconds, score);
	report_progress(report, step, seconds, score);
	memset(&report->sum, 0, sizeof(report->sum));
	report->count = 0;
}
