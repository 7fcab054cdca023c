#include "tests/script/run.h"

#include "tests/lib/failmalloc.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

/* A message that was taken and not yet matched. */
struct received {
    struct received *next;
    struct wamp_value value;
};

struct party {
    struct str name;
    enum wamp_ser ser;
    struct line_end *end;       /* NULL: dropped */
    struct received *unmatched; /* oldest first */
};

struct run {
    const struct script *script;
    struct driver *driver;
    const struct run_options *options;
    struct wamp_arena arena;    /* everything that lives as long as the run */
    struct vars vars;
    struct party parties[NAMES_MAX];
    unsigned party_count;
    unsigned join_count;        /* for SER_MIXED */
    struct wamp_buf talk;       /* the conversation so far, for a person */
    struct trouble trouble;
};

bool trouble_is(struct trouble *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(t->text, sizeof t->text, fmt, args);
    va_end(args);
    return false;
}

static void *must_alloc(struct run *r, size_t size)
{
    void *block = wamp_arena_alloc(&r->arena, size);
    if (!block)
        abort();
    return block;
}

/* --- the conversation, as a person reads it ------------------------------------------------------------- */

static void add_value(struct wamp_buf *to, const struct wamp_value *v)
{
    if (wamp_value_write(WAMP_JSON, v, to))
        wamp_buf_addf(to, "(something that JSON has no words for)");
}

static bool is_welcome(const struct wamp_value *v)
{
    return v->kind == WAMP_LIST && v->count == 3 && v->list[0].kind == WAMP_UINT &&
           v->list[0].uint == WAMP_WELCOME && v->list[1].kind == WAMP_UINT;
}

/* The details of WELCOME are long and always the same. */
static void note(struct run *r, const struct party *p, const char *arrow, const struct wamp_value *v)
{
    wamp_buf_addf(&r->talk, "    %-8.*s %s ", STR_ARG(p->name), arrow);
    if (is_welcome(v))
        wamp_buf_addf(&r->talk, "[2,%" PRIu64 ",{...}]", v->list[1].uint);
    else
        add_value(&r->talk, v);
    wamp_buf_add_char(&r->talk, '\n');
}

static void note_step(struct run *r, const struct step *step)
{
    wamp_buf_addf(&r->talk, "    %.*s\n", STR_ARG(step->text));
}

/* --- parties -------------------------------------------------------------------------------------------- */

static struct party *find_party(struct run *r, struct str name)
{
    for (unsigned i = 0; i < r->party_count; i++)
        if (str_eq(r->parties[i].name, name))
            return &r->parties[i];
    return NULL;
}

static struct party *party_of(struct run *r, const struct step *step)
{
    struct party *p = find_party(r, step->names[0]);
    if (!p)
        trouble_is(&r->trouble, "%.*s has not joined", STR_ARG(step->names[0]));
    return p;
}

static struct party *add_party(struct run *r, struct str name, const struct peer_options *o)
{
    static const enum wamp_ser turns[] = {WAMP_JSON, WAMP_MSGPACK, WAMP_CBOR};
    struct party *p = find_party(r, name);
    if (!p && r->party_count == NAMES_MAX)
        return NULL;
    if (!p)
        p = &r->parties[r->party_count++];
    enum wamp_ser ser = r->options->ser == SER_MIXED ? turns[r->join_count++ % 3] : r->options->ser;
    *p = (struct party){.name = name, .ser = o->ser ? o->ser : ser};
    return p;
}

/* --- receiving ------------------------------------------------------------------------------------------ */

/* Takes one more message into p->unmatched; *got says whether there was one. */
static bool receive(struct run *r, struct party *p, bool wait, bool *got)
{
    struct str octets = {0};
    *got = false;
    if (!p->end)
        return true;
    if (!r->driver->take(r->driver, p->end, wait, &octets, &r->trouble))
        return false;
    if (!octets.ptr)
        return true;
    struct received *m = must_alloc(r, sizeof *m), **last = &p->unmatched;
    m->next = NULL;
    enum wamp_err err = wamp_value_read(p->ser, octets, &r->arena, &m->value);
    if (err)
        return trouble_is(&r->trouble, "%.*s got %zu octets that are no %s: %s", STR_ARG(p->name), octets.len,
                          wamp_ser_name(p->ser), wamp_err_text(err));
    while (*last)
        last = &(*last)->next;
    *last = m;
    *got = true;
    note(r, p, "<", &m->value);
    return true;
}

/* The oldest unmatched message, waited for if need be; NULL: none came (not an error) or r->trouble. */
static struct received *next_unmatched(struct run *r, struct party *p, bool *ok)
{
    bool got = false;
    *ok = p->unmatched || receive(r, p, true, &got);
    return *ok ? p->unmatched : NULL;
}

/* --- steps ---------------------------------------------------------------------------------------------- */

static bool welcome(struct run *r, struct party *p)
{
    bool ok;
    struct received *m = next_unmatched(r, p, &ok);
    if (!ok)
        return false;
    if (!m || !is_welcome(&m->value))
        return trouble_is(&r->trouble, "%.*s was not welcomed", STR_ARG(p->name));
    vars_set(&r->vars, p->name, &m->value.list[1]);
    p->unmatched = m->next;
    return true;
}

static bool open_line(struct run *r, const struct step *step, struct str name)
{
    struct driver *d = r->driver;
    struct party *p = add_party(r, name, &step->options);
    if (!p)
        return trouble_is(&r->trouble, "more than %d peers", NAMES_MAX);
    struct peer_options o = step->options;
    o.ser = p->ser;
    bool joins = step->kind == STEP_JOIN;
    if (!joins && !d->connect)
        return trouble_is(&r->trouble, "only the daemon can be connected to");
    p->end = joins ? d->join(d, &o, &r->trouble) : d->connect(d, &o, &r->trouble);
    return p->end && (!joins || welcome(r, p));
}

static bool do_open(struct run *r, const struct step *step)
{
    note_step(r, step);
    for (unsigned i = 0; i < step->name_count; i++)
        if (!open_line(r, step, step->names[i]))
            return false;
    return true;
}

static bool fill(struct run *r, const struct step *step, struct wamp_value *out)
{
    struct pattern_fault fault;
    return pattern_fill(&step->pattern, &r->vars, r->options->lenient, out, &fault) ||
           trouble_is(&r->trouble, "%s", fault.text);
}

static bool do_send(struct run *r, const struct step *step)
{
    struct party *p = party_of(r, step);
    struct wamp_value value;
    struct wamp_buf octets = {0};
    if (!p || !fill(r, step, &value))
        return false;
    note(r, p, ">", &value);
    enum wamp_err err = wamp_value_write(p->ser, &value, &octets);
    bool ok = err ? trouble_is(&r->trouble, "in %s: %s", wamp_ser_name(p->ser), wamp_err_text(err))
                  : !p->end || r->driver->send(r->driver, p->end, wamp_buf_str(&octets), &r->trouble);
    wamp_buf_fini(&octets);
    return ok;
}

static bool do_octets(struct run *r, const struct step *step)
{
    struct party *p = party_of(r, step);
    note_step(r, step);
    return p && (!p->end || r->driver->send(r->driver, p->end, step->octets, &r->trouble));
}

static bool do_expect(struct run *r, const struct step *step)
{
    bool ok;
    struct pattern_fault fault;
    struct party *p = party_of(r, step);
    if (!p)
        return false;
    struct received *m = next_unmatched(r, p, &ok);
    if (!ok)
        return false;
    if (!m)
        return trouble_is(&r->trouble, "nothing came");
    if (!pattern_match(&step->pattern, &m->value, &r->vars, &fault))
        return trouble_is(&r->trouble, "%s", fault.text);
    p->unmatched = m->next;
    return true;
}

/* Takes the first unmatched message out that matches. */
static bool match_any(struct run *r, const struct step *step, struct received **list)
{
    struct pattern_fault fault;
    for (struct received **m = list; *m; m = &(*m)->next) {
        if (pattern_match(&step->pattern, &(*m)->value, &r->vars, &fault)) {
            *m = (*m)->next;
            return true;
        }
    }
    return false;
}

static bool do_expect_any(struct run *r, const struct step *step)
{
    struct party *p = party_of(r, step);
    if (!p)
        return false;
    for (bool got = true; !match_any(r, step, &p->unmatched);) {
        if (!got)
            return trouble_is(&r->trouble, "no such message came");
        if (!receive(r, p, true, &got))
            return false;
    }
    return true;
}

static bool is_quiet(struct run *r, struct party *p)
{
    bool got;
    if (!p->unmatched && !receive(r, p, false, &got))
        return false;
    return !p->unmatched || trouble_is(&r->trouble, "%.*s got something", STR_ARG(p->name));
}

static bool do_quiet(struct run *r, const struct step *step)
{
    if (!r->driver->settle(r->driver, &r->trouble))
        return false;
    for (unsigned i = 0; i < step->name_count; i++) {
        struct party *p = find_party(r, step->names[i]);
        if (!p)
            return trouble_is(&r->trouble, "%.*s has not joined", STR_ARG(step->names[i]));
        if (!is_quiet(r, p))
            return false;
    }
    return true;
}

static bool do_advance(struct run *r, const struct step *step)
{
    note_step(r, step);
    return r->driver->advance(r->driver, step->ms, &r->trouble);
}

static bool do_full(struct run *r, const struct step *step)
{
    struct party *p = party_of(r, step);
    note_step(r, step);
    if (!r->driver->full)
        return trouble_is(&r->trouble, "only in the core");
    if (p && p->end)
        r->driver->full(r->driver, p->end);
    return p != NULL;
}

static bool do_drop(struct run *r, const struct step *step)
{
    struct party *p = party_of(r, step);
    note_step(r, step);
    if (p && p->end)
        r->driver->drop(r->driver, p->end);
    if (p)
        p->end = NULL;
    return p != NULL;
}

static bool do_gone(struct run *r, const struct step *step)
{
    struct party *p = party_of(r, step);
    if (!p)
        return false;
    if (p->unmatched)
        return trouble_is(&r->trouble, "%.*s got something that was not expected", STR_ARG(p->name));
    bool ok = !p->end || r->driver->gone(r->driver, p->end, step, &r->trouble);
    p->end = NULL;
    return ok;
}

static bool do_let(struct run *r, const struct step *step)
{
    struct wamp_value value;
    if (!fill(r, step, &value))
        return false;
    vars_set(&r->vars, step->variable, &value);
    return true;
}

static bool (*const actions[])(struct run *r, const struct step *step) = {
    [STEP_JOIN] = do_open,
    [STEP_CONNECT] = do_open,
    [STEP_SEND] = do_send,
    [STEP_OCTETS] = do_octets,
    [STEP_EXPECT] = do_expect,
    [STEP_EXPECT_ANY] = do_expect_any,
    [STEP_QUIET] = do_quiet,
    [STEP_ADVANCE] = do_advance,
    [STEP_FULL] = do_full,
    [STEP_DROP] = do_drop,
    [STEP_GONE] = do_gone,
    [STEP_LET] = do_let,
};

/* --- the whole ------------------------------------------------------------------------------------------ */

/* What is there and was never asked for often explains the failure. */
static void note_unread(struct run *r)
{
    struct trouble ignored = r->trouble;
    bool got = true;
    for (unsigned i = 0; i < r->party_count; i++, got = true)
        while (got && receive(r, &r->parties[i], false, &got))
            ;
    r->trouble = ignored;
}

const char *run_ser_name(enum wamp_ser ser)
{
    return ser == SER_MIXED ? "mixed" : wamp_ser_name(ser);
}

static void report(struct run *r, const struct step *step)
{
    FILE *out = r->options->out;
    if (step)  /* else the driver may have ended, and its peers are gone */
        note_unread(r);
    fprintf(out, "%s:%d: %s/%s: %s\n", r->script->path, step ? step->line : 0, r->driver->name,
            run_ser_name(r->options->ser), r->trouble.text);
    if (step)
        fprintf(out, "  at  %.*s\n", STR_ARG(step->text));
    if (!r->options->brief)
        fprintf(out, "%.*s", (int)r->talk.len, r->talk.len ? r->talk.ptr : "");
}

/* The steps until one fails: that one, or NULL. In a lenient run none does: nothing is insisted on. */
static const struct step *run_steps(struct run *r)
{
    for (unsigned i = 0; i < r->script->step_count; i++) {
        const struct step *step = &r->script->steps[i];
        if (!actions[step->kind](r, step) && !r->options->lenient)
            return step;
    }
    return NULL;
}

static bool run_all(struct run *r)
{
    bool ok = r->driver->begin(r->driver, r->script, &r->trouble);
    const struct step *failed = ok ? run_steps(r) : NULL;
    if (failed || (!ok && !r->options->lenient))
        report(r, failed);
    bool served = ok && !failed;
    if (r->driver->end(r->driver, &r->trouble))
        return served || r->options->lenient;
    report(r, NULL);
    return false;
}

bool run_script(const struct script *s, struct driver *d, const struct run_options *o)
{
    size_t live = mem_live_blocks();
    struct run r = {.script = s, .driver = d, .options = o};
    r.vars.arena = &r.arena;
    bool ok = run_all(&r);
    wamp_arena_fini(&r.arena);
    wamp_buf_fini(&r.talk);
    if (mem_live_blocks() > live) {
        fprintf(o->out, "%s: %s: %zu blocks leaked\n", s->path, d->name, mem_live_blocks() - live);
        ok = false;
    }
    return ok;
}
