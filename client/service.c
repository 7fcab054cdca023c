/* Declarations made at run time: the same lines as WAMP_SERVICE makes, in memory of their own. */
#include "client/include/wamp/service.h"

#include "common/arena.h"
#include "common/mem.h"

struct made_service {
    wamp_service service;  /* first: what the program sees */
    struct wamp_arena arena;
    wamp_member *members;
    size_t count;
};

wamp_service *wamp_service_new(const char *name)
{
    struct made_service *s = wamp_zalloc(sizeof *s);
    if (!s)
        return NULL;
    s->members = wamp_zalloc(sizeof *s->members);
    s->service.name = wamp_arena_copy(&s->arena, str_z(name ? name : "")).ptr;
    s->service.members = s->members;
    if (s->members && s->service.name)
        return &s->service;
    wamp_service_free(&s->service);
    return NULL;
}

/* A copy of the text in the service's memory; NULL stays NULL. */
static bool own(struct made_service *s, const char **text)
{
    if (!*text)
        return true;
    *text = wamp_arena_copy(&s->arena, str_z(*text)).ptr;
    return *text != NULL;
}

wamp_rc wamp_service_add(wamp_service *service, const wamp_member *member)
{
    struct made_service *s = (struct made_service *)service;
    wamp_member line = *member;
    if (member->kind <= WAMP_MEMBER_END || member->kind > WAMP_MEMBER_STATE)
        return WAMP_E_ARGS;
    if (!own(s, &line.uri) || !own(s, &line.sig) || !own(s, &line.doc))
        return WAMP_E_NOMEM;
    wamp_member *grown = wamp_realloc(s->members, (s->count + 2) * sizeof *grown);
    if (!grown)
        return WAMP_E_NOMEM;
    grown[s->count++] = line;
    grown[s->count] = (wamp_member){.kind = WAMP_MEMBER_END};
    s->members = grown;
    s->service.members = grown;
    return WAMP_OK;
}

void wamp_service_free(wamp_service *service)
{
    struct made_service *s = (struct made_service *)service;
    if (!s)
        return;
    wamp_arena_fini(&s->arena);
    wamp_free(s->members);
    wamp_free(s);
}
