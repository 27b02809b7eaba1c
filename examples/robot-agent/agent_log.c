// SPDX-License-Identifier: MIT
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "agent_log.h"
#include "agent_text.h"

#define MS_NS	1e6
#define MM	1000.0

struct agent_log {
	char *path;
	char *temp;
	cJSON *root;
	cJSON *list;
};

/* ---- Values --------------------------------------------------------------------- */

static void add_text(cJSON *json, const char *name, const char *text, size_t len)
{
	char *clean = malloc(AGENT_CLEAN(len));

	if (clean)
		cJSON_AddStringToObject(json, name, agent_text_clean(text, len, clean));
	free(clean);
}

static void add_string(cJSON *json, const char *name, const char *text)
{
	add_text(json, name, text, strlen(text));
}

/* Microseconds are what a clock is good for. */
static void add_ms(cJSON *json, const char *name, int64_t from_ns, int64_t to_ns)
{
	if (to_ns)
		cJSON_AddNumberToObject(json, name, round((to_ns - from_ns) / 1e3) / 1e3);
	else
		cJSON_AddNullToObject(json, name);
}

/* To @digits behind the point; a zero loses its sign. */
static void add_numbers(cJSON *json, const char *name, const double *value, int count,
			double scale, int digits)
{
	cJSON *list = cJSON_AddArrayToObject(json, name);
	double unit = pow(10, digits);
	int i;

	for (i = 0; i < count; i++)
		cJSON_AddItemToArray(list,
				     cJSON_CreateNumber(round(value[i] * scale * unit) / unit +
							0.0));
}

static void add_scene(cJSON *json, const char *name, const struct agent_scene *scene)
{
	char line[AGENT_LINE];

	if (agent_scene_print(scene, line, sizeof(line)) >= 0)
		add_string(json, name, line);
}

/* ---- Parts of a record ---------------------------------------------------------- */

static void add_where(cJSON *json, const struct agent_record *r, const struct world *world)
{
	double tip[3];

	add_numbers(json, "joints_deg", world->at.joints.q, ARM_JOINTS, 180 / M_PI, 3);
	cell_tip(&world->at.joints, tip);
	add_numbers(json, "tip_mm", tip, 3, MM, 2);
	cJSON_AddNumberToObject(json, "grip_mm", round(world->at.grip * MM * 100) / 100);
	cJSON_AddStringToObject(json, "holds", world->held < 0 ? "" :
				r->scene.object[world->held].name);
}

/* When the last motion of an action was over; 0: it was not. */
static int64_t action_done(const struct agent_record *r, int action)
{
	int64_t done = 0;
	int i;

	for (i = 0; i < r->plan.count; i++)
		if (r->plan.step[i].action == action)
			done = r->done_ns[i];
	return done;
}

static void add_action(cJSON *list, const struct agent_record *r, int i)
{
	struct agent_program one = { .count = 1, .action = { r->answer.program.action[i] } };
	cJSON *json = cJSON_CreateObject();
	char text[AGENT_TEXT];

	if (agent_program_print(&one, text, sizeof(text)) > 0) {
		text[strlen(text) - 1] = '\0';
		cJSON_AddItemToObject(json, "action", cJSON_Parse(text + 1));
	}
	add_ms(json, "answered_ms", r->times.start, r->answer.action_ns[i]);
	if (r->plan.count) {
		cJSON_AddNumberToObject(json, "takes_s", plan_seconds(&r->plan, i));
		add_ms(json, "done_ms", r->times.start, action_done(r, i));
		add_where(json, r, plan_world_after(&r->plan, i));
	}
	cJSON_AddItemToArray(list, json);
}

static void add_actions(cJSON *json, const struct agent_record *r)
{
	cJSON *list = cJSON_AddArrayToObject(json, "actions");
	int i;

	for (i = 0; i < r->answer.actions; i++)
		add_action(list, r, i);
}

static void add_times(cJSON *json, const struct agent_record *r)
{
	const struct agent_answer *a = &r->answer;
	cJSON *ms = cJSON_AddObjectToObject(json, "ms");
	int64_t start = r->times.start;

	add_ms(ms, "prompt", start, r->times.prompt);
	add_ms(ms, "first_token", start, a->first_ns);
	add_ms(ms, "first_action", start, a->action_ns[0]);
	add_ms(ms, "answered", start, r->times.answered);
	add_ms(ms, "planned", start, r->times.planned);
	add_ms(ms, "moving", start, r->times.moving);
	add_ms(ms, "end", start, r->times.end);
}

static void add_npu(cJSON *json, const struct agent_record *r)
{
	cJSON *npu = cJSON_AddObjectToObject(json, "npu");

	cJSON_AddNumberToObject(npu, "tries", r->tries);
	cJSON_AddNumberToObject(npu, "prompt_tokens", r->figures.prompt_tokens);
	cJSON_AddNumberToObject(npu, "answer_tokens", r->figures.tokens);
	add_string(npu, "error", r->npu.text);
}

static cJSON *record_json(const struct agent_record *r, const struct agent_scene *after)
{
	cJSON *json = cJSON_CreateObject();

	add_string(json, "instruction", r->instruction);
	add_scene(json, "scene", &r->scene);
	add_text(json, "answer", r->answer.text, r->answer.len);
	cJSON_AddStringToObject(json, "outcome", agent_outcome_name(r->outcome));
	add_string(json, "why", r->why);
	add_actions(json, r);
	add_scene(json, "scene_after", after);
	add_times(json, r);
	add_npu(json, r);
	return json;
}

/* ---- The file ------------------------------------------------------------------- */

int agent_log_open(const char *path, const struct agent_bounds *bounds,
		   struct agent_log **out)
{
	struct agent_log *log = calloc(1, sizeof(*log));
	cJSON *json;

	if (!log)
		return -ENOMEM;
	log->path = strdup(path);
	if (asprintf(&log->temp, "%s.part", path) < 0)
		log->temp = NULL;
	log->root = cJSON_CreateObject();
	json = cJSON_AddObjectToObject(log->root, "stops_within_ms");
	cJSON_AddNumberToObject(json, "npu", bounds->npu_ms);
	cJSON_AddNumberToObject(json, "watchdog", bounds->watchdog_ms);
	cJSON_AddNumberToObject(json, "stop", bounds->stop_ms);
	log->list = cJSON_AddArrayToObject(log->root, "instructions");
	if (!log->path || !log->temp || !log->list) {
		agent_log_close(log);
		return -ENOMEM;
	}
	*out = log;
	return 0;
}

/* A file that was left half-written never has the final name. */
static int write_file(const struct agent_log *log, const char *text)
{
	FILE *f = fopen(log->temp, "w");
	int failed;

	if (!f)
		return -errno;
	failed = fputs(text, f) < 0 || fputc('\n', f) == EOF;
	failed = fclose(f) || failed;
	if (failed || rename(log->temp, log->path))
		return -errno;
	return 0;
}

int agent_log_add(struct agent_log *log, const struct agent_record *record,
		  const struct agent_scene *after)
{
	char *text;
	int ret;

	cJSON_AddItemToArray(log->list, record_json(record, after));
	text = cJSON_Print(log->root);
	if (!text)
		return -ENOMEM;
	ret = write_file(log, text);
	cJSON_free(text);
	return ret;
}

void agent_log_close(struct agent_log *log)
{
	if (!log)
		return;
	cJSON_Delete(log->root);
	free(log->temp);
	free(log->path);
	free(log);
}
