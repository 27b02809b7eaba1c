# SPDX-License-Identifier: MIT
#
# Guests with arm64 processors, on QEMU's machine "virt". What runs in them is built a
# second time, below $(arm64); the chip, its firmware and the machine are the host's.

arm64 := $(B)/arm64
make_arm64 = $(MAKE) ARCH=arm64 B=$(arm64) HOST_B=$(B)

$(arm64)/sysroot/version: $(call gone,$(arm64)/sysroot/files/.)
	$(Q)scripts/fetch sysroot $(@D)

#: make guest-arm64    QEMU, kernel and initramfs for scripts/vm --arch aarch64
.PHONY: guest-arm64
guest-arm64: $(arm64)/sysroot/version $(QEMU_AARCH64) $(B)/bin/vm-host $(FIRMWARE)
	$(Q)$(make_arm64) guest
