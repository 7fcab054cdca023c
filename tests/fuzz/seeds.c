/* Writes fuzz inputs that come from the conversation scripts (`make seeds` keeps those that reach something new):
 *
 *     seeds DIR FILE...    into DIR/json, DIR/msgpack, DIR/cbor, DIR/msg, DIR/realm
 *
 * A script that realm_input_config can serve becomes one input of `realm`; each message that it sends, one of
 * `msg` and of its serializer. Names are hashes of the contents: what is there already is not written again. */
#include "tests/fuzz/fuzz_realm.h"

#include "common/map.h"
#include "tests/lib/failmalloc.h"
#include "tests/script/core.h"
#include "tests/script/run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { INPUT_MAX = 4096 };

/* Records what a driver of the core is asked to do. */
struct recorder {
    struct core core;          /* first */
    struct driver plain;       /* the core's own functions */
    struct wamp_buf log;
    const char *dir;
    struct peer *peers[REALM_INPUT_PEERS];
    unsigned count;
    bool fits;                 /* REALM_INPUT_PEERS are enough */
};

static const char *const targets[] = {"realm", "json", "msgpack", "cbor", "msg"};

/* --- files ---------------------------------------------------------------------------------------------- */

static void save(const char *dir, unsigned target, const char *prefix, size_t prefix_len, struct str octets)
{
    char path[512];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", dir, targets[target]);
    mkdir(path, 0777);
    size_t len = strlen(path);
    snprintf(path + len, sizeof path - len, "/%016" PRIx64, wamp_siphash(octets.ptr, octets.len));
    if (stat(path, &info) == 0)
        return;
    FILE *out = fopen(path, "wb");
    if (!out) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    fwrite(prefix, 1, prefix_len, out);
    fwrite(octets.ptr, 1, octets.len, out);
    fclose(out);
}

static void save_message(const char *dir, enum wamp_ser ser, struct str octets)
{
    char code = (char)(ser - 1);
    save(dir, (unsigned)ser, NULL, 0, octets);
    save(dir, 4, &code, 1, octets);
}

/* --- recording ------------------------------------------------------------------------------------------ */

static struct recorder *recorder_of(struct driver *d)
{
    return (struct recorder *)d;
}

static void record(struct recorder *r, enum realm_input_step step, const struct line_end *e)
{
    wamp_buf_add_char(&r->log, (char)step);
    for (unsigned i = 0; e && i < REALM_INPUT_PEERS; i++)
        if (r->peers[i] == (const struct peer *)e)
            wamp_buf_add_char(&r->log, (char)i);
}

static bool begin(struct driver *d, const struct script *s, struct trouble *t)
{
    struct recorder *r = recorder_of(d);
    unsigned choice = (unsigned)s->config.preset | (s->config.kill_allowed ? 4 : 0) |
                      (s->config.meta_api_denied ? 8 : 0) | (unsigned)s->config.disclosure << 4;
    struct script changed = *s;
    changed.config = realm_input_config(choice);
    r->count = 0;
    r->fits = true;
    wamp_buf_reset(&r->log);
    wamp_buf_add_char(&r->log, (char)choice);
    bool ok = r->plain.begin(d, &changed, t);
    r->core.world.small_ids = true;
    r->core.world.seed = 0;
    return ok;
}

static struct line_end *join(struct driver *d, const struct peer_options *o, struct trouble *t)
{
    struct recorder *r = recorder_of(d);
    struct line_end *e = r->plain.join(d, o, t);
    r->fits = r->fits && r->count < REALM_INPUT_PEERS;
    if (!r->fits)
        return e;
    r->peers[r->count++] = (struct peer *)e;
    bool all = (o->roles.features ^ world_all_roles().features) == 0;
    record(r, all ? INPUT_JOIN_ALL : INPUT_JOIN_SOME, e);
    wamp_buf_add_char(&r->log, (char)(o->ser - 1));
    for (unsigned i = 0; !all && i < 8; i++)
        wamp_buf_add_char(&r->log, (char)(o->roles.features >> (8 * i)));
    return e;
}

static bool send_octets(struct driver *d, struct line_end *e, struct str octets, struct trouble *t)
{
    struct recorder *r = recorder_of(d);
    record(r, INPUT_MESSAGE, e);
    wamp_buf_add_char(&r->log, (char)(octets.len & 0xff));
    wamp_buf_add_char(&r->log, (char)(octets.len >> 8));
    wamp_buf_add_str(&r->log, octets);
    save_message(r->dir, ((struct peer *)e)->ser, octets);
    return r->plain.send(d, e, octets, t);
}

static bool advance(struct driver *d, wamp_ms ms, struct trouble *t)
{
    struct recorder *r = recorder_of(d);
    unsigned exponent = 0;
    while (exponent < 31 && (INT64_C(1) << exponent) - 1 < ms)
        exponent++;
    record(r, INPUT_ADVANCE, NULL);
    wamp_buf_add_char(&r->log, (char)exponent);
    return r->plain.advance(d, ms, t);
}

static void drop(struct driver *d, struct line_end *e)
{
    record(recorder_of(d), INPUT_DROP, e);
    recorder_of(d)->plain.drop(d, e);
}

static void full(struct driver *d, struct line_end *e)
{
    record(recorder_of(d), INPUT_FULL, e);
    recorder_of(d)->plain.full(d, e);
}

static void recorder_init(struct recorder *r, const char *dir)
{
    core_init(&r->core);
    struct driver *d = &r->core.driver;
    r->plain = *d;
    r->dir = dir;
    wamp_buf_room(&r->log, 64 * INPUT_MAX);  /* so that a run allocates nothing that it does not free */
    d->begin = begin;
    d->join = join;
    d->send = send_octets;
    d->advance = advance;
    d->drop = drop;
    d->full = full;
}

/* What the script expects is not insisted on: the realm here has settings of its own. */
static void record_script(struct recorder *r, const struct script *s, enum wamp_ser ser)
{
    run_script(s, &r->core.driver, &(struct run_options){.ser = ser, .lenient = true, .out = stderr});
    if (r->fits && r->log.len < INPUT_MAX)
        save(r->dir, 0, NULL, 0, wamp_buf_str(&r->log));
}

int main(int argc, char **argv)
{
    struct recorder r = {0};
    struct script_error why;
    if (argc < 3)
        return 2;
    fail_pause();
    recorder_init(&r, argv[1]);
    for (int i = 2; i < argc; i++) {
        struct script s;
        if (!script_read(&s, argv[i], &why))
            fprintf(stderr, "%s:%d: %s\n", argv[i], why.line, why.text);
        else if (!s.only_daemon)
            record_script(&r, &s, (enum wamp_ser)((i - 2) % 4));
        script_fini(&s);
    }
    wamp_buf_fini(&r.log);
    return EXIT_SUCCESS;
}
