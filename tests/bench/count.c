/* count.so: preloaded, counts the allocations and system calls of a process. Slow paths only: never used while speed is
 * measured. */
#include "tests/bench/counts.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static struct counts nowhere, *counts = &nowhere;

__attribute__((constructor)) static void map_counts(void)
{
    const char *path = getenv(COUNTS_VARIABLE);
    int fd = path ? open(path, O_RDWR) : -1;
    if (fd < 0)
        return;
    void *map = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED)
        counts = map;
    close(fd);
}

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

void *malloc(size_t size)
{
    counts->allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    counts->allocations++;
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    counts->allocations++;
    return __libc_realloc(p, size);
}

#define COUNTED(type, name, parameters, arguments)                                                           \
    type name parameters                                                                                     \
    {                                                                                                        \
        static type(*real) parameters;                                                                       \
        if (!real)                                                                                           \
            *(void **)&real = dlsym(RTLD_NEXT, #name);                                                       \
        counts->calls++;                                                                                     \
        return real arguments;                                                                               \
    }

COUNTED(ssize_t, read, (int fd, void *b, size_t n), (fd, b, n))
COUNTED(ssize_t, write, (int fd, const void *b, size_t n), (fd, b, n))
COUNTED(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n))
COUNTED(ssize_t, send, (int fd, const void *b, size_t n, int f), (fd, b, n, f))
COUNTED(ssize_t, recv, (int fd, void *b, size_t n, int f), (fd, b, n, f))
COUNTED(ssize_t, sendmsg, (int fd, const struct msghdr *m, int f), (fd, m, f))
COUNTED(int, epoll_wait, (int fd, struct epoll_event *e, int n, int t), (fd, e, n, t))
COUNTED(int, epoll_pwait, (int fd, struct epoll_event *e, int n, int t, const sigset_t *s), (fd, e, n, t, s))
COUNTED(int, epoll_ctl, (int fd, int op, int of, struct epoll_event *e), (fd, op, of, e))
COUNTED(int, poll, (struct pollfd *f, nfds_t n, int t), (f, n, t))
