// SPDX-License-Identifier: GPL-2.0
/*
 * The table of cases in the kernel's harness: a test each.
 */
#include "driver_cases.h"
#include "kselftest_harness.h"

/* The harness's 30 seconds are little beside UAPI_LATE, on an emulated machine that may stall. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	120

#define UAPI_ROW(name)					\
	TEST(name)				\
	{						\
		struct uapi_dev *dev;			\
		int ret = uapi_dev_open(&dev);		\
							\
		if (ret == -ENODEV)			\
			SKIP(return, "no TNPU found");	\
		ASSERT_EQ(0, ret);			\
		uapi_dev_close(dev);			\
		uapi_run(uapi_case_##name);		\
	}
#include "driver_table.h"

TEST_HARNESS_MAIN
