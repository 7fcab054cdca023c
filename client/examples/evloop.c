/* A peer in the program's own event loop: one descriptor, one deadline, one step. Here the loop is poll(), and
 * what else it waits for is standard input: each line is published.
 *
 *     echo hello | evloop */
#include "example.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

struct program {
    bool joined, at_end;
};

static void on_joined(void *arg, wamp_peer *peer)
{
    struct program *program = arg;
    printf("joined as %llu\n", (unsigned long long)wamp_session_id(peer));
    program->joined = true;
}

static void on_line(struct program *program, wamp_peer *peer)
{
    char line[256];
    if (!fgets(line, sizeof line, stdin)) {
        program->at_end = true;
        return;
    }
    line[strcspn(line, "\n")] = '\0';
    if (wamp_publish(peer, "example.line", NULL, "s", line) == WAMP_E_AGAIN)
        puts("the router is slow; line dropped");
}

int main(void)
{
    struct program program = {false, false};
    const wamp_hooks hooks = {.arg = &program, .on_joined = on_joined};
    wamp_peer *peer = wamp_open_async(&(wamp_opt){
        .url = EXAMPLE_URL, .hooks = &hooks, .nonblocking = true, .reconnect = true, .open_timeout_ms = 2000});
    if (!peer)
        return could_not_join();
    while (!program.at_end) {
        struct pollfd fds[] = {{.fd = wamp_fd(peer), .events = wamp_events(peer)},
                               {.fd = program.joined ? STDIN_FILENO : -1, .events = POLLIN}};
        poll(fds, 2, wamp_next_deadline(peer));
        if (wamp_step(peer))
            break;
        if (fds[1].revents)
            on_line(&program, peer);
    }
    wamp_close(peer);
    return !program.joined;
}
