// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdio.h>

#include "cell.h"

/* Fingertips may rest on the table; rounding must not put them into it. */
#define TOUCH	1e-6

/* Fingers close along y; the palm points down. */
#define CELL_POSE { { 0, -1, 0 }, { -1, 0, 0 }, { 0, 0, -1 } }

const double cell_home[3] = { 0.300, 0, 0.250 };

void cell_tip(const struct arm_joints *joints, double tip[3])
{
	struct arm_pose pose;
	int i;

	arm_forward(joints, &pose);
	for (i = 0; i < 3; i++)
		tip[i] = pose.p[i] + CELL_TOOL * pose.r[i][2];
	tip[2] += CELL_PEDESTAL;
}

int cell_reach(const double tip[3], const struct arm_joints *near,
	       struct arm_joints *joints)
{
	const struct arm_pose pose = {
		CELL_POSE,
		{ tip[0], tip[1], tip[2] + CELL_TOOL - CELL_PEDESTAL },
	};

	return arm_inverse_near(&pose, near, joints);
}

void cell_home_joints(struct arm_joints *joints)
{
	/* Elbow up, the wrist before it. */
	const struct arm_joints bent = {
		{ 0.4, -M_PI / 2, -M_PI / 2, -M_PI / 2, M_PI / 2, 0.4 }
	};

	cell_reach(cell_home, &bent, joints);
}

static int check_height(const char *what, double z, double least, char *why,
			size_t size)
{
	if (z >= least - TOUCH)
		return 0;
	snprintf(why, size,
		 "the %s would be at %.0f mm above the table, at least %.0f are needed",
		 what, z * 1000, least * 1000);
	return -1;
}

static int check_links(const struct arm_joints *joints, char *why, size_t size)
{
	double point[ARM_POINTS][3];

	arm_chain(joints, point);
	if (check_height("elbow", point[ARM_ELBOW_UPPER][2] + CELL_PEDESTAL,
			 CELL_LINK, why, size) ||
	    check_height("wrist", point[ARM_WRIST1][2] + CELL_PEDESTAL,
			 CELL_LINK, why, size))
		return -1;
	return check_height("wrist", point[ARM_WRIST2][2] + CELL_PEDESTAL,
			    CELL_LINK, why, size);
}

int cell_check(const struct arm_joints *joints, char *why, size_t size)
{
	int joint = arm_joint_outside(joints);
	double tip[3], radius;

	if (joint >= 0) {
		snprintf(why, size,
			 "the %s joint would be at %.0f degrees, allowed are %.0f to %.0f",
			 arm_joint_name(joint), joints->q[joint] * 180 / M_PI,
			 arm_limits[joint].min * 180 / M_PI,
			 arm_limits[joint].max * 180 / M_PI);
		return -1;
	}
	cell_tip(joints, tip);
	radius = hypot(tip[0], tip[1]);
	if (radius < CELL_COLUMN - TOUCH) {
		snprintf(why, size, "the gripper would be at %.0f mm from the arm's own base, "
			 "at least %.0f are needed", radius * 1000, CELL_COLUMN * 1000);
		return -1;
	}
	if (check_height("gripper", tip[2], 0, why, size))
		return -1;
	return check_links(joints, why, size);
}
