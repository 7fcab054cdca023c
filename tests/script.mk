# Conversation scripts: tests/scripts/AREA/*.wtc, run by wtc (tests/script/). Their language: tests/scripts/README.md.
wtc := $(BUILD)/wtc
scripts := $(wildcard tests/scripts/*/*.wtc)

$(wtc): $(call obj,$(wildcard tests/script/*.c)) $(BUILD)/libtest.a $(call lib,realms) $(call lib,common)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(call pkg,--libs libssl) $(crypto.libs)

command.scripts-selftest = tests/script/selftest.sh $(wtc)
command.scripts-core = $(wtc) core tests/scripts/*/*.wtc
command.scripts-torture = $(wtc) torture tests/scripts/*/*.wtc
command.scripts-longpoll = $(wtc) longpoll --wampd $(wampd.bin) tests/scripts/*/*.wtc
command.scripts-tls = $(wtc) tls --wampd $(wampd.bin) tests/scripts/*/*.wtc
command.scripts-quick = $(wtc) quick --wampd $(wampd.bin) tests/scripts/*/*.wtc
command.scripts-daemon = $(wtc) daemon --wampd $(wampd.bin) tests/scripts/*/*.wtc

check.deps += $(wtc) $(wampd.bin)
check.programs += scripts-selftest scripts-core scripts-torture $(if $(wampd.bin),$(if $(SAN),scripts-daemon,scripts-quick))
test.programs += $(if $(wampd.bin),scripts-daemon scripts-longpoll scripts-tls)

# Which requirement has which tests; STRICT=1 fails when one that concerns the router has none.
coverage: $(wtc)  ## the requirements and the tests that quote them
	@$(wtc) list $(scripts) | tests/coverage.py $(if $(STRICT),--strict)
