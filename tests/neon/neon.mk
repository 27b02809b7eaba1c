# SPDX-License-Identifier: MIT
#
# Chip, library and command as programs for arm64, which QEMU's user mode runs.

# On a processor with dot products all that has kernels below it; without them what tells
# that the scalar ones were taken.
neon_tests_max := attention gemm_op kernels ops
neon_tests_cortex-a53 := gemm_op kernels ops
neon_unit = $(addprefix $(1)/tests/unit/test_,$(neon_tests_$(2)))
neon_preload := $(B)/tests/neon/process_vm.so

.PHONY: neon-programs
neon-programs: $(call neon_unit,$(B),max) $(neon_preload) $(MKFW) $(libtnpu) \
	$(B)/lib/tnpu/libtnpu-inproc.so $(B)/bin/tnpu

$(neon_preload): $(B)/obj/tests/neon/process_vm.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $< -o $@

$(B)/qemu-user/version: $(call gone,$(B)/qemu-user/files/.)
	$(Q)scripts/fetch qemu-user $(@D)

neon_prove = $(tap_env) TNPU_ARM64=$(abspath $(arm64)) $(PROVE) --timer -j $(shell nproc)

#: make check-neon     the NEON kernels, and that arm64 computes this host's bits, in QEMU's
#:                     user mode
.PHONY: check-neon
check-neon: lib tools $(FIRMWARE) $(arm64)/sysroot/version $(B)/qemu-user/version
	$(Q)$(make_arm64) neon-programs
	$(Q)QEMU_CPU=max $(neon_prove) --exec tests/neon/on-arm64 \
		$(call neon_unit,$(arm64),max)
	$(Q)QEMU_CPU=cortex-a53 $(neon_prove) --exec tests/neon/on-arm64 \
		$(call neon_unit,$(arm64),cortex-a53)
	$(Q)$(neon_prove) tests/neon/bits.t
