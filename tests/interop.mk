# Clients that exist, from their registries, against wampd: tests/interop/. And what wampy needs, octet by octet.
interop.dir := build/interop
interop.installed := $(interop.dir)/.installed

$(interop.installed): tests/interop/install.sh tests/interop/package.json $(wildcard tests/interop/requirements/* tests/interop/nexus/*)
	$(call say,GET,clients for Python, Node and Go)tests/interop/install.sh $(interop.dir) && touch $@

interop.libwamp := $(BUILD)/interop/libwamp_client

$(interop.libwamp): $(call obj,tests/interop/libwamp_client.c) $(libwamp.a)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(client.libs)

command.interop = WAMPD=$(wampd.bin) LIBWAMP=$(interop.libwamp) CLIENTS=$(interop.dir) tests/interop/run.py
test.deps += $(interop.installed) $(interop.libwamp)
test.programs += $(if $(wampd.bin),interop)

command.logins = WAMPD=$(wampd.bin) CLIENTS=$(interop.dir) tests/interop/logins/run.py
test.programs += $(if $(wampd.bin),logins)

# By itself: no client, no network.
command.wampy-profile = WAMPD=$(wampd.bin) python3 tests/wampy_profile.py
check.deps += $(wampd.bin)
check.programs += $(if $(wampd.bin),wampy-profile)

interop: $(interop.installed) $(interop.libwamp) $(wampd.bin)  ## clients that exist against wampd (CLIENT=..: one)
	@$(command.interop) $(CLIENT)
	@$(if $(CLIENT),,$(command.logins))

.PHONY: interop
