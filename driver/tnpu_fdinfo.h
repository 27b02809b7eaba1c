/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: what /proc/PID/fdinfo tells of an open file.
 */
#ifndef _TNPU_FDINFO_H_
#define _TNPU_FDINFO_H_

struct drm_file;
struct drm_printer;

void tnpu_fdinfo_show(struct drm_printer *p, struct drm_file *file);

#endif /* _TNPU_FDINFO_H_ */
