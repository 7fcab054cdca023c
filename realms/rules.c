#include "realms/rules.h"

static const struct rules presets[] = {
#define RULE(field, spec, strict, crossbar, why) .field = spec,
    [PRESET_SPEC] = {
#include "realms/rules.def"
    },
#undef RULE
#define RULE(field, spec, strict, crossbar, why) .field = strict,
    [PRESET_STRICT] = {
#include "realms/rules.def"
    },
#undef RULE
#define RULE(field, spec, strict, crossbar, why) .field = crossbar,
    [PRESET_CROSSBAR] = {
#include "realms/rules.def"
    },
#undef RULE
};

const struct rules *rules_of(enum realm_preset preset)
{
    return &presets[preset];
}
