# The acceptance scenarios, with real clients on both sides: `make scenarios` prints the table.
scenario.clients := $(interop.dir)/.scenarios
scenario.deps = $(wampd.bin) $(wamp.bin) $(example.bin) $(addsuffix .so,$(example.bin)) $(scenario.clients)

# The clients of tests/interop, and what S-13 needs beside them.
$(scenario.clients): $(interop.installed)
	$(Q)$(interop.dir)/autobahn/bin/pip install --quiet --disable-pip-version-check protobuf==7.36.2 && touch $@

command.scenarios = BUILD=$(BUILD) WAMPD=$(wampd.bin) CLIENTS=$(interop.dir) \
    python3 tests/scenarios/run.py $(SCENARIO)
test.deps += $(scenario.deps)
test.programs += scenarios

scenarios: deps $(scenario.deps)  ## the acceptance scenarios one line each (SCENARIO="..": only those)
	@$(command.scenarios)

.PHONY: scenarios
