// SPDX-License-Identifier: MIT
#include <math.h>
#include <string.h>

#include "kinematics.h"

/* Denavit-Hartenberg; see kinematics.h. Twists are multiples of a quarter turn. */
#define D1	0.15185
#define A2	-0.24355
#define A3	-0.2132
#define D4	0.13105
#define D5	0.08535
#define D6	0.0921

/* What rounding may add to a sine or cosine that is 1 at the edge of reach. */
#define EDGE	1e-12

const struct arm_limit arm_limits[ARM_JOINTS] = {
	{ -2 * M_PI, 2 * M_PI, M_PI },
	{ -2 * M_PI, 2 * M_PI, M_PI },
	{ -M_PI, M_PI, M_PI },
	{ -2 * M_PI, 2 * M_PI, 2 * M_PI },
	{ -2 * M_PI, 2 * M_PI, 2 * M_PI },
	{ -2 * M_PI, 2 * M_PI, 2 * M_PI },
};

const char *arm_joint_name(int joint)
{
	static const char * const names[ARM_JOINTS] = {
		"base", "shoulder", "elbow", "wrist 1", "wrist 2", "wrist 3"
	};

	return names[joint];
}

/*
 * The arm moves in a plane that the base turns. @x and @z are the plane's
 * horizontal direction and its normal (frame 1 of the chain, whose y is up).
 */
struct plane {
	double x[3];
	double z[3];
};

static void plane_of(double base, struct plane *plane)
{
	double c = cos(base), s = sin(base);

	*plane = (struct plane){ { c, s, 0 }, { s, -c, 0 } };
}

static double dot(const double a[3], const double b[3])
{
	return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void column(const struct arm_pose *pose, int axis, double v[3])
{
	v[0] = pose->r[0][axis];
	v[1] = pose->r[1][axis];
	v[2] = pose->r[2][axis];
}

/* v = u + radial * x + up * (vertical) + side * z, in the plane's directions */
static void step(const double u[3], const struct plane *plane, double radial,
		 double up, double side, double v[3])
{
	int i;

	for (i = 0; i < 3; i++)
		v[i] = u[i] + radial * plane->x[i] + side * plane->z[i];
	v[2] += up;
}

void arm_chain(const struct arm_joints *joints, double point[ARM_POINTS][3])
{
	const double *q = joints->q;
	double q23 = q[1] + q[2], q234 = q23 + q[3];
	struct plane plane;

	plane_of(q[0], &plane);
	memset(point[ARM_FOOT], 0, sizeof(point[ARM_FOOT]));
	step(point[ARM_FOOT], &plane, 0, D1, 0, point[ARM_SHOULDER]);
	step(point[ARM_SHOULDER], &plane, A2 * cos(q[1]), A2 * sin(q[1]), 0,
	     point[ARM_ELBOW_UPPER]);
	step(point[ARM_ELBOW_UPPER], &plane, A3 * cos(q23), A3 * sin(q23), 0,
	     point[ARM_WRIST_UPPER]);
	step(point[ARM_WRIST_UPPER], &plane, 0, 0, D4, point[ARM_WRIST1]);
	step(point[ARM_WRIST1], &plane, D5 * sin(q234), -D5 * cos(q234), 0,
	     point[ARM_WRIST2]);
	/* The flange's axis lies across wrist 2's, at its angle from the normal. */
	step(point[ARM_WRIST2], &plane, -D6 * sin(q[4]) * cos(q234),
	     -D6 * sin(q[4]) * sin(q234), D6 * cos(q[4]), point[ARM_FLANGE]);
}

void arm_forward(const struct arm_joints *joints, struct arm_pose *pose)
{
	static const double origin[3];
	const double *q = joints->q;
	double q234 = q[1] + q[2] + q[3];
	double c4 = cos(q234), s4 = sin(q234), c5 = cos(q[4]), s5 = sin(q[4]);
	double c6 = cos(q[5]), s6 = sin(q[5]);
	double point[ARM_POINTS][3];
	struct plane plane;
	/* The flange's axes in the plane's directions: radial, up, normal. */
	double axis[3][3] = {
		{ c4 * c5 * c6 - s4 * s6, s4 * c5 * c6 + c4 * s6, s5 * c6 },
		{ -c4 * c5 * s6 - s4 * c6, -s4 * c5 * s6 + c4 * c6, -s5 * s6 },
		{ -c4 * s5, -s4 * s5, c5 },
	};
	double v[3];
	int i, j;

	plane_of(q[0], &plane);
	for (j = 0; j < 3; j++) {
		step(origin, &plane, axis[j][0], axis[j][1], axis[j][2], v);
		for (i = 0; i < 3; i++)
			pose->r[i][j] = v[i];
	}
	arm_chain(joints, point);
	memcpy(pose->p, point[ARM_FLANGE], sizeof(pose->p));
}

static double wrap(double angle)
{
	return remainder(angle, 2 * M_PI);
}

/*
 * Upper arm and forearm to the point (@x, @y) of the plane, seen from the
 * shoulder, with wrist 1 making up the direction @q234.
 */
static int solve_elbows(double x, double y, double q234,
			struct arm_joints *solution, int count)
{
	double c3 = (x * x + y * y - A2 * A2 - A3 * A3) / (2 * A2 * A3);
	struct arm_joints base = solution[count];
	double q2, q3;
	int side;

	if (!(fabs(c3) <= 1 + EDGE))
		return count;
	q3 = acos(fmax(-1, fmin(1, c3)));
	for (side = 0; side < 2; side++, q3 = -q3) {
		q2 = atan2(y, x) - atan2(A3 * sin(q3), A2 + A3 * cos(q3));
		solution[count] = base;
		solution[count].q[1] = wrap(q2);
		solution[count].q[2] = q3;
		solution[count].q[3] = wrap(q234 - q2 - q3);
		count++;
	}
	return count;
}

/* Base and wrist 2 are known, in solution[count]; the rest follows. */
static int solve_wrist(const struct arm_pose *pose, const struct plane *plane,
		       double wrist3, struct arm_joints *solution, int count)
{
	double s5 = sin(solution[count].q[4]), c5 = cos(solution[count].q[4]);
	double x6[3], y6[3], z6[3], x4[3], c6, s6, q6, q234, radial, up;
	int i;

	column(pose, 0, x6);
	column(pose, 1, y6);
	column(pose, 2, z6);
	q6 = wrist3;
	if (fabs(s5) > EDGE)
		q6 = atan2(-dot(y6, plane->z) / s5, dot(x6, plane->z) / s5);
	solution[count].q[5] = wrap(q6);
	c6 = cos(q6);
	s6 = sin(q6);
	for (i = 0; i < 3; i++)
		x4[i] = c5 * (c6 * x6[i] - s6 * y6[i]) - s5 * z6[i];
	q234 = atan2(x4[2], dot(x4, plane->x));
	radial = dot(pose->p, plane->x) - D6 * dot(z6, plane->x);
	up = pose->p[2] - D1 - D6 * z6[2];
	return solve_elbows(radial - D5 * sin(q234), up + D5 * cos(q234), q234,
			    solution, count);
}

static int solve_base(const struct arm_pose *pose, double base, double wrist3,
		      struct arm_joints *solution, int count)
{
	struct plane plane;
	double z6[3], s5;
	int side;

	plane_of(base, &plane);
	column(pose, 2, z6);
	/* By its tangent: a cosine near 1 would lose half of the digits. */
	s5 = hypot(dot(z6, plane.x), z6[2]);
	for (side = 0; side < 2; side++, s5 = -s5) {
		solution[count].q[0] = wrap(base);
		solution[count].q[4] = atan2(s5, dot(z6, plane.z));
		count = solve_wrist(pose, &plane, wrist3, solution, count);
	}
	return count;
}

int arm_inverse(const struct arm_pose *pose, double wrist3,
		struct arm_joints solution[ARM_SOLUTIONS])
{
	/* One more, because solutions are built in place before they count. */
	struct arm_joints found[ARM_SOLUTIONS + 1] = { 0 };
	double x = pose->p[0] - D6 * pose->r[0][2];
	double y = pose->p[1] - D6 * pose->r[1][2];
	double around = atan2(y, x), rho = hypot(x, y), lean;
	int count;

	/* Wrist 2 is D4 beside the plane, wherever the base turns to. */
	if (!(rho >= D4 * (1 - EDGE)))
		return 0;
	lean = atan2(D4, sqrt(fmax(0, (rho - D4) * (rho + D4))));
	count = solve_base(pose, around + lean, wrist3, found, 0);
	count = solve_base(pose, around + M_PI - lean, wrist3, found, count);
	memcpy(solution, found, count * sizeof(*solution));
	return count;
}

/* The turn of @angle within the joint's range that is closest to @near. */
static int unwrap(int joint, double near, double *angle)
{
	const struct arm_limit *limit = &arm_limits[joint];
	double best = near + wrap(*angle - near);

	while (best > limit->max)
		best -= 2 * M_PI;
	while (best < limit->min)
		best += 2 * M_PI;
	*angle = best;
	return best <= limit->max ? 0 : -1;
}

static double distance(const struct arm_joints *a, const struct arm_joints *b)
{
	double d = 0;
	int i;

	for (i = 0; i < ARM_JOINTS; i++)
		d = fmax(d, fabs(a->q[i] - b->q[i]));
	return d;
}

static int unwrap_all(const struct arm_joints *near, struct arm_joints *joints)
{
	int i;

	for (i = 0; i < ARM_JOINTS; i++)
		if (unwrap(i, near->q[i], &joints->q[i]))
			return -1;
	return 0;
}

int arm_inverse_near(const struct arm_pose *pose, const struct arm_joints *near,
		     struct arm_joints *joints)
{
	struct arm_joints solution[ARM_SOLUTIONS];
	int count = arm_inverse(pose, near->q[5], solution);
	int i, best = -1;

	for (i = 0; i < count; i++)
		if (!unwrap_all(near, &solution[i]) &&
		    (best < 0 || distance(&solution[i], near) <
				 distance(&solution[best], near)))
			best = i;
	if (best < 0)
		return -1;
	*joints = solution[best];
	return 0;
}

int arm_joint_outside(const struct arm_joints *joints)
{
	int i;

	for (i = 0; i < ARM_JOINTS; i++)
		if (!(joints->q[i] >= arm_limits[i].min &&
		      joints->q[i] <= arm_limits[i].max))
			return i;
	return -1;
}
