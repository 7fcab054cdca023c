# `make bench-client`: libwamp's CPU time per answer, beside hiredis (packages libhiredis-dev and redis-server)
# where that is installed.
has.hiredis = $(shell pkg-config --exists hiredis && echo yes)
client.bench = $(BUILD)/bench/client $(if $(has.hiredis),$(BUILD)/bench/client_redis)

$(BUILD)/bench/client: $(BUILD)/tests/bench/client.o $(BUILD)/libwamp.a
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(client.libs)

$(BUILD)/bench/client_redis: $(BUILD)/tests/bench/client_redis.o
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(call pkg,--libs hiredis libuv)

bench-client: $(wampd.bin) $(client.bench)  ## CPU time per answer of libwamp beside hiredis (QUICK=1: shorter)
	@tests/bench/client.py --build $(BUILD) $(if $(QUICK),--quick)

.PHONY: bench-client
