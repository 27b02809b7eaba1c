# SPDX-License-Identifier: MIT
#
# The robot of the robot agent: the simulated arm, the program, their tests.

agent_dir := examples/robot-agent
agent_lang := $(patsubst %,$(B)/obj/$(agent_dir)/lang/%.o,scene program prompt)
arm_obj := $(patsubst %.c,$(B)/obj/%.o,$(filter-out %/arm-sim.c,$(wildcard $(agent_dir)/arm/*.c)))
agent_obj := $(patsubst %.c,$(B)/obj/%.o,$(filter-out %/agent.c,$(wildcard $(agent_dir)/agent*.c)))

CPPFLAGS_examples += -Iuserlib $(shell $(PKG_CONFIG) --cflags libdrm)
CPPFLAGS_tests += -Iexamples/robot-agent
CFLAGS_client = $(shell $(PKG_CONFIG) --cflags libmodbus)
CFLAGS_server = $(CFLAGS_client)
LDLIBS_arm = $(shell $(PKG_CONFIG) --libs libmodbus libcjson) -lpthread -lm

#: make robot          the robot agent: build/bin/robot-agent, build/bin/arm-sim
.PHONY: robot
robot: $(B)/bin/robot-agent $(B)/bin/arm-sim

$(B)/bin/arm-sim: $(B)/obj/$(agent_dir)/arm/arm-sim.o $(arm_obj)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $^ $(LDLIBS_arm) -o $@

$(B)/bin/robot-agent: $(B)/obj/$(agent_dir)/agent.o $(agent_obj) $(arm_obj) $(agent_lang) $(libtnpu)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $(filter %.o,$^) -L$(B)/lib -ltnpu \
		-Wl,-rpath,'$$ORIGIN/../lib' $(LDLIBS_arm) -o $@

# ---- Tests ---------------------------------------------------------------------------
robot_tests := $(patsubst %,$(B)/tests/robot-agent/test_%,arm_kinematics arm_plan arm_sim \
	arm_can agent_answer agent_adversarial agent_failsafe)
robot_shared := $(patsubst %,$(B)/obj/tests/%.o,robot-agent/robot_check \
	robot-agent/recite tools/gguf_buf)

$(robot_tests): $(B)/tests/robot-agent/%: $(B)/obj/tests/robot-agent/%.o $(robot_shared) \
		$(agent_obj) $(arm_obj) $(agent_lang) $(B)/lib/libtnpu.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $^ -lcmocka $(LDLIBS_userlib) $(LDLIBS_arm) -o $@

# The chip in process, with a hand in it that makes it fail.
faulty := $(B)/tests/robot-agent/faulty/libtnpu-inproc.so
$(B)/tests/robot-agent/test_agent_failsafe: | $(faulty)

$(faulty): $(B)/obj/tests/robot-agent/faulty.o $(filter-out %/inproc/inproc.o,$(inproc_obj)) \
		$(B)/libtnpu-chip.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) -shared -Wl,-Bsymbolic $^ $(LDLIBS_chip) -o $@

# A model that recites: a stand-in whose answer is known.
$(B)/tests/robot-agent/recite: $(B)/obj/tests/robot-agent/recite-main.o $(robot_shared)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $(filter-out %/robot_check.o,$^) -o $@

robot_programs := robot $(robot_tests) $(faulty) $(B)/tests/robot-agent/recite

# ---- Demonstration -------------------------------------------------------------------
AGENT_MODEL ?= $(firstword $(wildcard $(agent_dir)/model/*.gguf))

#: make demo           instructions in two languages, carried out by a simulated UR3e in the
#:                     emulated machine: pictures in build/robot-agent [AGENT_MODEL=FILE]
.PHONY: demo
demo: all robot
	$(Q)B=$(B) $(agent_dir)/demo $(AGENT_MODEL)

#: make bench-agent    from an instruction to its actions, in process and in the emulated
#:                     machine: build/robot-agent/bench-*.json [N=10000] [AGENT_MODEL=FILE]
.PHONY: bench-agent
bench-agent: all robot agent-lang
	$(Q)B=$(B) $(agent_dir)/bench $(AGENT_MODEL) $(or $(N),10000)
