#include "tests/model/meta.h"

#include "tests/model/expect.h"
#include "tests/model/move.h"

#include <time.h>

/* --- how things are shown ---------------------------------------------------------------------------- */

static const char *time_text(wamp_ms since_start)
{
    wamp_ms ms = WORLD_EPOCH_MS + since_start;
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    char date[32];
    gmtime_r(&seconds, &tm);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    return text("%s.%03dZ", date, (int)(ms % 1000));
}

/* spec: A-RMA-05 */
const char *pattern_text(struct pattern_of *of, bool is_registration)
{
    const char *invoke = is_registration ? text(", \"invoke\": \"%s\"", wamp_invoke_name(of->invoke)) : "";
    return text("{\"id\": %s, \"created\": \"%s\", \"uri\": \"%s\", \"match\": \"%s\"%s}",
                id_text(is_registration ? 'r' : 's', of->number, of->id), time_text(of->created), of->uri,
                wamp_match_name(of->match), invoke);
}

#define result(m, mv, ...) tell(m, (mv)->who, "[50, %" PRIu64 ", {}%s]", (mv)->request, text(__VA_ARGS__))
#define refuse(m, mv, uri) tell_error(m, (mv)->who, WAMP_CALL, (mv)->request, uri)

/* --- wamp.session ------------------------------------------------------------------------------------ */

/* The list of authroles: NULL for all, "" for an empty one. spec: A-SES-11 */
static unsigned select_by_role(struct model *m, const char *role, uint64_t ids[PLAYERS])
{
    unsigned count = 0;
    for (struct player *p = next_player(m, NULL); p; p = next_player(m, p))
        if (!role || strcmp(p->authrole, role) == 0)
            ids[count++] = p->id;
    return count;
}

static void session_count(struct model *m, const struct move *mv)
{
    uint64_t ids[PLAYERS];
    result(m, mv, ", [%u]", select_by_role(m, mv->text, ids));
}

static void session_list(struct model *m, const struct move *mv)
{
    uint64_t ids[PLAYERS];
    unsigned count = select_by_role(m, mv->text, ids);
    tell_ids(m, mv->who, mv->request, ids, count);
}

static void session_get(struct model *m, const struct move *mv)
{
    const struct player *p = find_player(m, mv->id);
    if (p)
        result(m, mv, ", [%s]", session_text(p));
    else
        refuse(m, mv, "wamp.error.no_such_session");
}

/* spec: A-SES-04 */
static void kill_player(struct model *m, struct player *p, const struct move *mv)
{
    const char *usual = m->rules->kill_reason_is_normal ? "wamp.close.normal" : "wamp.close.killed";
    const char *message = mv->is_told_why ? "\"message\": \"why not\"" : "";
    tell(m, p, "[6, {%s}, \"%s\"]", message, mv->reason ? mv->reason : usual);
    doom(m, p, CLOSE_KILLED);
}

/* spec: A-SES-05, T-42 */
static void session_kill(struct model *m, const struct move *mv)
{
    struct player *p = find_player(m, mv->id);
    if (!p || p == mv->who) {
        refuse(m, mv, "wamp.error.no_such_session");
        return;
    }
    kill_player(m, p, mv);
    result(m, mv, "%s", "");
}

/* All whose authid or authrole is mv->text, or all; not the caller. */
static unsigned kill_some(struct model *m, const struct move *mv, bool by_authid, bool by_authrole,
                          uint64_t ids[PLAYERS])
{
    unsigned count = 0;
    for (struct player *p = next_player(m, NULL); p; p = next_player(m, p)) {
        if (p == mv->who || (by_authid && strcmp(p->authid, mv->text) != 0) ||
            (by_authrole && strcmp(p->authrole, mv->text) != 0))
            continue;
        p->silent = !by_authid && !by_authrole;  /* spec: A-SES-08, T-43 */
        kill_player(m, p, mv);
        ids[count++] = p->id;
    }
    return count;
}

/* spec: A-SES-07 */
static void session_kill_by_authid(struct model *m, const struct move *mv)
{
    uint64_t ids[PLAYERS];
    unsigned count = kill_some(m, mv, true, false, ids);
    tell_ids(m, mv->who, mv->request, ids, count);
}

static void session_kill_by_authrole(struct model *m, const struct move *mv)
{
    uint64_t ids[PLAYERS];
    unsigned count = kill_some(m, mv, false, true, ids);
    if (m->rules->kill_by_authrole_lists)
        tell_ids(m, mv->who, mv->request, ids, count);
    else
        result(m, mv, ", [%u]", count);
}

static void session_kill_all(struct model *m, const struct move *mv)
{
    uint64_t ids[PLAYERS];
    result(m, mv, ", [%u]", kill_some(m, mv, false, false, ids));
}

/* spec: A-TST-01, A-TST-05 */
static void session_add_testament(struct model *m, const struct move *mv)
{
    const struct publishing *what = &mv->publishing;
    unsigned scope = mv->detached ? 0 : 1;
    const char *error = publishing_error(m, mv->who, what);
    if (error) {
        refuse(m, mv, error);
    } else {
        mv->who->testaments[scope][mv->who->testament_count[scope]++] = *what;
        result(m, mv, "%s", "");
    }
}

/* spec: A-TST-02 */
static void session_flush_testaments(struct model *m, const struct move *mv)
{
    mv->who->testament_count[mv->detached ? 0 : 1] = 0;
    result(m, mv, "%s", "");
}

/* --- wamp.registration and wamp.subscription: what they have in common ------------------------------- */

struct about {
    struct pattern_of *table;
    unsigned size;
    bool is_registration;
    char letter;              /* of ids not known yet */
    const char *no_such;
};

static struct about about(struct model *m, const struct move *mv)
{
    if (str_starts(str_z(mv->procedure->uri), STR("wamp.registration.")))
        return (struct about){m->procedures, PROCEDURES, true, 'r', "wamp.error.no_such_registration"};
    return (struct about){m->topics, TOPICS, false, 's', "wamp.error.no_such_subscription"};
}

static bool is_shown(const struct pattern_of *of)
{
    return of->number && !is_hidden(of->uri);
}

/* What mv->id names; NULL: nothing that is shown, and the call was refused. */
static struct pattern_of *named(struct model *m, const struct move *mv)
{
    struct about a = about(m, mv);
    for (struct pattern_of *of = a.table; of < a.table + a.size; of++)
        if (is_shown(of) && of->id == mv->id)
            return of;
    refuse(m, mv, a.no_such);
    return NULL;
}

static void pattern_list(struct model *m, const struct move *mv)
{
    struct about a = about(m, mv);
    struct id_set groups[WAMP_MATCH_COUNT] = {0};
    for (unsigned i = 0; i < a.size; i++) {
        struct id_set *set = &groups[a.table[i].match];
        if (is_shown(&a.table[i]))
            set->ids[set->count++] = a.table[i].id;
    }
    tell_groups(m, mv->who, mv->request, groups);
}

/* spec: A-RMA-06 */
static void result_id(struct model *m, const struct move *mv, const struct pattern_of *of)
{
    result(m, mv, ", [%s]", of && is_shown(of) ? id_text(about(m, mv).letter, of->number, of->id) : "null");
}

static void pattern_lookup(struct model *m, const struct move *mv)
{
    struct about a = about(m, mv);
    result_id(m, mv, pattern_find(a.table, a.size, mv->topic, mv->match));
}

static void pattern_get(struct model *m, const struct move *mv)
{
    struct pattern_of *of = named(m, mv);
    if (of)
        result(m, mv, ", [%s]", pattern_text(of, about(m, mv).is_registration));
}

static void pattern_members(struct model *m, const struct move *mv)
{
    struct pattern_of *of = named(m, mv);
    uint64_t ids[PLAYERS];
    for (unsigned i = 0; of && i < of->count; i++)
        ids[i] = of->members[i].player->id;
    if (of)
        tell_ids(m, mv->who, mv->request, ids, of->count);
}

static void pattern_count(struct model *m, const struct move *mv)
{
    struct pattern_of *of = named(m, mv);
    if (of)
        result(m, mv, ", [%u]", of->count);
}

/* The member that mv->other_id names, of what mv->id names; false: the call was refused. */
static bool to_be_removed(struct model *m, const struct move *mv, struct pattern_of **of, struct player **p)
{
    *of = named(m, mv);
    *p = find_player(m, mv->other_id);
    if (*of && *p && member_find(*of, *p))
        return true;
    if (*of)
        refuse(m, mv, "wamp.error.no_such_session");
    return false;
}

/* --- wamp.registration ------------------------------------------------------------------------------- */

/* spec: R-19, T-33 */
static void registration_match(struct model *m, const struct move *mv)
{
    result_id(m, mv, is_hidden(mv->topic) ? NULL : best_procedure(m, mv->topic));
}

static void registration_remove_callee(struct model *m, const struct move *mv)
{
    struct pattern_of *reg;
    struct player *p;
    if (!to_be_removed(m, mv, &reg, &p))
        return;
    result(m, mv, "%s", "");
    revoke(m, reg, p, mv->reason);
}

/* --- wamp.subscription ------------------------------------------------------------------------------- */

static void subscription_match(struct model *m, const struct move *mv)
{
    uint64_t ids[TOPICS];
    unsigned count = 0;
    for (unsigned i = 0; i < TOPICS; i++)
        if (is_shown(&m->topics[i]) && !is_hidden(mv->topic) &&
            wamp_uri_matches(str_z(mv->topic), str_z(m->topics[i].uri), m->topics[i].match))
            ids[count++] = m->topics[i].id;
    if (count)
        tell_ids(m, mv->who, mv->request, ids, count);
    else
        result(m, mv, ", [null]");
}

/* spec: A-SRV-01, A-SRV-02, T-36 */
static void subscription_remove_subscriber(struct model *m, const struct move *mv)
{
    struct pattern_of *sub;
    struct player *p;
    if (!to_be_removed(m, mv, &sub, &p))
        return;
    result(m, mv, "%s", "");
    if (announced(p, SUBSCRIBER, subscription_revocation))
        tell(m, p, "[35, 0, {\"subscription\": %" PRIu64 "%s}]", sub->id,
             mv->reason ? text(", \"reason\": \"%s\"", mv->reason) : "");
    subscription_remove(m, sub, p);
}

/* --- the history ------------------------------------------------------------------------------------- */

static const char *event_text(const struct event *e, const struct pattern_of *sub)
{
    const char *args = e->payload.args ? text(", \"args\": %s", e->payload.args) : "";
    const char *kwargs = e->payload.kwargs ? text(", \"kwargs\": %s", e->payload.kwargs) : "";
    return text("{\"timestamp\": \"%s\", \"subscription\": %" PRIu64 ", \"publication\": %s, \"details\": %s%s%s}",
                time_text(e->time), sub->id, id_text('p', e->number, e->id), details_of_event(e, sub, false), args,
                kwargs);
}

/* Who could have got it may read it; that the publisher was excluded does not matter. spec: A-HIS-03, A-HIS-10 */
static bool may_read(const struct event *e, const struct player *p)
{
    struct event open = *e;
    open.excluded = 0;
    return may_get(&open, p);
}

/* Where in the log the event is that the reader knows already; -1: nowhere. spec: A-HIS-05 */
static int position(const struct pattern_of *sub, uint64_t publication)
{
    for (unsigned i = 0; i < sub->logged; i++)
        if (sub->log[i].id == publication)
            return (int)i;
    return -1;
}

/* spec: A-HIS, T-40, T-41 */
static void subscription_get_events(struct model *m, const struct move *mv)
{
    struct pattern_of *sub = named(m, mv);
    if (!sub)
        return;
    if (!right_to(m, mv->who, ACTION_SUBSCRIBE, sub->uri, sub->match).granted) {  /* spec: A-HIS-04 */
        refuse(m, mv, "wamp.error.not_authorized");
        return;
    }
    int from = 0, to = (int)sub->logged - 1, pivot = position(sub, mv->other_id);
    if (mv->other_id && pivot < 0)
        to = -1;
    else if (mv->other_id)
        from = pivot + 1;
    const char *events = "", *comma = "";
    unsigned count = 0;
    bool more = false;
    for (int n = 0; n <= to - from && !more; n++) {
        const struct event *e = &sub->log[mv->reverse ? to - n : from + n];
        if (!may_read(e, mv->who) || (mv->topic && strcmp(mv->topic, e->topic) != 0))
            continue;
        more = mv->limit && count == mv->limit;
        if (more || !can_express(mv->who, &e->payload))  /* left out, but it counts as being there */
            continue;
        events = text("%s%s%s", events, comma, event_text(e, sub));
        comma = ", ";
        count++;
    }
    result(m, mv, ", [%s], {\"is_limit_reached\": %s}", events, more ? "true" : "false");
}

/* --- the table --------------------------------------------------------------------------------------- */

static const struct procedure procedures[] = {
    {"wamp.session.count", "f", "", false, session_count},
    {"wamp.session.list", "f", "", false, session_list},
    {"wamp.session.get", "S", "", false, session_get},
    {"wamp.session.kill", "S", "k", true, session_kill},
    {"wamp.session.kill_by_authid", "a", "k", true, session_kill_by_authid},
    {"wamp.session.kill_by_authrole", "o", "k", true, session_kill_by_authrole},
    {"wamp.session.kill_all", "", "k", true, session_kill_all},
    {"wamp.session.add_testament", "t", "t", false, session_add_testament},
    {"wamp.session.flush_testaments", "", "s", false, session_flush_testaments},
    {"wamp.registration.list", "", "", false, pattern_list},
    {"wamp.registration.lookup", "um", "", false, pattern_lookup},
    {"wamp.registration.match", "u", "", false, registration_match},
    {"wamp.registration.get", "R", "", false, pattern_get},
    {"wamp.registration.list_callees", "R", "", false, pattern_members},
    {"wamp.registration.count_callees", "R", "", false, pattern_count},
    {"wamp.registration.remove_callee", "RS", "r", true, registration_remove_callee},
    {"wamp.subscription.list", "", "", false, pattern_list},
    {"wamp.subscription.lookup", "um", "", false, pattern_lookup},
    {"wamp.subscription.match", "u", "", false, subscription_match},
    {"wamp.subscription.get", "T", "", false, pattern_get},
    {"wamp.subscription.list_subscribers", "T", "", false, pattern_members},
    {"wamp.subscription.count_subscribers", "T", "", false, pattern_count},
    {"wamp.subscription.remove_subscriber", "TS", "r", true, subscription_remove_subscriber},
    {"wamp.subscription.get_events", "T", "h", false, subscription_get_events},
};

const struct procedure *procedure_numbered(unsigned i)
{
    return i < sizeof procedures / sizeof *procedures ? &procedures[i] : NULL;
}

const struct procedure *procedure_named(const char *uri)
{
    for (unsigned i = 0; i < sizeof procedures / sizeof *procedures; i++)
        if (strcmp(procedures[i].uri, uri) == 0)
            return &procedures[i];
    return NULL;
}

/* spec: A-SES-13, R-17, R-20, T-33 */
void predict_meta_call(struct model *m, const struct move *mv)
{
    const struct procedure *p = mv->procedure;
    if (m->config->meta_api_denied)
        refuse(m, mv, "wamp.error.not_authorized");
    else if (!p)
        refuse(m, mv, "wamp.error.no_such_procedure");
    else if (p->kills && !m->config->kill_allowed && !m->rules->kill_by_catch_all &&
             !right_to(m, mv->who, ACTION_CALL, mv->uri, WAMP_MATCH_EXACT).is_explicit)
        refuse(m, mv, "wamp.error.not_authorized");
    else if (mv->is_bad)
        refuse(m, mv, "wamp.error.invalid_argument");
    else
        p->serve(m, mv);
}
