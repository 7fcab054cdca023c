/* What the meta API shows of a session, a registration, a subscription; and what wamp.session.modify_details adds.
 *
 * Added details lie in session.extra as one map in CBOR, the form that can hold what the others can (but for
 * MessagePack's ext), and are written in the form of whoever asks. They cannot take the router's own six keys. */
#include "realms/meta_call.h"
#include "realms/timefmt.h"

enum {
    EXTRA_KEYS_MAX = 16,         /* details added to one session */
    EXTRA_BYTES_MAX = 4 << 10,   /* likewise, in CBOR */
};

static const char *const session_keys[] = {"session",    "authid",       "authrole",
                                           "authmethod", "authprovider", "transport"};
enum { SESSION_KEYS = sizeof session_keys / sizeof *session_keys };

static void write_text(struct wamp_wr *w, const char *key, struct str text)
{
    wamp_wr_key(w, str_z(key));
    wamp_wr_str(w, text);
}

static void write_uint(struct wamp_wr *w, const char *key, uint64_t value)
{
    wamp_wr_key(w, str_z(key));
    wamp_wr_uint(w, value);
}

/* --- ids --------------------------------------------------------------------------------------------------- */

void meta_write_ids(struct wamp_wr *w, const uint64_t *ids, uint32_t count)
{
    wamp_wr_list(w, count);
    for (uint32_t i = 0; i < count; i++)
        wamp_wr_uint(w, ids[i]);
    wamp_wr_list_end(w);
}

bool id_groups_init(struct id_groups *g, struct wamp_arena *arena, size_t room)
{
    for (int match = 0; match < WAMP_MATCH_COUNT; match++) {
        g->counts[match] = 0;
        g->ids[match] = wamp_arena_alloc(arena, (room + 1) * sizeof(uint64_t));
        if (!g->ids[match])
            return false;
    }
    return true;
}

void id_groups_add(struct id_groups *g, enum wamp_match match, uint64_t id)
{
    g->ids[match][g->counts[match]++] = id;
}

void meta_result_groups(struct meta_call *c, const struct id_groups *g)
{
    struct wamp_wr w = meta_result_begin(c, 1);
    wamp_wr_map(&w, WAMP_MATCH_COUNT);
    for (int match = 0; match < WAMP_MATCH_COUNT; match++) {
        wamp_wr_key(&w, str_z(wamp_match_name((enum wamp_match)match)));
        meta_write_ids(&w, g->ids[match], g->counts[match]);
    }
    wamp_wr_map_end(&w);
    meta_result_end(c, &w);
}

/* --- registrations and subscriptions ----------------------------------------------------------------------- */

static void write_common(struct wamp_wr *w, uint64_t id, wamp_ms created, struct str uri, enum wamp_match match)
{
    char time[TIME_TEXT];
    time_write(created, time);
    write_uint(w, "id", id);
    write_text(w, "created", str_z(time));
    write_text(w, "uri", uri);
    write_text(w, "match", str_z(wamp_match_name(match)));
}

/* spec: A-RMA-05 */
void meta_write_registration(struct wamp_wr *w, const struct registration *reg)
{
    wamp_wr_map(w, 5 + (reg->doc_len > 0));
    write_common(w, reg->id, reg->created, registration_uri(reg), reg->match);
    write_text(w, "invoke", str_z(wamp_invoke_name(reg->invoke)));
    if (reg->doc_len)
        write_text(w, "_doc", registration_doc(reg));
    wamp_wr_map_end(w);
}

void meta_write_subscription(struct wamp_wr *w, const struct subscription *sub)
{
    wamp_wr_map(w, 4);
    write_common(w, sub->id, sub->created, subscription_uri(sub), sub->match);
    wamp_wr_map_end(w);
}

/* --- details added to sessions ------------------------------------------------------------------------------ */

struct extra {
    unsigned count;
    struct extra_pair {
        struct str key, value;  /* value: raw */
    } pairs[EXTRA_KEYS_MAX];
};

/* What was added to s, in CBOR; borrowed. */
static void extra_read(const struct session *s, struct extra *x)
{
    struct wamp_item map, key, value;
    x->count = 0;
    if (wamp_item_parse(WAMP_CBOR, wamp_buf_str(&s->extra), &map))
        return;
    struct wamp_iter it = wamp_iter(WAMP_CBOR, &map);
    while (wamp_iter_pair(&it, &key, &value))
        x->pairs[x->count++] = (struct extra_pair){key.text, value.raw};
}

/* A copy of the value in form `to`, in the realm's arena. Errors as wamp_transcode. */
static enum wamp_err transcoded(struct realm *r, enum wamp_ser from, struct str value, enum wamp_ser to,
                                struct str *out)
{
    wamp_buf_reset(&r->tail);
    enum wamp_err err = wamp_transcode(from, value, to, &r->tail);
    if (err)
        return err;
    *out = wamp_arena_copy(&r->arena, wamp_buf_str(&r->tail));
    return out->ptr ? WAMP_ERR_NONE : WAMP_ERR_NOMEM;
}

/* Puts the values into form `to`; those that cannot be expressed there are left out. False: no memory. */
static bool extra_transcode(struct realm *r, struct extra *x, enum wamp_ser to)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < x->count; i++) {
        struct extra_pair pair = x->pairs[i];
        enum wamp_err err = transcoded(r, WAMP_CBOR, pair.value, to, &pair.value);
        if (err == WAMP_ERR_NOMEM)
            return false;
        if (!err)
            x->pairs[kept++] = pair;
    }
    x->count = kept;
    return true;
}

static void extra_write(struct wamp_wr *w, const struct extra *x)
{
    for (unsigned i = 0; i < x->count; i++) {
        wamp_wr_key(w, x->pairs[i].key);
        wamp_wr_raw(w, x->pairs[i].value);
    }
}

static struct extra_pair *extra_find(struct extra *x, struct str key)
{
    for (unsigned i = 0; i < x->count; i++)
        if (str_eq(x->pairs[i].key, key))
            return &x->pairs[i];
    return NULL;
}

/* --- sessions ------------------------------------------------------------------------------------------------ */

/* What is known of the connection, and no secret. spec: A-SES-12 */
static void write_transport(struct wamp_wr *w, const struct session *s)
{
    wamp_wr_key(w, STR("transport"));
    wamp_wr_map(w, 1 + (s->transport.len > 0) + (s->peer_agent.len > 0));
    if (s->transport.len)
        write_text(w, "protocol", s->transport);
    write_text(w, "serializer", str_z(wamp_ser_name(s->ser)));
    if (s->peer_agent.len)
        write_text(w, "agent", s->peer_agent);
    wamp_wr_map_end(w);
}

void meta_write_session(struct wamp_wr *w, struct session *s)
{
    struct extra extra;
    extra_read(s, &extra);
    if (!extra_transcode(s->realm, &extra, w->ser))
        w->out->failed = true;
    wamp_wr_map(w, SESSION_KEYS + extra.count);
    write_uint(w, "session", s->id);
    write_text(w, "authid", s->authid);
    write_text(w, "authrole", s->authrole);
    write_text(w, "authmethod", s->authmethod);
    write_text(w, "authprovider", s->authprovider);
    write_transport(w, s);
    extra_write(w, &extra);
    wamp_wr_map_end(w);
}

/* --- wamp.session.modify_details ----------------------------------------------------------------------------- */

static bool is_session_key(struct str key)
{
    for (unsigned i = 0; i < SESSION_KEYS; i++)
        if (str_eq(key, str_z(session_keys[i])))
            return true;
    return false;
}

static bool refuse_too_much(struct meta_call *c)
{
    meta_refuse(c, "wampd.error.limit_exceeded", "a session may be given %d details of %d octets in all",
                EXTRA_KEYS_MAX, EXTRA_BYTES_MAX);
    return false;
}

/* Applies one pair of the delta. False: the call was refused. */
static bool apply(struct meta_call *c, struct extra *x, struct str key, const struct wamp_item *value)
{
    struct extra_pair *old = extra_find(x, key);
    struct str raw;
    if (value->kind == WAMP_NULL) {
        if (old)
            *old = x->pairs[--x->count];
        return true;
    }
    if (!old && x->count == EXTRA_KEYS_MAX)
        return refuse_too_much(c);
    enum wamp_err err = transcoded(c->s->realm, c->m->ser, value->raw, WAMP_CBOR, &raw);
    if (err == WAMP_ERR_NOMEM) {
        meta_refuse_nomem(c);
    } else if (err) {
        meta_refuse(c, "wamp.error.invalid_argument", "a value cannot be kept: %s", wamp_err_text(err));
    } else {
        if (!old)
            old = &x->pairs[x->count++];
        *old = (struct extra_pair){key, raw};
    }
    return !err;
}

/* Applies the delta to x. False: the call was refused. */
static bool apply_all(struct meta_call *c, struct extra *x, const struct wamp_item *delta)
{
    struct wamp_iter it = wamp_iter(c->m->ser, delta);
    struct wamp_item name, value;
    struct str key = {0};
    while (wamp_iter_pair(&it, &name, &value)) {
        enum wamp_err err = name.kind == WAMP_STR ? wamp_item_text(c->m->ser, &name, &c->s->realm->arena, &key)
                                                  : WAMP_ERR_TYPE;
        if (err == WAMP_ERR_NOMEM) {
            meta_refuse_nomem(c);
            return false;
        }
        if (err || is_session_key(key)) {
            meta_refuse(c, "wamp.error.invalid_argument", "a key must be a string, and none of the router's own");
            return false;
        }
        if (!apply(c, x, key, &value))
            return false;
    }
    return true;
}

/* Makes x what was added to s. False: the call was refused. */
static bool extra_store(struct meta_call *c, struct session *s, const struct extra *x)
{
    struct wamp_buf buf = {0};
    struct wamp_wr w = wamp_wr(WAMP_CBOR, &buf);
    wamp_wr_map(&w, x->count);
    extra_write(&w, x);
    wamp_wr_map_end(&w);
    if (!buf.failed && buf.len <= EXTRA_BYTES_MAX) {
        wamp_buf_fini(&s->extra);
        s->extra = buf;
        return true;
    }
    if (buf.failed)
        meta_refuse_nomem(c);
    else
        refuse_too_much(c);
    wamp_buf_fini(&buf);
    return false;
}

/* All or nothing. */
void meta_session_modify_details(struct meta_call *c)
{
    const struct wamp_item *delta = &c->args[1];
    struct session *target = meta_session_arg(c, 0);
    struct extra extra;
    if (!target)
        return;
    if (delta->raw.len > 2 * EXTRA_BYTES_MAX) {  /* before any of it is copied; JSON may be longer than CBOR */
        refuse_too_much(c);
        return;
    }
    extra_read(target, &extra);
    if (apply_all(c, &extra, delta) && extra_store(c, target, &extra))
        meta_result_none(c);
}
