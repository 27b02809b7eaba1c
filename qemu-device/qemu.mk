# SPDX-License-Identifier: MIT
#
# QEMU with the TNPU device: the distribution's source, fetched into the cache,
# and the overlay of this folder (scripts/build-qemu).

# A prerequisite that is out of date when what is fetched is gone from the cache.
gone = $(if $(wildcard $(1)),,FORCE)

QEMU := $(B)/qemu/qemu-system-x86_64
QEMU_AARCH64 := $(B)/qemu/qemu-system-aarch64
qtests := $(addprefix $(B)/qemu/,tnpu-test qos-test)
chip_sources := $(notdir $(CHIP_SRC))
qemu_overlay := $(shell find qemu-device/hw qemu-device/hooks qemu-device/fixes firmware-sim uapi \
	-type f ! -name '*.mk' ! -name '.*') scripts/build-qemu scripts/common.sh

#: make qemu           QEMU with the TNPU device: $(B)/qemu/qemu-system-x86_64
.PHONY: qemu
qemu: $(QEMU)
all: qemu

#: make qemu-aarch64   the same for arm64 guests: $(B)/qemu/qemu-system-aarch64
.PHONY: qemu-aarch64
qemu-aarch64: $(QEMU_AARCH64)

#: make check-qemu     the device by itself, on QEMU's test bus
.PHONY: check-qemu
check-qemu: $(QEMU) $(qtests)
	$(Q)QTEST_QEMU_BINARY=$(QEMU) $(PROVE) --exec '' $(B)/qemu/tnpu-test :: --tap -k
	$(Q)$(PROVE) --exec tests/qtest/qos $(B)/qemu/qos-test :: $(QEMU) $(B)/tools

$(B)/qemu/version: $(call gone,$(B)/qemu/source/.)
	$(Q)scripts/fetch qemu $(@D)

$(B)/tools/version: $(call gone,$(B)/tools/files/.)
	$(Q)scripts/fetch tools $(@D)

$(B)/qemu/chip: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(chip_sources) | cmp -s - $@ || \
		printf '%s\n' $(chip_sources) > $@

qemu_parts := $(addprefix $(B)/,qemu/version tools/version qemu/chip)

$(QEMU): $(qemu_overlay) $(qemu_parts)
	$(call say,QEMU,$@)
	$(Q)scripts/build-qemu $(B)/qemu $(B)/tools $(B)/qemu/chip $@

$(QEMU_AARCH64): $(qemu_overlay) $(qemu_parts)
	$(call say,QEMU,$@)
	$(Q)scripts/build-qemu --target $(@F) $(B)/qemu $(B)/tools $(B)/qemu/chip $@

$(qtests): $(qemu_overlay) $(qemu_parts) $(wildcard tests/qtest/*.[ch]) $(QEMU)
	$(call say,QTEST,$@)
	$(Q)scripts/build-qemu --target tests/qtest/$(@F) \
		$(B)/qemu $(B)/tools $(B)/qemu/chip $@

#: make qemu-patch     the device as a patch series onto QEMU's source:
#:                     $(B)/qemu-patch [QEMU_SOURCE=DIR]
QEMU_SOURCE ?= $(B)/qemu/source

.PHONY: qemu-patch
qemu-patch: $(qemu_parts)
	$(Q)qemu-device/make-patch $(QEMU_SOURCE) $(B)/qemu/chip $(B)/qemu-patch

.PHONY: FORCE
FORCE:
