#include "tests/fuzz/fuzz_realm.h"

struct realm_config realm_input_config(unsigned choice)
{
    static const struct realm_history history[] = {
        {.uri = {"com.h", 5}, .match = WAMP_MATCH_PREFIX, .max_events = 3},
        {.uri = {"com.h.t", 7}, .match = WAMP_MATCH_EXACT, .max_events = 2},
    };
    static const struct realm_trust trust[] = {{.uri = {"com.", 4}, .match = WAMP_MATCH_PREFIX, .level = 1}};
    static const struct str forward_keys[] = {{"_ext", 4}};
    return (struct realm_config){
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
