# The model-based test of the core (tests/model/): 200 games in `make check`, more in `make test`.
$(BUILD)/model: $(call obj,$(wildcard tests/model/*.c)) $(BUILD)/libtest.a $(call lib,realms) $(call lib,common)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(crypto.libs)

command.model = $(BUILD)/model --seeds 200
command.model-long = $(BUILD)/model --seeds 10000

check.deps += $(BUILD)/model
check.programs += model
test.programs += model-long
