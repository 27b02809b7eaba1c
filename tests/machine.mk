# SPDX-License-Identifier: MIT
#
# Tests that need the emulated machine.

# Above the rules that name its program: make reads prerequisites where they stand.
-include tests/stress/stress.mk

#: make check-guest    kselftests and models in the emulated machine
.PHONY: check-guest
check-guest: guest test-programs $(kselftest_programs) robot agent-lang $(stress) \
		$(B)/tests/robot-agent/recite
	$(Q)rm -rf $(B)/tests/failed
	$(Q)TNPU_BUILD=$(abspath $(B)) TNPU_FIRMWARE=$(abspath $(B))/firmware/tnpu.bin \
		TNPU_PLUGIN_DIR=$(abspath $(B))/lib/tnpu \
		$(PROVE) --timer $(sort $(wildcard tests/guest/*.t)) || \
		{ tail -n 20 $(B)/tests/failed/*.why; exit 1; }

#: make kselftest      the kselftests alone, of the uAPI and of the driver, in the emulated
#:                     machine
.PHONY: kselftest
kselftest: guest $(kselftest_programs)
	$(Q)TNPU_BUILD=$(abspath $(B)) $(PROVE) tests/guest/uapi.t tests/guest/driver.t

#: make check-newest-kernel the driver on the archive's newest kernel: kselftests, life of
#:                     the driver, memory that is moved
.PHONY: check-newest-kernel
check-newest-kernel:
	$(Q)$(MAKE) KERNEL=newest check-driver

.PHONY: check-driver
check-driver: guest test-programs $(kselftest_programs)
	$(Q)TNPU_BUILD=$(abspath $(B)) TNPU_FIRMWARE=$(abspath $(B))/firmware/tnpu.bin \
		TNPU_PLUGIN_DIR=$(abspath $(B))/lib/tnpu \
		$(PROVE) --timer $(patsubst %,tests/guest/%.t,uapi driver life evict)
# ---- The same on another processor ------------------------------------------------------
#: make check-arm64    kselftests and models in an emulated arm64 machine
.PHONY: check-arm64
check-arm64: guest-arm64 lib $(MKFW) $(QEMU_AARCH64) $(B)/qemu/qos-test
	$(Q)$(PROVE) --exec tests/qtest/qos $(B)/qemu/qos-test :: $(QEMU_AARCH64) $(B)/tools
	$(Q)$(make_arm64) guest-tests
	$(Q)TNPU_BUILD=$(abspath $(B)) TNPU_FIRMWARE=$(abspath $(FIRMWARE)) \
		TNPU_PLUGIN_DIR=$(abspath $(B))/lib/tnpu TNPU_ARCH=aarch64 \
		$(PROVE) --timer $(addprefix tests/guest/,uapi.t driver.t life.t models.t)

# ---- Long campaigns on the device ------------------------------------------------------
#: make stress-moves   a model talks while its machine moves: N live migrations and N
#:                     snapshots [N=100]
.PHONY: stress-moves
stress-moves: guest test-programs
	$(Q)TNPU_BUILD=$(abspath $(B)) TNPU_MOVES=$(or $(N),100) \
		TNPU_FIRMWARE=$(abspath $(B))/firmware/tnpu.bin \
		TNPU_PLUGIN_DIR=$(abspath $(B))/lib/tnpu $(PROVE) -v tests/guest/migrate.t

#: make stress-resets  resets of all kinds under load, on QEMU's test bus [N=1000]
.PHONY: stress-resets
stress-resets: $(QEMU) $(B)/qemu/tnpu-test
	$(Q)QTEST_QEMU_BINARY=$(QEMU) TNPU_RESETS=$(or $(N),1000) $(PROVE) -v --exec '' \
		$(B)/qemu/tnpu-test :: --tap -p /x86_64/tnpu/resets

#: make check-all      check, then check-debug
.PHONY: check-all
check-all:
	$(Q)$(MAKE) check
	$(Q)$(MAKE) check-debug

-include tests/debug/debug.mk
