# `make bench`: wampd beside a bare relay, in the same minute (QUICK=1: a third of the cases). See docs/BENCHMARKS.md.
bench.programs := $(addprefix $(BUILD)/bench/,relay load idle patterns)

$(addprefix $(BUILD)/bench/,relay load idle): $(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(call lib,common)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(crypto.libs)

$(BUILD)/bench/patterns: $(BUILD)/tests/bench/patterns.o $(call lib,realms) $(call lib,common)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(crypto.libs)

$(BUILD)/bench/count.so: tests/bench/count.c
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CPPFLAGS) -O2 -fPIC -shared -o $@ $< -ldl

bench: $(BUILD)/wampd $(bench.programs) $(BUILD)/bench/count.so  ## wampd beside a bare relay, in the same minute (QUICK=1: a part of it)
	@$(BUILD)/bench/patterns
	@$(BUILD)/bench/idle $(BUILD)/wampd $(if $(QUICK),2000,10000)
	@tests/bench/run.py --build $(BUILD) $(if $(QUICK),--quick)

include tests/bench/client.mk
