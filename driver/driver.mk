# SPDX-License-Identifier: GPL-2.0
#
# The module. kbuild leaves its objects beside the sources, so it works on a copy.

# The stock kernel's headers, unless the caller names others.
ifeq ($(origin KDIR),undefined)
KDIR := $(abspath $(B))/kernel/build
$(B)/driver/tnpu.ko: $(B)/kernel/release
endif

driver_tree := $(B)/driver/tree
driver_files := Kbuild $(wildcard driver/*.[ch]) driver/Kbuild $(wildcard uapi/*/*.h)
kbuild := -C $(KDIR) M=$(abspath $(driver_tree))

#: make module         the driver: build/driver/tnpu.ko [KDIR=headers of a kernel]
.PHONY: module
module: $(B)/driver/tnpu.ko
all: $(B)/driver/tnpu.ko

$(B)/driver/tnpu.ko: $(driver_files) driver/driver.mk
	$(call say,KBUILD,$@)
	@mkdir -p $(driver_tree)
	$(Q)cp -u --preserve=timestamps --parents $(driver_files) $(driver_tree)
	$(Q)$(MAKE) $(kbuild) KCFLAGS=-Werror W=1 modules $(if $(filter 1,$(V)),,>$(driver_tree)/log \
		|| { cat $(driver_tree)/log; exit 1; })
	$(Q)cp $(driver_tree)/driver/tnpu.ko $@

#: make modules_install
#:                     installs it for the kernel of KDIR, below DESTDIR
.PHONY: modules_install
modules_install: $(B)/driver/tnpu.ko
	$(Q)$(MAKE) $(kbuild) INSTALL_MOD_PATH=$(DESTDIR) modules_install
