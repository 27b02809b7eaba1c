# SPDX-License-Identifier: MIT
#
# TNPU: entry points. Each folder describes itself in a fragment (*.mk) that
# is included here, so that one make sees the whole dependency graph.
# `make help` lists the targets; V=1 shows the commands.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# Everything made lands under $(B); what is fetched or costly to build lies in
# the cache, keyed by content, and is shared by all clones.
B ?= build
# Objects note what they depend on by their own name; so they have one name only.
override B := $(patsubst $(CURDIR)/%,%,$(abspath $(B)))
CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/tnpu
PREFIX ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0

# The guest's kernel: without a name the stock one, else "newest". What is made for
# that lies in folders of its own, beside stock's; scripts know it by TNPU_KERNEL.
KERNEL ?=
$(if $(filter-out newest,$(KERNEL)),$(error KERNEL=$(KERNEL): there is newest and, without a name, the stock one))
for_kernel := $(KERNEL:%=-%)
export TNPU_KERNEL := $(KERNEL)

CC := gcc
AR := ar
PKG_CONFIG ?= pkg-config

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s %s\n' '$(1)' '$(2)'
endif

# -ffp-contract=off: the numerics are part of the contract, so the compiler
# may not fuse what the manual does not fuse.
WARN := -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wvla
CPPFLAGS := -Iuapi -D_GNU_SOURCE -MMD -MP
CFLAGS := -std=gnu11 -O2 -g -fPIC -ffp-contract=off \
	-fno-strict-aliasing $(WARN)
LDLIBS_chip := -lsodium -lpthread -lm
# SAN=1 is a second build of host code under $(B)/san with ASan and UBSan.
ifeq ($(SAN),1)
# gcc 14 gives locals aligned to 64 bytes less on the stacks of this check
# (gcc's bug 110027), and AVX-512 stores to them fault.
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer --param=asan-use-after-return=0
CFLAGS += $(SANFLAGS)
endif

# ARCH=arm64 is a second build, for that processor, under $(B)/arm64 (scripts/arm64.mk).
# HOST_B is then the first.
HOST_B ?= $(B)
ifeq ($(ARCH),arm64)
CROSS_COMPILE := aarch64-linux-gnu-
SYSROOT := $(abspath $(B))/sysroot/files
CC := $(CROSS_COMPILE)gcc --sysroot=$(SYSROOT)
AR := $(CROSS_COMPILE)ar
export CROSS_COMPILE SYSROOT
export PKG_CONFIG_SYSROOT_DIR := $(SYSROOT)
export PKG_CONFIG_LIBDIR := $(SYSROOT)/usr/lib/aarch64-linux-gnu/pkgconfig
endif

.PHONY: all
all:

include firmware-sim/chip.mk
include userlib/userlib.mk
include driver/driver.mk
include qemu-device/qemu.mk
include scripts/machine.mk
include scripts/arm64.mk
include scripts/lint.mk
include Documentation/docs.mk
include tests/tests.mk
include examples/robot-agent/agent.mk

# One rule compiles every host object; fragments only name sources.
$(B)/obj/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CPPFLAGS_$(firstword $(subst /, ,$<))) $(CFLAGS) $(CFLAGS_$(basename $(notdir $<))) -c $< -o $@

-include $(shell [ -d $(B)/obj ] && find $(B)/obj -name '*.d')

.PHONY: clean help
clean:
	$(Q)rm -rf $(B)

help:
	@sed -n 's/^#: //p' $(MAKEFILE_LIST)
