// SPDX-License-Identifier: MIT
/*
 * The arm's geometry: against the product of its Denavit-Hartenberg matrices, and there
 * and back again over its whole space.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arm/kinematics.h"

#define POSES		100000
#define EXACT		1e-9

/* Closer to a singular pose than this, one pose has many solutions. */
#define SINGULAR	1e-3

/* The maker's table: a, d, alpha in quarter turns. */
static const double table[ARM_JOINTS][3] = {
	{ 0, 0.15185, 1 }, { -0.24355, 0, 0 }, { -0.2132, 0, 0 },
	{ 0, 0.13105, 1 }, { 0, 0.08535, -1 }, { 0, 0.0921, 0 },
};

static void link_matrix(int joint, double q, double m[4][4])
{
	double a = table[joint][0], d = table[joint][1];
	double ca = table[joint][2] ? 0 : 1, sa = table[joint][2];
	double c = cos(q), s = sin(q);
	const double link[4][4] = {
		{ c, -s * ca, s * sa, a * c },
		{ s, c * ca, -c * sa, a * s },
		{ 0, sa, ca, d },
		{ 0, 0, 0, 1 },
	};

	memcpy(m, link, sizeof(link));
}

static void multiply(double a[4][4], double b[4][4])
{
	double product[4][4] = { { 0 } };
	int i, j, k;

	for (i = 0; i < 4; i++)
		for (j = 0; j < 4; j++)
			for (k = 0; k < 4; k++)
				product[i][j] += a[i][k] * b[k][j];
	memcpy(a, product, sizeof(product));
}

static void by_matrices(const struct arm_joints *joints, struct arm_pose *pose)
{
	double m[4][4] = { { 1 }, { 0, 1 }, { 0, 0, 1 }, { 0, 0, 0, 1 } }, link[4][4];
	int i, j;

	for (i = 0; i < ARM_JOINTS; i++) {
		link_matrix(i, joints->q[i], link);
		multiply(m, link);
	}
	for (i = 0; i < 3; i++) {
		for (j = 0; j < 3; j++)
			pose->r[i][j] = m[i][j];
		pose->p[i] = m[i][3];
	}
}

static double difference(const struct arm_pose *a, const struct arm_pose *b)
{
	double d = 0;
	int i, j;

	for (i = 0; i < 3; i++) {
		for (j = 0; j < 3; j++)
			d = fmax(d, fabs(a->r[i][j] - b->r[i][j]));
		d = fmax(d, fabs(a->p[i] - b->p[i]));
	}
	return d;
}

static double turn(const struct arm_joints *a, const struct arm_joints *b)
{
	double d = 0;
	int i;

	for (i = 0; i < ARM_JOINTS; i++)
		d = fmax(d, fabs(remainder(a->q[i] - b->q[i], 2 * M_PI)));
	return d;
}

static void random_joints(struct arm_joints *joints)
{
	int i;

	for (i = 0; i < ARM_JOINTS; i++)
		joints->q[i] = (2 * drand48() - 1) * M_PI;
}

static void test_forward_is_the_table(void **state)
{
	struct arm_pose a, b;
	struct arm_joints joints;
	int n;

	srand48(1);
	for (n = 0; n < POSES; n++) {
		random_joints(&joints);
		arm_forward(&joints, &a);
		by_matrices(&joints, &b);
		assert_true(difference(&a, &b) < EXACT);
	}
}

/* Poses whose numbers can be added up from the table. */
static void test_forward_known(void **state)
{
	const struct arm_joints zero = { { 0 } };
	const struct arm_joints up = { { 0, -M_PI / 2, 0, -M_PI / 2, 0, 0 } };
	struct arm_pose pose;

	arm_forward(&zero, &pose);
	assert_true(fabs(pose.p[0] + 0.24355 + 0.2132) < EXACT);
	assert_true(fabs(pose.p[1] + 0.13105 + 0.0921) < EXACT);
	assert_true(fabs(pose.p[2] - 0.15185 + 0.08535) < EXACT);
	arm_forward(&up, &pose);
	assert_true(fabs(pose.p[0]) < EXACT);
	assert_true(fabs(pose.p[2] - 0.15185 - 0.24355 - 0.2132 - 0.08535) < EXACT);
}

/* The skeleton ends where the flange is, and its bones have their lengths. */
static void test_chain(void **state)
{
	static const double length[ARM_POINTS] = {
		0, 0.15185, 0.24355, 0.2132, 0.13105, 0.08535, 0.0921
	};
	double point[ARM_POINTS][3];
	struct arm_joints joints;
	struct arm_pose pose;
	int n, i;

	srand48(2);
	for (n = 0; n < 1000; n++) {
		random_joints(&joints);
		arm_chain(&joints, point);
		arm_forward(&joints, &pose);
		for (i = 1; i < ARM_POINTS; i++)
			assert_true(fabs(hypot(hypot(point[i][0] - point[i - 1][0],
						     point[i][1] - point[i - 1][1]),
					       point[i][2] - point[i - 1][2]) -
					 length[i]) < EXACT);
		for (i = 0; i < 3; i++)
			assert_true(fabs(point[ARM_FLANGE][i] - pose.p[i]) < EXACT);
	}
}

static bool is_singular(const struct arm_joints *joints)
{
	return fabs(sin(joints->q[2])) < SINGULAR || fabs(sin(joints->q[4])) < SINGULAR;
}

static bool is_among(const struct arm_joints *joints, const struct arm_joints *solution,
		     int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (turn(joints, &solution[i]) < 1e-6)
			return true;
	return false;
}

static void test_there_and_back(void **state)
{
	struct arm_joints joints, solution[ARM_SOLUTIONS];
	struct arm_pose pose, again;
	int n, i, count;

	srand48(3);
	for (n = 0; n < POSES; n++) {
		random_joints(&joints);
		arm_forward(&joints, &pose);
		count = arm_inverse(&pose, 0, solution);
		assert_in_range(count, 1, ARM_SOLUTIONS);
		for (i = 0; i < count; i++) {
			arm_forward(&solution[i], &again);
			assert_true(difference(&pose, &again) < EXACT);
		}
		assert_true(is_singular(&joints) || is_among(&joints, solution, count));
	}
}

/* With wrist 2 straight, wrist 1 and 3 turn about the same axis: ours to choose. */
static void test_straight_wrist(void **state)
{
	struct arm_joints joints, solution[ARM_SOLUTIONS];
	struct arm_pose pose, again;
	int n, i, count;

	srand48(4);
	for (n = 0; n < 10000; n++) {
		random_joints(&joints);
		joints.q[4] = n % 2 ? M_PI : 0;
		arm_forward(&joints, &pose);
		count = arm_inverse(&pose, joints.q[5], solution);
		assert_true(count > 0);
		for (i = 0; i < count; i++) {
			arm_forward(&solution[i], &again);
			assert_true(difference(&pose, &again) < EXACT);
		}
	}
}

/* The outstretched arm is at the edge of reach: rounding must not lose it. */
static void test_straight_elbow(void **state)
{
	struct arm_joints joints, solution[ARM_SOLUTIONS];
	struct arm_pose pose, again;
	int n, count;

	srand48(5);
	for (n = 0; n < 10000; n++) {
		random_joints(&joints);
		joints.q[2] = 0;
		arm_forward(&joints, &pose);
		count = arm_inverse(&pose, 0, solution);
		assert_true(count > 0);
		arm_forward(&solution[0], &again);
		assert_true(difference(&pose, &again) < EXACT);
	}
}

static void test_out_of_reach(void **state)
{
	static const double points[][3] = {
		{ 1, 0, 0 }, { 0, -0.8, 0.2 }, { 0, 0, 0.9 }, { 0.05, 0.05, 0.3 },
		{ NAN, 0, 0 }, { 0, 0, NAN }, { INFINITY, 0, 0 }, { 1e300, 1e300, 1e300 },
	};
	struct arm_joints near = { { 0 } }, joints, solution[ARM_SOLUTIONS];
	struct arm_pose pose = { { { 0, -1, 0 }, { -1, 0, 0 }, { 0, 0, -1 } }, { 0 } };
	size_t i;

	for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		memcpy(pose.p, points[i], sizeof(pose.p));
		assert_int_equal(arm_inverse(&pose, 0, solution), 0);
		assert_int_equal(arm_inverse_near(&pose, &near, &joints), -1);
	}
}

/* From where the arm is, a pose close by is reached by turning little. */
static void test_nearest(void **state)
{
	struct arm_joints joints, near, found;
	struct arm_pose pose;
	int n, i;

	srand48(6);
	for (n = 0; n < 10000; n++) {
		do
			random_joints(&joints);
		while (is_singular(&joints));
		/* A turn further, where a joint's range has room for it. */
		for (i = 0; i < ARM_JOINTS; i++)
			if (i != 2 && n % 3)
				joints.q[i] += joints.q[i] < 0 ? 2 * M_PI : -2 * M_PI;
		near = joints;
		for (i = 0; i < ARM_JOINTS; i++)
			near.q[i] += (2 * drand48() - 1) * 1e-4;
		arm_forward(&joints, &pose);
		assert_int_equal(arm_inverse_near(&pose, &near, &found), 0);
		assert_int_equal(arm_joint_outside(&found), -1);
		for (i = 0; i < ARM_JOINTS; i++)
			assert_true(fabs(found.q[i] - joints.q[i]) < 1e-6);
	}
}

static void test_ranges(void **state)
{
	struct arm_joints joints;
	int i;

	for (i = 0; i < ARM_JOINTS; i++) {
		memset(&joints, 0, sizeof(joints));
		assert_int_equal(arm_joint_outside(&joints), -1);
		joints.q[i] = arm_limits[i].max + 1e-9;
		assert_int_equal(arm_joint_outside(&joints), i);
		joints.q[i] = arm_limits[i].min - 1e-9;
		assert_int_equal(arm_joint_outside(&joints), i);
		joints.q[i] = NAN;
		assert_int_equal(arm_joint_outside(&joints), i);
		assert_non_null(arm_joint_name(i));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forward_is_the_table),
		cmocka_unit_test(test_forward_known),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_straight_wrist),
		cmocka_unit_test(test_straight_elbow),
		cmocka_unit_test(test_out_of_reach),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_ranges),
	};

	return cmocka_run_group_tests_name("kinematics", tests, NULL, NULL);
}
