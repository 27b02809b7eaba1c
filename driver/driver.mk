# SPDX-License-Identifier: GPL-2.0
#
# The module. kbuild leaves its objects beside the sources, so it works on a copy.

module := $(B)/driver$(for_kernel)/tnpu.ko

# The guest's kernel's headers, unless the caller names others. Stock's are built with
# the host's compiler, newer ones with one that came with them.
ifeq ($(origin KDIR),undefined)
KDIR := $(abspath $(B))/kernel$(for_kernel)/build
kbuild_path := $(KERNEL:%=PATH="$(abspath $(B))/kernel-%/files/usr/bin:$$PATH")
$(module): $(B)/kernel$(for_kernel)/release
endif

driver_tree := $(dir $(module))tree
driver_files := Kbuild $(wildcard driver/*.[ch]) driver/Kbuild $(wildcard uapi/*/*.h)
kbuild = $(kbuild_path) $(MAKE) -C $(KDIR) M=$(abspath $(driver_tree))

#: make module         the driver: build/driver/tnpu.ko [KDIR=headers of a kernel];
#:                     build/driver-newest/tnpu.ko with KERNEL=newest
.PHONY: module
module: $(module)
all: $(module)

$(module): $(driver_files) driver/driver.mk
	$(call say,KBUILD,$@)
	@mkdir -p $(driver_tree)
	$(Q)cp -u --preserve=timestamps --parents $(driver_files) $(driver_tree)
	$(Q)+$(kbuild) KCFLAGS=-Werror W=1 modules $(if $(filter 1,$(V)),,>$(driver_tree)/log \
		|| { cat $(driver_tree)/log; exit 1; })
	$(Q)cp $(driver_tree)/driver/tnpu.ko $@

#: make modules_install
#:                     installs it for the kernel of KDIR, below DESTDIR
.PHONY: modules_install
modules_install: $(module)
	$(Q)+$(kbuild) INSTALL_MOD_PATH=$(DESTDIR) modules_install
