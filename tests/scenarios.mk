# The acceptance scenarios, with real clients on both sides: `make scenarios` prints the table.
scenario.clients := $(interop.dir)/.scenarios
scenario.deps = $(wampd.bin) $(wamp.bin) $(example.bin) $(addsuffix .so,$(example.bin)) $(scenario.clients)

# The clients of tests/interop, and what S-13 and S-30 need beside them.
scenario.pip = $(interop.dir)/$(1)/bin/pip install --quiet --disable-pip-version-check

$(scenario.clients): $(interop.installed) tests/scenarios.mk
	$(Q)$(call scenario.pip,autobahn) protobuf==7.36.2
	$(Q)$(call scenario.pip,wampy) pytest==7.2.1 psutil==7.2.2 colorlog==6.12.0 mock==5.2.0
	@touch $@

command.scenarios = BUILD=$(BUILD) WAMPD=$(wampd.bin) CLIENTS=$(interop.dir) \
    python3 tests/scenarios/run.py $(SCENARIO)
test.deps += $(scenario.deps)
test.programs += scenarios

scenarios: deps $(scenario.deps)  ## the acceptance scenarios one line each (SCENARIO="..": only those)
	@$(command.scenarios)

.PHONY: scenarios
