// SPDX-License-Identifier: MIT
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_svg.h"
#include "agent_text.h"

/* Pixels. */
#define PANEL_WIDTH	270
#define PANEL_GAP	10
#define HEAD_HEIGHT	66
#define TOP_HEIGHT	216
#define SIDE_HEIGHT	216
#define ROW_HEIGHT	(TOP_HEIGHT + SIDE_HEIGHT + 50)
#define TEXT_WIDTH	900

/* Metres: what the two views show. */
#define VIEW_SCALE	300
#define VIEW_BACK	0.10
#define VIEW_SIDE	0.45
#define VIEW_HEIGHT	0.70

/* Points of a path in a picture. */
#define PATH_POINTS	24

/**
 * struct agent_svg - see agent_svg_open()
 * @body, @text, @size: the strips so far
 * @columns: most pictures of a strip
 * @y: where the next strip begins
 */
struct agent_svg {
	char *path;
	FILE *body;
	char *text;
	size_t size;
	int columns;
	int y;
};

/**
 * struct view - a picture of the table
 * @side: seen from the arm's right side, else from above
 */
struct view {
	FILE *f;
	bool side;
};

static double view_x(const struct view *v, const double p[3])
{
	return VIEW_SCALE * (v->side ? p[0] + VIEW_BACK : VIEW_SIDE - p[1]);
}

static double view_y(const struct view *v, const double p[3])
{
	if (v->side)
		return VIEW_SCALE * (VIEW_HEIGHT - p[2]);
	return TOP_HEIGHT - VIEW_SCALE * (p[0] + VIEW_BACK);
}

static void put_text(FILE *f, const char *text, size_t len)
{
	char *clean = malloc(AGENT_CLEAN(len));
	const char *p;

	for (p = clean ? agent_text_clean(text, len, clean) : ""; *p; p++) {
		if (*p == '&')
			fputs("&amp;", f);
		else if (*p == '<')
			fputs("&lt;", f);
		else if (*p == '>')
			fputs("&gt;", f);
		else
			fputc(*p, f);
	}
	free(clean);
}

/* ---- Things --------------------------------------------------------------------- */

/* What a name says of the colour, or one of some. */
static const char *colour_of(const char *name, int thing)
{
	static const struct {
		const char *english;
		const char *chinese;
		const char *colour;
	} known[] = {
		{ "red", "红", "#d64541" }, { "blue", "蓝", "#3d7edb" },
		{ "green", "绿", "#3fa34d" }, { "yellow", "黄", "#e8c33c" },
		{ "black", "黑", "#333333" }, { "white", "白", "#fafafa" },
		{ "orange", "橙", "#ee8733" }, { "pink", "粉", "#f2a0bd" },
		{ "brown", "棕", "#8a5a36" }, { "grey", "灰", "#9a9a9a" },
		{ "purple", "紫", "#8e5bb5" }, { "golden", "金", "#cfa93a" },
	};
	static const char * const others[] = {
		"#7fb7be", "#c9ada7", "#b8c480", "#a3a1fb", "#dda15e", "#84a98c"
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(name, known[i].english) || strstr(name, known[i].chinese))
			return known[i].colour;
	return others[thing % (sizeof(others) / sizeof(others[0]))];
}

static void put_thing(const struct view *v, const struct agent_record *r,
		      const struct world *world, int i)
{
	const struct world_thing *t = &world->thing[i];
	double size = VIEW_SCALE * CELL_THING * (t->inside ? 0.6 : 1);
	const double foot[3] = { t->x, t->y, t->z };
	double x = view_x(v, foot), y = view_y(v, foot);

	fprintf(v->f, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
		"fill=\"%s\" class=\"%s\"/>\n",
		x - size / 2, v->side ? y - size : y - size / 2, size, size,
		colour_of(r->scene.object[i].name, i), i == world->held ? "held" : "thing");
	if (!v->side)
		fprintf(v->f, "<text x=\"%.1f\" y=\"%.1f\" class=\"letter\">%c</text>\n",
			x, y + 3, 'a' + i);
}

/* Lower things first. */
static void put_things(const struct view *v, const struct agent_record *r,
		       const struct world *world)
{
	int order[AGENT_OBJECTS], i, j;

	for (i = 0; i < world->count; i++) {
		for (j = i; j && world->thing[order[j - 1]].z > world->thing[i].z; j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
	for (i = 0; i < world->count; i++)
		put_thing(v, r, world, order[i]);
}

/* ---- Arm ------------------------------------------------------------------------ */

static void put_point(const struct view *v, const double p[3])
{
	fprintf(v->f, "%.1f,%.1f ", view_x(v, p), view_y(v, p));
}

static void put_arm(const struct view *v, const struct world *world)
{
	double point[ARM_POINTS][3], tip[3];
	int i;

	arm_chain(&world->at.joints, point);
	cell_tip(&world->at.joints, tip);
	fputs("<polyline class=\"arm\" points=\"", v->f);
	for (i = 0; i < ARM_POINTS; i++) {
		point[i][2] += CELL_PEDESTAL;
		put_point(v, point[i]);
	}
	fputs("\"/>\n<polyline class=\"tool\" points=\"", v->f);
	put_point(v, point[ARM_FLANGE]);
	put_point(v, tip);
	fputs("\"/>\n", v->f);
	fprintf(v->f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" class=\"tip\"/>\n",
		view_x(v, tip), view_y(v, tip));
}

static void put_path(const struct view *v, const struct arm_move *move)
{
	struct arm_setpoint at = move->from;
	double tip[3];
	int i;

	fputs("<polyline class=\"path\" points=\"", v->f);
	cell_tip(&at.joints, tip);
	put_point(v, tip);
	for (i = 1; i <= PATH_POINTS; i++) {
		if (arm_move_at(move, 1 + (move->samples - 1) * i / PATH_POINTS, &at))
			break;
		cell_tip(&at.joints, tip);
		put_point(v, tip);
	}
	fputs("\"/>\n", v->f);
}

/* ---- Pictures ------------------------------------------------------------------- */

static void put_ground(const struct view *v)
{
	static const double base[3];

	fprintf(v->f, "<rect width=\"100%%\" height=\"100%%\" class=\"%s\"/>\n",
		v->side ? "air" : "table");
	if (!v->side) {
		fprintf(v->f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" class=\"keepout\"/>\n",
			view_x(v, base), view_y(v, base), VIEW_SCALE * CELL_COLUMN);
		return;
	}
	fprintf(v->f, "<rect y=\"%.1f\" width=\"100%%\" height=\"100%%\" class=\"table\"/>\n",
		view_y(v, base));
	fprintf(v->f, "<rect x=\"%.1f\" y=\"%.1f\" width=\"24\" height=\"%.1f\" "
		"class=\"pedestal\"/>\n",
		view_x(v, base) - 12, view_y(v, base) - VIEW_SCALE * CELL_PEDESTAL,
		VIEW_SCALE * CELL_PEDESTAL);
}

/* A picture is a drawing of its own, which ends at its edges. */
static void put_view(const struct view *v, int x, int y, const struct agent_record *r,
		     int action)
{
	const struct world *world = plan_world_after(&r->plan, action);
	int i;

	fprintf(v->f, "<svg x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\">\n", x, y,
		PANEL_WIDTH, v->side ? SIDE_HEIGHT : TOP_HEIGHT);
	put_ground(v);
	put_things(v, r, world);
	for (i = 0; i < r->plan.count; i++)
		if (r->plan.step[i].action == action)
			put_path(v, &r->plan.step[i].move);
	put_arm(v, world);
	fputs("</svg>\n", v->f);
}

static void put_caption(FILE *f, int x, int y, const struct agent_record *r, int action)
{
	struct agent_program one = { .count = 1 };
	char text[AGENT_TEXT] = "";

	if (action >= 0) {
		one.action[0] = r->answer.program.action[action];
		agent_program_print(&one, text, sizeof(text));
	}
	fprintf(f, "<text x=\"%d\" y=\"%d\" class=\"caption\">", x, y);
	if (action < 0)
		fputs("before", f);
	else
		put_text(f, text + 1, strlen(text) - 2);
	fputs("</text>\n", f);
}

static void put_panel(struct agent_svg *svg, const struct agent_record *r, int action)
{
	int x = PANEL_GAP + (action + 1) * (PANEL_WIDTH + PANEL_GAP);
	int y = svg->y + HEAD_HEIGHT;
	const struct view top = { svg->body, false }, side = { svg->body, true };

	put_caption(svg->body, x, y + 10, r, action);
	put_view(&top, x, y + 16, r, action);
	put_view(&side, x, y + 16 + TOP_HEIGHT + 4, r, action);
}

/* ---- Strips --------------------------------------------------------------------- */

static void put_line(struct agent_svg *svg, int line, const char *class, const char *text,
		     size_t len)
{
	fprintf(svg->body, "<text x=\"%d\" y=\"%d\" class=\"%s\">", PANEL_GAP,
		svg->y + 20 * line, class);
	put_text(svg->body, text, len);
	fputs("</text>\n", svg->body);
}

/* How many of the actions were carried out, or would be. */
static int actions_shown(const struct agent_record *r)
{
	int i, shown = 0;

	if (!r->plan.count)
		return 0;
	if (r->outcome != AGENT_STOPPED)
		return r->answer.program.count;
	for (i = 0; i < r->plan.count && r->done_ns[i]; i++)
		shown = r->plan.step[i].action + 1;
	return shown;
}

void agent_svg_add(struct agent_svg *svg, const struct agent_record *r)
{
	char outcome[AGENT_WHY + 32], line[AGENT_LINE] = "";
	int shown = actions_shown(r);
	int i;

	snprintf(outcome, sizeof(outcome), "%s%s%s", agent_outcome_name(r->outcome),
		 r->why[0] ? ": " : "", r->why);
	agent_scene_print(&r->scene, line, sizeof(line));
	put_line(svg, 1, "title", r->instruction, strlen(r->instruction));
	put_line(svg, 2, "note", line, strlen(line));
	put_line(svg, 3, "note", outcome, strlen(outcome));
	for (i = -1; i < shown; i++)
		if (r->plan.count)
			put_panel(svg, r, i);
	if (shown + 1 > svg->columns)
		svg->columns = shown + 1;
	svg->y += HEAD_HEIGHT + (r->plan.count ? ROW_HEIGHT : 0);
}

int agent_svg_open(const char *path, struct agent_svg **out)
{
	struct agent_svg *svg = calloc(1, sizeof(*svg));

	if (!svg)
		return -ENOMEM;
	svg->path = strdup(path);
	svg->body = open_memstream(&svg->text, &svg->size);
	if (!svg->path || !svg->body) {
		free(svg->path);
		free(svg);
		return -ENOMEM;
	}
	*out = svg;
	return 0;
}

static void put_head(FILE *f, int width, int height)
{
	fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n",
		width, height, width, height);
	fputs("<style>text{font-family:sans-serif;fill:#222}"
	      ".title{font-size:16px;font-weight:bold}.note{font-size:12px}"
	      ".caption{font-size:10px;font-family:monospace}"
	      ".thing{stroke:#222;stroke-width:.7}.held{stroke:#222;stroke-width:2}"
	      ".letter{font-size:9px;text-anchor:middle}"
	      ".table{fill:#ead9c0}.air{fill:#f3f6f9}.pedestal{fill:#777}"
	      ".keepout{fill:#d9b8a8}"
	      ".arm{fill:none;stroke:#5b6b7b;stroke-width:7;stroke-opacity:.55;"
	      "stroke-linejoin:round;stroke-linecap:round}"
	      ".tool{fill:none;stroke:#222;stroke-width:3}.tip{fill:#c0392b}"
	      ".path{fill:none;stroke:#c0392b;stroke-width:1;stroke-dasharray:3 2}"
	      "</style>\n", f);
	fprintf(f, "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n", width, height);
}

static int write_file(const struct agent_svg *svg)
{
	int width = PANEL_GAP + svg->columns * (PANEL_WIDTH + PANEL_GAP);
	FILE *f = fopen(svg->path, "w");
	int failed;

	if (!f)
		return -errno;
	put_head(f, width < TEXT_WIDTH ? TEXT_WIDTH : width, svg->y);
	fputs(svg->text, f);
	fputs("</svg>\n", f);
	failed = ferror(f);
	return fclose(f) || failed ? -EIO : 0;
}

int agent_svg_close(struct agent_svg *svg)
{
	int ret;

	if (!svg)
		return 0;
	ret = fclose(svg->body) ? -ENOMEM : write_file(svg);
	free(svg->text);
	free(svg->path);
	free(svg);
	return ret;
}
