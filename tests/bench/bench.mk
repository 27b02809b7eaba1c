# SPDX-License-Identifier: MIT
#
# Speed, beside llama.cpp on the same host and beside the host's own limits.

roof := $(B)/tests/bench/roof

$(roof): $(B)/obj/tests/bench/roof.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $< -lpthread -o $@

# As the driver: for the kernel of the emulated machine, on a copy.
msi_bench := $(B)/tests/bench/msi/msi_bench.ko
msi_bench_src := $(wildcard tests/bench/msi/*)

$(msi_bench): $(msi_bench_src) $(B)/kernel/release
	$(call say,KBUILD,$@)
	@mkdir -p $(@D)
	@cp -u $(msi_bench_src) $(@D)
	$(Q)$(MAKE) -C $(abspath $(B))/kernel/build M=$(abspath $(@D)) KCFLAGS=-Werror W=1 modules \
		>$(@D)/log || { cat $(@D)/log; exit 1; }

MODELS ?= qwen2.5-0.5b
ROUNDS ?= 5
THREADS ?= 2

#: make bench          speed beside llama.cpp's: build/bench/summary.json, .md, speed.svg,
#:                     roofline.svg [MODELS="qwen2.5-0.5b qwen2.5-1.5b llama-7b-4l"]
#:                     [ROUNDS=5] [THREADS=2]; LLAMA_BENCH=PATH: another llama-bench;
#:                     TNPU_TEST_MODELS=DIR: stories260K lies there
#: make bench-idle     what idle devices cost: processor time of QEMU with none, one and eight
.PHONY: bench bench-compare bench-idle
bench-idle: all
	$(Q)tests/bench/idle

bench: all $(roof) $(msi_bench)
	$(Q)B=$(B) tests/bench/run --rounds $(ROUNDS) --threads $(THREADS) $(MODELS)

#: make bench-compare OLD=FILE
#:                     what lost more than 5 % since another summary.json
bench-compare:
	$(Q)B=$(B) tests/bench/compare $(OLD)
