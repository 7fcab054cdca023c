#include "client/failure.h"

#include "common/msg.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define X(name) [-WAMP_E_##name] = "WAMP_E_" #name,
static const char *const names[] = {[0] = "WAMP_OK",
                                    X(REMOTE) X(TIMEOUT) X(CANCELED) X(LOST) X(REFUSED) X(ARGS) X(STATE) X(AGAIN)
                                        X(NOMEM) X(TOOBIG)};
#undef X

const char *wamp_rc_name(wamp_rc rc)
{
    if (rc == WAMP_MORE)
        return "WAMP_MORE";
    size_t row = (size_t) - (int)rc;
    return row < sizeof names / sizeof *names ? names[row] : "unknown";
}

void wamp_failure_clear(struct failure *f)
{
    wamp_tree_drop(f->tree);
    f->tree = NULL;
    f->e = (wamp_error){.message = "",
                        .origin = "undisclosed",
                        .traceback = "",
                        .args = &wamp_empty_list,
                        .kwargs = &wamp_empty_dict,
                        .details = &wamp_empty_dict};
}

wamp_rc wamp_failure_set(struct failure *f, wamp_rc rc, const char *fmt, ...)
{
    char text[sizeof f->text];  /* the arguments may be texts of f */
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    wamp_failure_clear(f);
    memcpy(f->text, text, sizeof text);
    f->e.rc = rc;
    f->e.message = f->text;
    return rc;
}

/* --- from a message ------------------------------------------------------------------------------------------ */

/* First argument, else keyword argument `message` (wampy), else Details.message (ABORT). */
static const char *message_of(const wamp_error *e)
{
    const wamp_val *first = wamp_at(e->args, 0), *message = wamp_key(e->kwargs, "message");
    if (wamp_type(first) == WAMP_T_STR)
        return wamp_str(first);
    return wamp_str(message ? message : wamp_key(e->details, "message"));
}

/* The callee's session id, where the router tells it. */
static const char *origin_of(const wamp_error *e, struct wamp_arena *arena)
{
    uint64_t session = wamp_uint(wamp_key(e->details, "callee"));
    char *text = session ? wamp_arena_alloc(arena, 24) : NULL;
    if (!text)
        return "undisclosed";
    snprintf(text, 24, "%" PRIu64, session);
    return text;
}

/* A text, or a list of lines (autobahn). */
static const char *traceback_of(const wamp_error *e, struct wamp_arena *arena)
{
    const wamp_val *tb = wamp_key(e->kwargs, "traceback");
    struct wamp_buf lines = {0};
    if (wamp_type(tb) != WAMP_T_LIST)
        return wamp_str(tb);
    for (size_t i = 0; i < wamp_len(tb); i++) {
        wamp_buf_add_str(&lines, str_of(wamp_str(wamp_at(tb, i)), wamp_len(wamp_at(tb, i))));
        if (i + 1 < wamp_len(tb))
            wamp_buf_add_char(&lines, '\n');
    }
    const char *text = lines.failed ? NULL : wamp_arena_copy(arena, wamp_buf_str(&lines)).ptr;
    wamp_buf_fini(&lines);
    return text ? text : "";
}

/* What is left when memory is short: the beginning of the URI. */
static wamp_rc shortened(struct failure *f, wamp_rc rc, const struct wamp_msg *m)
{
    wamp_failure_set(f, rc, "out of memory for the message");
    snprintf(f->uri, sizeof f->uri, "%.*s", STR_ARG(m->uri));
    f->e.uri = f->uri;
    return rc;
}

wamp_rc wamp_failure_remote(struct failure *f, wamp_rc rc, const struct wamp_msg *m)
{
    struct parts parts;
    wamp_failure_clear(f);
    if (wamp_parts_read(m, &parts))
        return shortened(f, rc, m);
    if (!parts.tree)
        parts.tree = wamp_tree_new(m->uri.len);
    if (!parts.tree)
        return shortened(f, rc, m);
    f->tree = parts.tree;
    struct wamp_arena *arena = wamp_tree_arena(f->tree);
    const char *uri = wamp_arena_copy(arena, m->uri).ptr;
    if (!uri)
        return shortened(f, rc, m);
    f->e =
        (wamp_error){.rc = rc, .uri = uri, .args = parts.args, .kwargs = parts.kwargs, .details = parts.details};
    f->e.message = message_of(&f->e);
    f->e.origin = origin_of(&f->e, arena);
    f->e.traceback = traceback_of(&f->e, arena);
    return rc;
}

void wamp_failure_copy(struct failure *to, const struct failure *from)
{
    struct tree *tree = wamp_tree_ref(from->tree);
    wamp_failure_clear(to);
    to->tree = tree;
    to->e = from->e;
    memcpy(to->text, from->text, sizeof to->text);
    memcpy(to->uri, from->uri, sizeof to->uri);
    if (from->e.message == from->text)
        to->e.message = to->text;
    if (from->e.uri == from->uri)
        to->e.uri = to->uri;
}
