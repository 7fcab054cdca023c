# Fuzz targets: tests/fuzz/fuzz_NAME.c, corpus in tests/fuzz/corpus/NAME. `make fuzz` runs them under libFuzzer,
# `make check` replays the corpora.
fuzz.names := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz.shared := tests/fuzz/fuzz.c tests/fuzz/value.c tests/fuzz/realm_input.c
fuzz.libs = $(router.libs) $(client.libs) $(oracle.libs) $(call pkg,--libs cmocka)
corpus = $(wildcard tests/fuzz/corpus/$(1))

# --- replay -------------------------------------------------------------------------------------------------
replay.bin := $(patsubst %,$(BUILD)/replay/%,$(fuzz.names))

$(replay.bin): $(BUILD)/replay/%: $(BUILD)/tests/fuzz/fuzz_%.o $(call obj,tests/fuzz/main.c $(fuzz.shared)) \
        $(BUILD)/libtest.a $(foreach m,router crossbar-compat realms,$(call lib,$(m))) $(libwamp.a) $(call lib,common)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(fuzz.libs)

$(foreach n,$(fuzz.names),$(eval command.replay-$(n) = $(BUILD)/replay/$(n) $$(call corpus,$(n))))
check.deps += $(replay.bin)
check.programs += $(foreach n,$(fuzz.names),$(if $(call corpus,$(n)),replay-$(n)))

# --- libFuzzer ----------------------------------------------------------------------------------------------
RUNS ?= 1000000
FUZZ_CC ?= clang-14
fuzz.dir := $(BUILD)/fuzz
fuzz.flags := -std=gnu11 -O1 -g -fno-omit-frame-pointer $(san.asan)
fuzz.bin := $(addprefix $(fuzz.dir)/,$(fuzz.names))
fuzz.modules ?= common realms router crossbar-compat client
# tests/lib/failmalloc.c takes the place of common/mem.c.
fuzz.lib = $(filter-out router/main.c common/mem.c,$(foreach m,$(fuzz.modules),$($(m).src))) \
           $(wildcard tests/lib/*.c) $(fuzz.shared)

$(fuzz.dir)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)$(FUZZ_CC) $(CPPFLAGS) $(fuzz.flags) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(fuzz.dir)/libfuzz.a: $(patsubst %.c,$(fuzz.dir)/%.o,$(fuzz.lib))
	$(call say,AR,$@)rm -f $@; ar rcs $@ $^

$(fuzz.bin): $(fuzz.dir)/%: $(fuzz.dir)/tests/fuzz/fuzz_%.o $(fuzz.dir)/libfuzz.a
	$(call say,LD,$@)$(FUZZ_CC) $(fuzz.flags) -fsanitize=fuzzer -o $@ $^ $(fuzz.libs)

# What it finds on the way is kept under the build directory; a crash is a file crash-* there.
fuzz: deps $(fuzz.bin)  ## run the fuzz targets under libFuzzer (RUNS=1000000, FUZZ="json msg" for some of them)
	@for name in $(or $(FUZZ),$(fuzz.names)); do \
	    mkdir -p $(fuzz.dir)/found/$$name; \
	    echo "fuzz $$name"; \
	    $(fuzz.dir)/$$name -runs=$(RUNS) -max_len=4096 -timeout=10 -rss_limit_mb=512 -malloc_limit_mb=64 \
	        -print_final_stats=1 -artifact_prefix=$(fuzz.dir)/$$name- \
	        $(fuzz.dir)/found/$$name $$(ls -d tests/fuzz/corpus/$$name 2>/dev/null) \
	        >$(fuzz.dir)/$$name.log 2>&1 || { tail -n 40 $(fuzz.dir)/$$name.log; exit 1; }; \
	    grep -E 'number_of_executed_units|average_exec' $(fuzz.dir)/$$name.log; \
	done

# --- corpora ------------------------------------------------------------------------------------------------
$(BUILD)/seeds: $(BUILD)/tests/fuzz/seeds.o $(BUILD)/tests/fuzz/realm_input.o \
        $(call obj,$(filter-out tests/script/main.c,$(wildcard tests/script/*.c))) $(BUILD)/libtest.a \
        $(foreach m,realms common,$(call lib,$(m)))
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(crypto.libs)

# What reaches something that the corpus does not reach yet is added to it, up to 200 files each.
seeds: $(BUILD)/seeds $(fuzz.bin)  ## add to the fuzz corpora what the conversation scripts teach
	@rm -rf $(fuzz.dir)/seeds; mkdir -p $(fuzz.dir)/seeds
	@$(BUILD)/seeds $(fuzz.dir)/seeds $(scripts)
	@for name in $$(ls $(fuzz.dir)/seeds); do \
	    mkdir -p tests/fuzz/corpus/$$name; \
	    $(fuzz.dir)/$$name -merge=1 -max_len=4096 tests/fuzz/corpus/$$name $(fuzz.dir)/seeds/$$name \
	        >$(fuzz.dir)/$$name.log 2>&1; \
	    ls -rS tests/fuzz/corpus/$$name | tail -n +201 | (cd tests/fuzz/corpus/$$name && xargs -r rm); \
	    echo "$$name: $$(ls tests/fuzz/corpus/$$name | wc -l)"; \
	done

.PHONY: seeds
