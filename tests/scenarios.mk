# The acceptance scenarios, with real clients: `make scenarios` prints the table.
command.scenarios = BUILD=$(BUILD) WAMPD=$(wampd.bin) python3 tests/scenarios/run.py
scenario.deps = $(wampd.bin) $(wamp.bin) $(example.bin) $(addsuffix .so,$(example.bin))

scenarios: $(scenario.deps)  ## the acceptance scenarios S-01 .. S-51, one line each
	@$(command.scenarios)

.PHONY: scenarios
test.deps += $(wampd.bin) $(wamp.bin) $(example.bin) $(addsuffix .so,$(example.bin))
test.programs += scenarios
