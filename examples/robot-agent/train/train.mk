# SPDX-License-Identifier: MIT
#
# The robot agent's trainer. It computes in float32 on OpenBLAS and OpenMP, and in
# bfloat16 where the CPU has that, for the CPU that it is built on; make train-agent
# repeats the shipped run.

train_dir := examples/robot-agent/train
train_main := $(wildcard $(train_dir)/agent_*.c)
train_src := $(filter-out $(train_main),$(wildcard $(train_dir)/*.c))
train_obj := $(train_src:%.c=$(B)/obj/%.o)
train_bin := $(B)/robot-agent

LDLIBS_train = $(shell $(PKG_CONFIG) --libs openblas libpcre2-8) $(LDLIBS_agent_lang) \
	-fopenmp -lm

# The same sources in double, in which gradients are checked.
train_double := alloc params start batch attend rows gemm_bf16 pass
train_double_obj := $(train_double:%=$(B)/obj/double/$(train_dir)/%.o)

# No contract says what the last bits of a gradient are. Rounding, files and tests for
# numbers that are none (trainer, agent_train) do without the compiler's freedom.
train_fast := attend rows adamw muon

$(train_obj) $(train_double_obj) $(train_main:%.c=$(B)/obj/%.o): \
	CFLAGS += -O3 -march=native -fopenmp
$(foreach dir,$(B)/obj $(B)/obj/double,$(train_fast:%=$(dir)/$(train_dir)/%.o)): \
	CFLAGS += -ffast-math -ffp-contract=fast

$(B)/obj/double/%.o: %.c
	$(call say,CC,$< as double)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -DTRAIN_DOUBLE $(CFLAGS) -c $< -o $@

train_programs := $(train_main:$(train_dir)/agent_%.c=$(train_bin)/agent-%)

$(train_programs): $(train_bin)/agent-%: $(B)/obj/$(train_dir)/agent_%.o $(train_obj) \
		$(agent_lang_obj) $(B)/lib/libtnpu.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $^ $(LDLIBS_train) -o $@

# ---- The shipped run ----------------------------------------------------------------
# Two threads: as many as the gradient's lanes, whose number decides about its last bits.
TRAIN_VOCAB ?= --merges 450
TRAIN_RUN ?= --width 128 --layers 6 --heads 4 --ffn 352 --batch 4096 --part 1024 \
	--steps 17500 --easy-share 0.05 --qat-share 0.1 --threads 2 --eval-every 700 \
	--eval-samples 600

#: make train-agent    train the robot agent's model anew (an hour on two cores):
#:                     build/robot-agent/agent.gguf, its log and curves
.PHONY: train-agent
train-agent: $(train_programs)
	$(Q)$(train_bin)/agent-vocab $(TRAIN_VOCAB) $(train_bin)/vocab.txt
	$(Q)$(train_bin)/agent-train $(TRAIN_RUN) $(train_bin)/vocab.txt \
		--checkpoint $(train_bin)/agent.checkpoint --log $(train_bin)/agent.tsv \
		--out $(train_bin)/agent.gguf --out-f32 $(train_bin)/agent-f32.gguf \
		--failures $(train_bin)/agent.failures | tee $(train_bin)/agent.scores
	$(Q)$(train_bin)/agent-curve $(train_bin)/agent.tsv > $(train_bin)/agent.svg

# ---- Tests --------------------------------------------------------------------------
train_tests := $(patsubst %.c,$(B)/%,$(wildcard tests/robot-agent/test_train_*.c))
train_gradient := $(B)/tests/robot-agent/test_train_gradient

$(B)/obj/tests/robot-agent/test_train_gradient.o: CPPFLAGS += -DTRAIN_DOUBLE
$(train_gradient): $(train_double_obj)
$(filter-out $(train_gradient),$(train_tests)): $(train_obj)

$(train_tests): $(B)/tests/%: $(B)/obj/tests/%.o $(agent_lang_obj) $(B)/lib/libtnpu.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $(filter %.o,$^) $(filter %.a,$^) -lcmocka $(LDLIBS_userlib) $(LDLIBS_train) -o $@

#: make check-train    tests of the robot agent's trainer
.PHONY: check-train
check-train: $(train_tests) $(train_programs) lib $(B)/firmware/tnpu.bin
	$(Q)$(tap_env) $(PROVE) --exec '' $(sort $(train_tests))
	$(Q)$(tap_env) $(PROVE) tests/robot-agent/train.t
