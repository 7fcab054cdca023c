#include "tests/script/longpoll.h"

#include "common/batch.h"
#include "common/http.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

/* --- HTTP ----------------------------------------------------------------------------------------------- */

static void post(struct longpoll *lp, struct longpoll_http *h, const char *action, struct str body)
{
    struct wamp_buf out = {0};
    wamp_buf_addf(&out, "POST /lp/%s%s%s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", lp->id,
                  lp->id[0] ? "/" : "", action, body.len);
    wamp_buf_add_str(&out, body);
    h->waits = send(h->fd, out.ptr, out.len, MSG_NOSIGNAL) == (ssize_t)out.len;
    wamp_buf_fini(&out);
}

/* The status of the answer in h->in, its body in *body; 0: it is not whole. */
static int read_answer(struct longpoll_http *h, struct str *body)
{
    struct wamp_http_head head;
    size_t used, len = 0;
    const char *why;
    if (wamp_http_read_head(wamp_buf_str(&h->in), &head, &used, &why) != WAMP_HTTP_WHOLE)
        return 0;
    wamp_http_number(wamp_http_find(&head, STR("content-length")), &len);
    if (h->in.len < used + len)
        return 0;
    *body = str_of(h->in.ptr + used, len);
    return atoi(head.first.ptr + strlen("HTTP/1.1 "));
}

/* Takes what there is. False: the connection has ended. */
static bool fill(struct longpoll_http *h)
{
    char octets[65536];
    ssize_t n = recv(h->fd, octets, sizeof octets, 0);
    if (n > 0)
        wamp_buf_add(&h->in, octets, (size_t)n);
    return n > 0;
}

/* Waits for the answer; 0: none came. */
static int await_answer(struct longpoll_http *h, struct str *body)
{
    int status = 0;
    wamp_buf_reset(&h->in);
    while (h->waits && !(status = read_answer(h, body))) {
        struct pollfd p = {.fd = h->fd, .events = POLLIN};
        h->waits = poll(&p, 1, PATIENCE_MS) > 0 && fill(h);
    }
    h->waits = false;
    return status;
}

/* --- sending -------------------------------------------------------------------------------------------- */

int longpoll_send(struct longpoll *lp, struct str message)
{
    struct wamp_buf batch = {0};
    struct longpoll_http *h = &lp->http[LONGPOLL_SENDER];
    struct str body;
    char prefix[WAMP_BATCH_PREFIX];
    if (lp->batched) {
        wamp_buf_add(&batch, prefix, wamp_batch_prefix(prefix, lp->ser, message.len));
        wamp_buf_add_str(&batch, message);
        if (wamp_ser_is_text(lp->ser))
            wamp_buf_add_char(&batch, WAMP_BATCH_SEPARATOR);
        message = wamp_buf_str(&batch);
    }
    post(lp, h, "send", message);
    int status = await_answer(h, &body);
    wamp_buf_fini(&batch);
    return status;
}

int longpoll_say_close(struct longpoll *lp)
{
    struct longpoll_http *h = &lp->http[LONGPOLL_SENDER];
    struct str body;
    post(lp, h, "close", STR(""));
    return await_answer(h, &body);
}

/* --- receiving ------------------------------------------------------------------------------------------ */

bool longpoll_waits(const struct longpoll *lp)
{
    return lp->http[0].waits || lp->http[1].waits;
}

bool longpoll_receive(struct longpoll *lp)
{
    for (unsigned i = 0; i < LONGPOLL_RECEIVERS; i++) {
        if (lp->http[i].waits)
            continue;
        wamp_buf_reset(&lp->http[i].in);
        post(lp, &lp->http[i], "receive", STR(""));
        return true;
    }
    return false;
}

static enum longpoll_event event_of(int status)
{
    return status == 200 ? LONGPOLL_MESSAGES : status == 204 ? LONGPOLL_EMPTY : LONGPOLL_ENDED;
}

enum longpoll_event longpoll_read(struct longpoll *lp, int ms, struct str *body)
{
    struct pollfd p[LONGPOLL_RECEIVERS];
    for (unsigned i = 0; i < LONGPOLL_RECEIVERS; i++)
        p[i] = (struct pollfd){.fd = lp->http[i].waits ? lp->http[i].fd : -1, .events = POLLIN};
    while (poll(p, LONGPOLL_RECEIVERS, ms) > 0) {
        struct longpoll_http *h = &lp->http[p[0].revents ? 0 : 1];
        if (!fill(h))
            return LONGPOLL_ENDED;
        int status = read_answer(h, body);
        h->waits = !status;
        if (status)
            return event_of(status);
    }
    return LONGPOLL_NOTHING;
}

/* --- opening and closing -------------------------------------------------------------------------------- */

bool longpoll_open(struct longpoll *lp, enum wamp_ser ser, bool batched, const int fds[LONGPOLL_CONNECTIONS],
                   const char **broken)
{
    static const char key[] = "\"transport\": \"";
    char offer[100];
    struct str body = {0};
    *lp = (struct longpoll){.ser = ser, .batched = batched};
    for (unsigned i = 0; i < LONGPOLL_CONNECTIONS; i++)
        lp->http[i].fd = fds[i];
    int len = snprintf(offer, sizeof offer, "{\"protocols\": [\"%s%s\"]}", wamp_ser_subprotocol(ser),
                       batched ? ".batched" : "");
    struct longpoll_http *h = &lp->http[LONGPOLL_SENDER];
    post(lp, h, "open", str_of(offer, (size_t)len));
    const char *at = await_answer(h, &body) == 200 ? memmem(body.ptr, body.len, key, sizeof key - 1) : NULL;
    *broken = "no transport was opened";
    if (!at)
        return false;
    at += sizeof key - 1;
    snprintf(lp->id, sizeof lp->id, "%.*s", (int)strcspn(at, "\""), at);
    return longpoll_receive(lp);
}

void longpoll_close(struct longpoll *lp)
{
    for (unsigned i = 0; i < LONGPOLL_CONNECTIONS; i++) {
        if (lp->http[i].fd >= 0)
            close(lp->http[i].fd);
        wamp_buf_fini(&lp->http[i].in);
    }
}
