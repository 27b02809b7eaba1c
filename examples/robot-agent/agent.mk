# SPDX-License-Identifier: MIT
#
# The robot agent: a model in the box, and the program that obeys it.

include examples/robot-agent/lang/lang.mk
include examples/robot-agent/train/train.mk
include examples/robot-agent/arm/arm.mk

# ---- Tests ----------------------------------------------------------------------
#: make check-robot    the robot agent: its language, trainer, arm and program
.PHONY: check-robot run-robot
check-robot: run-robot check-train
	$(Q)$(MAKE) SAN=1 B=$(SAN_B) run-robot
	$(Q)$(tap_env) $(PROVE) tests/robot-agent/lang.t

#: make check-arm      the programs against each other, in real time: for a quiet machine
.PHONY: check-arm
check-arm: $(robot_programs) lib $(B)/firmware/tnpu.bin
	$(Q)$(tap_env) $(PROVE) tests/robot-agent/arm.t

run-robot: $(agent_lang_tests) $(robot_programs) agent-lang lib $(B)/firmware/tnpu.bin
	$(Q)$(SAN_ENV) $(tap_env) $(PROVE) --exec '' $(sort $(agent_lang_tests) $(robot_tests))
