// SPDX-License-Identifier: GPL-2.0
/*
 * TNPU: trace events.
 */
#define CREATE_TRACE_POINTS
#include "tnpu_trace.h"
