// SPDX-License-Identifier: MIT
/*
 * From programs to motions: where things end up, what is refused and why, and that no
 * setpoint is out of bounds.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arm/plan.h"
#include "robot_check.h"

#define TABLE_SCENE \
	"scene: red block a (30,20); blue cup b (40,5); green block c (30,-10); tray d (38,-20); hand empty"

#define PICK(o)		"{\"do\":\"pick\",\"obj\":\"" o "\"}"
#define PLACE(r, o)	"{\"do\":\"place\",\"rel\":\"" r "\",\"ref\":\"" o "\"}"
#define MOVE(d, mm)	"{\"do\":\"move\",\"dir\":\"" d "\",\"mm\":" mm "}"
#define DO(v)		"{\"do\":\"" v "\"}"

/** struct bench - a scene, its world, and the last plan */
struct bench {
	struct agent_scene scene;
	struct world world;
	struct agent_program program;
	struct plan plan;
	char why[PLAN_WHY];
};

static struct bench bench;

static void lay(const char *scene)
{
	memset(&bench, 0, sizeof(bench));
	if (agent_scene_parse(scene, &bench.scene, bench.why, sizeof(bench.why)))
		fail_msg("%s: %s", scene, bench.why);
	world_init(&bench.world, &bench.scene);
}

static int make(const char *program)
{
	char why[PLAN_WHY];

	if (agent_program_parse(program, strlen(program), &bench.scene, &bench.program, why,
				sizeof(why)))
		fail_msg("%s: %s", program, why);
	return plan_make(&bench.program, &bench.scene, &bench.world, &bench.plan, bench.why,
			 sizeof(bench.why));
}

/* Plans, looks at every setpoint, and goes on from the world afterwards. */
static void does(const char *program)
{
	if (make(program))
		fail_msg("%s: %s", program, bench.why);
	robot_check_plan(&bench.plan);
	bench.world = *plan_world_after(&bench.plan, AGENT_ACTIONS);
}

/* Refused, with a sentence that contains @part; nothing has changed. */
static void refuses(const char *program, const char *part)
{
	assert_int_equal(make(program), -1);
	if (!strstr(bench.why, part))
		fail_msg("%s: \"%s\" lacks \"%s\"", program, bench.why, part);
}

static void lies_at(int thing, double x, double y, double z)
{
	const struct world_thing *t = &bench.world.thing[thing];

	if (fabs(t->x - x) > 1e-6 || fabs(t->y - y) > 1e-6 || fabs(t->z - z) > 1e-6)
		fail_msg("thing %c is at %f %f %f, not at %f %f %f", 'a' + thing, t->x, t->y,
			 t->z, x, y, z);
}

/* ---- Where things end up -------------------------------------------------------- */

static void test_relations(void **state)
{
	static const struct {
		const char *program;
		double x;
		double y;
		double z;
	} cases[] = {
		{ "[" PICK("a") "," PLACE("left_of", "c") "]", 0.30, -0.04, 0 },
		{ "[" PICK("a") "," PLACE("right_of", "b") "]", 0.40, -0.01, 0 },
		{ "[" PICK("a") "," PLACE("in_front_of", "b") "]", 0.34, 0.05, 0 },
		{ "[" PICK("a") "," PLACE("behind", "b") "]", 0.46, 0.05, 0 },
		{ "[" PICK("a") "," PLACE("on", "c") "]", 0.30, -0.10, CELL_THING },
		{ "[" PICK("a") "," PLACE("in", "b") "]", 0.40, 0.05, CELL_FLOOR },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lay(TABLE_SCENE);
		does(cases[i].program);
		lies_at(0, cases[i].x, cases[i].y, cases[i].z);
		assert_int_equal(bench.world.held, -1);
	}
}

static void test_home_and_wait(void **state)
{
	double tip[3];

	lay(TABLE_SCENE);
	does("[" MOVE("left", "100") "," DO("home") ",{\"do\":\"wait\",\"s\":3}]");
	cell_tip(&bench.world.at.joints, tip);
	assert_true(fabs(tip[0] - cell_home[0]) < 1e-9 && fabs(tip[1] - cell_home[1]) < 1e-9);
	assert_true(fabs(plan_seconds(&bench.plan, 2) - 3) < 1e-9);
}

static void test_moves(void **state)
{
	static const struct {
		const char *program;
		double d[3];
	} cases[] = {
		{ "[" MOVE("up", "30") "]", { 0, 0, 0.03 } },
		{ "[" MOVE("down", "100") "]", { 0, 0, -0.1 } },
		{ "[" MOVE("left", "120") "]", { 0, 0.12, 0 } },
		{ "[" MOVE("right", "120") "]", { 0, -0.12, 0 } },
		{ "[" MOVE("forward", "90") "]", { 0.09, 0, 0 } },
		{ "[" MOVE("back", "90") "]", { -0.09, 0, 0 } },
	};
	double tip[3];
	size_t i;
	int k;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lay(TABLE_SCENE);
		does(cases[i].program);
		cell_tip(&bench.world.at.joints, tip);
		for (k = 0; k < 3; k++)
			assert_true(fabs(tip[k] - cell_home[k] - cases[i].d[k]) < 1e-9);
	}
}

/* What is put beside another goes where there is room for it. */
static void test_next_free_place(void **state)
{
	lay("scene: red block a (30,20); can b (40,12); blue cup c (40,5); hand empty");
	does("[" PICK("a") "," PLACE("left_of", "c") "]");
	lies_at(0, 0.40, 0.17, 0);
}

static void test_stack(void **state)
{
	lay(TABLE_SCENE);
	does("[" PICK("a") "," PLACE("on", "c") "]");
	/* What is put on a stack comes on top of it. */
	does("[" PICK("b") "," PLACE("on", "c") "]");
	lies_at(1, 0.30, -0.10, 2 * CELL_THING);
	assert_int_equal(bench.world.thing[1].support, 0);
	refuses("[" PICK("d") "," PLACE("on", "b") "]", "more than 3 high");
	refuses("[" PICK("d") "," PLACE("on", "c") "]", "more than 3 high");
	refuses("[" PICK("c") "]", "the red block stands on the green block");
	refuses("[" PICK("d") "," PLACE("in", "c") "]", "stands on the green block");
	does("[" PICK("b") "," PLACE("behind", "d") "]");
	lies_at(1, 0.44, -0.20, 0);
}

/* A container takes what lies in it along; what is in it can be taken out. */
static void test_container(void **state)
{
	lay(TABLE_SCENE);
	does("[" PICK("a") "," PLACE("in", "b") "," PICK("c") "," PLACE("in", "b") "]");
	does("[" PICK("b") "," PLACE("left_of", "d") "]");
	lies_at(1, 0.38, -0.14, 0);
	lies_at(0, 0.38, -0.14, CELL_FLOOR);
	lies_at(2, 0.38, -0.14, CELL_FLOOR);
	does("[" PICK("a") "," PLACE("behind", "b") "]");
	lies_at(0, 0.44, -0.14, 0);
	assert_false(bench.world.thing[0].inside);
	refuses("[" PICK("b") "," PLACE("on", "c") "]", "lies in the blue cup");
}

/* Nothing is dropped: opening the gripper lets down what it holds. */
static void test_let_down(void **state)
{
	lay(TABLE_SCENE);
	does("[" PICK("a") "," DO("open") "]");
	lies_at(0, 0.30, 0.20, 0);
	assert_int_equal(bench.world.held, -1);
	does("[" PICK("a") "," MOVE("right", "300") "," DO("open") "]");
	lies_at(0, 0.30, -0.10, CELL_THING);
	assert_int_equal(bench.world.thing[0].support, 2);
	does("[" PICK("a") "]");
	refuses("[" MOVE("right", "30") "," DO("open") "]", "onto the edge of the green block");
}

static void test_held_from_the_start(void **state)
{
	lay("scene: red block a (30,20); blue cup b (40,5); hand a");
	/* The arm comes with its gripper open: it has to close first. */
	bench.world.at.grip = CELL_OPEN;
	does("[" PLACE("behind", "b") "]");
	lies_at(0, 0.46, 0.05, 0);
}

static void test_scene_afterwards(void **state)
{
	char line[256];

	lay(TABLE_SCENE);
	does("[" PICK("a") "," PLACE("right_of", "c") "," PICK("d") "," PLACE("on", "a") ","
	     PICK("b") "]");
	world_scene(&bench.world, &bench.scene);
	assert_true(agent_scene_print(&bench.scene, line, sizeof(line)) > 0);
	assert_string_equal(line, "scene: blue cup a (40,5); green block b (30,-10); "
			    "red block c (30,-16); tray d (30,-16); hand a");
	assert_int_equal(bench.world.thing[3].support, 2);
	assert_int_equal(bench.world.held, 0);
	refuses("[" DO("open") "," PICK("c") "]", "the tray stands on the red block");
}

/* ---- What is refused ------------------------------------------------------------ */

static void test_refused_places(void **state)
{
	lay("scene: red block a (30,20); far cup b (90,0); near cup c (15,0); ball d (20,-30); "
	    "hand empty");
	refuses("[" PICK("b") "]", "out of reach");
	refuses("[" PICK("c") "]", "from the arm's own base");
	refuses("[" PICK("a") "," PLACE("behind", "b") "]", "out of reach");
	refuses("[" PICK("a") "," PLACE("in_front_of", "c") "]", "out of reach");
	refuses("[" DO("home") "," PICK("b") "]", "action 2: ");
	refuses("[" MOVE("forward", "500") "]", "out of reach");
	refuses("[" MOVE("back", "130") "]", "from the arm's own base");
	refuses("[" MOVE("down", "251") "]", "above the table");
	refuses("[" MOVE("up", "500") "]", "out of reach");
	refuses("[" PICK("a") "," MOVE("down", "170") "]", "pressed into the table");
}

static void test_refused_neighbours(void **state)
{
	lay("scene: can a (40,12); cup b (40,5); red block c (30,0); jar d (33,0); hand empty");
	refuses("[" PICK("c") "]", "the gripper would hit the jar");
	refuses("[" MOVE("down", "240") "]", "hit the jar");
	lay("scene: can a (40,18); can b (40,12); cup c (40,3); red block d (30,-10); hand empty");
	refuses("[" PICK("d") "," MOVE("left", "100") "," MOVE("down", "150") ","
		MOVE("forward", "100") "]", "would hit the cup");
	lay("scene: red block a (24,30); can b (40,26); jar c (40,21); lid d (40,16); "
	    "can e (40,11); "
	    "cup f (40,5); hand empty");
	refuses("[" PICK("a") "," PLACE("left_of", "f") "]", "is taken by the can");
}

/* The parser sees to these; the planner does not rely on it. */
static void test_refused_without_parser(void **state)
{
	const struct agent_program twice = {
		2, { { .verb = AGENT_PICK, .obj = 0 }, { .verb = AGENT_PICK, .obj = 1 } }
	};
	const struct agent_program nothing = { 1, { { .verb = AGENT_PLACE, .ref = 0 } } };
	const struct agent_program itself = {
		2, { { .verb = AGENT_PICK, .obj = 1 }, { .verb = AGENT_PLACE, .ref = 1 } }
	};
	const struct agent_program *programs[] = { &twice, &nothing, &itself };
	size_t i;

	lay(TABLE_SCENE);
	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		assert_int_equal(plan_make(programs[i], &bench.scene, &bench.world, &bench.plan,
					   bench.why, sizeof(bench.why)), -1);
}

static void test_close_on_a_thing(void **state)
{
	lay("scene: red block a (30,0); hand empty");
	refuses("[" MOVE("down", "230") "," DO("close") "]", "pick it instead");
	does("[" DO("close") "," DO("open") "," DO("close") "]");
	assert_true(bench.world.at.grip == CELL_SHUT);
	refuses("[" MOVE("down", "230") "]", "would hit the red block");
	does("[" PICK("a") "]");
}

static void test_ask_moves_nothing(void **state)
{
	lay(TABLE_SCENE);
	does("[{\"do\":\"ask\",\"about\":\"which\"}]");
	assert_int_equal(bench.plan.count, 0);
	does("[{\"do\":\"refuse\",\"why\":\"unsafe\"}]");
	assert_int_equal(bench.plan.count, 0);
}

/* ---- Checks --------------------------------------------------------------------- */

static void test_cell_check(void **state)
{
	struct arm_joints joints;
	char why[PLAN_WHY];

	cell_home_joints(&joints);
	assert_int_equal(cell_check(&joints, why, sizeof(why)), 0);
	joints.q[5] = 2 * M_PI + 0.01;
	assert_int_equal(cell_check(&joints, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "wrist 3"));
	cell_home_joints(&joints);
	joints.q[1] = 0.3;
	assert_int_equal(cell_check(&joints, why, sizeof(why)), -1);
	joints.q[1] = NAN;
	assert_int_equal(cell_check(&joints, why, sizeof(why)), -1);
}

static double mix(double a, double b, double s)
{
	return a + s * (b - a);
}

/* A line is straight, and every motion starts and ends at rest. */
static void test_lines(void **state)
{
	const double to[3] = { 0.35, -0.15, 0.05 };
	struct arm_setpoint from = { .grip = CELL_OPEN }, at;
	struct arm_move move;
	double tip[3], along, off;
	int i, k;

	cell_home_joints(&from.joints);
	assert_int_equal(arm_move_line(&move, &from, to), 0);
	for (i = 1; i <= move.samples; i++) {
		assert_int_equal(arm_move_at(&move, i, &at), 0);
		cell_tip(&at.joints, tip);
		along = (tip[2] - cell_home[2]) / (to[2] - cell_home[2]);
		for (k = 0, off = 0; k < 3; k++)
			off = fmax(off, fabs(mix(cell_home[k], to[k], along) - tip[k]));
		assert_true(off < 1e-9);
	}
	robot_check_move(&move, &from);
}

/* Far apart, over and over: no reachable pair of places makes a bad motion. */
static void test_random_tables(void **state)
{
	char scene[160];
	int n, done = 0;

	srand48(7);
	for (n = 0; n < 500; n++) {
		snprintf(scene, sizeof(scene),
			 "scene: red block a (%d,%d); cup b (%d,%d); hand empty",
			 15 + (int)(drand48() * 40), (int)(drand48() * 40),
			 15 + (int)(drand48() * 40), -(int)(drand48() * 40));
		lay(scene);
		if (make("[" PICK("a") "," PLACE("behind", "b") "," PICK("b") "," MOVE("up", "40")
			 "," DO("home") "]"))
			continue;
		robot_check_plan(&bench.plan);
		done++;
	}
	assert_in_range(done, 100, 499);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_relations),
		cmocka_unit_test(test_home_and_wait),
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_next_free_place),
		cmocka_unit_test(test_stack),
		cmocka_unit_test(test_container),
		cmocka_unit_test(test_let_down),
		cmocka_unit_test(test_held_from_the_start),
		cmocka_unit_test(test_scene_afterwards),
		cmocka_unit_test(test_refused_places),
		cmocka_unit_test(test_refused_neighbours),
		cmocka_unit_test(test_refused_without_parser),
		cmocka_unit_test(test_close_on_a_thing),
		cmocka_unit_test(test_ask_moves_nothing),
		cmocka_unit_test(test_cell_check),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_random_tables),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
