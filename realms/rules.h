/* Behaviour choices as data: one row of rules.def each, one value a preset. A realm may have its own mix:
 *
 *     struct rules mine = *rules_of(PRESET_SPEC);
 *     mine.roles_enforced = 1; */
#ifndef REALMS_RULES_H
#define REALMS_RULES_H

enum realm_preset { PRESET_SPEC, PRESET_STRICT, PRESET_CROSSBAR };

struct rules {
#define RULE(field, spec, strict, crossbar, why) int field;
#include "realms/rules.def"
#undef RULE
};

const struct rules *rules_of(enum realm_preset preset);

#endif
