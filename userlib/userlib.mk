# SPDX-License-Identifier: MIT
#
# libtnpu (static and shared), its in-process plug-in, and the tnpu command.

ABI := 0

userlib_src := $(filter-out userlib/cmd%.c,$(wildcard userlib/*.c))
userlib_obj := $(userlib_src:%.c=$(B)/obj/%.o)
inproc_obj := $(patsubst %.c,$(B)/obj/%.o,$(wildcard userlib/inproc/*.c)) \
	$(B)/obj/userlib/errmsg.o
cmd_obj := $(patsubst %.c,$(B)/obj/%.o,$(wildcard userlib/cmd*.c)) $(B)/obj/userlib/utf8.o \
	$(B)/obj/userlib/node.o

CPPFLAGS_userlib = -Iuserlib -Ifirmware-sim -DTNPU_VERSION='"$(VERSION)"' \
	$(shell $(PKG_CONFIG) --cflags libdrm libpcre2-8)
LDLIBS_userlib = $(shell $(PKG_CONFIG) --libs libpcre2-8) -ldl -lpthread -lm

libtnpu := $(B)/lib/libtnpu.so.$(ABI)

#: make lib            libtnpu (static, shared), the in-process plug-in, tnpu
.PHONY: lib
lib: $(libtnpu) $(B)/lib/libtnpu.a $(B)/lib/tnpu/libtnpu-inproc.so $(B)/lib/tnpu/tnpu.bin $(B)/bin/tnpu
all: lib

# What is exported is decided in one place, the version script.
$(libtnpu): $(userlib_obj) userlib/libtnpu.map
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) -shared -Wl,-soname,$(@F) -Wl,-Bsymbolic-functions \
		-Wl,--version-script=userlib/libtnpu.map $(userlib_obj) \
		$(LDLIBS_userlib) -o $@
	$(Q)ln -sf $(@F) $(B)/lib/libtnpu.so

$(B)/lib/libtnpu.a: $(userlib_obj)
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/lib/tnpu/libtnpu-inproc.so: $(inproc_obj) $(B)/libtnpu-chip.a userlib/inproc/inproc.map
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) -shared -Wl,--version-script=userlib/inproc/inproc.map \
		$(inproc_obj) $(B)/libtnpu-chip.a $(LDLIBS_chip) -o $@

# Where no firmware is installed, the plug-in takes the image beside it.
$(B)/lib/tnpu/tnpu.bin: $(B)/firmware/tnpu.bin
	@mkdir -p $(@D)
	$(Q)cp $< $@

# The command finds its library beside itself in the build tree and when installed.
$(B)/bin/tnpu: $(cmd_obj) $(libtnpu)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $(cmd_obj) -L$(B)/lib -ltnpu \
		-Wl,-rpath,'$$ORIGIN/../lib' $(shell $(PKG_CONFIG) --libs libcjson) -lm -o $@

FIRMWAREDIR ?= /lib/firmware

#: make install        install library, headers, command, man pages, firmware
#:                     (DESTDIR=, PREFIX=/usr/local,
#:                     FIRMWAREDIR=/lib/firmware)
.PHONY: install
install: lib $(B)/firmware/tnpu.bin
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/tnpu \
		$(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include/tnpu/drm \
		$(DESTDIR)$(PREFIX)/include/tnpu/tnpu $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/man/man3 $(DESTDIR)$(FIRMWAREDIR)/tnpu
	install $(B)/bin/tnpu $(DESTDIR)$(PREFIX)/bin
	install -m644 $(libtnpu) $(B)/lib/libtnpu.a $(DESTDIR)$(PREFIX)/lib
	ln -sf $(notdir $(libtnpu)) $(DESTDIR)$(PREFIX)/lib/libtnpu.so
	install -m644 $(B)/lib/tnpu/* $(DESTDIR)$(PREFIX)/lib/tnpu
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' userlib/tnpu.pc.in \
		> $(DESTDIR)$(PREFIX)/lib/pkgconfig/tnpu.pc
	install -m644 userlib/tnpu.h userlib/tokenizer.h userlib/errmsg.h \
		$(DESTDIR)$(PREFIX)/include/tnpu
	install -m644 uapi/drm/tnpu_accel.h $(DESTDIR)$(PREFIX)/include/tnpu/drm
	install -m644 uapi/tnpu/*.h $(DESTDIR)$(PREFIX)/include/tnpu/tnpu
	install -m644 userlib/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m644 userlib/man/*.3 $(DESTDIR)$(PREFIX)/share/man/man3
	install -m644 $(B)/firmware/tnpu.bin $(DESTDIR)$(FIRMWAREDIR)/tnpu
