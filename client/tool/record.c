/* wamp record, and wamp replay, which reads what it wrote. */
#include "client/tool/clock.h"
#include "client/tool/commands.h"
#include "client/tool/lines.h"
#include "client/tool/print.h"
#include "client/tool/session.h"
#include "client/tool/subscriber.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* --- record -------------------------------------------------------------------------------------------------- */

static double wall_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void write_line(void *arg, const wamp_event *ev)
{
    FILE *to = arg;
    wamp_val *topic = wamp_build("s", ev->topic);
    fprintf(to, "{\"time\":%.6f,\"topic\":", wall_clock());
    print_json(to, topic);
    fputs(",\"args\":", to);
    print_json(to, ev->args);
    fputs(",\"kwargs\":", to);
    print_json(to, ev->kwargs);
    fprintf(to, ",\"publication\":%llu,\"details\":", (unsigned long long)ev->publication);
    print_json(to, ev->details);
    fputs("}\n", to);
    wamp_drop(&topic);
}

int command_record(struct options *o)
{
    FILE *to = o->output ? fopen(o->output, "we") : stdout;
    if (!to)
        return misused("%s: %s", o->output, strerror(errno));
    setvbuf(to, NULL, _IOLBF, BUFSIZ);
    int status = subscriber_run(o, write_line, to);
    bool failed = ferror(to);
    if (to != stdout)
        failed |= fclose(to) != 0;
    return failed ? misused("%s: %s", o->output ? o->output : "standard output", strerror(errno)) : status;
}

/* --- replay -------------------------------------------------------------------------------------------------- */

struct replay {
    const struct options *o;
    wamp_peer *peer;
    double first;       /* time of the first line */
    int64_t begun_us;
    size_t number;      /* of the line */
};

/* Until it is the line's turn. */
static wamp_rc pause_until(struct replay *r, double time)
{
    if (r->number == 1) {
        r->first = time;
        r->begun_us = clock_us();
    }
    if (r->o->speed <= 0)
        return WAMP_OK;
    double due_us = (time - r->first) * 1e6 / r->o->speed, left_us = due_us - (double)(clock_us() - r->begun_us);
    return left_us < 1000 ? WAMP_OK : wamp_serve(r->peer, (int)(left_us < 1e12 ? left_us / 1000 : 1e9));
}

static int publish(struct replay *r, const wamp_val *line)
{
    const wamp_val *args = wamp_key(line, "args"), *kwargs = wamp_key(line, "kwargs");
    const wamp_val *topic = wamp_key(line, "topic");
    if (wamp_type(topic) != WAMP_T_STR || wamp_type(args) != WAMP_T_LIST || wamp_type(kwargs) != WAMP_T_DICT)
        return misused("line %zu: expected an object with topic, args and kwargs", r->number);
    wamp_rc rc = pause_until(r, wamp_real(wamp_key(line, "time")));
    if (!rc)
        rc = wamp_publish(r->peer, wamp_str(topic), &(wamp_pubopt){.acknowledge = true}, "VV", args, kwargs);
    return rc ? print_error(r->o, wamp_err(r->peer)) : 0;
}

static int publish_all(struct replay *r, struct lines *in)
{
    struct str text;
    int status = 0;
    while (!status && lines_wait(in, &text)) {
        wamp_val *line = wamp_from_json(text.ptr, text.len);
        r->number++;
        status = publish(r, line);
        wamp_drop(&line);
    }
    if (!status && in->buf.failed)
        status = misused("out of memory");
    print_note(r->o, "%zu events", r->number);
    return status;
}

int command_replay(struct options *o)
{
    const char *file = options_take(o);
    struct lines in = {.fd = file ? open(file, O_RDONLY | O_CLOEXEC) : STDIN_FILENO};
    struct replay r = {.o = o};
    int status;
    if (in.fd < 0)
        return misused("%s: %s", file, strerror(errno));
    r.peer = session_open(o, &(wamp_opt){0}, &status);
    if (r.peer)
        status = publish_all(&r, &in);
    wamp_close(r.peer);
    lines_fini(&in);
    if (file)
        close(in.fd);
    return status;
}
