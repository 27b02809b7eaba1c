# SPDX-License-Identifier: MIT
#
# The emulated machine: what the distribution has to give, the kernels, the guest's
# initramfs, and the commands that run it.

# The scripts have the same default, but take make's.
export CACHE

# The guest's architecture, where it is not the host's.
arch := $(filter arm64,$(ARCH))

# Packages are looked after before anything else, by every target but these.
# `run` says first what it is about to do.
ifneq ($(filter-out deps clean help run,$(or $(MAKECMDGOALS),all)),)
include $(B)/deps.mk
endif

$(B)/deps.mk: scripts/deps scripts/common.sh
	@mkdir -p $(@D)
	@scripts/deps --check $(if $(arch),build check $(arch))
	@touch $@

#: make deps           install the distribution packages that are missing (root)
.PHONY: deps
deps:
	$(Q)scripts/deps

# ---- The kernels --------------------------------------------------------------
# Of each, build are the headers to build modules against, release the version.
$(B)/kernel/release: $(call gone,$(B)/kernel/build/Makefile)
	$(Q)scripts/fetch $(arch:%=--arch %) kernel $(@D)

$(B)/kernel-newest/release: $(call gone,$(B)/kernel-newest/build/Makefile)
	$(Q)scripts/fetch newest $(@D)

# ---- The initramfs, in parts --------------------------------------------------
guest_files := $(B)/bin/tnpu:usr/bin/tnpu $(libtnpu):usr/lib/$(notdir $(libtnpu)) \
	$(HOST_B)/firmware/tnpu.bin:lib/firmware/tnpu/tnpu.bin
guest := $(addprefix $(B)/guest/,base.cpio files.cpio) \
	$(addprefix $(B)/guest$(for_kernel)/,modules.cpio driver.cpio)

#: make guest          the guest's initramfs, for the stock kernel; this and all that runs
#:                     in the machine takes KERNEL=newest for the archive's newest one
.PHONY: guest
guest: $(guest) $(HOST_B)/bin/vm-host
all: guest

$(guest): scripts/build-guest scripts/common.sh

$(B)/guest/base.cpio: $(B)/bin/vm-agent scripts/guest-init
	$(call say,GUEST,$@)
	$(Q)scripts/build-guest base $@ $<

$(B)/guest$(for_kernel)/modules.cpio: $(B)/kernel$(for_kernel)/release
	$(call say,GUEST,$@)
	$(Q)scripts/build-guest modules $@ $(<D)/files

$(B)/guest$(for_kernel)/driver.cpio: $(module)
	$(call say,GUEST,$@)
	$(Q)scripts/build-guest driver $@ $<

$(B)/guest/files.cpio: $(foreach f,$(guest_files),$(firstword $(subst :, ,$(f))))
	$(call say,GUEST,$@)
	$(Q)scripts/build-guest files $@ $(guest_files)

# Process 1 has no libraries to load, and no sanitizer to bring along.
$(B)/bin/vm-agent: scripts/vm-agent.c scripts/vm-proto.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE $(filter-out $(SANFLAGS),$(CFLAGS)) -static $< -o $@

$(B)/bin/vm-host: $(B)/obj/scripts/vm-host.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $< -o $@

# ---- Running --------------------------------------------------------------------
MODEL ?=
PROMPT ?=
SCENE ?=
ARGS ?=

#: make run            a language model answers on the emulated NPU
#:                     [MODEL=FILE.gguf] [PROMPT="..."] [ARGS="options of tnpu run"];
#:                     without MODEL the robot agent's [SCENE="scene: ..."];
#:                     [VM_OPTS="options of scripts/vm"]
.PHONY: run
run:
	$(Q)B=$(B) scripts/run --plan
	$(Q)+$(MAKE) all
	$(Q)B=$(B) SCENE='$(subst ','\'',$(SCENE))' scripts/run '$(subst ','\'',$(MODEL))' \
		'$(subst ','\'',$(PROMPT))' $(ARGS)

#: make shell          a prompt in the emulated machine; this folder is /mnt/share
.PHONY: shell
shell: all
	$(Q)B=$(B) scripts/vm --share .
