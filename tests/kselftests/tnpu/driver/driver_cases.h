/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cases for the Linux driver: what the uAPI's header does not promise, or what is seen of the
 * device elsewhere in the system. They are written as those of the uAPI, ../uapi/uapi.h.
 */
#ifndef DRIVER_CASES_H
#define DRIVER_CASES_H

#include "uapi.h"

#define UAPI_ROW(name) UAPI_CASE(name)
#include "driver_table.h"

#endif /* DRIVER_CASES_H */
