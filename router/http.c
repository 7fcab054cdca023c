#include "router/http.h"

#include "common/http.h"
#include "common/mem.h"
#include "router/http_request.h"
#include "router/longpoll.h"
#include "router/opening.h"

/* Octets of further requests that are kept while one is served: who sends more at once is no client of ours. */
enum { PIPELINED_MAX = 16384 };

/* --- what has come -------------------------------------------------------------------------------------- */

/* What has come and is not served yet. */
static struct str unserved(const struct conn *c)
{
    struct str all = wamp_buf_str(&c->in.opening);
    return all.len ? str_from(all, c->http->served) : all;
}

/* The request at hand is done with. An idle connection holds no memory. */
static void forget_request(struct conn *c, size_t len)
{
    struct http *h = c->http;
    h->need = 0;
    h->served += len;
    if (unserved(c).len)
        return;
    wamp_buf_fini(&c->in.opening);
    h->served = 0;
}

static void append(struct conn *c, struct str octets)
{
    struct wamp_buf *in = &c->in.opening;
    if (c->http->served) {
        in->len -= c->http->served;
        memmove(in->ptr, in->ptr + c->http->served, in->len);
        c->http->served = 0;
    }
    wamp_buf_add_str(in, octets);
}

/* --- answers -------------------------------------------------------------------------------------------- */

static const char *phrase_of(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {
        {200, "OK"},
        {202, "Accepted"},
        {204, "No Content"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {431, "Request Header Fields Too Large"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    size_t i = 0;
    while (i + 1 < sizeof phrases / sizeof *phrases && phrases[i].status != status)
        i++;
    return phrases[i].phrase;
}

/* Whoever has the id of a transport may use it, wherever the page came from; autobahn-js asks with credentials,
 * which "*" would not allow. spec: A-LP-09 */
static void add_cors(struct wamp_buf *out, const struct http *h)
{
    if (h->origin[0])
        wamp_buf_addf(out,
                      "Access-Control-Allow-Origin: %s\r\nAccess-Control-Allow-Credentials: true\r\n"
                      "Vary: Origin\r\n",
                      h->origin);
}

static void add_head(struct conn *c, int status, struct str type, size_t body_len)
{
    struct wamp_buf *out = &c->hub->scratch;
    c->http->keep_alive = c->http->keep_alive && !c->hub->stopping;
    wamp_buf_reset(out);
    wamp_buf_addf(out, "HTTP/1.1 %d %s\r\nCache-Control: no-store\r\n", status, phrase_of(status));
    add_cors(out, c->http);
    if (!c->http->keep_alive)
        wamp_buf_addf(out, "Connection: close\r\n");
    if (status == 405)
        wamp_buf_addf(out, "Allow: POST, OPTIONS\r\n");
    if (type.len)
        wamp_buf_addf(out, "Content-Type: %.*s\r\n", STR_ARG(type));
    if (status != 204)
        wamp_buf_addf(out, "Content-Length: %zu\r\n", body_len);
}

static void write_scratch(struct conn *c)
{
    struct wamp_buf *out = &c->hub->scratch;
    conn_write(c, out->failed ? STR("") : wamp_buf_str(out));
}

void http_begin_answer(struct conn *c, int status, struct str type, size_t body_len)
{
    add_head(c, status, type, body_len);
    wamp_buf_add_str(&c->hub->scratch, STR("\r\n"));
    write_scratch(c);
}

static void make_ready(struct http *h)
{
    if (!list_is_linked(&h->ready))
        list_add_tail(&h->conn->hub->http_ready, &h->ready);
}

void http_answered(struct conn *c)
{
    struct http *h = c->http;
    if (c->state != CONN_HTTP)
        return;
    h->transport = NULL;
    wait_start(&c->hub->waits, &c->wait, WAIT_REQUEST, c->hub->now);
    if (!h->keep_alive)
        conn_finish(c);
    else if (!c->out.waiting && unserved(c).len)
        make_ready(h);
}

void http_answer(struct conn *c, int status, struct str type, struct str body)
{
    http_begin_answer(c, status, type, body.len);
    if (body.len && c->state == CONN_HTTP)
        conn_write(c, body);
    http_answered(c);
}

void http_refuse(struct conn *c, int status, const char *why)
{
    c->hub->metrics.refused_requests++;
    c->http->keep_alive = false;
    http_answer(c, status, STR("text/plain; charset=utf-8"), str_z(why));
}

/* A browser asks before it sends JSON to another origin. spec: A-LP-09 */
static void answer_preflight(struct conn *c)
{
    add_head(c, 204, STR(""), 0);
    wamp_buf_add_str(&c->hub->scratch, STR("Access-Control-Allow-Methods: POST, OPTIONS\r\n"
                                           "Access-Control-Allow-Headers: Content-Type\r\n"
                                           "Access-Control-Max-Age: 86400\r\nAllow: POST, OPTIONS\r\n\r\n"));
    write_scratch(c);
    http_answered(c);
}

/* --- requests ------------------------------------------------------------------------------------------- */

static void await(struct conn *c, enum wait_kind kind)
{
    if (c->wait.kind != kind)
        wait_start(&c->hub->waits, &c->wait, kind, c->hub->now);
}

/* The head is there. The body has a time of its own, which its coming does not move. */
static void await_body(struct conn *c, const struct http_request *r)
{
    c->http->need = r->head_len + r->body_len;
    wait_start(&c->hub->waits, &c->wait, WAIT_REQUEST, c->hub->now);
    if (r->expects_continue)
        conn_write(c, STR("HTTP/1.1 100 Continue\r\n\r\n"));
}

static void keep_headers(struct http *h, const struct http_request *r)
{
    size_t len = r->origin.len < HTTP_ORIGIN_MAX && wamp_http_is_visible(r->origin) ? r->origin.len : 0;
    if (len)
        memcpy(h->origin, r->origin.ptr, len);
    h->origin[len] = '\0';
    h->keep_alive = r->keep_alive;
}

/* Its body is judged before it has come. */
static void serve_post(struct conn *c, const struct http_request *r)
{
    struct http *h = c->http;
    struct longpoll_request what;
    bool exists = longpoll_route(c, r->path, &what);
    struct str in = unserved(c);
    size_t whole = r->head_len + r->body_len;
    if (r->body_len > (exists ? longpoll_body_max(c, &what) : (size_t)c->hub->config->max_hello)) {
        if (exists)
            longpoll_on_oversize(&what);
        http_refuse(c, 413, "the body is larger than a message may be");
    } else if (in.len < whole) {
        await_body(c, r);
    } else if (!exists) {
        http_answer(c, 404, STR(""), STR(""));
        forget_request(c, whole);
    } else {
        wait_stop(&c->hub->waits, &c->wait);
        h->need = whole;
        if (longpoll_serve(c, &what, str_of(in.ptr + r->head_len, r->body_len)))
            forget_request(c, whole);
    }
}

static void serve_other(struct conn *c, const struct http_request *r)
{
    if (r->body_len)
        http_refuse(c, 400, "such a request has no body");
    else if (str_eq(r->method, STR("OPTIONS")))
        answer_preflight(c);
    else
        http_answer(c, 405, STR(""), STR(""));
    forget_request(c, r->head_len);
}

/* Without the headers that would let it read why. */
static void refuse_page(struct conn *c)
{
    c->http->origin[0] = '\0';
    http_refuse(c, 403, "pages of that origin may not connect");
}

static void serve(struct conn *c)
{
    struct http *h = c->http;
    struct http_request r;
    const char *why = NULL;
    struct str in = unserved(c);
    if (!in.len || in.len < h->need)
        return;
    int status = http_read_request(in, &r, &why);
    if (status == 0) {
        await(c, WAIT_OPENING);
        return;
    }
    keep_headers(h, &r);
    if (status != WAMP_HTTP_WHOLE)
        http_refuse(c, status, why);
    else if (c->refused)
        http_refuse(c, 503, "too many connections");
    else if (!opening_admits(c, r.origin))
        refuse_page(c);
    else if (str_eq(r.method, STR("POST")))
        serve_post(c, &r);
    else
        serve_other(c, &r);
}

static bool may_serve(const struct conn *c)
{
    return c->state == CONN_HTTP && !c->http->transport && !c->out.waiting;
}

bool http_serve_one(struct hub *hub)
{
    struct list *n = list_first(&hub->http_ready);
    if (!n)
        return false;
    struct http *h = list_entry(n, struct http, ready);
    list_remove(&h->ready);
    if (may_serve(h->conn) || (h->conn->state == CONN_HTTP && list_is_linked(&h->parked)))
        serve(h->conn);
    return true;
}

/* --- what the connection reports ------------------------------------------------------------------------ */

void http_open(struct conn *c)
{
    struct http *h = wamp_zalloc(sizeof *h);
    if (!h) {
        conn_drop(c);
        return;
    }
    h->conn = c;
    conn_open_http(c, h);
}

void http_on_octets(struct conn *c, struct str octets)
{
    append(c, octets);
    if (c->in.opening.failed)
        conn_drop(c);
    else if (may_serve(c))
        serve(c);
    else if (c->in.opening.len > c->http->need + PIPELINED_MAX)
        conn_drop(c);
}

void http_on_sent(struct conn *c)
{
    if (c->http->transport)
        longpoll_on_sent(c->http->transport, c);
    else if (unserved(c).len)
        make_ready(c->http);
}

void http_wake(struct conn *c)
{
    make_ready(c->http);
}

void http_close(struct conn *c)
{
    c->http->keep_alive = false;
    if (!c->http->transport)
        conn_finish(c);
}

void http_on_gone(struct conn *c)
{
    struct http *h = c->http;
    if (h->transport)
        longpoll_on_gone(h->transport, c);
    list_remove(&h->ready);
    list_remove(&h->parked);
    c->http = NULL;
    wamp_free(h);
}
