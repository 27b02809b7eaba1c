// SPDX-License-Identifier: MIT
/*
 * agent-curve: draw the table of a run, which agent-train --log wrote, as SVG:
 * above the loss, on a logarithmic scale, below how many answers were exact.
 */
#include <argp.h>
#include <err.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

#define WIDTH		720
#define LEFT		60
#define RIGHT		(WIDTH - 20)
#define HEIGHT		460
#define LOSS_TOP	30
#define LOSS_BOTTOM	210
#define EXACT_TOP	250
#define EXACT_BOTTOM	430

/* Columns of the table that are drawn; a cell may be empty. */
enum { STEP, LOSS, EXACT, EN, ZH, COLUMNS };

static const char *const headings[COLUMNS] = {
	[STEP] = "step", [LOSS] = "loss", [EXACT] = "exact",
	[EN] = "en", [ZH] = "zh",
};

/**
 * struct table - the rows of a run
 * @column: where in a line each column stands
 * @row: NAN where a cell is empty
 */
struct table {
	int column[COLUMNS];
	double (*row)[COLUMNS];
	int rows;
};

/** struct axis - how values become ordinates */
struct axis {
	double low;
	double high;
	int top;
	int bottom;
	bool logarithmic;
};

/* ---- Table ------------------------------------------------------------------ */

static void table_heading(struct table *table, char *line, const char *path)
{
	char *cell;
	int i, at;

	for (i = 0; i < COLUMNS; i++)
		table->column[i] = -1;
	for (at = 0; (cell = strsep(&line, "\t\n")); at++)
		for (i = 0; i < COLUMNS; i++)
			if (!strcmp(cell, headings[i]))
				table->column[i] = at;
	for (i = 0; i < COLUMNS; i++)
		if (table->column[i] < 0)
			errx(1, "%s: has no column %s", path, headings[i]);
}

static void table_row(struct table *table, char *line)
{
	double row[COLUMNS];
	char *cell, *end;
	int i, at;

	for (i = 0; i < COLUMNS; i++)
		row[i] = NAN;
	for (at = 0; (cell = strsep(&line, "\t\n")); at++) {
		for (i = 0; i < COLUMNS; i++) {
			if (table->column[i] != at)
				continue;
			row[i] = strtod(cell, &end);
			if (end == cell)
				row[i] = NAN;
		}
	}
	table->row = train_grow(table->row, table->rows, sizeof(row));
	memcpy(table->row[table->rows++], row, sizeof(row));
}

static void table_read(struct table *table, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[256];

	if (!f)
		err(1, "%s", path);
	if (!fgets(line, sizeof(line), f))
		errx(1, "%s: is empty", path);
	table_heading(table, line, path);
	while (fgets(line, sizeof(line), f))
		table_row(table, line);
	if (ferror(f))
		err(1, "%s", path);
	fclose(f);
	if (!table->rows || !(table->row[table->rows - 1][STEP] > 0))
		errx(1, "%s: has no steps", path);
}

/* ---- Drawing ---------------------------------------------------------------- */

static double axis_y(const struct axis *axis, double value)
{
	double part;

	if (axis->logarithmic)
		part = log(value / axis->low) / log(axis->high / axis->low);
	else
		part = (value - axis->low) / (axis->high - axis->low);
	return axis->bottom - part * (axis->bottom - axis->top);
}

static void draw_line(const struct axis *axis, double value, const char *form)
{
	double y = axis_y(axis, value);

	printf("<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#ddd\"/>\n",
	       LEFT, y, RIGHT, y);
	printf("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LEFT - 6,
	       y + 4);
	printf(form, value);
	puts("</text>");
}

/* The largest 1, 2 or 5 times a power of ten of which @max has 5 at most. */
static double draw_distance(double max)
{
	double ten = pow(10, floor(log10(max / 5)));

	if (ten * 2 >= max / 5)
		return ten * 2;
	return ten * (ten * 5 >= max / 5 ? 5 : 10);
}

static void draw_steps(const struct axis *axis, double steps)
{
	double distance = draw_distance(steps), step, x;

	for (step = 0; step <= steps; step += distance) {
		x = LEFT + step / steps * (RIGHT - LEFT);
		printf("<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#ddd\"/>\n",
		       x, axis->top, x, axis->bottom);
		printf("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f</text>\n",
		       x, axis->bottom + 16, step);
	}
}

static void draw_curve(const struct table *table, const struct axis *axis,
		       int column, const char *colour)
{
	double steps = table->row[table->rows - 1][STEP], value;
	int i;

	printf("<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"",
	       colour);
	for (i = 0; i < table->rows; i++) {
		value = table->row[i][column];
		if (!isnan(value))
			printf("%.1f,%.1f ",
			       LEFT + table->row[i][STEP] / steps *
					      (RIGHT - LEFT),
			       axis_y(axis, value));
	}
	puts("\"/>");
}

static void draw_title(int x, int y, const char *text, const char *colour)
{
	printf("<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>\n", x, y, colour,
	       text);
}

/* Powers of ten around all losses. */
static struct axis loss_axis(const struct table *table)
{
	struct axis axis = { INFINITY, 0, LOSS_TOP, LOSS_BOTTOM, true };
	double value;
	int i;

	for (i = 0; i < table->rows; i++) {
		value = table->row[i][LOSS];
		if (!(value > 0))
			continue;
		axis.low = fmin(axis.low, value);
		axis.high = fmax(axis.high, value);
	}
	axis.low = pow(10, floor(log10(axis.low)));
	axis.high = pow(10, ceil(log10(axis.high * 1.0001)));
	return axis;
}

static void draw_loss(const struct table *table)
{
	struct axis axis = loss_axis(table);
	double value;

	for (value = axis.low; value < axis.high * 1.1; value *= 10)
		draw_line(&axis, value, "%g");
	draw_steps(&axis, table->row[table->rows - 1][STEP]);
	draw_curve(table, &axis, LOSS, "#333");
	draw_title(LEFT, LOSS_TOP - 10, "loss of the answers' tokens", "#333");
}

static void draw_exact(const struct table *table)
{
	const struct axis axis = { 0, 100, EXACT_TOP, EXACT_BOTTOM, false };
	double value;

	for (value = 0; value <= 100; value += 20)
		draw_line(&axis, value, "%.0f %%");
	draw_steps(&axis, table->row[table->rows - 1][STEP]);
	draw_curve(table, &axis, EXACT, "#999");
	draw_curve(table, &axis, EN, "#1f6fb4");
	draw_curve(table, &axis, ZH, "#c8322d");
	draw_title(LEFT, EXACT_TOP - 10, "exact answers:", "#333");
	draw_title(LEFT + 100, EXACT_TOP - 10, "new training samples", "#999");
	draw_title(LEFT + 250, EXACT_TOP - 10, "held out, English", "#1f6fb4");
	draw_title(LEFT + 375, EXACT_TOP - 10, "held out, Chinese", "#c8322d");
	draw_title(RIGHT - 30, EXACT_BOTTOM + 28, "steps", "#333");
}

static void draw(const struct table *table)
{
	printf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n",
	       WIDTH, HEIGHT);
	printf("<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", WIDTH,
	       HEIGHT);
	draw_loss(table);
	draw_exact(table);
	puts("</svg>");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const char **path = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (*path)
			argp_error(state, "one TABLE is enough");
		*path = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no TABLE was given");
	}
	return ARGP_ERR_UNKNOWN;
}

int main(int argc, char **argv)
{
	const struct argp argp = {
		.parser = parse,
		.args_doc = "TABLE",
		.doc = "Draw the TABLE that agent-train --log wrote, as SVG on standard output.",
	};
	struct table table = { .rows = 0 };
	const char *path = NULL;

	argp_parse(&argp, argc, argv, 0, NULL, &path);
	table_read(&table, path);
	draw(&table);
	free(table.row);
	if (fflush(stdout) || ferror(stdout))
		err(1, "standard output");
	return 0;
}
