#include "tests/model/expect.h"

#include "tests/lib/pattern.h"
#include "tests/model/move.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    TOLD = 400,        /* messages of one move */
    SEEN = 400,        /* messages to one player */
    CHOICES = 16,      /* of one move */
    ATTEMPTS = 200,    /* to explain it */
    TEXTS = 400000,    /* octets of all texts */
};

struct told {
    const struct player *to;
    unsigned rank;         /* what has the same rank may come in any order */
    const char *pattern;
    unsigned set_count;    /* the variables $set0 .. hold these, in any order */
    const struct id_set *sets;
    bool met;
};

/* What was seen by one player. */
struct seen {
    unsigned count;
    struct wamp_value values[SEEN];
    bool is_readable[SEEN];
};

static struct {
    struct told told[TOLD];
    unsigned told_count, rank;
    bool any_order;
    struct seen seen[PLAYERS];
    struct {
        unsigned digit, radix;
    } choices[CHOICES];
    unsigned choice_count, choices_made;
    char texts[TEXTS];
    size_t text_len;
    struct wamp_arena arena;  /* patterns, values, variables */
    struct vars vars;
} step;

static void demand(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "the model is too small: %s\n", what);
    abort();
}

/* --- texts ------------------------------------------------------------------------------------------- */

static const char *vtext(const char *fmt, va_list args)
{
    char *at = step.texts + step.text_len;
    size_t room = TEXTS - step.text_len;
    int len = vsnprintf(at, room, fmt, args);
    demand(len >= 0 && (size_t)len < room, "texts");
    step.text_len += (size_t)len + 1;
    return at;
}

const char *text(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *t = vtext(fmt, args);
    va_end(args);
    return t;
}

const char *id_text(char kind, unsigned number, uint64_t id)
{
    return id ? text("%" PRIu64, id) : text("$%c%u", kind, number);
}

const char *dict_text(const char *pairs)
{
    size_t len = strlen(pairs);
    return text("{%.*s}", (int)(len ? len - 2 : 0), pairs);
}

/* --- what is told ------------------------------------------------------------------------------------ */

static struct told *told_add(struct model *m, struct player *p, const char *pattern)
{
    if (p->doom)
        return NULL;
    if (p->full) {
        doom(m, p, CLOSE_SLOW);
        return NULL;
    }
    demand(step.told_count < TOLD, "messages of one move");
    step.rank += !step.any_order;
    struct told *t = &step.told[step.told_count++];
    *t = (struct told){.to = p, .rank = step.rank, .pattern = pattern};
    return t;
}

void tell(struct model *m, struct player *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    told_add(m, p, vtext(fmt, args));
    va_end(args);
}

void tell_error(struct model *m, struct player *p, enum wamp_type of, uint64_t request, const char *uri)
{
    tell(m, p, "[8, %d, %" PRIu64 ", {}, \"%s\", [<str>]]", (int)of, request, uri);
}

static void tell_sets(struct model *m, struct player *p, const char *pattern, const struct id_set *sets,
                      unsigned count)
{
    struct told *t = told_add(m, p, pattern);
    struct id_set *copy = wamp_arena_alloc(&step.arena, count * sizeof *copy);
    demand(copy != NULL, "memory");
    memcpy(copy, sets, count * sizeof *copy);
    if (!t)
        return;
    t->sets = copy;
    t->set_count = count;
}

void tell_ids(struct model *m, struct player *p, uint64_t request, const uint64_t *ids, unsigned count)
{
    struct id_set set = {.count = count};
    memcpy(set.ids, ids, count * sizeof *ids);
    tell_sets(m, p, text("[50, %" PRIu64 ", {}, [$set0]]", request), &set, 1);
}

void tell_groups(struct model *m, struct player *p, uint64_t request, const struct id_set groups[WAMP_MATCH_COUNT])
{
    tell_sets(m, p,
              text("[50, %" PRIu64 ", {}, [{\"exact\": $set0, \"prefix\": $set1, \"wildcard\": $set2}]]", request),
              groups, WAMP_MATCH_COUNT);
}

void any_order_begin(void)
{
    step.rank++;
    step.any_order = true;
}

void any_order_end(void)
{
    step.any_order = false;
}

/* --- choices ----------------------------------------------------------------------------------------- */

unsigned choose(unsigned n)
{
    if (n <= 1)
        return 0;
    demand(step.choices_made < CHOICES, "choices of one move");
    if (step.choices_made == step.choice_count) {
        step.choices[step.choice_count].digit = 0;
        step.choices[step.choice_count++].radix = n;
    }
    return step.choices[step.choices_made++].digit;
}

/* The next sequence of choices; false: there is none. */
static bool choose_differently(void)
{
    for (; step.choice_count; step.choice_count--)
        if (++step.choices[step.choice_count - 1].digit < step.choices[step.choice_count - 1].radix)
            return true;
    return false;
}

/* --- what was seen ----------------------------------------------------------------------------------- */

static void look(struct model *m)
{
    for (unsigned i = 0; i < PLAYERS; i++) {
        struct peer *peer = m->players[i].peer;
        struct seen *seen = &step.seen[i];
        struct str octets;
        seen->count = 0;
        while (peer && peer_take(peer, &octets)) {
            demand(seen->count < SEEN, "messages to one player");
            seen->is_readable[seen->count] =
                !wamp_value_read(peer->ser, octets, &step.arena, &seen->values[seen->count]);
            seen->count++;
        }
    }
}

/* Whether the value is a list of these ids, in any order. */
static bool is_set(const struct wamp_value *v, const struct id_set *set)
{
    if (v->kind != WAMP_LIST || v->count != set->count)
        return false;
    for (unsigned i = 0; i < set->count; i++) {
        bool found = false;
        for (unsigned j = 0; j < v->count && !found; j++)
            found = v->list[j].kind == WAMP_UINT && v->list[j].uint == set->ids[i];
        if (!found)
            return false;
    }
    return true;
}

static bool meets(const struct told *t, const struct wamp_value *v, struct pattern_fault *why)
{
    struct pattern p;
    struct str rest;
    if (!pattern_parse(str_z(t->pattern), &step.arena, &p, &rest, why)) {
        fprintf(stderr, "%s: %s\n", t->pattern, why->text);
        abort();
    }
    if (!pattern_match(&p, v, &step.vars, why))
        return false;
    for (unsigned i = 0; i < t->set_count; i++) {
        const char *name = text("set%u", i);
        if (!is_set(vars_find(&step.vars, str_z(name)), &t->sets[i])) {
            snprintf(why->text, sizeof why->text, "$%s does not hold the %u ids expected", name, t->sets[i].count);
            return false;
        }
    }
    return true;
}

/* The first that player i is still to be told. */
static struct told *due(const struct player *p)
{
    for (unsigned i = 0; i < step.told_count; i++)
        if (step.told[i].to == p && !step.told[i].met)
            return &step.told[i];
    return NULL;
}

/* Meets the value with what is due. */
static bool meet(const struct player *p, const struct wamp_value *v, struct pattern_fault *why)
{
    struct told *first = due(p);
    struct pattern_fault other;
    for (struct told *t = first; t && t < step.told + step.told_count && t->rank == first->rank; t++) {
        if (t->to != p || t->met || !meets(t, v, t == first ? why : &other))
            continue;
        t->met = true;
        return true;
    }
    return false;
}

static const char *shown(const struct wamp_value *v)
{
    struct wamp_buf buf = {0};
    const char *t = wamp_value_write(WAMP_JSON, v, &buf) ? "(what JSON cannot express)"
                                                         : text("%.*s", (int)buf.len, buf.ptr);
    wamp_buf_fini(&buf);
    return t;
}

__attribute__((format(printf, 2, 3))) static bool refuse(struct mismatch *why, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(why->words, sizeof why->words, fmt, args);
    va_end(args);
    return false;
}

static bool meet_player(const struct model *m, unsigned i, struct mismatch *why)
{
    const struct player *p = &m->players[i];
    const struct seen *seen = &step.seen[i];
    struct pattern_fault fault = {""};
    for (unsigned n = 0; n < seen->count; n++) {
        const struct told *first = due(p);
        if (!seen->is_readable[n])
            return refuse(why, "player %u got what cannot be read", i);
        if (!first)
            return refuse(why, "player %u got %s, and nothing was expected", i, shown(&seen->values[n]));
        if (!meet(p, &seen->values[n], &fault))
            return refuse(why, "player %u got %s, expected %s: %s", i, shown(&seen->values[n]), first->pattern,
                          fault.text);
    }
    const struct told *first = due(p);
    return !first || refuse(why, "player %u did not get %s", i, first->pattern);
}

/* Who is here, and why the others are not. */
static bool meet_end(const struct model *m, unsigned i, struct mismatch *why)
{
    const struct player *p = &m->players[i];
    if (!p->peer)
        return true;
    if (p->is_here != (p->peer->session != NULL))
        return refuse(why, "player %u is %s", i, p->is_here ? "gone" : "still here");
    if (!p->is_here && !p->left && (!p->peer->has_why || p->peer->why != p->why))
        return refuse(why, "player %u was closed with reason %d, expected %d", i,
                      p->peer->has_why ? (int)p->peer->why : -1, (int)p->why);
    return true;
}

/* --- ids that were learned --------------------------------------------------------------------------- */

static void learn(char kind, unsigned number, uint64_t *id)
{
    if (*id)
        return;
    const struct wamp_value *v = vars_find(&step.vars, str_z(text("%c%u", kind, number)));
    if (v && v->kind == WAMP_UINT)
        *id = v->uint;
}

/* An id that is new belongs to nobody else. */
static bool learn_table(char kind, struct pattern_of *table, unsigned size, struct mismatch *why)
{
    for (unsigned i = 0; i < size; i++) {
        if (!table[i].number || table[i].id)
            continue;
        learn(kind, table[i].number, &table[i].id);
        for (unsigned j = 0; j < size; j++)
            if (j != i && table[i].id && table[j].number && table[j].id == table[i].id)
                return refuse(why, "id %" PRIu64 " is given a second time", table[i].id);
    }
    return true;
}

static bool learn_ids(struct model *m, struct mismatch *why)
{
    for (unsigned i = 0; i < m->retained_count; i++)
        learn('p', m->retained[i].number, &m->retained[i].id);
    for (unsigned i = 0; i < TOPICS; i++)
        for (unsigned j = 0; j < m->topics[i].logged; j++)
            learn('p', m->topics[i].log[j].number, &m->topics[i].log[j].id);
    return learn_table('s', m->topics, TOPICS, why) && learn_table('r', m->procedures, PROCEDURES, why);
}

/* --- explaining -------------------------------------------------------------------------------------- */

/* With the choices as they are now. */
static bool attempt(struct model *m, const struct move *mv, struct mismatch *why)
{
    step.told_count = step.rank = step.choices_made = 0;
    step.text_len = 0;
    step.any_order = false;
    step.vars = (struct vars){.arena = &step.arena};
    predict(m, mv);
    for (unsigned i = 0; i < PLAYERS; i++)
        if (!meet_player(m, i, why) || !meet_end(m, i, why))
            return false;
    return learn_ids(m, why);
}

bool explain(struct model *m, const struct move *mv, struct mismatch *why)
{
    static struct model before;
    struct mismatch other;
    wamp_arena_reset(&step.arena);
    step.choice_count = 0;
    look(m);
    before = *m;
    bool ok = attempt(m, mv, why);
    for (unsigned i = 0; !ok && i < ATTEMPTS && choose_differently(); i++) {
        *m = before;
        ok = attempt(m, mv, &other);
    }
    if (ok)
        why->words[0] = '\0';
    return ok;
}

void expect_fini(void)
{
    wamp_arena_fini(&step.arena);
}
