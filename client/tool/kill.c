/* wamp kill. */
#include "client/tool/commands.h"
#include "client/tool/payload.h"
#include "client/tool/print.h"
#include "client/tool/session.h"

#include <string.h>

/* What may be named, before its name: authid=NAME. A bare word is a session id. */
static const struct target {
    const char *prefix, *procedure;
    bool has_name;
} targets[] = {
    {"authid=", "wamp.session.kill_by_authid", true},
    {"authrole=", "wamp.session.kill_by_authrole", true},
    {"all", "wamp.session.kill_all", false},
    {"", "wamp.session.kill", true},
};

static const struct target *find_target(const char *word)
{
    const struct target *t = targets;
    while (t->has_name ? strncmp(word, t->prefix, strlen(t->prefix)) != 0 : strcmp(word, t->prefix) != 0)
        t++;
    return t;
}

static void add_text(struct wamp_buf *to, const char *key, const char *text)
{
    wamp_val *v = text ? wamp_build("s", text) : NULL, *json = v ? wamp_to_json(v) : NULL;
    if (json)
        wamp_buf_addf(to, "%s\"%s\":%s", to->len > 1 ? "," : "", key, wamp_str(json));
    wamp_drop(&json);
    wamp_drop(&v);
}

/* The keyword arguments: a dict. NULL: out of memory, or no UTF-8. */
static wamp_val *reasons(const struct options *o)
{
    struct wamp_buf text = {0};
    wamp_buf_add_char(&text, '{');
    add_text(&text, "reason", o->reason);
    add_text(&text, "message", o->message);
    wamp_buf_add_char(&text, '}');
    wamp_val *v = text.failed ? NULL : wamp_from_json(text.ptr, text.len);
    wamp_buf_fini(&text);
    return v;
}

static int kill_one(const struct options *o, wamp_peer *peer, const char *word, const wamp_val *kwargs)
{
    const struct target *t = find_target(word);
    const char *name = word + strlen(t->prefix);
    wamp_val *id = *t->prefix ? wamp_build("s", name) : wamp_from_json(name, strlen(name)), *answer = NULL;
    wamp_rc rc = WAMP_E_ARGS;
    if (id)
        rc = t->has_name ? wamp_callx(peer, t->procedure, NULL, &answer, NULL, "vV", id, kwargs)
                         : wamp_callx(peer, t->procedure, NULL, &answer, NULL, "V", kwargs);
    int status = !id ? misused("'%s': expected a session id, authid=NAME, authrole=NAME or all", word)
                     : rc ? print_error(o, wamp_err(peer)) : 0;
    const wamp_val *count = wamp_at(answer, 0);
    if (!status && wamp_type(count) != WAMP_T_NULL) {
        print_json(stdout, count);
        putchar('\n');
    }
    wamp_drop(&answer);
    wamp_drop(&id);
    return status;
}

int command_kill(struct options *o)
{
    int status = 0;
    wamp_val *kwargs = reasons(o);
    wamp_peer *peer = kwargs ? session_open(o, &(wamp_opt){0}, &status) : NULL;
    if (!kwargs)
        status = misused("--reason, --message: no valid UTF-8");
    for (size_t i = 0; peer && i < o->word_count && !status; i++)
        status = kill_one(o, peer, o->words[i].text, kwargs);
    wamp_close(peer);
    wamp_drop(&kwargs);
    return status;
}
