/* wamp publish. */
#include "client/tool/commands.h"
#include "client/tool/lines.h"
#include "client/tool/payload.h"
#include "client/tool/print.h"
#include "client/tool/session.h"

#include <unistd.h>

struct publisher {
    const struct options *o;
    wamp_peer *peer;
    const char *topic;
    struct payload payload;
    wamp_pubopt opt;
};

static int publish_words(struct publisher *p)
{
    wamp_rc rc = wamp_publish(p->peer, p->topic, &p->opt, "VV", p->payload.args, p->payload.kwargs);
    return rc ? print_error(p->o, wamp_err(p->peer)) : 0;
}

/* The line is one more argument, behind those of the command line. */
static int publish_line(struct publisher *p, struct str line)
{
    wamp_val *v = payload_value(line.ptr, line.len);
    if (!v)
        return misused("a line cannot be sent: no valid UTF-8, nested too deeply, or out of memory");
    wamp_rc rc = wamp_publish(p->peer, p->topic, &p->opt, "VvV", p->payload.args, v, p->payload.kwargs);
    wamp_drop(&v);
    return rc ? print_error(p->o, wamp_err(p->peer)) : 0;
}

static int publish_lines(struct publisher *p)
{
    struct lines in = {.fd = STDIN_FILENO};
    struct str line;
    int status = 0;
    while (!status && lines_wait(&in, &line))
        status = publish_line(p, line);
    if (!status && in.buf.failed)
        status = misused("out of memory");
    lines_fini(&in);
    return status;
}

int command_publish(struct options *o)
{
    struct publisher p = {.o = o, .topic = options_take(o)};
    wamp_val *options = payload_options(o);
    uint64_t publication = 0;
    int status = payload_of_words(o, &p.payload);
    if (status < 0)
        p.peer = session_open(o, &(wamp_opt){0}, &status);
    p.opt = (wamp_pubopt){.acknowledge = !o->no_wait, .disclose_me = o->disclose, .retain = o->retain,
                          .options = options, .publication = &publication};
    if (p.peer)
        status = o->stream ? publish_lines(&p) : publish_words(&p);
    if (publication && o->verbose)
        print_note(o, "publication %llu", (unsigned long long)publication);
    wamp_close(p.peer);
    wamp_drop(&options);
    payload_fini(&p.payload);
    return status;
}
