/* Who may get an event: the six lists of PUBLISH.Options. spec: A-BWL */
#ifndef REALMS_FILTER_H
#define REALMS_FILTER_H

#include "common/arena.h"
#include "common/options.h"
#include "realms/session.h"

enum { FILTER_LIST_MAX = 1024 };  /* entries of one list: stops lists that burn CPU per receiver */

#define FILTER_OPTIONS                                                                                       \
    (UINT64_C(1) << WAMP_OPT_exclude | UINT64_C(1) << WAMP_OPT_eligible | UINT64_C(1) << WAMP_OPT_exclude_authid |  \
     UINT64_C(1) << WAMP_OPT_exclude_authrole | UINT64_C(1) << WAMP_OPT_eligible_authid |                    \
     UINT64_C(1) << WAMP_OPT_eligible_authrole)

struct id_list {
    bool given;  /* an eligible list that is given and empty lets nobody through. spec: A-BWL-02 */
    uint32_t count;
    uint64_t *ids;  /* sorted */
};

struct name_list {
    bool given;
    uint32_t count;
    struct str *names;  /* sorted */
};

struct filter {
    struct id_list exclude, eligible;
    struct name_list exclude_authid, exclude_authrole, eligible_authid, eligible_authrole;
};

/* Reads the lists of o, in form ser. They lie in the arena, names may borrow the message. TOOBIG, NOMEM. */
enum wamp_err filter_parse(struct filter *f, enum wamp_ser ser, const struct wamp_options *o, struct wamp_arena *arena);

/* Takes empty eligible lists as absent. spec: A-BWL-02 */
void filter_ignore_empty(struct filter *f);

/* No list restricts anything: exclude lists are absent or empty, eligible lists absent. */
bool filter_is_open(const struct filter *f);

/* It restricts by session ids, which say nothing about a later reader. spec: A-HIS-02, R-16 */
bool filter_names_sessions(const struct filter *f);

bool filter_allows(const struct filter *f, const struct session *s);

#endif
