#include "tests/fuzz/fuzz_realm.h"

const struct str realm_input_authroles[REALM_INPUT_PEERS] = {
    {"anonymous", 9}, {"asked", 5}, {"anonymous", 9}, {"few", 3}};

const struct realm_role *realm_input_roles(unsigned choice, size_t *count)
{
    static const struct realm_permission few[] = {
        {.uri = {"com.", 4}, .match = WAMP_MATCH_PREFIX, .allow = 1u << ACTION_CALL | 1u << ACTION_SUBSCRIBE},
        {.uri = {"com.t", 5}, .match = WAMP_MATCH_EXACT, .allow = 15, .disclose_caller = true},
        {.uri = {"com..a", 6}, .match = WAMP_MATCH_WILDCARD, .allow = 15, .disclose_publisher = true},
        {.uri = {"wamp.subscription.", 18}, .match = WAMP_MATCH_PREFIX, .allow = 1u << ACTION_CALL},
    };
    static const struct realm_role roles[] = {
        {.name = {"anonymous", 9}, .allow_by_default = true},
        {.name = {"asked", 5}, .authorizer = {"com.t", 5}, .is_link = true},
        {.name = {"few", 3}, .permissions = few, .permission_count = sizeof few / sizeof *few},
    };
    *count = choice & 3 ? 4 - (choice & 3) : 0;
    return roles;
}

struct realm_config realm_input_config(unsigned choice)
{
    static const struct realm_history history[] = {
        {.uri = {"com.h", 5}, .match = WAMP_MATCH_PREFIX, .max_events = 3},
        {.uri = {"com.h.t", 7}, .match = WAMP_MATCH_EXACT, .max_events = 2},
    };
    static const struct realm_trust trust[] = {{.uri = {"com.", 4}, .match = WAMP_MATCH_PREFIX, .level = 1}};
    static const struct str forward_keys[] = {{"_ext", 4}};
    size_t role_count;
    const struct realm_role *roles = realm_input_roles(choice >> 6, &role_count);
    return (struct realm_config){
        .roles = roles,
        .role_count = role_count,
        .preset = (enum realm_preset)((choice & 3) % 3),
        .kill_allowed = choice & 4,
        .meta_api_denied = choice & 8,
        .disclosure = (enum realm_disclosure)((choice >> 4 & 3) % 3),
        .max_calls_per_session = 6,
        .max_subscriptions = 8,
        .max_registrations = 8,
        .max_waiting_calls = 2,
        .history = history,
        .history_count = sizeof history / sizeof *history,
        .trust = trust,
        .trust_count = sizeof trust / sizeof *trust,
        .forward_keys = forward_keys,
        .forward_key_count = sizeof forward_keys / sizeof *forward_keys,
    };
}
