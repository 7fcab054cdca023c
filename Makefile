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
DESTDIR ?=
OPT ?= $(if $(SAN),-O1 -fno-omit-frame-pointer,-O2)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2);)

# Asked when they are needed, not when this file is read: `make run` on a bare machine installs them first.
pkg = $(shell pkg-config $(1) 2>/dev/null)

san.asan := -fsanitize=address,undefined -fno-sanitize-recover=undefined
san.tsan := -fsanitize=thread
san.flags := $(san.$(SAN))

warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wundef -Wvla \
            -Wno-missing-field-initializers $(if $(WERROR),-Werror)
hardening := $(if $(SAN),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIC -fvisibility=hidden
CPPFLAGS += -I. -Iclient/include -I$(BUILD) -DWAMP_VERSION='"$(VERSION)"' -D_GNU_SOURCE
CFLAGS += -std=gnu11 $(OPT) -g $(warnings) $(hardening) $(san.flags)
LDFLAGS += -Wl,--as-needed $(san.flags)

crypto.libs = $(call pkg,--libs libcrypto libargon2 libidn) -lm
router.libs = $(call pkg,--libs libwebsockets libuv yaml-0.1 libssl) $(crypto.libs) -lpthread
client.libs = $(call pkg,--libs libssl) $(crypto.libs) -lpthread

# Other readers of JSON, MessagePack and CBOR: tests ask them for their opinion.
msgpack.pc = $(shell pkg-config --exists msgpack-c 2>/dev/null && echo msgpack-c || echo msgpack)
oracle.libs = $(call pkg,--libs jansson libcbor $(msgpack.pc))

# --- modules ------------------------------------------------------------------------------------------------
# A module, program or library exists as soon as it has sources.
modules := common realms router client crossbar-compat
$(foreach m,$(modules),$(eval $(m).src := $(wildcard $(m)/*.c)))
tool.src := $(wildcard client/tool/*.c)
router.main := $(wildcard router/main.c)
obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
lib = $(if $($(1).src),$(BUILD)/lib$(1).a)

wampd.bin := $(if $(router.main),$(BUILD)/wampd)
crossbar.bin := $(if $(router.main),$(BUILD)/crossbar)
wamp.bin := $(if $(tool.src),$(BUILD)/wamp)
libwamp.a := $(if $(client.src),$(BUILD)/libwamp.a)
libwamp.so := $(if $(wildcard client/libwamp.map),$(BUILD)/libwamp.so)

all: $(wampd.bin) $(crossbar.bin) $(wamp.bin) $(libwamp.a) $(libwamp.so)  ## build wampd, wamp and libwamp

$(BUILD)/%.o: %.c | $(if $(filter run test,$(MAKECMDGOALS)),deps)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

define archive
$(BUILD)/lib$(1).a: $(call obj,$(filter-out $(2),$($(1).src)))
	$$(call say,AR,$$@)rm -f $$@; ar rcs $$@ $$^
endef
$(eval $(call archive,common))
$(eval $(call archive,realms))
$(eval $(call archive,router,router/main.c))
$(eval $(call archive,crossbar-compat))

$(BUILD)/wampd: $(call obj,$(router.main)) $(foreach m,router crossbar-compat realms common,$(call lib,$(m)))
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(router.libs)

# The same program: it goes by its name.
$(BUILD)/crossbar: $(BUILD)/wampd
	@ln -sf wampd $@

$(BUILD)/libwamp.a: $(call obj,$(client.src) $(common.src))
	$(call say,AR,$@)rm -f $@; ar rcs $@ $^

$(BUILD)/libwamp.so: $(call obj,$(client.src) $(common.src)) client/libwamp.map
	$(call say,LD,$@)$(CC) $(LDFLAGS) -shared -Wl,-soname,libwamp.so.0 -Wl,--version-script=client/libwamp.map \
	    -o $@ $(filter %.o,$^) $(client.libs)

# All of the library, with its public names: what `wamp run` loads finds them here.
$(BUILD)/wamp: $(call obj,$(tool.src)) $(BUILD)/libwamp.a
	$(call say,LD,$@)$(CC) $(LDFLAGS) -rdynamic -o $@ $(filter %.o,$^) -Wl,--whole-archive $(filter %.a,$^) \
	    -Wl,--no-whole-archive $(client.libs) -ldl

run: $(BUILD)/wampd  ## install what is missing, build, start wampd (ARGS="--config FILE")
	$(BUILD)/wampd $(ARGS)

# --- parts of the build that live in their own files --------------------------------------------------------
# They append to check.programs and test.programs: what `make check` and `make test` run through tests/run-check.sh,
# each word a program, or the name of one with arguments: command.NAME. And to check.deps and test.deps: what has to be
# built before.
include $(wildcard client/*.mk crossbar-compat/*.mk tests/*.mk)

commands = $(foreach p,$(1),'$(or $(command.$(p)),$(p))')

check: $(check.deps)  ## the fast tests: unit tests, conversations, corpora (seconds)
	@JOBS=$(if $(SAN),1,4) tests/run-check.sh $(call commands,$(check.programs))

# The same again with sanitizers, in build directories of their own.
test.programs += $(if $(SAN),,check-asan check-tsan)
check.with = $(MAKE) --no-print-directory --silent SAN=$(1) BUILD=$(BUILD)/$(1) check
command.check-asan = $(call check.with,asan)
command.check-tsan = $(call check.with,tsan)

test: deps all $(check.deps) $(test.deps)  ## all tests, after installing what is missing
	@$(wtc) list $(scripts) | tests/coverage.py | tail -n 1
	@tests/run-check.sh $(call commands,$(check.programs) $(test.programs))

clean:  ## remove the build directory
	rm -rf build

# --- install ------------------------------------------------------------------------------------------------
dest := $(DESTDIR)$(PREFIX)
manuals = $(wildcard docs/man/*.$(1))

install: all $(BUILD)/wamp.pc  ## install programs, library, headers, manuals (PREFIX, DESTDIR)
	install -d $(dest)/bin $(dest)/lib/pkgconfig $(dest)/include/wamp $(dest)/share/man/man1 $(dest)/share/man/man5
	$(if $(wampd.bin)$(wamp.bin),install $(wampd.bin) $(wamp.bin) $(dest)/bin)
	$(if $(crossbar.bin),[ -e $(dest)/bin/crossbar ] || ln -s wampd $(dest)/bin/crossbar)  # never in place of another
	$(if $(libwamp.a),install -m 644 $(libwamp.a) $(dest)/lib)
	$(if $(libwamp.so),install $(libwamp.so) $(dest)/lib/libwamp.so.$(VERSION))
	$(if $(libwamp.so),ln -sf libwamp.so.$(VERSION) $(dest)/lib/libwamp.so.0)
	$(if $(libwamp.so),ln -sf libwamp.so.0 $(dest)/lib/libwamp.so)
	install -m 644 $(wildcard client/include/*.h) $(dest)/include
	install -m 644 $(wildcard client/include/wamp/*.h) $(dest)/include/wamp
	install -m 644 $(BUILD)/wamp.pc $(dest)/lib/pkgconfig
	$(if $(call manuals,1),install -m 644 $(call manuals,1) $(dest)/share/man/man1)
	$(if $(call manuals,5),install -m 644 $(call manuals,5) $(dest)/share/man/man5)
	$(if $(wamp.bin),for c in $(completions); do install -D -m 644 /dev/null $(dest)/share/$${c#*:} && \
	    $(wamp.bin) completion $${c%%:*} >$(dest)/share/$${c#*:} || exit; done)

completions := bash:bash-completion/completions/wamp zsh:zsh/site-functions/_wamp \
               fish:fish/vendor_completions.d/wamp.fish

define wamp.pc
prefix=$(PREFIX)
libdir=$${prefix}/lib
includedir=$${prefix}/include

Name: wamp
Description: WAMP v2 client library
Version: $(VERSION)
Requires.private: libssl libcrypto libargon2 libidn
Libs: -L$${libdir} -lwamp
Libs.private: -lpthread
Cflags: -I$${includedir}
endef

$(BUILD)/wamp.pc: Makefile
	@mkdir -p $(@D)
	$(file >$@,$(wamp.pc))

# --- what the machine needs ---------------------------------------------------------------------------------
deps.build := build-essential pkg-config libwebsockets-dev libuv1-dev uthash-dev libyaml-dev libssl-dev \
              libargon2-dev libidn-dev
deps.test := libcmocka-dev libjansson-dev libmsgpack-dev libcbor-dev python3 chromium
deps.fuzz := clang-14 libclang-rt-14-dev
deps.lint := clang-14 cppcheck codespell
deps.packages = $(deps.build) $(deps.test) $(foreach g,fuzz lint,$(if $(filter $(g),$(MAKECMDGOALS)),$(deps.$(g))))

deps:  ## install the Debian packages that are missing (with sudo where needed)
	@tests/install-deps.sh $(deps.packages)

# --- reading ------------------------------------------------------------------------------------------------
lint.src = $(foreach m,$(modules),$($(m).src)) $(tool.src) $(wildcard tests/*/*.c tests/unit/*/*.c)

# What cppcheck makes of uthash's macros and of out-parameters is suppressed.
lint: deps  ## what other tools find: clang's warnings, cppcheck, spelling, the include rules
	@tests/check-layers.sh
	clang-14 $(CPPFLAGS) -std=gnu11 $(warnings) -Wno-string-concatenation -Werror -fsyntax-only $(lint.src)
	cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 -I. -Iclient/include \
	    $(addprefix --suppress=,missingIncludeSystem preprocessorErrorDirective internalAstError uninitvar \
	    ctuuninitvar nullPointerRedundantCheck identicalInnerCondition wrongPrintfScanfArgNum) $(lint.src)
	codespell --quiet-level=2 --ignore-words-list=ser --skip='./build,./.git,*.json,./tests/fuzz/corpus,./tests/unit'

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/\1\t\2/p' Makefile $(wildcard tests/*.mk crossbar-compat/*.mk client/*.mk) | \
	    awk -F'\t' '{printf "make %-10s %s\n", $$1, $$2}'

-include $(shell find $(BUILD) -name '*.d' -type f 2>/dev/null)

.PHONY: all check test fuzz bench lint install deps run help clean coverage
.DEFAULT_GOAL := all
