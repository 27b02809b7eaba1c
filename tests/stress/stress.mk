# SPDX-License-Identifier: MIT
#
# What happens to a device under load. A client like the kselftests, with their helpers.

stress := $(B)/tests/stress/stress
stress_src := $(wildcard tests/stress/*.c) $(addprefix tests/kselftests/tnpu/, \
	uapi/uapi_util.c uapi/uapi_drm.c driver/driver_sysfs.c)

$(stress): $(stress_src) $(wildcard tests/stress/*.h tests/kselftests/tnpu/*/*.h)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -g -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers \
		-D_GNU_SOURCE -pthread \
		$(addprefix -Itests/kselftests/tnpu/,uapi driver) -Iuapi \
		$(shell $(PKG_CONFIG) --cflags libdrm) $(stress_src) -o $@

#: make stress         hangs, faults, resets, removals, sleep, moves, under load and in numbers:
#:                     build/stress.json [SHARE=100: percent of them]
.PHONY: stress
stress: guest test-programs $(stress) $(QEMU) $(B)/qemu/tnpu-test
	$(Q)TNPU_BUILD=$(abspath $(B)) TNPU_FIRMWARE=$(abspath $(B))/firmware/tnpu.bin \
		TNPU_PLUGIN_DIR=$(abspath $(B))/lib/tnpu QEMU=$(QEMU) \
		tests/stress/run $(or $(SHARE),100)
