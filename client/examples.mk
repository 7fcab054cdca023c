# The examples: each a program under $(BUILD)/ex, and a shared object that `wamp run` can load. `make examples`.
example.src := $(wildcard client/examples/*.c)
example.bin := $(patsubst client/examples/%.c,$(BUILD)/ex/%,$(example.src))

$(example.bin): $(BUILD)/ex/%: $(BUILD)/client/examples/%.o $(BUILD)/libwamp.a
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(client.libs)

# Without the library: the program that loads it brings it.
$(BUILD)/ex/%.so: $(BUILD)/client/examples/%.o
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -shared -o $@ $^

examples: $(example.bin) $(addsuffix .so,$(example.bin))

.PHONY: examples

command.examples = WAMPD=$(wampd.bin) EXAMPLES=$(BUILD)/ex python3 tests/integration/examples_test.py
check.deps += $(example.bin)
check.programs += $(if $(wampd.bin),examples)
