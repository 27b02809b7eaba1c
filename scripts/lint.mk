# SPDX-License-Identifier: MIT
#
# Checks that run no code.

#: make lint           checkpatch --strict, kernel-doc, cppcheck, sparse, shellcheck,
#:                     codespell, length of functions, SPDX [CHECK="names of checks"]
.PHONY: lint
lint: $(B)/kernel/release
	$(Q)B=$(B) scripts/lint $(CHECK)
