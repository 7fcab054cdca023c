/* The load generator of `make bench`: one process, one thread, pipelined.
 *
 *     load --url ws://127.0.0.1:PORT | rs://.. | unix:PATH   where wampd listens, or  --relay PORT
 *          --pid PID           whose CPU time counts
 *          --case calls|events|fanout  --peers N  --window W  --size OCTETS  --ser json|msgpack  --ms DURATION
 *          [--counts FILE]     counters of count.so
 *
 * calls: one callee answers, N callers have W calls each under way. events: N publishers, each with a subscriber; W
 * events under way each. fanout: one publisher, N subscribers; W publications under way. Prints one JSON object:
 * answers (results or events received) in the measured time, CPU nanoseconds of the router, system calls, allocations.
 *
 * Against the relay the same frames go the same ways without a session. Request ids have a fixed width, so that the
 * relay finds the caller in them: JSON ten digits 1CCCssssss, MessagePack 32 bits 0x1CCCssss (C caller, s sequence). */
#include "common/rawsocket.h"
#include "common/websocket.h"
#include "tests/bench/counts.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { PEERS_MAX = 2048, READ_SIZE = 1 << 18, WARM_UP_MS = 200 };

enum role { CALLER, CALLEE, PUBLISHER, SUBSCRIBER, BROADCASTER, LISTENER };
static const char *const paths[] = {"/caller/", "/callee/", "/pub/", "/sub/", "/broadcast/", "/listen/"};

struct peer {
    int fd;
    enum role role;
    unsigned index;
    uint32_t sequence;
    bool dirty, blocked;
    struct wamp_ws ws;
    struct wamp_rs rs;
    struct wamp_buf out;
};

static struct {
    const char *url, *test;
    unsigned relay_port, peers, window, ms;
    size_t size;
    pid_t pid;
    enum wamp_ser ser;
    bool raw;  /* RawSocket framing */
} o = {.test = "calls", .peers = 10, .window = 16, .ms = 700, .size = 64, .ser = WAMP_JSON};

static int epoll_fd;
static struct peer *peers[PEERS_MAX], *dirty[PEERS_MAX];
static unsigned peer_count, dirty_count;
static uint64_t answers, fanned;
static char *payload;
static volatile struct counts *counts;

static void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* User and system time of all threads of the router. */
static uint64_t cpu_ns(void)
{
    char name[64], line[128];
    uint64_t sum = 0;
    snprintf(name, sizeof name, "/proc/%d/task", (int)o.pid);
    DIR *dir = opendir(name);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[340];
        snprintf(path, sizeof path, "%s/%s/schedstat", name, e->d_name);
        FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "r");
        if (f && fgets(line, sizeof line, f))
            sum += strtoull(line, NULL, 10);
        if (f)
            fclose(f);
    }
    if (dir)
        closedir(dir);
    return sum;
}

/* --- frames out ------------------------------------------------------------------------------------------------------------- */

static void mark_dirty(struct peer *p)
{
    if (!p->dirty)
        dirty[dirty_count++] = p;
    p->dirty = true;
}

/* Appends a message whose octets are already behind the room for its header: finishes the frame. */
struct open_frame {
    size_t start, head;
};

static struct open_frame frame_begin(struct peer *p, size_t about)
{
    struct open_frame f = {p->out.len, o.raw ? 4 : about < 110 ? 6 : 8};
    wamp_buf_room(&p->out, f.head + about + 64);
    p->out.len += f.head;
    return f;
}

static void frame_end(struct peer *p, struct open_frame f)
{
    static const uint8_t mask[4] = {0x12, 0x34, 0x56, 0x78};
    uint8_t header[WAMP_WS_HEADER_ROOM];
    char *body = p->out.ptr + f.start + f.head;
    size_t len = p->out.len - f.start - f.head;
    if (o.raw) {
        wamp_rs_header(header, 0, len);
    } else {
        if (wamp_ws_header(header, o.ser == WAMP_JSON ? WAMP_WS_TEXT : WAMP_WS_BINARY, len, mask) != f.head)
            die("frame header of another size than planned");
        wamp_ws_mask(body, len, mask, 0);
    }
    memcpy(p->out.ptr + f.start, header, f.head);
    mark_dirty(p);
}

static void add_id(struct wamp_buf *out, uint32_t caller, uint32_t sequence)
{
    if (o.ser == WAMP_JSON) {
        char text[11] = {'1'};
        uint32_t n = caller * 1000000 + sequence % 1000000;
        for (int i = 9; i > 0; i--, n /= 10)
            text[i] = (char)('0' + n % 10);
        wamp_buf_add(out, text, 10);
    } else {
        uint32_t id = htonl(0x10000000u | caller << 16 | (sequence & 0xffff));
        wamp_buf_add_char(out, (char)0xce);
        wamp_buf_add(out, &id, 4);
    }
}

static void add_payload(struct wamp_buf *out)
{
    if (o.ser == WAMP_JSON) {
        wamp_buf_add_str(out, STR(",[\""));
        wamp_buf_add(out, payload, o.size);
        wamp_buf_add_str(out, STR("\"]]"));
    } else {
        struct wamp_wr w = wamp_wr(WAMP_MSGPACK, out);
        wamp_wr_list(&w, 1);
        wamp_wr_str(&w, str_of(payload, o.size));
    }
}

/* [code, id, {}, uri, [payload]] or, without a URI, [code, id, {}, [payload]] */
static void send_message(struct peer *p, unsigned code, uint32_t caller, uint32_t sequence, struct str raw_id, struct str uri)
{
    struct open_frame f = frame_begin(p, o.size + 24 + uri.len);
    struct wamp_buf *out = &p->out;
    if (o.ser == WAMP_JSON) {
        char head[4] = {'[', (char)('0' + code / 10), (char)('0' + code % 10), ','};
        wamp_buf_add(out, head, 4);
    } else {
        wamp_buf_add_char(out, uri.len ? (char)0x95 : (char)0x94);
        wamp_buf_add_char(out, (char)code);
    }
    if (raw_id.len)
        wamp_buf_add_str(out, raw_id);
    else
        add_id(out, caller, sequence);
    wamp_buf_add_str(out, o.ser == WAMP_JSON ? STR(",{}") : STR("\x80"));
    if (uri.len && o.ser == WAMP_JSON) {
        wamp_buf_add_str(out, STR(",\""));
        wamp_buf_add_str(out, uri);
        wamp_buf_add_char(out, '"');
    } else if (uri.len) {
        struct wamp_wr w = wamp_wr(WAMP_MSGPACK, out);
        wamp_wr_str(&w, uri);
    }
    add_payload(out);
    frame_end(p, f);
}

static void call(struct peer *p)
{
    send_message(p, 48, p->index, ++p->sequence, STR(""), STR("com.bench.echo"));
}

static void publish(struct peer *p)
{
    char topic[32];
    int n = snprintf(topic, sizeof topic, "com.bench.t%04u", p->index);
    send_message(p, 16, p->index, ++p->sequence, STR(""), str_of(topic, (size_t)n));
}

/* The octets of element 1 of an INVOCATION, or of the CALL that the relay hands over. */
static struct str request_of(struct str m)
{
    if (o.ser == WAMP_JSON) {
        const char *end = memchr(m.ptr + 4, ',', m.len - 4);
        return str_of(m.ptr + 4, (size_t)(end - (m.ptr + 4)));
    }
    uint8_t head = (uint8_t)m.ptr[2];
    return str_of(m.ptr + 2, head < 0x80 ? 1 : head == 0xcc ? 2 : head == 0xcd ? 3 : head == 0xce ? 5 : 9);
}

/* --- frames in ---------------------------------------------------------------------------------------------------------------- */

static void on_message(struct peer *p, struct str m)
{
    switch (p->role) {
    case CALLEE:
        send_message(p, 70, 0, 0, request_of(m), STR(""));
        break;
    case CALLER:
        answers++;
        call(p);
        break;
    case SUBSCRIBER:
        answers++;
        publish(peers[p->index]);  /* publishers were opened first */
        break;
    case LISTENER:
        answers++;
        if (++fanned % o.peers == 0)
            publish(peers[0]);
        break;
    default:
        break;
    }
}

static enum wamp_frame_event next_frame(struct peer *p, struct str *in, struct wamp_frame_in *out)
{
    return o.raw ? wamp_rs_next(&p->rs, in, out) : wamp_ws_next(&p->ws, in, out);
}

static void on_readable(struct peer *p)
{
    static char octets[READ_SIZE];
    struct wamp_frame_in frame;
    ssize_t n = recv(p->fd, octets, sizeof octets, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        die("the router closed a connection");
    struct str in = str_of(octets, (size_t)n);
    enum wamp_frame_event e;
    while ((e = next_frame(p, &in, &frame)) != WAMP_FRAME_NONE) {
        if (e == WAMP_FRAME_ERROR || e == WAMP_FRAME_CLOSE)
            die("a frame that cannot be");
        if (e == WAMP_FRAME_MESSAGE)
            on_message(p, frame.octets);
    }
}

static void send_out(struct peer *p)
{
    size_t sent = 0;
    while (sent < p->out.len) {
        ssize_t n = send(p->fd, p->out.ptr + sent, p->out.len - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0)
            die("send");
        sent += (size_t)n;
    }
    memmove(p->out.ptr, p->out.ptr + sent, p->out.len - sent);
    p->out.len -= sent;
    if (p->blocked == (p->out.len > 0))
        return;
    p->blocked = !p->blocked;
    struct epoll_event e = {.events = EPOLLIN | (p->blocked ? EPOLLOUT : 0), .data.ptr = p};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, p->fd, &e);
}

static void flush(void)
{
    for (unsigned i = 0; i < dirty_count; i++) {
        dirty[i]->dirty = false;
        send_out(dirty[i]);
    }
    dirty_count = 0;
}

static void turn(void)
{
    struct epoll_event events[256];
    int n = epoll_wait(epoll_fd, events, 256, 100);
    for (int i = 0; i < n; i++) {
        if (events[i].events & EPOLLOUT)
            mark_dirty(events[i].data.ptr);
        if (events[i].events & EPOLLIN)
            on_readable(events[i].data.ptr);
    }
    flush();
}

/* --- opening ------------------------------------------------------------------------------------------------------------------ */

static int connect_to(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    struct sockaddr *a = (struct sockaddr *)&in;
    socklen_t len = sizeof in;
    if (o.url && !strncmp(o.url, "unix:", 5)) {
        snprintf(un.sun_path, sizeof un.sun_path, "%s", o.url + 5);
        a = (struct sockaddr *)&un;
        len = sizeof un;
    } else {
        in.sin_port = htons((uint16_t)(o.url ? (unsigned)atoi(strrchr(o.url, ':') + 1) : o.relay_port));
    }
    int fd = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, a, len))
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return fd;
}

static void send_now(int fd, const void *octets, size_t len)
{
    if (send(fd, octets, len, MSG_NOSIGNAL) != (ssize_t)len)
        die("send");
}

/* The handshake of the transport, octet by octet so that nothing behind it is read. */
static void shake_hands(struct peer *p)
{
    struct wamp_buf b = {0};
    char line[2048];
    size_t n = 0;
    if (o.raw) {
        uint8_t hello[4], answer[4];
        wamp_rs_hello(hello, o.ser, 1 << 24);
        send_now(p->fd, hello, 4);
        if (recv(p->fd, answer, 4, MSG_WAITALL) != 4)
            die("handshake");
        return;
    }
    char target[32];
    int len = snprintf(target, sizeof target, "%s%u", paths[p->role], p->index);
    wamp_ws_request(&b, STR("localhost"), str_of(target, (size_t)len), o.ser, (const uint8_t *)"0123456789abcdef");
    send_now(p->fd, b.ptr, b.len);
    wamp_buf_fini(&b);
    while (n < sizeof line && recv(p->fd, line + n, 1, 0) == 1)
        if (++n >= 4 && !memcmp(line + n - 4, "\r\n\r\n", 4))
            return;
    die("handshake");
}

/* Sends a message written as JSON, and waits for one in return. */
static void exchange(struct peer *p, const char *json)
{
    struct open_frame f = frame_begin(p, strlen(json));
    if (wamp_transcode(WAMP_JSON, str_z(json), o.ser, &p->out))
        die("transcode");
    size_t len = p->out.len - f.start - f.head, head = o.raw ? 4 : len < 126 ? 6 : 8;
    memmove(p->out.ptr + f.start + head, p->out.ptr + f.start + f.head, len);
    p->out.len = f.start + head + len;
    f.head = head;
    frame_end(p, f);
    flush();
    struct wamp_frame_in frame;
    char octets[4096];
    for (;;) {
        ssize_t n = recv(p->fd, octets, sizeof octets, 0);
        if (n <= 0)
            die("the router closed during the opening");
        struct str in = str_of(octets, (size_t)n);
        if (next_frame(p, &in, &frame) == WAMP_FRAME_MESSAGE)
            return;
    }
}

static struct peer *open_peer(enum role role, unsigned index)
{
    struct peer *p = calloc(1, sizeof *p);
    char text[256];
    p->role = role;
    p->index = index;
    p->fd = connect_to();
    p->ws.skip_utf8 = true;
    p->ws.max_message = p->rs.max_message = 1 << 24;
    shake_hands(p);
    if (o.url)
        exchange(p, "[1,\"realm1\",{\"roles\":{\"caller\":{},\"callee\":{},\"publisher\":{},\"subscriber\":{}}}]");
    if (o.url && role == CALLEE)
        exchange(p, "[64,1,{},\"com.bench.echo\"]");
    if (o.url && (role == SUBSCRIBER || role == LISTENER)) {
        snprintf(text, sizeof text, "[32,1,{},\"com.bench.t%04u\"]", role == LISTENER ? 0 : index);
        exchange(p, text);
    }
    fcntl(p->fd, F_SETFL, O_NONBLOCK);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, p->fd, &(struct epoll_event){.events = EPOLLIN, .data.ptr = p});
    peers[peer_count++] = p;
    return p;
}

static void start_calls(void)
{
    open_peer(CALLEE, 0);
    for (unsigned i = 0; i < o.peers; i++)
        open_peer(CALLER, i);
    for (unsigned i = 1; i <= o.peers; i++)
        for (unsigned n = 0; n < o.window; n++)
            call(peers[i]);
}

static void start_events(void)
{
    for (unsigned i = 0; i < o.peers; i++)
        open_peer(PUBLISHER, i);
    for (unsigned i = 0; i < o.peers; i++)
        open_peer(SUBSCRIBER, i);
    for (unsigned i = 0; i < o.peers; i++)
        for (unsigned n = 0; n < o.window; n++)
            publish(peers[i]);
}

static void start_fanout(void)
{
    open_peer(BROADCASTER, 0);
    for (unsigned i = 0; i < o.peers; i++)
        open_peer(LISTENER, i);
    for (unsigned n = 0; n < o.window; n++)
        publish(peers[0]);
}

/* --- measuring ------------------------------------------------------------------------------------------------------------------ */

static void run_for(unsigned ms)
{
    uint64_t end = now_ns() + ms * UINT64_C(1000000);
    flush();
    while (now_ns() < end)
        turn();
}

static void map_counts(const char *path)
{
    int fd = open(path, O_RDWR);
    void *map = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        die(path);
    counts = map;
}

static void measure(void)
{
    static volatile struct counts none;
    volatile struct counts *c = counts ? counts : &none;
    run_for(WARM_UP_MS);
    uint64_t calls = c->calls, allocations = c->allocations, cpu = cpu_ns(), start = now_ns(), before = answers;
    run_for(o.ms);
    printf("{\"answers\": %llu, \"cpu_ns\": %llu, \"wall_ns\": %llu, \"calls\": %llu, \"allocations\": %llu}\n",
           (unsigned long long)(answers - before), (unsigned long long)(cpu_ns() - cpu),
           (unsigned long long)(now_ns() - start), (unsigned long long)(c->calls - calls),
           (unsigned long long)(c->allocations - allocations));
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"url", 1, 0, 'u'},  {"relay", 1, 0, 'r'}, {"pid", 1, 0, 'p'}, {"case", 1, 0, 'c'}, {"peers", 1, 0, 'n'},
        {"window", 1, 0, 'w'}, {"size", 1, 0, 's'},  {"ser", 1, 0, 'f'}, {"ms", 1, 0, 't'},   {"counts", 1, 0, 'C'}, {0}};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'u': o.url = optarg; break;
        case 'r': o.relay_port = (unsigned)atoi(optarg); break;
        case 'p': o.pid = atoi(optarg); break;
        case 'c': o.test = optarg; break;
        case 'n': o.peers = (unsigned)atoi(optarg); break;
        case 'w': o.window = (unsigned)atoi(optarg); break;
        case 's': o.size = (size_t)atoi(optarg); break;
        case 'f': if (!wamp_ser_by_name(str_z(optarg), &o.ser)) die(optarg); break;
        case 't': o.ms = (unsigned)atoi(optarg); break;
        case 'C': map_counts(optarg); break;
        default: return 2;
        }
    }
    o.raw = o.url && strncmp(o.url, "ws:", 3) != 0;
    payload = malloc(o.size + 1);
    memset(payload, 'x', o.size);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!strcmp(o.test, "calls"))
        start_calls();
    else if (!strcmp(o.test, "events"))
        start_events();
    else
        start_fanout();
    measure();
    return 0;
}
