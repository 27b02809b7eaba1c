# SPDX-License-Identifier: MIT
#
# The robot agent's language: scenes and programs, samples, the baseline
# without a model, scores.

lang_dir := examples/robot-agent/lang
lang_main := data rules_main score
agent_lang_src := $(filter-out $(lang_main:%=$(lang_dir)/%.c),$(wildcard $(lang_dir)/*.c))
agent_lang_obj := $(agent_lang_src:%.c=$(B)/obj/%.o)
agent_lang_bin := $(addprefix $(B)/robot-agent/agent-,data rules score)
LDLIBS_agent_lang = $(shell $(PKG_CONFIG) --libs libcjson)

#: make agent-lang     the robot agent's samples (agent-data), baseline
#:                     (agent-rules) and scores (agent-score)
.PHONY: agent-lang
agent-lang: $(agent_lang_bin)
all: agent-lang

$(B)/robot-agent/agent-data: $(B)/obj/$(lang_dir)/data.o
$(B)/robot-agent/agent-rules: $(B)/obj/$(lang_dir)/rules_main.o
$(B)/robot-agent/agent-score: $(B)/obj/$(lang_dir)/score.o
$(agent_lang_bin): $(agent_lang_obj)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $^ $(LDLIBS_agent_lang) -o $@

# ---- Unit tests -------------------------------------------------------------------
agent_lang_tests := $(patsubst %.c,$(B)/%,$(wildcard tests/robot-agent/test_lang*.c))

$(agent_lang_tests:$(B)/%=$(B)/obj/%.o): CPPFLAGS += -I$(lang_dir) \
	-DAGENT_SCHEMA='"$(abspath examples/robot-agent/schema.json)"'
$(agent_lang_tests): $(B)/%: $(B)/obj/%.o $(agent_lang_obj)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $^ -lcmocka $(LDLIBS_agent_lang) -o $@
