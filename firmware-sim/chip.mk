# SPDX-License-Identifier: MIT
#
# The chip as a library, the tool that makes firmware images, the default image.

CHIP_LIB := $(B)/libtnpu-chip.a
MKFW := $(B)/bin/tnpu-mkfw
FIRMWARE := $(B)/firmware/tnpu.bin

CHIP_SRC := $(filter-out firmware-sim/mkfw.c,$(sort $(wildcard firmware-sim/*.c)))
CHIP_OBJ := $(CHIP_SRC:%.c=$(B)/obj/%.o)

# Engines run at -O3, the control plane at the common level. A table of kernels is
# reached only on hosts that have its instruction set.
$(foreach f,$(wildcard firmware-sim/kernels*.c firmware-sim/op_*.c firmware-sim/sample_*.c), \
	$(eval CFLAGS_$(basename $(notdir $(f))) += -O3))

$(CHIP_LIB): $(CHIP_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(MKFW): $(B)/obj/firmware-sim/mkfw.o $(CHIP_LIB)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $^ $(LDLIBS_chip) -o $@

$(FIRMWARE): $(MKFW)
	$(call say,MKFW,$@)
	@mkdir -p $(@D)
	$(Q)$(MKFW) --output=$@

.PHONY: chip firmware
#: make chip           the chip library, tnpu-mkfw and the default firmware image
chip: $(CHIP_LIB) $(MKFW) $(FIRMWARE)
firmware: $(FIRMWARE)
all: chip
