/* Sessions come and go. */
#include "tests/model/expect.h"
#include "tests/model/move.h"

struct player *next_player(struct model *m, const struct player *p)
{
    struct player *next = NULL;
    unsigned after = p ? p->number : 0;
    for (unsigned i = 0; i < PLAYERS; i++) {
        struct player *other = &m->players[i];
        if (other->is_here && other->number > after && (!next || other->number < next->number))
            next = other;
    }
    return next;
}

struct player *find_player(struct model *m, uint64_t id)
{
    for (unsigned i = 0; i < PLAYERS; i++)
        if (m->players[i].is_here && m->players[i].id == id)
            return &m->players[i];
    return NULL;
}

const struct realm_trust *trust_of(const struct model *m, const char *uri, const char *authrole)
{
    for (size_t i = 0; i < m->config->trust_count; i++) {
        const struct realm_trust *t = &m->config->trust[i];
        bool is_for = !t->authrole.len || str_eq(t->authrole, str_z(authrole));
        if (is_for && wamp_uri_matches(str_z(uri), t->uri, t->match))
            return t;
    }
    return NULL;
}

/* spec: A-PPT-02, A-PPT-05 */
bool may_pass(struct model *m, struct player *p, bool ppt, bool is_announced, const struct payload *payload)
{
    if (!ppt || (is_announced && payload->is_opaque))
        return true;
    abort_player(m, p);
    return false;
}

/* --- the beginning ----------------------------------------------------------------------------------- */

/* spec: A-SES-14 */
const char *session_text(const struct player *p)
{
    return text("{\"session\": %" PRIu64 ", \"authid\": \"%s\", \"authrole\": \"%s\", "
                "\"authmethod\": \"anonymous\", \"authprovider\": \"static\", "
                "\"transport\": {\"serializer\": \"%s\"}}",
                p->id, p->authid, p->authrole, wamp_ser_name(p->ser));
}

/* spec: B-005, B-006 */
void predict_join(struct model *m, const struct move *mv)
{
    struct player *p = mv->who;
    tell(m, p,
         "[2, %" PRIu64 ", {\"authid\": \"%s\", \"authrole\": \"%s\", "
         "\"roles\": {\"broker\": _, \"dealer\": _}, ...}]",
         p->id, p->authid, p->authrole);
    meta_event(m, "wamp.session.on_join", "%s", session_text(p));
}

/* --- the end ----------------------------------------------------------------------------------------- */

void doom(struct model *m, struct player *p, enum close_reason why)
{
    if (p->doom)
        return;
    p->doom = ++m->counted.dooms;
    p->why = why;
}

/* spec: B-031 */
void abort_player(struct model *m, struct player *p)
{
    tell(m, p, "[3, {\"message\": <str>}, \"wamp.error.protocol_violation\"]");
    doom(m, p, CLOSE_PROTOCOL);
}

/* spec: A-SES-02, A-SES-08 */
static void announce_end(struct model *m, struct player *p)
{
    if (p->silent)
        return;
    for (unsigned scope = 0; scope < 2; scope++)
        for (unsigned i = 0; i < p->testament_count[scope]; i++)
            publish(m, p, &p->testaments[scope][i], true, 0);
    if (m->rules->on_leave_is_id_only)
        meta_event(m, "wamp.session.on_leave", "%" PRIu64, p->id);
    else
        meta_event(m, "wamp.session.on_leave", "%" PRIu64 ", \"%s\", \"%s\"", p->id, p->authid, p->authrole);
}

/* In this order: spec: A-SES-03, B-092..B-097 */
static void take_out(struct model *m, struct player *p)
{
    struct pattern_of *of;
    calls_end_with(m, p);
    while ((of = oldest_of(m->procedures, PROCEDURES, p)))
        registration_remove(m, of, p);
    while ((of = oldest_of(m->topics, TOPICS, p)))
        subscription_remove(m, of, p);
    announce_end(m, p);
    p->is_here = false;
    p->ended_count = 0;
    p->testament_count[0] = p->testament_count[1] = 0;
}

static struct player *first_doomed(struct model *m)
{
    struct player *first = NULL;
    for (unsigned i = 0; i < PLAYERS; i++) {
        struct player *p = &m->players[i];
        if (p->is_here && p->doom && (!first || p->doom < first->doom))
            first = p;
    }
    return first;
}

void settle(struct model *m)
{
    for (struct player *p; (p = first_doomed(m));)
        take_out(m, p);
}

/* spec: B-014 */
void predict_drop(struct model *m, const struct move *mv)
{
    mv->who->left = true;
    doom(m, mv->who, CLOSE_ABORTED);
}

/* spec: B-021, B-025 */
void predict_goodbye(struct model *m, const struct move *mv)
{
    bool normal = m->rules->goodbye_is_normal ||
                  (m->rules->goodbye_echoes_normal && strcmp(mv->reason, "wamp.close.normal") == 0);
    tell(m, mv->who, "[6, {}, \"%s\"]", normal ? "wamp.close.normal" : "wamp.close.goodbye_and_out");
    doom(m, mv->who, CLOSE_GOODBYE);
}

/* spec: B-019 */
void predict_abort(struct model *m, const struct move *mv)
{
    doom(m, mv->who, CLOSE_ABORTED);
}

/* spec: B-031, B-035 */
void predict_violation(struct model *m, const struct move *mv)
{
    abort_player(m, mv->who);
}

/* spec: A-CLO-02, A-TST-07 */
void predict_shutdown(struct model *m, const struct move *mv)
{
    (void)mv;
    for (struct player *p = next_player(m, NULL); p; p = next_player(m, p)) {
        tell(m, p, "[6, {}, \"wamp.close.system_shutdown\"]");
        p->silent = true;
        doom(m, p, CLOSE_KILLED);
    }
}

/* --- any move ---------------------------------------------------------------------------------------- */

/* Whether the request id is one that the session may use. spec: R-01, B-048, B-049 */
static bool id_ok(struct model *m, const struct move *mv)
{
    struct player *p = mv->who;
    if (mv->request == p->requests + 1)
        p->requests++;
    else if (m->rules->request_ids_sequential)
        return mv->kind->predict == predict_call && has_begun(m, p, mv);
    return true;
}

void predict(struct model *m, const struct move *mv)
{
    if (mv->kind->is_request && !id_ok(m, mv))
        abort_player(m, mv->who);
    else
        mv->kind->predict(m, mv);
    settle(m);
}
