#include "client/resolve.h"

#include "common/mem.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct resolve {
    _Atomic int refs;   /* the peer's and the thread's */
    _Atomic bool done;  /* what follows is set */
    int error;          /* of getaddrinfo */
    struct addrinfo *found;
    int done_fd, epoll_fd;
    char host[256], port[8];
};

static void unref(struct resolve *r)
{
    if (atomic_fetch_sub(&r->refs, 1) != 1)
        return;
    if (r->found)
        freeaddrinfo(r->found);
    close(r->done_fd);
    wamp_free(r);
}

static void look_up(struct resolve *r, int flags)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | flags};
    r->error = getaddrinfo(r->host, r->port, &hints, &r->found);
}

static void *work(void *arg)
{
    struct resolve *r = arg;
    look_up(r, AI_ADDRCONFIG);
    atomic_store(&r->done, true);
    eventfd_write(r->done_fd, 1);
    unref(r);
    return NULL;
}

static bool start_thread(struct resolve *r)
{
    pthread_t thread;
    sigset_t all, before;
    atomic_fetch_add(&r->refs, 1);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = !pthread_create(&thread, NULL, work, r);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (ok)
        pthread_detach(thread);
    else
        unref(r);
    return ok;
}

struct resolve *wamp_resolve_start(const char *host, const char *port, int epoll_fd)
{
    struct epoll_event ev = {.events = EPOLLIN};
    struct resolve *r = wamp_zalloc(sizeof *r);
    if (!r)
        return NULL;
    r->refs = 1;
    r->epoll_fd = epoll_fd;
    r->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    snprintf(r->host, sizeof r->host, "%s", host);
    snprintf(r->port, sizeof r->port, "%s", port);
    if (r->done_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, r->done_fd, &ev)) {
        wamp_resolve_drop(r);
        return NULL;
    }
    look_up(r, AI_NUMERICHOST);
    if (!r->error) {
        r->done = true;
        eventfd_write(r->done_fd, 1);
    } else if (!start_thread(r)) {
        wamp_resolve_drop(r);
        return NULL;
    }
    return r;
}

wamp_rc wamp_resolve_poll(struct resolve *r, struct addrinfo **out, struct why *why)
{
    if (!atomic_load(&r->done))
        return WAMP_E_AGAIN;
    *out = r->found;
    r->found = NULL;
    if (*out)
        return WAMP_OK;
    wamp_why(why, "%s", gai_strerror(r->error));
    return WAMP_E_LOST;
}

void wamp_resolve_drop(struct resolve *r)
{
    if (!r)
        return;
    if (r->done_fd >= 0)
        epoll_ctl(r->epoll_fd, EPOLL_CTL_DEL, r->done_fd, NULL);
    unref(r);
}
