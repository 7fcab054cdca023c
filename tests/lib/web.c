#include "tests/lib/web.h"

#include "tests/lib/failmalloc.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>

struct plug *web_connect(struct rig *rig)
{
    rig->config.listeners[0].longpoll.base = "/lp";
    return rig_connect(rig);
}

void web_request(struct plug *p, const char *method, const char *path, const char *headers, struct str body)
{
    struct wamp_buf out = {0};
    fail_pause();
    wamp_buf_addf(&out, "%s %s HTTP/1.1\r\nHost: x\r\n%s", method, path, headers);
    wamp_buf_addf(&out, "Content-Length: %zu\r\n\r\n", body.len);
    wamp_buf_add_str(&out, body);
    fail_resume();
    plug_octets(p, out.ptr, out.len);
    fail_pause();
    wamp_buf_fini(&out);
    fail_resume();
}

void web_post(struct plug *p, const char *path, const char *body)
{
    web_request(p, "POST", path, "", str_z(body));
}

/* --- answers -------------------------------------------------------------------------------------------- */

static size_t body_len(struct str head)
{
    static const char name[] = "Content-Length: ";
    const char *at = memmem(head.ptr, head.len, name, sizeof name - 1);
    return at ? strtoul(at + sizeof name - 1, NULL, 10) : 0;
}

int web_answer(struct plug *p, struct str *head)
{
    struct str in = wamp_buf_str(&p->octets);
    in = in.len ? str_from(in, p->taken) : in;
    const char *end = in.len ? memmem(in.ptr, in.len, "\r\n\r\n", 4) : NULL;
    if (!end)
        return 0;
    *head = str_of(in.ptr, (size_t)(end + 4 - in.ptr));
    size_t len = body_len(*head);
    if (in.len - head->len < len)
        return 0;
    p->text = str_of(in.ptr + head->len, len);
    p->taken += head->len + len;
    return atoi(in.ptr + strlen("HTTP/1.1 "));
}

void expect_answer(struct plug *p, int status, const char *body)
{
    struct str head;
    int got = web_answer(p, &head);
    if (got != status)
        fail_msg("expected status %d, got %d: %.*s", status, got, got ? (int)p->text.len : 0, p->text.ptr);
    if (status && (!str_starts(p->text, str_z(body)) || (!body[0] && p->text.len)))
        fail_msg("expected %s.., got %.*s", body, STR_ARG(p->text));
}

/* --- long-poll ------------------------------------------------------------------------------------------ */

struct line web_open(struct plug *p, const char *protocol)
{
    char offer[100];
    struct line l = {""};
    struct str head;
    static const char key[] = "\"transport\": \"";
    snprintf(offer, sizeof offer, "{\"protocols\": [\"%s\"]}", protocol);
    web_post(p, "/lp/open", offer);
    const char *at = web_answer(p, &head) == 200 ? memmem(p->text.ptr, p->text.len, key, sizeof key - 1) : NULL;
    if (at)
        snprintf(l.id, sizeof l.id, "%.*s", (int)strcspn(at + sizeof key - 1, "\""), at + sizeof key - 1);
    return l;
}

static void post(struct plug *p, const struct line *l, const char *action, struct str body)
{
    char path[80];
    snprintf(path, sizeof path, "/lp/%s/%s", l->id, action);
    web_request(p, "POST", path, "", body);
}

void web_receive(struct plug *p, const struct line *l)
{
    post(p, l, "receive", STR(""));
}

void web_send(struct plug *p, const struct line *l, const char *body)
{
    post(p, l, "send", str_z(body));
}

void web_send_octets(struct plug *p, const struct line *l, struct str body)
{
    post(p, l, "send", body);
}

void web_close(struct plug *p, const struct line *l)
{
    post(p, l, "close", STR(""));
}

struct line web_session(struct plug *p)
{
    struct line l = web_open(p, "wamp.2.json");
    web_send(p, &l, "[1,\"realm1\",{\"roles\":{\"caller\":{},\"callee\":{},\"publisher\":{},\"subscriber\":{}}}]");
    expect_answer(p, 202, "");
    web_receive(p, &l);
    expect_answer(p, 200, "[2,");
    return l;
}

struct conn *web_conn(struct rig *rig)
{
    struct conn *last = NULL;
    for (struct list *n = list_first(&rig->hub.conns); n; n = list_next(&rig->hub.conns, n)) {
        struct conn *c = list_entry(n, struct conn, all);
        last = c->framing && c->framing->over_http ? c : last;
    }
    return last;
}
