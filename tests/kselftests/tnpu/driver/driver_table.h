/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table: every case, once. Who includes it says what UAPI_ROW makes of a name.
 */

/* driver_sched.c */
UAPI_ROW(sched_starved_is_no_timeout);
UAPI_ROW(sched_hang_below_waiter);

#undef UAPI_ROW
