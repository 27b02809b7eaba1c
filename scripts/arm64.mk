# SPDX-License-Identifier: MIT
#
# What is built a second time for arm64 processors, below $(arm64).

arm64 := $(B)/arm64
make_arm64 = $(MAKE) ARCH=arm64 B=$(arm64) HOST_B=$(B)

$(arm64)/sysroot/version: $(call gone,$(arm64)/sysroot/files/.)
	$(Q)scripts/fetch sysroot $(@D)
