# SPDX-License-Identifier: MIT
#
# Tests that need the emulated machine.

#: make check-guest    kselftests and models in the emulated machine
.PHONY: check-guest
check-guest: guest test-programs $(kselftest_programs)
	$(Q)TNPU_BUILD=$(abspath $(B)) TNPU_FIRMWARE=$(abspath $(B))/firmware/tnpu.bin \
		TNPU_PLUGIN_DIR=$(abspath $(B))/lib/tnpu \
		$(PROVE) --timer $(sort $(wildcard tests/guest/*.t))

#: make kselftest      the uAPI's kselftests alone, in the emulated machine
.PHONY: kselftest
kselftest: guest $(kselftest_programs)
	$(Q)TNPU_BUILD=$(abspath $(B)) $(PROVE) tests/guest/uapi.t

#: make check-all      check, then check-debug
.PHONY: check-all
check-all:
	$(Q)$(MAKE) check
	$(Q)$(MAKE) check-debug

-include tests/debug/debug.mk
