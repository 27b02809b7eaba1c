# SPDX-License-Identifier: MIT
#
# Traces that every device has to follow: README.rst.

replay := $(B)/tests/conformance/replay
replay_src := $(wildcard tests/conformance/*.c)
replay_obj := $(replay_src:%.c=$(B)/obj/%.o) $(B)/obj/tests/unit/chip_harness.o
traces := $(sort $(wildcard tests/conformance/*.trace))

# The names that traces use are those of the headers.
CPPFLAGS_tests += -I$(B)/tests/conformance
$(B)/obj/tests/conformance/trace_names.o: $(B)/tests/conformance/names.inc
$(B)/tests/conformance/names.inc: tests/conformance/names.awk $(sort $(wildcard uapi/tnpu/*.h))
	$(call say,NAMES,$@)
	@mkdir -p $(@D)
	$(Q)awk -f $^ >$@

$(replay): $(replay_obj) $(B)/libtnpu-chip.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $^ -lcmocka $(LDLIBS_chip) -o $@

#: make check-conformance
#:                     recorded traces against the chip in process; check-qemu has them
#:                     against QEMU's device too
.PHONY: check-conformance run-conformance
check-conformance: $(replay)
	$(Q)TNPU_BUILD=$(abspath $(B)) $(PROVE) tests/conformance/malformed.t
	$(Q)$(MAKE) run-conformance

run-conformance: $(replay)
	$(Q)$(SAN_ENV) $(PROVE) --exec $(replay) $(traces)

# The same against QEMU's device, on its test bus.
.PHONY: check-conformance-qemu
check-conformance-qemu: $(replay) $(QEMU)
	$(Q)QTEST_QEMU_BINARY=$(QEMU) $(PROVE) --exec '$(replay) --qemu' $(traces)

check-qemu: check-conformance-qemu

# Also with ASan and UBSan.
check-unit: check-conformance
run-unit: run-conformance
