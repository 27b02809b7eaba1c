# SPDX-License-Identifier: MIT
#
# QEMU with the TNPU device: the distribution's source, fetched into the cache,
# and the overlay of this folder (scripts/build-qemu).

# A prerequisite that is out of date when what is fetched is gone from the cache.
gone = $(if $(wildcard $(1)),,FORCE)

QEMU := $(B)/qemu/qemu-system-x86_64
chip_sources := $(notdir $(CHIP_SRC))
qemu_overlay := $(shell find qemu-device/hw qemu-device/hooks firmware-sim uapi \
	-type f ! -name '*.mk' ! -name '.*')

#: make qemu           QEMU with the TNPU device: $(B)/qemu/qemu-system-x86_64
.PHONY: qemu
qemu: $(QEMU)
all: qemu

$(B)/qemu/version: $(call gone,$(B)/qemu/source/.)
	$(Q)scripts/fetch qemu $(@D)

$(B)/tools/version: $(call gone,$(B)/tools/root/.)
	$(Q)scripts/fetch tools $(@D)

$(B)/qemu/chip: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(chip_sources) | cmp -s - $@ || \
		printf '%s\n' $(chip_sources) > $@

$(QEMU): $(qemu_overlay) $(B)/qemu/version $(B)/tools/version $(B)/qemu/chip \
		scripts/build-qemu scripts/common.sh
	$(call say,QEMU,$@)
	$(Q)scripts/build-qemu $(B)/qemu $(B)/tools $(B)/qemu/chip $@

.PHONY: FORCE
FORCE:
