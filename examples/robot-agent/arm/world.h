/* SPDX-License-Identifier: MIT */
/*
 * Where everything is: the things of a scene, what stands on what, the arm and
 * what it holds. A scene is what the model is told of it.
 */
#ifndef ARM_WORLD_H
#define ARM_WORLD_H

#include <stdbool.h>

#include "../lang/scene.h"
#include "move.h"

/** WORLD_TABLE - what a thing stands on when it stands on no other */
#define WORLD_TABLE	-1

/**
 * struct world_thing - one thing
 * @x, @y: its axis, metres
 * @z: its foot, metres above the table
 * @support: index of the thing that it stands on or lies in, or WORLD_TABLE
 * @inside: it lies in @support, and goes where that goes
 */
struct world_thing {
	double x;
	double y;
	double z;
	int support;
	bool inside;
};

/**
 * struct world - the cell at one moment
 * @count: things
 * @thing: in the scene's order; what is in the gripper is where that is
 * @held: index of what the gripper holds, or -1
 * @at: where the arm is
 */
struct world {
	int count;
	struct world_thing thing[AGENT_OBJECTS];
	int held;
	struct arm_setpoint at;
};

/**
 * world_init() - the world of a scene, the arm at home
 * @world: filled in
 * @scene: all that lies in it stands on the table
 */
void world_init(struct world *world, const struct agent_scene *scene);

/** world_on() - the thing that stands on @thing, or -1 */
int world_on(const struct world *world, int thing);

/** world_carries() - does @thing lie in @container, or in what lies in it? */
bool world_carries(const struct world *world, int container, int thing);

/** world_follow() - put what is held, and what lies in it, where the gripper is */
void world_follow(struct world *world);

/**
 * world_scene() - tell a world as a scene
 * @world: its things are put in the new scene's order
 * @scene: the names, in the old order; receives new places and the new order
 */
void world_scene(struct world *world, struct agent_scene *scene);

#endif
