// SPDX-License-Identifier: MIT
/*
 * robot-agent: instructions in, checked robot actions out. A language model on
 * a TNPU turns each instruction into a program, which a UR3e carries out.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent_bench.h"
#include "agent_log.h"
#include "agent_svg.h"
#include "agent_text.h"

#define MS_NS		1000000LL
#define S_NS		1000000000LL

#define SCENE_HEAD	"scene: "

#define OPT_ARM		256
#define OPT_CAN		257
#define OPT_SVG		258
#define OPT_LOG		259
#define OPT_LANG	260
#define OPT_BENCH	261
#define OPT_DEADLINE	262
#define OPT_PATIENCE	263
#define OPT_PROMPT	264

static const struct argp_option options[] = {
	{ "model", 'm', "FILE", 0, "GGUF model file" },
	{ "scene", 's', "LINE", 0,
	  "What lies on the table: \"scene: red block a (32,12); hand empty\"" },
	{ "lang", OPT_LANG, "en|zh", 0,
	  "Language of the default scene (that of the first instruction)" },
	{ "arm", OPT_ARM, "HOST:PORT", 0,
	  "Drive the arm there by Modbus/TCP; without it, only plan" },
	{ "can", OPT_CAN, "IFACE", 0, "Put setpoints on this CAN interface too" },
	{ "svg", OPT_SVG, "FILE", 0, "Draw what was done" },
	{ "log", OPT_LOG, "FILE", 0, "Write what was done as JSON; with --bench, the figures" },
	{ "npu-deadline", OPT_DEADLINE, "MS", 0,
	  "Stop the arm when the NPU has not answered for so long (300)" },
	{ "patience", OPT_PATIENCE, "S", 0, "How long to wait for an NPU that is lost (15)" },
	{ "bench", OPT_BENCH, "N", 0, "Measure N instructions, and move nothing" },
	{ "print-prompt", OPT_PROMPT, NULL, 0,
	  "Print what the model would read, and nothing else" },
	{ 0 }
};

struct args {
	const char *model;
	const char *scene;
	const char *arm;
	const char *can;
	const char *svg;
	const char *log;
	const char *lang;
	int deadline_ms;
	int patience_s;
	int bench;
	bool print_prompt;
	char **instruction;
	int count;
};

/* ---- Options -------------------------------------------------------------------- */

static int parse_number(struct argp_state *state, const char *option, const char *arg, int max)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(arg, &end, 10);
	if (errno || end == arg || *end || value < 1 || value > max)
		argp_error(state, "%s wants 1 to %d, not \"%s\"", option, max, arg);
	return value;
}

static error_t parse_text(int key, char *arg, struct args *a)
{
	switch (key) {
	case 'm':
		a->model = arg;
		return 0;
	case 's':
		a->scene = arg;
		return 0;
	case OPT_ARM:
		a->arm = arg;
		return 0;
	case OPT_CAN:
		a->can = arg;
		return 0;
	case OPT_SVG:
		a->svg = arg;
		return 0;
	case OPT_LOG:
		a->log = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static void check(struct argp_state *state, const struct args *a)
{
	if (!a->model && !a->print_prompt)
		argp_error(state, "no model: give one by -m FILE");
	if (a->bench && (a->arm || a->can || a->svg))
		argp_error(state,
			   "--bench moves nothing: --arm, --can, --svg do not go with it");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case OPT_LANG:
		if (strcmp(arg, "en") && strcmp(arg, "zh"))
			argp_error(state, "--lang wants en or zh, not \"%s\"", arg);
		a->lang = arg;
		return 0;
	case OPT_BENCH:
		a->bench = parse_number(state, "--bench", arg, 1000000);
		return 0;
	case OPT_DEADLINE:
		a->deadline_ms = parse_number(state, "--npu-deadline", arg, 10000);
		return 0;
	case OPT_PATIENCE:
		a->patience_s = parse_number(state, "--patience", arg, 3600);
		return 0;
	case OPT_PROMPT:
		a->print_prompt = true;
		return 0;
	case ARGP_KEY_ARGS:
		a->instruction = state->argv + state->next;
		a->count = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		check(state, a);
		return 0;
	}
	return parse_text(key, arg, a);
}

/* ---- Scenes --------------------------------------------------------------------- */

/* Does a text have an ideograph? Their UTF-8 begins with these bytes. */
static bool is_chinese(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0xe3 && (unsigned char)*text <= 0xe9)
			return true;
	return false;
}

static const char *default_scene(const struct args *a, const char *instruction)
{
	bool chinese = a->lang ? !strcmp(a->lang, "zh") : is_chinese(instruction);

	if (chinese)
		return "scene: 绿色方块 a (30,18); 红色方块 b (38,8); "
		       "蓝色杯子 c (40,-8); 黄色圆球 d (28,-16); hand empty";
	return "scene: green block a (30,18); red block b (38,8); blue cup c (40,-8); "
	       "yellow ball d (28,-16); hand empty";
}

static int set_scene(const char *line, struct agent_scene *scene)
{
	char why[AGENT_WHY];

	if (!agent_scene_parse(line, scene, why, sizeof(why)))
		return 0;
	fprintf(stderr, "robot-agent: the scene: %s\n", why);
	return -1;
}

/* ---- Instructions --------------------------------------------------------------- */

/**
 * struct session - a run of the program
 * @scene_set: the first instruction's scene has been decided
 * @record: of the last instruction
 * @failed: of any instruction
 */
struct session {
	const struct args *args;
	struct agent agent;
	struct agent_guard guard;
	struct agent_log *log;
	struct agent_svg *svg;
	struct agent_record *record;
	struct agent_order *order;
	int orders;
	bool scene_set;
	bool failed;
};

static int use_scene(struct session *s, const char *line)
{
	if (set_scene(line, &s->agent.scene))
		return -1;
	world_init(&s->agent.world, &s->agent.scene);
	s->scene_set = true;
	return 0;
}

static void tell(const struct session *s, const struct agent_record *r)
{
	char text[AGENT_TEXT], clean[AGENT_CLEAN(AGENT_INSTRUCTION)];

	agent_text_clean(r->instruction, strnlen(r->instruction, AGENT_INSTRUCTION), clean);
	printf("> %s\n", clean);
	if (r->answer.done_ns && agent_program_print(&r->answer.program, text, sizeof(text)) > 0)
		printf("%s\n", text);
	printf("%s%s%s\n", agent_outcome_name(r->outcome), r->why[0] ? ": " : "", r->why);
	fflush(stdout);
	if (r->npu.text[0])
		fprintf(stderr, "robot-agent: the NPU failed: %s\n", r->npu.text);
}

static int carry_out(struct session *s, const char *instruction)
{
	struct agent_record *r = s->record;
	int ret = 0;

	agent_task_run(&s->agent, instruction, r);
	tell(s, r);
	s->failed |= r->outcome == AGENT_STOPPED || r->outcome == AGENT_FAILED;
	if (s->svg)
		agent_svg_add(s->svg, r);
	if (s->log)
		ret = agent_log_add(s->log, r, &s->agent.scene);
	if (ret)
		fprintf(stderr, "robot-agent: %s: %s\n", s->args->log, strerror(-ret));
	return ret;
}

static int print_prompt(struct session *s, const char *instruction)
{
	char prompt[AGENT_PROMPT];

	if (agent_prompt_print(&s->agent.scene, instruction, prompt, sizeof(prompt)) < 0) {
		fprintf(stderr, "robot-agent: an instruction is one line of text\n");
		return -1;
	}
	printf("%s\n", prompt);
	return 0;
}

static int keep_order(struct session *s, const char *instruction)
{
	struct agent_order *more = realloc(s->order, (s->orders + 1) * sizeof(*more));

	if (!more)
		return -1;
	s->order = more;
	more[s->orders].scene = s->agent.scene;
	more[s->orders].instruction = strdup(instruction);
	return more[s->orders++].instruction ? 0 : -1;
}

/* One line: a new scene, or an instruction. */
static int take_line(struct session *s, const char *line)
{
	if (!strncmp(line, SCENE_HEAD, strlen(SCENE_HEAD)))
		return use_scene(s, line);
	if (!s->scene_set && use_scene(s, s->args->scene ? s->args->scene :
				       default_scene(s->args, line)))
		return -1;
	if (s->args->print_prompt)
		return print_prompt(s, line);
	return s->args->bench ? keep_order(s, line) : carry_out(s, line);
}

static int take_stdin(struct session *s)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int ret = 0;

	while (!ret && (len = getline(&line, &size, stdin)) >= 0) {
		if (len && line[len - 1] == '\n')
			line[--len] = '\0';
		if (len)
			ret = take_line(s, line);
	}
	free(line);
	return ret;
}

static int take_all(struct session *s)
{
	int i, ret = 0;

	if (!s->args->count)
		return take_stdin(s);
	for (i = 0; !ret && i < s->args->count; i++)
		ret = take_line(s, s->args->instruction[i]);
	return ret;
}

/* ---- Opening -------------------------------------------------------------------- */

static int open_arm(struct session *s, struct agent_bounds *bounds)
{
	struct arm_status status;
	char why[AGENT_WHY];

	if (!s->args->arm && !s->args->can)
		return 0;
	if (arm_link_open(s->args->arm, s->args->can, &s->agent.link, why, sizeof(why))) {
		fprintf(stderr, "robot-agent: %s\n", why);
		return -1;
	}
	if (arm_link_status(s->agent.link, &status)) {
		fprintf(stderr, "robot-agent: %s\n", arm_link_error(s->agent.link));
		return -1;
	}
	bounds->watchdog_ms = status.watchdog_ms;
	bounds->stop_ms = status.stop_ms;
	return 0;
}

static int open_files(struct session *s, const struct agent_bounds *bounds)
{
	int ret = 0;

	if (s->args->log && !s->args->bench)
		ret = agent_log_open(s->args->log, bounds, &s->log);
	if (!ret && s->args->svg)
		ret = agent_svg_open(s->args->svg, &s->svg);
	if (ret)
		fprintf(stderr, "robot-agent: %s\n", strerror(-ret));
	return ret;
}

static int open_npu(struct session *s)
{
	struct tnpu_errmsg err;
	int ret;

	agent_guard_init(&s->guard, s->args->deadline_ms * MS_NS);
	s->agent.guard = &s->guard;
	s->agent.patience_ns = s->args->patience_s * S_NS;
	ret = agent_worker_start(s->args->model, &s->guard, s->agent.patience_ns,
				 &s->agent.worker);
	if (ret) {
		fprintf(stderr, "robot-agent: %s\n", strerror(-ret));
		return ret;
	}
	/* A wrong model file is told before any instruction is read. */
	ret = agent_worker_open(s->agent.worker, &err);
	if (ret)
		fprintf(stderr, "robot-agent: %s\n", err.text);
	return ret;
}

static int open_session(struct session *s)
{
	struct agent_bounds bounds = { .npu_ms = s->args->deadline_ms };

	if (s->args->print_prompt)
		return 0;
	s->record = malloc(sizeof(*s->record));
	if (!s->record || open_npu(s) || open_arm(s, &bounds) || open_files(s, &bounds))
		return -1;
	if (bounds.watchdog_ms)
		fprintf(stderr, "robot-agent: the arm stops within %u + %u + %u ms of a failure\n",
			bounds.npu_ms, bounds.watchdog_ms, bounds.stop_ms);
	return 0;
}

static int close_session(struct session *s)
{
	int ret = agent_svg_close(s->svg);
	int i;

	if (ret)
		fprintf(stderr, "robot-agent: %s: %s\n", s->args->svg, strerror(-ret));
	agent_log_close(s->log);
	arm_link_close(s->agent.link);
	for (i = 0; i < s->orders; i++)
		free(s->order[i].instruction);
	free(s->order);
	free(s->record);
	fflush(stdout);
	/* A thread that waits for a lost NPU cannot be ended otherwise. */
	if (agent_worker_end(s->agent.worker))
		_exit(1);
	return ret;
}

static int run(struct session *s)
{
	const struct args *a = s->args;
	int ret = open_session(s);

	if (!ret)
		ret = take_all(s);
	if (!ret && a->bench && s->orders)
		ret = agent_bench_run(&s->agent, s->order, s->orders, a->bench, a->log);
	return close_session(s) || ret || s->failed;
}

int main(int argc, char **argv)
{
	const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[INSTRUCTION...]",
		.doc = "Have a robot arm do what is said.\v"
		       "Without INSTRUCTION, instructions come from standard input, one a line; "
		       "there a line that begins with \"scene: \" sets the scene. For each, the "
		       "program and what became of it go to standard output.\n\n"
		       "Exit status: 0 all were answered; 1 the arm was stopped, or the NPU or "
		       "the arm failed; 2 wrong usage.",
	};
	struct args args = { .deadline_ms = 300, .patience_s = 15 };
	struct session session = { .args = &args };

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	return run(&session) ? 1 : 0;
}
