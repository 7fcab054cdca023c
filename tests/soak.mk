# `make soak`: libwamp over a router that is killed every two seconds. `make test` has it for 15 seconds.
SOAK_SECONDS ?= 600

$(BUILD)/soak: $(BUILD)/tests/soak/soak.o $(BUILD)/libtest.a $(BUILD)/libwamp.a $(call lib,realms)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(client.libs)

soak: $(BUILD)/soak $(wampd.bin)  ## calls and events over a router that is killed every 2 s (SOAK_SECONDS=600)
	$(BUILD)/soak $(wampd.bin) $(SOAK_SECONDS)

command.soak = $(BUILD)/soak $(wampd.bin) 15
test.deps += $(BUILD)/soak
test.programs += soak

.PHONY: soak
