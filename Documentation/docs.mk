# SPDX-License-Identifier: MIT
#
# The documentation as HTML. A warning is an error.

#: make docs           Documentation/ as HTML: build/docs/index.html
.PHONY: docs
docs:
	$(Q)command -v sphinx-build >/dev/null || \
		{ echo 'docs: no sphinx-build; "scripts/deps dev" installs it' >&2; exit 2; }
	$(call say,SPHINX,$(B)/docs)
	$(Q)sphinx-build -q -W --keep-going -b html -d $(B)/doctrees Documentation $(B)/docs
	@echo "docs: $(B)/docs/index.html"
