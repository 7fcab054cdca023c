# One GNU make file, no recursion. `make help` lists the targets.
#
#   make SAN=asan check     the same with sanitizers (asan: address and undefined; tsan: thread)
#   make BUILD=build/x ...  another build directory       make V=1 ...  show the commands
#   make WERROR=1 ...       warnings are errors (CI)       make CC=clang-14 ...  another compiler

VERSION := 0.1.0
SAN ?=
BUILD ?= build$(if $(SAN),/$(SAN))
CC ?= cc
PREFIX ?= /usr/local
OPT ?= $(if $(SAN),-O1 -fno-omit-frame-pointer,-O2)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2);)

pkg = $(shell pkg-config $(1) 2>/dev/null)
msgpack.pc := $(shell pkg-config --exists msgpack-c 2>/dev/null && echo msgpack-c || echo msgpack)

san.asan := -fsanitize=address,undefined -fno-sanitize-recover=undefined
san.tsan := -fsanitize=thread
san.flags := $(san.$(SAN))

warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wundef -Wvla \
            -Wno-missing-field-initializers $(if $(WERROR),-Werror)
hardening := $(if $(SAN),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIC -fvisibility=hidden
CPPFLAGS += -I. -Ibuild -Iclient/include -DWAMP_VERSION='"$(VERSION)"' -D_GNU_SOURCE
CFLAGS += -std=gnu11 $(OPT) -g $(warnings) $(hardening) $(san.flags)
LDFLAGS += $(san.flags)

crypto.libs := $(call pkg,--libs libcrypto)
router.libs := $(call pkg,--libs libwebsockets libuv jansson yaml-0.1) $(call pkg,--libs $(msgpack.pc)) $(crypto.libs)
client.libs := $(call pkg,--libs jansson libssl) $(call pkg,--libs $(msgpack.pc)) $(crypto.libs) -lpthread

# --- modules ------------------------------------------------------------------------------------------------------
modules := common realms router client crossbar-compat
$(foreach m,$(modules),$(eval $(m).src := $(wildcard $(m)/*.c)))
tool.src := $(wildcard client/tool/*.c)
router.main := router/main.c
obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
lib = $(BUILD)/lib$(1).a

all: $(BUILD)/wampd $(BUILD)/wamp $(BUILD)/libwamp.a $(BUILD)/libwamp.so

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

define archive
$(BUILD)/lib$(1).a: $(call obj,$(filter-out $(2),$($(1).src)))
	$$(call say,AR,$$@)rm -f $$@; ar rcs $$@ $$^
endef
$(eval $(call archive,common))
$(eval $(call archive,realms))
$(eval $(call archive,router,$(router.main)))
$(eval $(call archive,crossbar-compat))

$(BUILD)/wampd: $(call obj,$(router.main)) $(call lib,router) $(call lib,crossbar-compat) $(call lib,realms) $(call lib,common)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(router.libs)

$(BUILD)/libwamp.a: $(call obj,$(client.src) $(common.src))
	$(call say,AR,$@)rm -f $@; ar rcs $@ $^

$(BUILD)/libwamp.so: $(call obj,$(client.src) $(common.src)) client/libwamp.map
	$(call say,LD,$@)$(CC) $(LDFLAGS) -shared -Wl,-soname,libwamp.so.0 -Wl,--version-script=client/libwamp.map \
	    -o $@ $(filter %.o,$^) $(client.libs)

$(BUILD)/wamp: $(call obj,$(tool.src)) $(BUILD)/libwamp.a
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(client.libs)

# --- parts of the build that live in their own files -----------------------------------------------------------------
include $(wildcard tests/*.mk)

# Appended to by the files above: programs that `make check` runs.
check: $(check.deps) $(unit.bin)
	@tests/run-check.sh $(foreach p,$(check.programs),'$(p)')

clean:
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

.PHONY: all clean check test fuzz bench lint install deps run help
.DEFAULT_GOAL := all
