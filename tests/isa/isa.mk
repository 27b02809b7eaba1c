# SPDX-License-Identifier: MIT
#
# The micro-kernels for x86-64 on processors that this host is not: Bochs emulates them.

isa_tiles := $(B)/isa/tiles
isa_guest := $(B)/tests/unit/test_kernels:test_kernels tests/isa/init:init \
	/bin/busybox:bin/busybox $(B)/isa/permission.so:permission.so $(isa_tiles)/tiles.ko:tiles.ko

$(B)/bochs/version: $(call gone,$(B)/bochs/files/.)
	$(Q)scripts/fetch bochs $(@D)

$(B)/isa/permission.so: $(B)/obj/tests/isa/permission.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $< -o $@

$(isa_tiles)/tiles.ko: tests/isa/tiles.c $(B)/kernel/release
	$(call say,KBUILD,$@)
	@mkdir -p $(@D)
	$(Q)cp $< $(@D) && echo 'obj-m := tiles.o' >$(@D)/Kbuild
	$(Q)+$(MAKE) -C $(B)/kernel/build M=$(abspath $(@D)) modules >$(@D)/log 2>&1 || \
		{ cat $(@D)/log; exit 1; }

$(B)/isa/initrd: $(foreach f,$(isa_guest),$(firstword $(subst :, ,$(f)))) scripts/build-guest
	$(call say,CPIO,$@)
	@mkdir -p $(@D)
	$(Q)scripts/build-guest files $@ $(isa_guest)

#: make check-isa      the kernels for AVX-VNNI, AVX-512 and AMX, on processors that Bochs
#:                     emulates
.PHONY: check-isa
check-isa: $(B)/isa/initrd $(B)/bochs/version
	$(Q)TNPU_BUILD=$(abspath $(B)) $(PROVE) --timer -j $(shell nproc) $(sort $(wildcard tests/isa/*.t))
