/* Services in use: a tree of declarations becomes a row of offers, with one state for each service that has one.
 * Also the public functions that change what an open peer offers. */
#include "client/offer.h"
#include "client/peer.h"
#include "common/mem.h"

#include <inttypes.h>
#include <stdio.h>

enum { MOUNT_DEPTH_MAX = 16, PREFIX_MAX = 512 };  /* a service that mounts itself ends here */

/* What WAMP_STATE asked for. */
struct state {
    struct list link;
    void (*fini)(void *self);
    _Alignas(max_align_t) char self[];
};

/* --- mounts -------------------------------------------------------------------------------------------------- */

static struct mount *mount_new(struct wamp_peer *p, const char *prefix, const wamp_service *service,
                               bool temporary)
{
    struct mount *m = wamp_zalloc(sizeof *m + strlen(prefix) + 1);
    if (!m) {
        wamp_failure_set(&p->error, WAMP_E_NOMEM, "out of memory");
        return NULL;
    }
    memcpy(m->prefix, prefix, strlen(prefix) + 1);
    m->refs = 1;
    m->service = service;
    m->temporary = temporary;
    list_init(&m->states);
    list_add_tail(&p->offers.mounts, &m->link);
    return m;
}

struct mount *wamp_mount_ref(struct mount *m)
{
    if (m)
        m->refs++;
    return m;
}

void wamp_mount_unref(struct mount *m)
{
    if (!m || --m->refs)
        return;
    while (!list_is_empty(&m->states)) {  /* the last made is the first to go */
        struct state *s = list_entry(m->states.prev, struct state, link);
        list_remove(&s->link);
        if (s->fini)
            s->fini(s->self);
        wamp_free(s);
    }
    wamp_free(m);
}

static wamp_rc make_state(struct wamp_peer *p, struct mount *m, const wamp_member *member, void **self)
{
    struct state *s = wamp_zalloc(sizeof *s + member->state_size);
    if (!s)
        return wamp_failure_set(&p->error, WAMP_E_NOMEM, "out of memory");
    wamp_rc rc = member->state_init ? member->state_init(s->self, p) : WAMP_OK;
    if (rc) {
        wamp_free(s);
        return wamp_failure_set(&p->error, rc, "%s: its WAMP_STATE init failed: %s", m->service->name,
                                wamp_rc_name(rc));
    }
    s->fini = member->state_fini;
    list_add_tail(&m->states, &s->link);
    *self = s->self;
    return WAMP_OK;
}

static wamp_rc spread(struct wamp_peer *p, struct mount *m, const wamp_service *service, const char *prefix,
                      void *self, unsigned depth);

static wamp_rc spread_member(struct wamp_peer *p, struct mount *m, const wamp_member *member, const char *prefix,
                             void *self, unsigned depth)
{
    char inner[PREFIX_MAX];
    if (member->kind == WAMP_MEMBER_STATE)
        return WAMP_OK;
    if (member->kind != WAMP_MEMBER_MOUNT) {
        struct offer *o = wamp_offer_new(p, prefix, member, self);
        if (!o)
            return p->error.e.rc;
        o->mount = wamp_mount_ref(m);
        return WAMP_OK;
    }
    int n = snprintf(inner, sizeof inner, "%s%s%s", prefix, *prefix ? "." : "", member->uri ? member->uri : "");
    if (n >= (int)sizeof inner || depth >= MOUNT_DEPTH_MAX || !member->mount)
        return wamp_failure_set(&p->error, WAMP_E_ARGS, "mount '%.100s': no service, or nested too deeply", inner);
    return spread(p, m, member->mount, inner, self, depth + 1);
}

/* All of a service, behind the prefix. */
static wamp_rc spread(struct wamp_peer *p, struct mount *m, const wamp_service *service, const char *prefix,
                      void *self, unsigned depth)
{
    wamp_rc rc = WAMP_OK;
    for (const wamp_member *member = service->members; !rc && member->kind != WAMP_MEMBER_END; member++)
        if (member->kind == WAMP_MEMBER_STATE)
            rc = make_state(p, m, member, &self);
    for (const wamp_member *member = service->members; !rc && member->kind != WAMP_MEMBER_END; member++)
        rc = spread_member(p, m, member, prefix, self, depth);
    return rc;
}

static void mount_drop(struct wamp_peer *p, struct mount *m)
{
    struct list *next;
    for (struct list *n = list_first(&p->offers.all); n; n = next) {
        struct offer *o = list_entry(n, struct offer, link);
        next = list_next(&p->offers.all, n);
        if (o->mount == m)
            wamp_offer_drop(p, o);
    }
    if (list_is_linked(&m->link)) {
        list_remove(&m->link);
        wamp_mount_unref(m);
    }
}

/* NULL: p->error says why, nothing is left of it. */
static struct mount *mount_add(struct wamp_peer *p, const char *prefix, const wamp_service *service, void *self,
                               bool temporary)
{
    struct mount *m = mount_new(p, prefix, service, temporary);
    if (!m)
        return NULL;
    if (!spread(p, m, service, prefix, self, 0))
        return m;
    mount_drop(p, m);
    return NULL;
}

wamp_rc wamp_mounts_init(struct wamp_peer *p)
{
    const wamp_opt *opt = &p->config.opt;
    return !opt->service || mount_add(p, "", opt->service, opt->self, false) ? WAMP_OK : p->error.e.rc;
}

/* --- asking the router, for a whole mount -------------------------------------------------------------------- */

typedef wamp_rc ask(struct wamp_peer *p, struct offer *o, struct waiter *w);

/* Asks for each offer of the mount, and waits for all answers. */
static wamp_rc ask_all(struct wamp_peer *p, struct mount *m, ask *one)
{
    struct waiter w = {0};
    struct list *next;
    wamp_rc rc = WAMP_OK;
    for (struct list *n = list_first(&p->offers.all); !rc && n; n = next) {
        struct offer *o = list_entry(n, struct offer, link);
        next = list_next(&p->offers.all, n);
        if (o->mount == m)
            rc = one(p, o, &w);
    }
    wamp_rc answer = wamp_offers_wait(p, &w);
    return rc ? rc : answer;
}

static wamp_rc mount_withdraw(struct wamp_peer *p, struct mount *m)
{
    wamp_mount_ref(m);
    wamp_rc rc = ask_all(p, m, wamp_offer_withdraw);
    mount_drop(p, m);
    wamp_mount_unref(m);
    return rc;
}

static struct mount *find_mount(struct wamp_peer *p, const char *prefix, const wamp_service *service)
{
    for (struct list *n = list_first(&p->offers.mounts); n; n = list_next(&p->offers.mounts, n)) {
        struct mount *m = list_entry(n, struct mount, link);
        if ((prefix && !strcmp(m->prefix, prefix)) || (service && m->service == service))
            return m;
    }
    return NULL;
}

/* Mounts and registers all, or nothing. Returns the prefix, which lives as long as the mount, or NULL. */
static const char *mount_and_ask(struct wamp_peer *p, const char *prefix, const wamp_service *service, void *self,
                                 bool temporary)
{
    struct mount *m = mount_add(p, prefix, service, self, temporary);
    if (!m)
        return NULL;
    wamp_mount_ref(m);
    wamp_rc rc = ask_all(p, m, wamp_offer_send);
    if (rc) {
        struct failure why = {0};
        wamp_failure_copy(&why, &p->error);
        mount_withdraw(p, m);
        wamp_failure_copy(&p->error, &why);
        wamp_failure_clear(&why);
    }
    wamp_mount_unref(m);
    return rc ? NULL : m->prefix;
}

/* --- public: mounts ------------------------------------------------------------------------------------------ */

/* A name nobody can guess, that tells the session it belongs to. */
static void secret_name(struct wamp_peer *p, const char *kind, char *out, size_t size)
{
    uint64_t words[2];
    p->env->random(words, sizeof words);
    snprintf(out, size, "%s.%" PRIu64 ".%016" PRIx64 "%016" PRIx64, kind, p->session.id, words[0], words[1]);
}

static wamp_rc begin(wamp_peer *p)
{
    wamp_rc rc = wamp_peer_enter(p);
    if (rc)
        return rc;
    rc = wamp_peer_ready(p);
    if (rc)
        wamp_peer_leave(p);
    return rc;
}

wamp_rc wamp_mount(wamp_peer *p, const char *prefix, const wamp_service *service, void *self)
{
    wamp_rc rc = begin(p);
    if (rc)
        return rc;
    if (!service)
        rc = wamp_failure_set(&p->error, WAMP_E_ARGS, "no service");
    else if (find_mount(p, prefix ? prefix : "", service))
        rc = wamp_failure_set(&p->error, WAMP_E_STATE, "%s or '%s' is mounted already", service->name,
                              prefix ? prefix : "");
    else if (!mount_and_ask(p, prefix ? prefix : "", service, self, false))
        rc = p->error.e.rc;
    wamp_peer_leave(p);
    return rc;
}

wamp_rc wamp_unmount(wamp_peer *p, const char *prefix)
{
    wamp_rc rc = begin(p);
    if (rc)
        return rc;
    struct mount *m = find_mount(p, prefix ? prefix : "", NULL);
    rc = m ? mount_withdraw(p, m) : wamp_failure_set(&p->error, WAMP_E_STATE, "nothing is mounted there");
    wamp_peer_leave(p);
    return rc;
}

const char *wamp_export(wamp_peer *p, const wamp_service *service, void *self)
{
    char prefix[80];
    if (begin(p))
        return NULL;
    secret_name(p, "svc", prefix, sizeof prefix);
    const char *name = NULL;
    if (service)
        name = mount_and_ask(p, prefix, service, self, true);
    else
        wamp_failure_set(&p->error, WAMP_E_ARGS, "no service");
    wamp_peer_leave(p);
    return name;
}

/* --- public: single offers ----------------------------------------------------------------------------------- */

/* Its URI, which lives as long as the offer, or NULL. */
static const char *offer_and_ask(struct wamp_peer *p, const wamp_member *member, void *self, bool temporary)
{
    struct waiter w = {0};
    struct offer *o = wamp_offer_new(p, "", member, self);
    if (!o)
        return NULL;
    uint64_t serial = o->serial;
    o->temporary = temporary;
    wamp_rc rc = wamp_offer_send(p, o, &w);
    if (!rc)
        rc = wamp_offers_wait(p, &w);
    o = wamp_offer_find(p, serial);
    if (rc && o)
        wamp_offer_drop(p, o);
    return rc || !o ? NULL : o->uri;
}

wamp_rc wamp_offer(wamp_peer *p, const wamp_member *member, void *self)
{
    wamp_rc rc = begin(p);
    if (rc)
        return rc;
    if (!offer_and_ask(p, member, self, false))
        rc = p->error.e.rc;
    wamp_peer_leave(p);
    return rc;
}

wamp_rc wamp_register(wamp_peer *p, const char *uri, wamp_proc proc, void *self)
{
    const wamp_member member = {.kind = WAMP_MEMBER_RPC, .uri = uri, .proc = proc};
    return wamp_offer(p, &member, self);
}

wamp_rc wamp_subscribe(wamp_peer *p, const char *topic, wamp_on_event on_event, void *self)
{
    const wamp_member member = {.kind = WAMP_MEMBER_SUBSCRIBE, .uri = topic, .on_event = on_event};
    return wamp_offer(p, &member, self);
}

const char *wamp_callback(wamp_peer *p, wamp_proc proc, void *self)
{
    char name[80];
    const wamp_member member = {.kind = WAMP_MEMBER_RPC, .uri = name, .proc = proc};
    if (begin(p))
        return NULL;
    secret_name(p, "cb", name, sizeof name);
    const char *uri = offer_and_ask(p, &member, self, true);
    wamp_peer_leave(p);
    return uri;
}

static wamp_rc take_back(wamp_peer *p, wamp_member_kind kind, const char *uri)
{
    struct waiter w = {0};
    struct list *next;
    bool found = false;
    wamp_rc rc = begin(p);
    if (rc)
        return rc;
    for (struct list *n = list_first(&p->offers.all); !rc && n; n = next) {
        struct offer *o = list_entry(n, struct offer, link);
        next = list_next(&p->offers.all, n);
        if (o->member.kind != kind || strcmp(o->uri, uri ? uri : "") != 0)
            continue;
        found = true;
        rc = wamp_offer_withdraw(p, o, &w);
    }
    wamp_rc answer = wamp_offers_wait(p, &w);
    if (!found)
        rc = wamp_failure_set(&p->error, WAMP_E_STATE, "'%s' is not offered", uri ? uri : "");
    wamp_peer_leave(p);
    return rc ? rc : answer;
}

wamp_rc wamp_unregister(wamp_peer *p, const char *uri)
{
    return take_back(p, WAMP_MEMBER_RPC, uri);
}

wamp_rc wamp_unsubscribe(wamp_peer *p, const char *topic)
{
    return take_back(p, WAMP_MEMBER_SUBSCRIBE, topic);
}

size_t wamp_registrations(const wamp_peer *p, wamp_registration *out, size_t max)
{
    size_t count = 0;
    for (struct list *n = list_first(&p->offers.all); n; n = list_next(&p->offers.all, n)) {
        const struct offer *o = list_entry(n, struct offer, link);
        if (o->member.kind != WAMP_MEMBER_RPC || !o->route)
            continue;
        if (count < max)
            out[count] = (wamp_registration){
                .id = o->route->id, .uri = o->uri, .service = o->mount ? o->mount->service->name : ""};
        count++;
    }
    return count;
}
