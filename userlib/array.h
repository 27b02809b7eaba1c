/* SPDX-License-Identifier: MIT */
#ifndef TNPU_ARRAY_H
#define TNPU_ARRAY_H

/* Elements of an array whose size the compiler knows. */
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif /* TNPU_ARRAY_H */
