# SPDX-License-Identifier: MIT
#
# Tests. Everything speaks TAP and is run by Perl's prove.

PROVE ?= prove
CPPFLAGS_tests = -Iuserlib -Ifirmware-sim -Itests/unit -Itests/tools \
	$(shell $(PKG_CONFIG) --cflags libdrm)


# ---- Tools ------------------------------------------------------------------
gguf_random_obj := $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/tools/*.c))

#: make tools          tests/tools: gguf-random makes model files of random weights
.PHONY: tools
tools: $(B)/tests/tools/gguf-random
all: tools

$(B)/tests/tools/gguf-random: $(gguf_random_obj) $(B)/lib/libtnpu.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $^ $(LDLIBS_userlib) -o $@

# ---- Unit tests ---------------------------------------------------------------
# Each test_*.c is a program; of the files beside them it takes what it needs. One that is
# about the library takes no chip: both have queues. The tnpu command's parts are in no library.
unit_tests := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
unit_shared := $(patsubst %.c,$(B)/obj/%.o,$(filter-out tests/unit/test_%.c \
	tests/unit/uapi_layout.c,$(wildcard tests/unit/*.c))) $(B)/obj/tests/tools/gguf_buf.o

$(B)/tests/unit/shared.a: $(unit_shared)
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(unit_tests): $(B)/tests/unit/%: $(B)/obj/tests/unit/%.o $(B)/tests/unit/shared.a \
		$(B)/lib/libtnpu.a $(B)/libtnpu-chip.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $(filter %.o,$^) $(filter %.a,$^) -lcmocka $(LDLIBS_userlib) \
		$(LDLIBS_chip) $(shell $(PKG_CONFIG) --libs libcjson) -o $@

$(B)/tests/unit/test_trace: $(addprefix $(B)/obj/userlib/cmd_,json.o names.o trace_json.o \
	trace_spans.o trace_text.o)

# ---- Probe: equality and rates of the micro-kernels ---------------------------------
#: make probe          the micro-kernels of this host: equality, rates
.PHONY: probe
probe: $(B)/tests/probe/probe
	$(Q)$<

$(B)/tests/probe/probe: $(B)/obj/tests/probe/probe.o $(B)/libtnpu-chip.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $^ $(LDLIBS_chip) -o $@

# ---- The uAPI's cases: one table, against the chip in process and as kselftests ------
uapi_obj := $(patsubst %.c,$(B)/obj/%.o,tests/uapi/uapi_host.c $(filter-out \
	%/uapi_test.c %/uapi_drm.c,$(wildcard tests/kselftests/tnpu/uapi/*.c)))
uapi_host_test := $(B)/tests/uapi/uapi_host

$(uapi_host_test): $(uapi_obj) $(B)/lib/libtnpu.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $^ $(LDLIBS_userlib) -o $@

# The harness is the kernel's own, from the distribution's kernel source.
kselftest_programs := $(B)/kselftests/tnpu/uapi $(B)/kselftests/tnpu/driver

$(B)/kselftests/include/kselftest_harness.h: tests/kselftests/fetch-harness
	$(Q)tests/kselftests/fetch-harness $(@D)

$(kselftest_programs): $(B)/kselftests/include/kselftest_harness.h \
		$(wildcard tests/kselftests/tnpu/*/*)
	$(call say,KSFT,$@)
	@mkdir -p $(@D)
	$(Q)$(MAKE) -C tests/kselftests/tnpu/$(@F) CC='$(CC)' UAPI=$(abspath uapi) \
		KSFT=$(abspath $(B))/kselftests/include OUTPUT=$(abspath $(@D)) >/dev/null
	$(Q)mv $(@D)/$(@F)_test $@

# ---- End to end ------------------------------------------------------------------
$(B)/tests/e2e/golden: $(B)/obj/tests/e2e/golden.o $(B)/obj/tests/e2e/together.o $(libtnpu)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $(filter %.o,$^) -L$(B)/lib -ltnpu -Wl,-rpath,'$$ORIGIN/../../lib' \
		$(shell $(PKG_CONFIG) --libs libcjson) -lm -o $@

# What tests run in the guest.
.PHONY: guest-tests
guest-tests: $(kselftest_programs) $(B)/tests/e2e/golden $(B)/tests/tools/gguf-random

.PHONY: test-programs
test-programs: lib tools $(unit_tests) $(B)/tests/e2e/golden $(B)/firmware/tnpu.bin \
	$(uapi_host_test)

# ---- Entry points -----------------------------------------------------------------
tap_env = CMOCKA_MESSAGE_OUTPUT=TAP TNPU_BUILD=$(abspath $(B)) \
	TNPU_FIRMWARE=$(abspath $(B))/firmware/tnpu.bin \
	TNPU_PLUGIN_DIR=$(abspath $(B))/lib/tnpu TNPU_TRANSPORT=inproc

SAN_B := $(B)/san
SAN_ENV := ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1

#: make check          all tests for everyone: check-unit, check-e2e, check-robot,
#:                     check-qemu, check-guest, check-kselftest-tree
.PHONY: check check-unit check-e2e
check:
	$(Q)$(MAKE) check-unit
	$(Q)$(MAKE) check-e2e
	$(Q)$(MAKE) check-robot
	$(Q)$(MAKE) check-qemu
	$(Q)$(MAKE) check-kselftest-tree
	$(Q)$(MAKE) check-guest

# Once more with chips that are saved and loaded again and again under their jobs.
moving_tests := $(addprefix $(B)/tests/unit/test_,attention gemm_op ops sample)

#: make check-unit     unit tests on the host, plain and with ASan and UBSan
check-unit: test-programs check-contracts
	$(Q)$(tap_env) $(PROVE) --exec '' $(sort $(unit_tests) $(uapi_host_test))
	$(Q)TNPU_TEST_MOVE=1 $(tap_env) $(PROVE) --exec '' $(moving_tests)
	$(Q)$(MAKE) SAN=1 B=$(SAN_B) test-programs
	$(Q)$(MAKE) SAN=1 B=$(SAN_B) run-unit

.PHONY: run-unit
run-unit:
	$(Q)$(SAN_ENV) $(tap_env) $(PROVE) --exec '' $(sort $(unit_tests) $(uapi_host_test))

#: make check-e2e      models and the command on the chip in process; tells the figures of
#:                     every model
check-e2e: test-programs
	$(Q)$(tap_env) $(PROVE) -v --exec '' $(B)/tests/e2e/golden
	$(Q)$(tap_env) $(PROVE) $(sort $(wildcard tests/e2e/*.t))

#: make check-contracts headers against the manual, sizes and offsets
.PHONY: check-contracts
check-contracts:
	$(Q)$(PROVE) $(sort $(wildcard tests/contracts/*.t))

#: make check-kselftest-tree the kselftests in a kernel tree, by its own Makefiles
.PHONY: check-kselftest-tree
check-kselftest-tree:
	$(Q)TNPU_BUILD=$(abspath $(B)) $(PROVE) tests/kselftests/in-tree.t

-include tests/conformance/conformance.mk
-include tests/machine.mk
-include tests/coverage/coverage.mk
-include tests/neon/neon.mk
-include tests/isa/isa.mk
-include tests/fuzz/fuzz.mk
-include tests/bench/bench.mk
