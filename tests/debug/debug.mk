# SPDX-License-Identifier: MIT
#
# Tests on a kernel of our own, with its debugging on and the driver in its tree.

$(B)/kernel-debug/key: scripts/build-kernel tests/debug/kernel.config $(driver_files) \
		driver/Kconfig
	$(Q)scripts/deps --check debug
	$(Q)scripts/build-kernel tests/debug/kernel.config $(@D)

#: make debug-kernel   the debug kernel: build/kernel-debug, for scripts/vm --kernel
.PHONY: debug-kernel
debug-kernel: $(B)/kernel-debug/key

# The cases of the uAPI, with failing allocations in each of their calls.
uapi_fail := $(B)/tests/debug/uapi_fail

$(uapi_fail): $(uapi_obj) $(B)/obj/tests/debug/uapi_fail.o $(B)/lib/libtnpu.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) -Wl,--wrap=uapi_dev_open,--wrap=uapi_dev_ioctl,--wrap=uapi_dev_mmap \
		$^ $(LDLIBS_userlib) -o $@

#: make check-debug    kselftests, models and failed allocations on the debug kernel
.PHONY: check-debug
check-debug: debug-kernel guest test-programs $(kselftest_programs) $(uapi_fail)
	$(Q)TNPU_BUILD=$(abspath $(B)) $(PROVE) --timer $(sort $(wildcard tests/debug/*.t))
