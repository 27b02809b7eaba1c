/* SPDX-License-Identifier: MIT */
/*
 * Geometry of the Universal Robots UR3e: where its flange is for given joint
 * angles, and which joint angles put it there.
 *
 * Denavit-Hartenberg parameters: Universal Robots, "DH Parameters for
 * calculations of kinematics and dynamics" (support article, table "UR3e").
 * Ranges and speeds: Universal Robots, "UR3e User Manual" 5.8, technical
 * specifications: every joint +-360 degrees, 180 degrees/s for base, shoulder
 * and elbow, 360 degrees/s for the wrists. The elbow is kept to +-180 degrees,
 * where the forearm meets the upper arm, as in the maker's own ROS description
 * (ur_description, joint_limits.yaml).
 *
 * Units: metres and radians. The base frame has its origin in the middle of
 * the base's foot, z up, x to the front, y to the left.
 */
#ifndef ARM_KINEMATICS_H
#define ARM_KINEMATICS_H

#include <stdbool.h>

#define ARM_JOINTS	6
#define ARM_SOLUTIONS	8

/* Points along the arm that arm_chain() gives, from the foot to the flange. */
enum arm_point {
	ARM_FOOT,
	ARM_SHOULDER,
	ARM_ELBOW_UPPER,	/* elbow, in the plane of the shoulder */
	ARM_WRIST_UPPER,	/* wrist 1, in the same plane */
	ARM_WRIST1,
	ARM_WRIST2,
	ARM_FLANGE,
	ARM_POINTS
};

/** struct arm_joints - angles, or rates, of the joints from base to wrist 3 */
struct arm_joints {
	double q[ARM_JOINTS];
};

/**
 * struct arm_pose - a frame seen from the base
 * @r: rotation matrix; its columns are the frame's axes
 * @p: origin
 */
struct arm_pose {
	double r[3][3];
	double p[3];
};

/**
 * struct arm_limit - what a joint can do
 * @min, @max: angle
 * @speed: rate
 */
struct arm_limit {
	double min;
	double max;
	double speed;
};

extern const struct arm_limit arm_limits[ARM_JOINTS];

/** arm_joint_name() - "base", "shoulder", "elbow", "wrist 1", ... */
const char *arm_joint_name(int joint);

/** arm_forward() - the flange's frame for these joint angles */
void arm_forward(const struct arm_joints *joints, struct arm_pose *pose);

/** arm_chain() - the points of the arm's skeleton for these joint angles */
void arm_chain(const struct arm_joints *joints, double point[ARM_POINTS][3]);

/**
 * arm_inverse() - all joint angles that put the flange at a pose
 * @pose: wanted; @r orthonormal
 * @wrist3: taken for wrist 3 where any angle would do (wrist 2 at 0 or pi)
 * @solution: receives them, each angle in [-pi, pi]
 *
 * The closed solution of the UR arms: two shoulders, two wrists, two elbows.
 *
 * Return: how many there are: 0 (out of reach) to ARM_SOLUTIONS.
 */
int arm_inverse(const struct arm_pose *pose, double wrist3,
		struct arm_joints solution[ARM_SOLUTIONS]);

/**
 * arm_inverse_near() - the joint angles closest to given ones
 * @pose: wanted
 * @near: where the arm is; full turns are added to come closest to it
 * @joints: receives them, within arm_limits
 *
 * Closest by the largest difference of a joint.
 *
 * Return: 0, or -1 when the pose is out of reach or beyond a joint's range.
 */
int arm_inverse_near(const struct arm_pose *pose, const struct arm_joints *near,
		     struct arm_joints *joints);

/** arm_joint_outside() - the first joint beyond its range, or -1 */
int arm_joint_outside(const struct arm_joints *joints);

#endif
