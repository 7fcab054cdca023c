# Unit tests: one program per tests/unit/<module>/<noun>_test.c, on cmocka. Those of common and realms link nothing
# but these two: that alone proves the seam.
unit.src := $(wildcard tests/unit/*/*_test.c)
unit.bin := $(patsubst %.c,$(BUILD)/%,$(unit.src))
testlib.src := $(wildcard tests/lib/*.c)

unit.libs.common := $(call lib,realms) $(call lib,common)
unit.libs.realms := $(unit.libs.common)
unit.libs.tests := $(unit.libs.common)
unit.libs.router := $(call lib,router) $(call lib,crossbar-compat) $(unit.libs.common)
# Of realms only what tests/lib/pattern.c needs.
unit.libs.client := $(BUILD)/libwamp.a $(call lib,realms)
unit.libs.crossbar-compat := $(call lib,crossbar-compat) $(unit.libs.common)
unit.module = $(word 3,$(subst /, ,$(patsubst $(BUILD)/%,%,$(1))))

$(BUILD)/libtest.a: $(call obj,$(testlib.src))
	$(call say,AR,$@)rm -f $@; ar rcs $@ $^

.SECONDEXPANSION:
$(unit.bin): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/libtest.a $$(unit.libs.$$(call unit.module,$$@))
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(call pkg,--libs cmocka) $(oracle.libs) \
	    $(if $(filter router crossbar-compat,$(call unit.module,$@)),$(router.libs),$(client.libs))

check.deps += $(unit.bin)
check.programs += $(unit.bin)
