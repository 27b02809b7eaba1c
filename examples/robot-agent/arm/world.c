// SPDX-License-Identifier: MIT
#include <math.h>
#include <string.h>

#include "world.h"

#define MM	1000.0

void world_init(struct world *world, const struct agent_scene *scene)
{
	int i;

	memset(world, 0, sizeof(*world));
	world->count = scene->count;
	world->held = scene->held;
	cell_home_joints(&world->at.joints);
	world->at.grip = scene->held >= 0 ? CELL_THING : CELL_OPEN;
	for (i = 0; i < scene->count; i++) {
		world->thing[i].x = scene->object[i].x / MM;
		world->thing[i].y = scene->object[i].y / MM;
		world->thing[i].support = WORLD_TABLE;
	}
	world_follow(world);
}

int world_on(const struct world *world, int thing)
{
	int i;

	for (i = 0; i < world->count; i++)
		if (i != world->held && world->thing[i].support == thing &&
		    !world->thing[i].inside)
			return i;
	return -1;
}

bool world_carries(const struct world *world, int container, int thing)
{
	int steps;

	for (steps = 0; steps < world->count && world->thing[thing].inside; steps++) {
		thing = world->thing[thing].support;
		if (thing == container)
			return true;
	}
	return false;
}

void world_follow(struct world *world)
{
	struct world_thing *held, *t;
	double tip[3], rise;
	int i;

	if (world->held < 0)
		return;
	held = &world->thing[world->held];
	cell_tip(&world->at.joints, tip);
	rise = tip[2] - CELL_GRASP - held->z;
	for (i = 0; i < world->count; i++) {
		t = &world->thing[i];
		if (t != held && !world_carries(world, world->held, i))
			continue;
		t->x = tip[0];
		t->y = tip[1];
		t->z += rise;
	}
}

/* Which thing comes at which place of a scene: from left to right. */
static void sort_left_to_right(const struct agent_scene *scene, int *order)
{
	int i, j;

	for (i = 0; i < scene->count; i++) {
		for (j = i; j > 0 && scene->object[order[j - 1]].y < scene->object[i].y; j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
}

static int place_of(const int *order, int count, int thing)
{
	int i;

	for (i = 0; i < count; i++)
		if (order[i] == thing)
			return i;
	return -1;
}

void world_scene(struct world *world, struct agent_scene *scene)
{
	struct world was = *world;
	int order[AGENT_OBJECTS], i;
	struct agent_scene names;

	for (i = 0; i < world->count; i++) {
		scene->object[i].x = lround(world->thing[i].x * MM);
		scene->object[i].y = lround(world->thing[i].y * MM);
	}
	sort_left_to_right(scene, order);
	names = *scene;
	for (i = 0; i < world->count; i++) {
		scene->object[i] = names.object[order[i]];
		world->thing[i] = was.thing[order[i]];
		world->thing[i].support = place_of(order, world->count,
						   was.thing[order[i]].support);
	}
	world->held = place_of(order, world->count, was.held);
	scene->held = world->held;
}
