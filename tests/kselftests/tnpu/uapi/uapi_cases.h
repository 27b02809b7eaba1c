/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The cases of the table, declared.
 */
#ifndef UAPI_CASES_H
#define UAPI_CASES_H

#include "uapi.h"

#define UAPI_ROW(name) UAPI_CASE(name)
#include "uapi_table.h"

#endif /* UAPI_CASES_H */
