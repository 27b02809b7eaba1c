/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TNPU: DEV_QUERY.
 */
#ifndef _TNPU_QUERY_H_
#define _TNPU_QUERY_H_

struct drm_device;
struct drm_file;
struct tnpu_device;

void tnpu_query_init(struct tnpu_device *tdev);
int tnpu_query_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* _TNPU_QUERY_H_ */
