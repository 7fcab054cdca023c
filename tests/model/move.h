/* One move of the game: a message, a coming or going, some time that passes. */
#ifndef TESTS_MODEL_MOVE_H
#define TESTS_MODEL_MOVE_H

#include "tests/model/model.h"

struct game;

enum { JSON_MAX = 1000 };

struct move {
    const struct kind *kind;
    struct player *who;
    char json[JSON_MAX];         /* the message; empty: there is none */
    uint64_t request;
    uint64_t id, other_id;       /* what the message names */
    const char *uri;
    enum wamp_match match;
    bool get_retained;           /* SUBSCRIBE */
    struct publishing publishing;          /* PUBLISH, wamp.session.add_testament */
    enum wamp_invoke invoke;               /* REGISTER */
    unsigned concurrency;
    bool disclose_caller, forward_timeout, force;
    struct payload payload;                /* CALL, YIELD, ERROR */
    bool progress, receive_progress, disclose_me, ppt, ext;
    wamp_ms timeout;
    enum wamp_mode mode;                   /* CANCEL */
    enum wamp_type stream;                 /* of realm_end_stream */
    const struct procedure *procedure;     /* a call of the router's */
    const char *topic, *text, *reason;     /* its arguments; NULL: none */
    bool is_bad, is_told_why, detached, reverse;
    unsigned limit;
    struct session_info info;              /* a join */
    wamp_ms ms;                            /* time that passes */
};

/* What a game is about: moves of its kind are more frequent. */
enum theme { THEME_ANY, THEME_EVENTS, THEME_CALLS, THEMES };

/* What moves there are. */
struct kind {
    const char *name;
    enum theme theme;
    unsigned weight;
    bool is_request;  /* its id comes from the session's counter */
    bool (*draw)(struct game *g, struct move *mv);  /* false: it cannot be made now */
    void (*perform)(struct game *g, const struct move *mv);   /* NULL: mv->json is sent */
    void (*predict)(struct model *m, const struct move *mv);
};

#endif
