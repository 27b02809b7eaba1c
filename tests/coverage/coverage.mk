# SPDX-License-Identifier: MIT
#
# Which lines the tests run: Documentation/coverage.rst.

coverage := $(B)/coverage
PARTS ?= firmware-sim userlib qemu-device driver

# Percent of a part's lines, below which "make coverage" fails.
COVERAGE_MIN_firmware-sim := 85
COVERAGE_MIN_qemu-device := 85
COVERAGE_MIN_driver := 90

# Where gcov's notes are, and the counts when the tests have run.
COVERAGE_B := $(coverage)/build
COVERAGE_NOTES_firmware-sim := $(COVERAGE_B)/obj/firmware-sim
COVERAGE_NOTES_userlib := $(COVERAGE_B)/obj/userlib
COVERAGE_NOTES_qemu-device := $(coverage)/qemu/notes
COVERAGE_NOTES_driver := $(coverage)/driver/notes

#: make coverage       lines that tests run: a table, build/coverage/PART.json and .html; fails
#:                     where they are too few [PARTS="firmware-sim userlib qemu-device driver"]
.PHONY: coverage coverage-programs coverage-host run-coverage coverage-machine coverage-device \
	coverage-driver
coverage:
	$(Q)$(if $(filter firmware-sim userlib,$(PARTS)),$(MAKE) coverage-host)
	$(Q)$(if $(filter qemu-device,$(PARTS)),$(MAKE) coverage-device)
	$(Q)$(if $(filter driver,$(PARTS)),$(MAKE) coverage-driver)
	$(Q)tests/coverage/report $(coverage) $(foreach part,$(PARTS),$(part):$(COVERAGE_NOTES_$(part)):$(COVERAGE_MIN_$(part)))

# ---- Host code: a build with COVERAGE=1 ----------------------------------------------------
ifeq ($(COVERAGE),1)
SANFLAGS := --coverage
CFLAGS += --coverage -fprofile-update=atomic
endif

coverage-programs: test-programs fuzz-replays $(replay)
	$(Q)find $(B) -name '*.gcda' -delete
	$(Q)rm -f $(FIRMWARE)
	$(Q)$(MAKE) $(FIRMWARE)

# Not the example, which is linked as a user would: without what counts lines.
run-coverage:
	$(Q)$(tap_env) $(PROVE) --exec '' $(sort $(unit_tests) $(uapi_host_test)) \
		$(B)/tests/e2e/golden
	$(Q)TNPU_TEST_MOVE=1 $(tap_env) $(PROVE) --exec '' $(moving_tests)
	$(Q)$(tap_env) $(PROVE) $(filter-out %/example.t,$(sort $(wildcard tests/e2e/*.t)))
	$(Q)$(PROVE) --exec $(replay) $(traces)
	$(Q)$(PROVE) --exec tests/fuzz/replay $(fuzz_replays)

coverage-host:
	$(Q)$(MAKE) COVERAGE=1 B=$(COVERAGE_B) coverage-programs
	$(Q)$(MAKE) COVERAGE=1 B=$(COVERAGE_B) run-coverage

# ---- The device: a QEMU that counts ----------------------------------------------------------
coverage_qemu := $(coverage)/qemu/qemu-system-x86_64

$(coverage_qemu): $(qemu_overlay) $(qemu_parts) tests/coverage/recompile
	$(call say,QEMU,$@)
	$(Q)rm -rf $(COVERAGE_NOTES_qemu-device)
	$(Q)scripts/build-qemu --count $(COVERAGE_NOTES_qemu-device) $(B)/qemu $(B)/tools \
		$(B)/qemu/chip $@

# ---- The driver: a module that counts, for the stock kernel --------------------------------------
coverage_module := $(coverage)/driver/tnpu.ko
coverage_tree := $(coverage)/driver/tree
coverage_counts := $(coverage)/driver/counts

$(coverage_module): $(driver_files) $(wildcard tests/coverage/gcov*) tests/coverage/Kbuild \
		$(B)/kernel/release
	$(call say,KBUILD,$@)
	$(Q)rm -rf $(coverage_tree) $(coverage_counts) $(COVERAGE_NOTES_driver)
	@mkdir -p $(coverage_tree) $(coverage_counts) $(COVERAGE_NOTES_driver)
	$(Q)cp --parents $(driver_files) $(coverage_tree)
	$(Q)cp tests/coverage/gcov* $(coverage_tree)/driver
	$(Q)cat tests/coverage/Kbuild >>$(coverage_tree)/driver/Kbuild
	$(Q)$(MAKE) -C $(KDIR) M=$(abspath $(coverage_tree)) KCFLAGS=-Werror modules \
		>$(coverage_tree)/log || { cat $(coverage_tree)/log; exit 1; }
	$(Q)cp $(coverage_tree)/driver/*.gcno $(COVERAGE_NOTES_driver)
	$(Q)cp $(coverage_tree)/driver/tnpu.ko $@

# ---- The machine in which both count: a build folder for scripts/vm and the tests --------------
machine := $(coverage)/machine
machine_same := tools kernel qemu/version guest/base.cpio guest/files.cpio guest/modules.cpio
machine_env = B=$(abspath $(machine)) TNPU_COVERAGE=$(abspath $(coverage)) \
	QTEST_QEMU_BINARY=$(machine)/qemu/qemu-system-x86_64 TNPU_BUILD=$(abspath $(B)) \
	TNPU_FIRMWARE=$(abspath $(B))/firmware/tnpu.bin TNPU_PLUGIN_DIR=$(abspath $(B))/lib/tnpu

coverage-machine: $(coverage_qemu) $(coverage_module) guest
	@mkdir -p $(machine)/{bin,qemu,guest}
	$(Q)for file in $(machine_same); do \
		ln -sfn $(abspath $(B))/$$file $(machine)/$$file; \
	done
	$(Q)ln -sfn $(abspath tests/coverage)/vm-host $(machine)/bin/vm-host
	$(Q)ln -sfn $(abspath tests/coverage)/qemu $(machine)/qemu/qemu-system-x86_64
	$(Q)scripts/build-guest driver $(machine)/guest/driver.cpio $(coverage_module)

# What runs in the machine for the driver's sake counts for the device too.
coverage-device: coverage-machine $(B)/qemu/tnpu-test $(replay)
	$(Q)rm -f $(COVERAGE_NOTES_qemu-device)/*.gcda
	$(Q)$(machine_env) $(PROVE) --exec '' $(B)/qemu/tnpu-test :: --tap -k
	$(Q)$(machine_env) $(PROVE) --exec '$(replay) --qemu' $(traces)

coverage_guest := driver uapi life evict toobig probe recover trace stress

coverage-driver: coverage-machine test-programs $(kselftest_programs) $(stress)
	$(Q)rm -f $(coverage_counts)/*
	$(Q)$(machine_env) $(PROVE) --timer $(coverage_guest:%=tests/guest/%.t)
	$(Q)tests/coverage/counts $(COVERAGE_NOTES_driver) $(coverage_counts)/*
