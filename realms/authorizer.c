#include "realms/authorizer.h"

#include "common/mem.h"
#include "realms/authorization.h"
#include "realms/held.h"
#include "realms/inner.h"
#include "realms/meta.h"
#include "realms/own_call.h"

#include <stdarg.h>
#include <stdio.h>

/* --- decisions that are remembered ---------------------------------------------------------------------- */

/* What was decided for (action, match, uri); while it is asked for, in no map. */
struct decision {
    enum realm_action action;
    struct answer answer;
    UT_hash_handle hh;  /* decisions.by_key */
    size_t key_len;
    char key[];         /* action, match, URI: a pattern is not the URI with the same text. spec: A-AZN-05 */
};

static struct decision *decision_new(struct str key, enum realm_action action)
{
    struct decision *d = wamp_zalloc(sizeof *d + key.len);
    if (!d)
        return NULL;
    d->action = action;
    d->key_len = key.len;
    memcpy(d->key, key.ptr, key.len);
    return d;
}

/* Lies in the realm's arena. Empty: no memory. */
static struct str key_of(struct realm *r, const struct wish *wish)
{
    size_t len = 2 + wish->uri.len;
    char *key = wamp_arena_alloc(&r->arena, len);
    if (!key)
        return str_of("", 0);
    key[0] = (char)wish->action;
    key[1] = (char)wish->match;
    if (wish->uri.len)
        memcpy(key + 2, wish->uri.ptr, wish->uri.len);
    return str_of(key, len);
}

static struct decision *find(const struct decisions *ds, struct str key)
{
    struct decision *d = NULL;
    HASH_FIND(hh, ds->by_key, key.ptr, key.len, d);
    return d;
}

static void forget(struct decisions *ds, struct decision *d)
{
    HASH_DEL(ds->by_key, d);
    wamp_free(d);
}

void decisions_fini(struct decisions *ds)
{
    struct decision *d, *tmp;
    HASH_ITER(hh, ds->by_key, d, tmp)
    {
        forget(ds, d);
    }
}

/* Takes d. Iteration is in order of insertion, so that the first is the oldest. */
static void remember(struct decisions *ds, struct decision *d)
{
    struct decision *older = find(ds, str_of(d->key, d->key_len));
    if (!older && HASH_COUNT(ds->by_key) >= DECISIONS_MAX)
        older = ds->by_key;
    if (older)
        forget(ds, older);
    HASH_ADD_KEYPTR(hh, ds->by_key, d->key, d->key_len, d);
    if (!wamp_map_added(d))
        wamp_free(d);
}

/* --- what the authorizer said --------------------------------------------------------------------------- */

static struct answer failed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static struct answer failed(const char *fmt, ...)
{
    struct answer answer = {.verdict = VERDICT_FAILED};
    va_list args;
    va_start(args, fmt);
    vsnprintf(answer.why, sizeof answer.why, fmt, args);
    va_end(args);
    return answer;
}

/* The keys of a result that is a dict. */
struct verdict_dict {
    bool allow, disclose, cache;
    bool has_allow;
};

/* False: there may not be such a pair. */
static bool read_pair(const struct wamp_item *key, const struct wamp_item *value, struct verdict_dict *out)
{
    const struct {
        struct str key;
        bool *flag;
    } flags[] = {{STR("allow"), &out->allow}, {STR("disclose"), &out->disclose}, {STR("cache"), &out->cache}};
    if (key->kind != WAMP_STR)
        return false;
    if (str_eq(key->text, STR("validate")))
        return value->kind == WAMP_NULL;  /* what it demands may not be left out. spec: A-AZN-09 */
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (str_eq(key->text, flags[i].key)) {
            out->has_allow |= flags[i].flag == &out->allow;
            *flags[i].flag = value->kind == WAMP_BOOL && value->boolean;
            return value->kind == WAMP_BOOL;
        }
    return false;
}

static struct answer read_dict(enum wamp_ser ser, const struct wamp_item *dict, bool *cache)
{
    struct verdict_dict v = {0};
    struct wamp_item key, value;
    struct wamp_iter it = wamp_iter(ser, dict);
    while (wamp_iter_pair(&it, &key, &value))
        if (!read_pair(&key, &value, &v))
            return failed("the authorizer's result has a key that is not understood");
    if (!v.has_allow)
        return failed("the authorizer's result does not say whether to allow");
    *cache = v.cache;
    return (struct answer){.verdict = v.allow ? VERDICT_GRANTED : VERDICT_DENIED, .discloses = v.disclose};
}

/* *cache: it may be remembered. spec: A-AZN-07 */
static struct answer read_outcome(const struct realm_outcome *outcome, bool *cache)
{
    struct wamp_item list, result;
    *cache = false;
    if (outcome->error.len)
        return failed("the authorizer failed: %.*s", outcome->error.len < 80 ? (int)outcome->error.len : 80,
                      outcome->error.ptr);
    if (!outcome->args.len || wamp_item_parse(outcome->ser, outcome->args, &list) || list.count != 1)
        return failed("the authorizer's result is not one value");
    struct wamp_iter it = wamp_iter(outcome->ser, &list);
    wamp_iter_next(&it, &result);
    if (result.kind == WAMP_BOOL)
        return (struct answer){.verdict = result.boolean ? VERDICT_GRANTED : VERDICT_DENIED};
    if (result.kind == WAMP_MAP)
        return read_dict(outcome->ser, &result, cache);
    return failed("the authorizer's result must be a boolean or a dict, got %s", wamp_kind_name(result.kind));
}

static void on_outcome(void *user, const struct realm_outcome *outcome)
{
    struct session *s = user;
    struct realm *r = s->realm;
    struct asking *a = &s->held->asking;
    struct decision *d = a->decision;
    bool cache;
    a->call = 0;
    a->decision = NULL;
    d->answer = a->answers[d->action] = read_outcome(outcome, &cache);
    if (cache)
        remember(&s->role->decisions, d);
    else
        wamp_free(d);
    held_serve(s);
    realm_settle(r);
}

/* --- asking --------------------------------------------------------------------------------------------- */

/* [session details, uri, action, options] */
static void write_arguments(struct wamp_wr *w, struct session *s, const struct wish *wish)
{
    static const char *const names[] = {
        [ACTION_CALL] = "call",
        [ACTION_REGISTER] = "register",
        [ACTION_PUBLISH] = "publish",
        [ACTION_SUBSCRIBE] = "subscribe",
    };
    wamp_wr_list(w, 4);
    meta_write_session(w, s);
    wamp_wr_str(w, wish->uri);
    wamp_wr_str(w, str_z(names[wish->action]));
    if (wish->options.len) {
        wamp_wr_raw(w, wish->options);
    } else {
        wamp_wr_map(w, 0);
        wamp_wr_map_end(w);
    }
    wamp_wr_list_end(w);
}

/* 0: no memory. */
static uint64_t call_authorizer(struct session *s, const struct wish *wish)
{
    struct wamp_buf args = {0};
    struct wamp_wr w = wamp_wr(s->ser, &args);
    uint64_t id = 0;
    write_arguments(&w, s, wish);
    struct realm_request request = {
        .procedure = s->role->authorizer,
        .ser = s->ser,
        .args = wamp_buf_str(&args),
        .timeout = AUTHORIZER_TIMEOUT_MS,
    };
    if (!args.failed)
        id = own_call_start(s->realm, &request, on_outcome, s);
    wamp_buf_fini(&args);
    return id;
}

void asking_stop(struct realm *r, struct asking *a)
{
    if (a->call)
        own_call_forget(r, a->call);
    wamp_free(a->decision);
    *a = (struct asking){0};
}

/* False: no memory. */
static bool ask(struct session *s, const struct wamp_msg *m, const struct wish *wish, struct str key)
{
    struct decision *d = decision_new(key, wish->action);
    uint64_t call = d && held_begin(s) ? call_authorizer(s, wish) : 0;
    if (!call) {
        wamp_free(d);
        return false;
    }
    s->held->asking.call = call;
    s->held->asking.decision = d;
    if (!s->held->is_serving)
        held_add(s, m, true);
    return true;
}

enum verdict authorizer_ask(struct session *s, const struct wamp_msg *m, const struct wish *wish,
                            struct answer *out)
{
    if (s->held && s->held->asking.answers[wish->action].verdict) {
        *out = s->held->asking.answers[wish->action];
        return out->verdict;
    }
    struct str key = key_of(s->realm, wish);
    struct decision *known = key.len ? find(&s->role->decisions, key) : NULL;
    if (!known && key.len && ask(s, m, wish, key))
        return VERDICT_AWAITED;
    *out = known ? known->answer : failed("out of memory");
    return out->verdict;
}
