/* What idle sessions cost: starts wampd, times it to its ready line, opens N WebSocket sessions (JSON), and prints the
 * router's memory per session and how fast they joined.
 *
 *     idle WAMPD [N]     N 10000 by default, less where the limit of open files is lower */
#include "common/websocket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STARTS = 10, PER_ADDRESS = 2000, BATCH = 100 };

static void die(const char *what)
{
    fprintf(stderr, "idle: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Starts wampd and reads its ready line; returns the pid. */
static pid_t start(const char *program, unsigned *port, double *ms)
{
    int out[2];
    char line[512] = "";
    if (pipe(out))
        die("pipe");
    double begun = now_ms();
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], 1);
        close(out[0]);
        close(out[1]);
        execl(program, program, "--listen", "ws://127.0.0.1:0", "--log-level", "error", (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    FILE *f = fdopen(out[0], "r");
    if (!f || !fgets(line, sizeof line, f) || strncmp(line, "wampd ready", 11))
        die("wampd did not get ready");
    *ms = now_ms() - begun;
    *port = (unsigned)atoi(strrchr(line, ':') + 1);
    fclose(f);
    return pid;
}

static void stop(pid_t pid)
{
    int status;
    kill(pid, SIGTERM);
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status))
        die("wampd did not exit with 0");
}

static long rss_kib(pid_t pid)
{
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "VmRSS:", 6))
            kib = atol(line + 6);
    if (f)
        fclose(f);
    return kib;
}

/* From 127.0.0.2 on, 2000 connections an address, so that the kernel need not search for ports. */
static int connect_from(unsigned n, unsigned port)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002u + n / PER_ADDRESS)};
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){1}, sizeof(int));
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) || connect(fd, (struct sockaddr *)&to, sizeof to))
        die("connect");
    return fd;
}

static void expect(int fd, const char *what)
{
    char octets[4096];
    size_t n = 0;
    while (n < sizeof octets - 1) {
        ssize_t got = recv(fd, octets + n, sizeof octets - 1 - n, 0);
        if (got <= 0)
            die("the router closed a connection");
        n += (size_t)got;
        octets[n] = '\0';
        if (strstr(octets, what))
            return;
    }
    die("an answer that was not expected");
}

static void send_all(int fd, struct str octets)
{
    if (send(fd, octets.ptr, octets.len, MSG_NOSIGNAL) != (ssize_t)octets.len)
        die("send");
}

static void join(const int *fds, unsigned count)
{
    static const char hello[] = "[1,\"realm1\",{\"roles\":{\"caller\":{},\"subscriber\":{}}}]";
    static const uint8_t mask[4] = {1, 2, 3, 4};
    uint8_t header[WAMP_WS_HEADER_ROOM];
    struct wamp_buf upgrade = {0}, frame = {0};
    wamp_ws_request(&upgrade, STR("localhost"), STR("/"), WAMP_JSON, (const uint8_t *)"0123456789abcdef");
    wamp_buf_add(&frame, header, wamp_ws_header(header, WAMP_WS_TEXT, sizeof hello - 1, mask));
    wamp_buf_add(&frame, hello, sizeof hello - 1);
    wamp_ws_mask(frame.ptr + frame.len - (sizeof hello - 1), sizeof hello - 1, mask, 0);
    for (unsigned i = 0; i < count; i++)
        send_all(fds[i], wamp_buf_str(&upgrade));
    for (unsigned i = 0; i < count; i++)
        expect(fds[i], "\r\n\r\n");
    for (unsigned i = 0; i < count; i++)
        send_all(fds[i], wamp_buf_str(&frame));
    for (unsigned i = 0; i < count; i++)
        expect(fds[i], "[2,");
    wamp_buf_fini(&upgrade);
    wamp_buf_fini(&frame);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    unsigned wanted = argc > 2 ? (unsigned)atoi(argv[2]) : 10000, port;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (wanted > files.rlim_cur - 100)
        wanted = (unsigned)files.rlim_cur - 100;
    double best = 1e9, ms;
    for (int i = 0; i < STARTS; i++) {
        stop(start(argv[1], &port, &ms));
        best = ms < best ? ms : best;
    }
    pid_t pid = start(argv[1], &port, &ms);
    int *fds = calloc(wanted, sizeof *fds);
    long before = rss_kib(pid);
    double begun = now_ms();
    for (unsigned n = 0; n < wanted; n += BATCH) {
        unsigned count = wanted - n < BATCH ? wanted - n : BATCH;
        for (unsigned i = 0; i < count; i++)
            fds[n + i] = connect_from(n + i, port);
        join(fds + n, count);
    }
    double took = now_ms() - begun;
    long after = rss_kib(pid);
    printf("ready after %.1f ms (best of %d); %u idle WebSocket sessions: %.0f octets each (RSS %ld -> %ld KiB), %.0f joins/s\n\n",
           best, STARTS, wanted, (double)(after - before) * 1024 / wanted, before, after, wanted / took * 1e3);
    for (unsigned n = 0; n < wanted; n++)
        close(fds[n]);
    stop(pid);
    return 0;
}
