# SPDX-License-Identifier: MIT
#
# The example is built as a user would: against the installed library, by pkg-config.

$(B)/examples/generate: examples/generate.c lib $(B)/firmware/tnpu.bin
	$(call say,EXAMPLE,$@)
	@mkdir -p $(@D)
	$(Q)$(MAKE) install DESTDIR=$(abspath $(B)/examples/root) PREFIX=/usr >/dev/null
	$(Q)$(CC) -Wall -Werror $< -o $@ $$(PKG_CONFIG_SYSROOT_DIR= \
		PKG_CONFIG_PATH=$(B)/examples/root/usr/lib/pkgconfig $(PKG_CONFIG) \
		--define-variable=prefix=$(abspath $(B)/examples/root/usr) --cflags --libs tnpu) \
		-Wl,-rpath,'$$ORIGIN/root/usr/lib'
