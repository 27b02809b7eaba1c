# SPDX-License-Identifier: MIT
#
# Fuzz targets: tests/fuzz/README.rst. Each is built twice: with libFuzzer by clang, under
# $(B)/fuzz, and as a plain program that replays seeds and regressions with every test run.

fuzz_targets := stream ring mbox mmio pt fw gguf tokenizer
fuzz_chip_targets := stream ring mbox mmio pt fw

FUZZ_CC ?= clang
FUZZ_B := $(B)/fuzz
FUZZ_SAN := -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all \
	-fno-omit-frame-pointer

# FUZZ=1 is the build for libFuzzer.
ifeq ($(FUZZ),1)
CC := $(FUZZ_CC)
SANFLAGS := $(FUZZ_SAN)
# Under sanitizers the loops that kernels ask to be vectorised are not; results are the same.
CFLAGS += $(FUZZ_SAN) -fsanitize=fuzzer-no-link -Wno-pass-failed
endif

fuzz_shared := $(B)/obj/tests/tools/gguf_buf.o $(B)/obj/tests/tools/random_vocab.o
fuzz_harness := $(patsubst %,$(B)/obj/tests/%.o,fuzz/fuzz_chip unit/chip_harness)
$(foreach t,$(fuzz_chip_targets),$(eval fuzz_obj_$(t) := $(fuzz_harness)))
fuzz_obj_stream += $(B)/obj/tests/fuzz/stream_seeds.o
fuzz_mutator_stream := $(B)/obj/tests/fuzz/mutate_stream.o

fuzz_libs := $(B)/lib/libtnpu.a $(B)/libtnpu-chip.a
fuzz_link = -lcmocka $(LDLIBS_userlib) $(LDLIBS_chip)
fuzz_replays := $(fuzz_targets:%=$(B)/tests/fuzz/replay_%)
fuzz_programs := $(fuzz_targets:%=$(B)/tests/fuzz/fuzz_%)

.SECONDEXPANSION:
$(fuzz_replays): $(B)/tests/fuzz/replay_%: $(B)/obj/tests/fuzz/fuzz_%.o \
		$(B)/obj/tests/fuzz/replay.o $$(fuzz_obj_$$*) $(fuzz_shared) $(fuzz_libs)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $^ $(fuzz_link) -o $@

$(fuzz_programs): $(B)/tests/fuzz/fuzz_%: $(B)/obj/tests/fuzz/fuzz_%.o \
		$$(fuzz_mutator_$$*) $$(fuzz_obj_$$*) $(fuzz_shared) $(fuzz_libs)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) -fsanitize=fuzzer $^ $(fuzz_link) -o $@

# The PCIe device: QEMU's own generic-fuzz, which needs to be told what there is to find.
seeds_qemu := $(B)/tests/fuzz/seeds_qemu
$(seeds_qemu): $(patsubst %,$(B)/obj/tests/fuzz/%.o,seeds_qemu stream_seeds) $(B)/libtnpu-chip.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $^ $(LDLIBS_chip) -o $@

fuzz_qemu_configure := --target-list=x86_64-softmmu --cc=$(FUZZ_CC) --cxx=$(FUZZ_CC)++ \
	--enable-fuzzing --enable-asan --enable-ubsan --disable-kvm --disable-slirp --disable-vhost-user

$(FUZZ_B)/tests/fuzz/fuzz_qemu: $(qemu_overlay) $(qemu_parts)
	$(call say,QEMU,$@)
	$(Q)scripts/build-qemu --target qemu-fuzz-x86_64 \
		$(fuzz_qemu_configure:%=--configure %) \
		$(B)/qemu $(B)/tools $(B)/qemu/chip $@

.PHONY: fuzz fuzz-programs fuzz-replays fuzz-qemu check-fuzz run-fuzz-replays
fuzz-programs: $(fuzz_programs)
fuzz-qemu: $(FUZZ_B)/tests/fuzz/fuzz_qemu
fuzz-replays: $(fuzz_replays) $(seeds_qemu)
test-programs: fuzz-replays

#: make fuzz [MIN=] [TARGETS=]
#:                     each fuzz target for MIN minutes (default 1)
MIN ?= 1
fuzz: fuzz_run = $(or $(TARGETS),$(fuzz_targets) qemu)
fuzz:
	$(Q)$(MAKE) FUZZ=1 B=$(FUZZ_B) fuzz-programs fuzz-replays
	$(if $(filter qemu,$(fuzz_run)),$(Q)$(MAKE) fuzz-qemu)
	$(Q)tests/fuzz/run $(B) $(MIN) $(fuzz_run)

# Part of check-unit: what once was found stays found.
run-fuzz-replays: fuzz-replays
	$(Q)$(SAN_ENV) $(PROVE) --exec tests/fuzz/replay $(fuzz_replays)

check-unit: check-fuzz
check-fuzz: run-fuzz-replays
	$(Q)$(MAKE) SAN=1 B=$(SAN_B) run-fuzz-replays

#: make fuzz-coverage  which lines of firmware-sim and userlib what make fuzz has kept runs:
#:                     build/fuzz/coverage/PART.json
.PHONY: fuzz-coverage
fuzz-coverage:
	$(Q)$(MAKE) COVERAGE=1 B=$(COVERAGE_B) coverage-programs
	$(Q)for t in $(fuzz_targets); do \
		$(COVERAGE_B)/tests/fuzz/replay_$$t --corpus $(FUZZ_B)/corpus/$$t >/dev/null || exit 1; \
	done
	$(Q)tests/coverage/report $(FUZZ_B)/coverage \
		$(foreach part,firmware-sim userlib,$(part):$(COVERAGE_B)/obj/$(part))
