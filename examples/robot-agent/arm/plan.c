// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "plan.h"

#define MM		1000.0

/* How far from a thing another is put down beside it: the first free place. */
#define BESIDE_FIRST	0.060
#define BESIDE_LAST	0.140
#define BESIDE_STEP	0.010

/* Two axes closer than this are one above the other. */
#define ALIGNED		0.012

/* Heights closer than this are the same, and so are joint angles. */
#define LEVEL		1e-4
#define SETTLED		1e-9

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/**
 * struct planner - a plan being made
 * @world: after the last motion
 * @action: index of the action
 * @container: what the held thing is being lifted out of, or -1
 */
struct planner {
	const struct agent_scene *scene;
	struct plan *plan;
	struct world world;
	int action;
	int container;
	char *why;
	size_t size;
};

__attribute__((format(printf, 2, 3)))
static int plan_refuse(struct planner *p, const char *format, ...)
{
	int len = snprintf(p->why, p->size, "action %d: ", p->action + 1);
	va_list args;

	if (len >= 0 && (size_t)len < p->size) {
		va_start(args, format);
		vsnprintf(p->why + len, p->size - len, format, args);
		va_end(args);
	}
	return -1;
}

static const char *name_of(const struct planner *p, int thing)
{
	return p->scene->object[thing].name;
}

/* ---- Is the way free? ----------------------------------------------------------- */

static double beside(const struct world_thing *t, const double tip[3])
{
	return hypot(t->x - tip[0], t->y - tip[1]);
}

/* Too close to stand side by side. */
static bool crowds(const struct world_thing *t, const double tip[3])
{
	return beside(t, tip) < CELL_SPACE - LEVEL;
}

/* The lowest point of the gripper and what it holds. */
static double lowest(const struct world *world, const double tip[3])
{
	return world->held < 0 ? tip[2] : tip[2] - CELL_GRASP;
}

/*
 * Does the gripper touch @thing here? Right above a thing it may come down:
 * there is room for one between its fingers, and for fingers in a container.
 */
static bool touches(const struct planner *p, int thing, const double tip[3])
{
	const struct world_thing *t = &p->world.thing[thing];
	double apart = beside(t, tip);
	double low = lowest(&p->world, tip);

	if (thing == p->world.held || t->inside || !crowds(t, tip) ||
	    low >= t->z + CELL_THING - LEVEL)
		return false;
	if (apart > ALIGNED || low < t->z + CELL_FLOOR - LEVEL)
		return true;
	return p->world.held >= 0 ? thing != p->container :
				    p->world.at.grip < CELL_THING - LEVEL;
}

static int clear_at(struct planner *p, const struct arm_setpoint *at)
{
	char why[PLAN_WHY];
	double tip[3];
	int i;

	if (cell_check(&at->joints, why, sizeof(why)))
		return plan_refuse(p, "%s", why);
	cell_tip(&at->joints, tip);
	if (lowest(&p->world, tip) < -LEVEL)
		return plan_refuse(p, "the %s would be pressed into the table",
				   name_of(p, p->world.held));
	for (i = 0; i < p->world.count; i++)
		if (touches(p, i, tip))
			return plan_refuse(p, "the gripper would hit the %s",
					   name_of(p, i));
	return 0;
}

/* ---- Motions -------------------------------------------------------------------- */

/* Takes over a motion of which every setpoint is free, and the world after it. */
static int add_move(struct planner *p, const struct arm_move *move)
{
	struct arm_setpoint at;
	struct plan_step *step;
	int i;

	for (i = 1; i <= move->samples; i++) {
		if (arm_move_at(move, i, &at))
			return plan_refuse(p, "a point on the way is out of reach");
		if (clear_at(p, &at))
			return -1;
		if (move->kind == ARM_HOLD || move->kind == ARM_GRIP)
			break;
	}
	if (p->plan->count == PLAN_MOVES)
		return plan_refuse(p, "more than %d motions", PLAN_MOVES);
	p->world.at = move->to;
	world_follow(&p->world);
	step = &p->plan->step[p->plan->count++];
	step->action = p->action;
	step->move = *move;
	step->after = p->world;
	return 0;
}

static int out_of_reach(struct planner *p, const double tip[3])
{
	return plan_refuse(p, "%.0f mm ahead, %.0f mm to the %s and %.0f mm up is out of reach",
			   tip[0] * MM, fabs(tip[1]) * MM, tip[1] < 0 ? "right" : "left",
			   tip[2] * MM);
}

static int add_line(struct planner *p, const double tip[3])
{
	struct arm_move move;

	if (arm_move_line(&move, &p->world.at, tip))
		return out_of_reach(p, tip);
	return add_move(p, &move);
}

static int add_turn(struct planner *p, const struct arm_joints *joints)
{
	struct arm_move move;

	arm_move_turn(&move, &p->world.at, joints);
	return add_move(p, &move);
}

static int add_grip(struct planner *p, double grip)
{
	struct arm_move move;

	if (fabs(p->world.at.grip - grip) < LEVEL)
		return 0;
	arm_move_grip(&move, &p->world.at, grip);
	return add_move(p, &move);
}

/*
 * After a stop on the way the gripper may lean a little. At the start of a
 * scene it may still have to close on what it holds.
 */
static int settle(struct planner *p)
{
	struct arm_joints upright;
	double tip[3];
	int i;

	if (p->world.held >= 0 && add_grip(p, CELL_THING))
		return -1;
	cell_tip(&p->world.at.joints, tip);
	if (cell_reach(tip, &p->world.at.joints, &upright))
		return out_of_reach(p, tip);
	for (i = 0; i < ARM_JOINTS; i++)
		if (fabs(upright.q[i] - p->world.at.joints.q[i]) > SETTLED)
			return add_turn(p, &upright);
	return 0;
}

/* Straight up to where nothing is in the way. */
static int lift(struct planner *p)
{
	double tip[3];

	cell_tip(&p->world.at.joints, tip);
	if (tip[2] >= CELL_TRAVEL - LEVEL)
		return 0;
	tip[2] = CELL_TRAVEL;
	return add_line(p, tip);
}

/* To above a place: up, then all joints together. */
static int travel(struct planner *p, double x, double y)
{
	const double above[3] = { x, y, CELL_TRAVEL };
	struct arm_joints joints;
	double tip[3];

	if (lift(p))
		return -1;
	cell_tip(&p->world.at.joints, tip);
	if (fabs(tip[0] - x) < SETTLED && fabs(tip[1] - y) < SETTLED)
		return 0;
	if (cell_reach(above, &p->world.at.joints, &joints))
		return out_of_reach(p, above);
	return add_turn(p, &joints);
}

static int descend(struct planner *p, double foot)
{
	double tip[3];

	cell_tip(&p->world.at.joints, tip);
	tip[2] = foot + CELL_GRASP;
	return add_line(p, tip);
}

/* ---- Letting go ----------------------------------------------------------------- */

/* What the last motion did to the world beside moving the arm. */
static int changed(struct planner *p)
{
	if (!p->plan->count)
		return plan_refuse(p, "the gripper is not where it was left");
	p->plan->step[p->plan->count - 1].after = p->world;
	return 0;
}

/* The gripper opens and what it held stays, on @support. */
static int release(struct planner *p, int support, bool inside)
{
	int held = p->world.held;

	if (add_grip(p, CELL_OPEN))
		return -1;
	p->world.held = -1;
	p->world.thing[held].support = support;
	p->world.thing[held].inside = inside;
	/* Into a container it drops the last bit. */
	if (inside)
		p->world.thing[held].z = p->world.thing[support].z + CELL_FLOOR;
	return changed(p);
}

/* The gripper closes on a thing and lifts it. */
static int grasp(struct planner *p, int thing)
{
	struct world_thing *t = &p->world.thing[thing];

	if (add_grip(p, CELL_THING))
		return -1;
	p->container = t->inside ? t->support : -1;
	p->world.held = thing;
	t->support = WORLD_TABLE;
	t->inside = false;
	if (changed(p) || lift(p))
		return -1;
	p->container = -1;
	return 0;
}

/* ---- Actions -------------------------------------------------------------------- */

static int check_pick(struct planner *p, int thing)
{
	int on = world_on(&p->world, thing);

	if (p->world.held >= 0)
		return plan_refuse(p, "the gripper already holds the %s",
				   name_of(p, p->world.held));
	if (on >= 0)
		return plan_refuse(p, "the %s stands on the %s", name_of(p, on),
				   name_of(p, thing));
	return 0;
}

static int plan_pick(struct planner *p, const struct agent_action *action)
{
	const struct world_thing *t = &p->world.thing[action->obj];

	if (check_pick(p, action->obj) || lift(p) || add_grip(p, CELL_OPEN) ||
	    travel(p, t->x, t->y) || descend(p, t->z) || grasp(p, action->obj))
		return -1;
	return 0;
}

/* Something that stands too close to (@x, @y), or -1. */
static int spot_taken(const struct planner *p, double x, double y)
{
	const double spot[3] = { x, y };
	int i;

	for (i = 0; i < p->world.count; i++)
		if (i != p->world.held && !p->world.thing[i].inside &&
		    crowds(&p->world.thing[i], spot))
			return i;
	return -1;
}

static bool spot_reached(const struct planner *p, double x, double y)
{
	const double low[3] = { x, y, CELL_GRASP }, high[3] = { x, y, CELL_TRAVEL };
	struct arm_joints joints;
	char why[PLAN_WHY];

	return !cell_reach(high, &p->world.at.joints, &joints) &&
	       !cell_check(&joints, why, sizeof(why)) &&
	       !cell_reach(low, &joints, &joints) &&
	       !cell_check(&joints, why, sizeof(why));
}

/* The free place nearest to @ref in the direction of @rel. */
static int find_spot(struct planner *p, const struct agent_action *action,
		     double *x, double *y)
{
	static const int ways[AGENT_RELS][2] = {
		[AGENT_LEFT_OF] = { 0, 1 }, [AGENT_RIGHT_OF] = { 0, -1 },
		[AGENT_IN_FRONT_OF] = { -1, 0 }, [AGENT_BEHIND] = { 1, 0 },
	};
	const struct world_thing *ref = &p->world.thing[action->ref];
	int taken, by = -1;
	double far;

	for (far = BESIDE_FIRST; far < BESIDE_LAST + LEVEL; far += BESIDE_STEP) {
		*x = ref->x + far * ways[action->rel][0];
		*y = ref->y + far * ways[action->rel][1];
		taken = spot_taken(p, *x, *y);
		if (taken < 0 && spot_reached(p, *x, *y))
			return 0;
		by = by < 0 ? taken : by;
	}
	if (by >= 0)
		return plan_refuse(p, "the place beside the %s is taken by the %s",
				   name_of(p, action->ref), name_of(p, by));
	return plan_refuse(p, "the place beside the %s is out of reach",
			   name_of(p, action->ref));
}

static int check_place(struct planner *p, int ref)
{
	if (p->world.held < 0)
		return plan_refuse(p, "the gripper holds nothing to place");
	if (p->world.held == ref)
		return plan_refuse(p, "the %s cannot be placed by itself",
				   name_of(p, ref));
	if (world_carries(&p->world, p->world.held, ref))
		return plan_refuse(p, "the %s lies in the %s", name_of(p, ref),
				   name_of(p, p->world.held));
	return 0;
}

static int place_beside(struct planner *p, const struct agent_action *action)
{
	double x, y;

	if (find_spot(p, action, &x, &y) || travel(p, x, y) || descend(p, 0) ||
	    release(p, WORLD_TABLE, false))
		return -1;
	return lift(p);
}

/* What stands on top of all that stands on @thing, or @thing itself. */
static int topmost(const struct world *world, int thing)
{
	int on;

	while ((on = world_on(world, thing)) >= 0)
		thing = on;
	return thing;
}

static int place_on(struct planner *p, const struct agent_action *action)
{
	int top = topmost(&p->world, action->ref);
	const struct world_thing *t = &p->world.thing[top];
	double foot = t->z + CELL_THING;

	if (foot > CELL_STACK + LEVEL)
		return plan_refuse(p, "the stack on the %s would be more than %.0f high",
				   name_of(p, action->ref), CELL_STACK / CELL_THING + 1);
	if (travel(p, t->x, t->y) || descend(p, foot) || release(p, top, false))
		return -1;
	return lift(p);
}

static int place_in(struct planner *p, const struct agent_action *action)
{
	const struct world_thing *t = &p->world.thing[action->ref];
	int on = world_on(&p->world, action->ref);

	if (on >= 0)
		return plan_refuse(p, "the %s stands on the %s", name_of(p, on),
				   name_of(p, action->ref));
	if (travel(p, t->x, t->y) || descend(p, t->z + CELL_THING) ||
	    release(p, action->ref, true))
		return -1;
	return lift(p);
}

static int plan_place(struct planner *p, const struct agent_action *action)
{
	if (check_place(p, action->ref))
		return -1;
	if (action->rel == AGENT_ON)
		return place_on(p, action);
	if (action->rel == AGENT_IN)
		return place_in(p, action);
	return place_beside(p, action);
}

static int plan_move(struct planner *p, const struct agent_action *action)
{
	static const int ways[AGENT_DIRS][3] = {
		[AGENT_UP] = { 0, 0, 1 }, [AGENT_DOWN] = { 0, 0, -1 },
		[AGENT_LEFT] = { 0, 1, 0 }, [AGENT_RIGHT] = { 0, -1, 0 },
		[AGENT_FORWARD] = { 1, 0, 0 }, [AGENT_BACK] = { -1, 0, 0 },
	};
	double tip[3];
	int i;

	cell_tip(&p->world.at.joints, tip);
	for (i = 0; i < 3; i++)
		tip[i] += action->mm / MM * ways[action->dir][i];
	return add_line(p, tip);
}

/* What is right below the gripper: a thing, or the table. */
static int below(struct planner *p, int *support, double *foot)
{
	const struct world_thing *t;
	double tip[3];
	int i;

	cell_tip(&p->world.at.joints, tip);
	*support = WORLD_TABLE;
	*foot = 0;
	for (i = 0; i < p->world.count; i++) {
		t = &p->world.thing[i];
		if (i == p->world.held || t->inside || !crowds(t, tip))
			continue;
		if (beside(t, tip) > ALIGNED)
			return plan_refuse(p, "the %s would be let down onto the edge of the %s",
					   name_of(p, p->world.held), name_of(p, i));
		if (t->z + CELL_THING > *foot) {
			*support = i;
			*foot = t->z + CELL_THING;
		}
	}
	return *foot > CELL_STACK + LEVEL ?
	       plan_refuse(p, "the %s is too high to stack on", name_of(p, *support)) : 0;
}

/* Nothing is dropped: what is held is let down first. */
static int plan_open(struct planner *p, const struct agent_action *action)
{
	double tip[3], foot;
	int support;

	if (p->world.held < 0)
		return add_grip(p, CELL_OPEN);
	cell_tip(&p->world.at.joints, tip);
	if (below(p, &support, &foot) || descend(p, foot) || release(p, support, false))
		return -1;
	return add_line(p, tip);
}

/* The thing between the open fingers, or -1. */
static int between(const struct world *world)
{
	double tip[3];
	int i;

	cell_tip(&world->at.joints, tip);
	for (i = 0; i < world->count; i++)
		if (beside(&world->thing[i], tip) <= ALIGNED &&
		    tip[2] > world->thing[i].z && tip[2] < world->thing[i].z + CELL_THING)
			return i;
	return -1;
}

static int plan_close(struct planner *p, const struct agent_action *action)
{
	int thing = between(&p->world);

	if (p->world.held >= 0)
		return 0;
	if (thing >= 0)
		return plan_refuse(p, "the %s is between the fingers: pick it instead",
				   name_of(p, thing));
	return add_grip(p, CELL_SHUT);
}

static int plan_home(struct planner *p, const struct agent_action *action)
{
	struct arm_joints home;

	cell_home_joints(&home);
	return lift(p) || add_turn(p, &home) ? -1 : 0;
}

static int plan_wait(struct planner *p, const struct agent_action *action)
{
	struct arm_move move;

	arm_move_hold(&move, &p->world.at, action->s);
	return add_move(p, &move);
}

static int plan_action(struct planner *p, const struct agent_action *action)
{
	static int (* const verbs[])(struct planner *p, const struct agent_action *action) = {
		[AGENT_PICK] = plan_pick, [AGENT_PLACE] = plan_place,
		[AGENT_MOVE] = plan_move, [AGENT_OPEN] = plan_open,
		[AGENT_CLOSE] = plan_close, [AGENT_HOME] = plan_home,
		[AGENT_WAIT] = plan_wait,
	};

	return action->verb < ARRAY_SIZE(verbs) ? verbs[action->verb](p, action) : 0;
}

static int plan_ask_only(const struct agent_program *program)
{
	return program->action[0].verb == AGENT_ASK || program->action[0].verb == AGENT_REFUSE;
}

int plan_make(const struct agent_program *program,
	      const struct agent_scene *scene, const struct world *world,
	      struct plan *plan, char *why, size_t size)
{
	struct planner p = { scene, plan, *world, 0, -1, why, size };

	plan->count = 0;
	plan->before = *world;
	if (plan_ask_only(program))
		return 0;
	if (settle(&p))
		return -1;
	for (p.action = 0; p.action < program->count; p.action++)
		if (plan_action(&p, &program->action[p.action]))
			return -1;
	return 0;
}

const struct world *plan_world_after(const struct plan *plan, int action)
{
	const struct world *world = &plan->before;
	int i;

	for (i = 0; i < plan->count && plan->step[i].action <= action; i++)
		world = &plan->step[i].after;
	return world;
}

double plan_seconds(const struct plan *plan, int action)
{
	double seconds = 0;
	int i;

	for (i = 0; i < plan->count; i++)
		if (plan->step[i].action == action)
			seconds += arm_move_seconds(&plan->step[i].move);
	return seconds;
}
