/* Subscriptions and registrations: patterns, and who stands behind them. */
#include "tests/model/model.h"

#include <stdio.h>
#include <stdlib.h>

struct pattern_of *pattern_find(struct pattern_of *table, unsigned size, const char *uri, enum wamp_match match)
{
    for (unsigned i = 0; i < size; i++)
        if (table[i].number && table[i].match == match && strcmp(table[i].uri, uri) == 0)
            return &table[i];
    return NULL;
}

struct pattern_of *pattern_numbered(struct pattern_of *table, unsigned size, unsigned number)
{
    for (unsigned i = 0; i < size; i++)
        if (table[i].number == number)
            return &table[i];
    return NULL;
}

struct pattern_of *pattern_add(struct model *m, struct pattern_of *table, unsigned size, unsigned *counter,
                               const char *uri, enum wamp_match match)
{
    struct pattern_of *of = pattern_numbered(table, size, 0);
    if (!of) {
        fputs("the model is too small: patterns\n", stderr);
        abort();
    }
    *of = (struct pattern_of){.number = ++*counter, .uri = uri, .match = match, .created = m->now};
    return of;
}

struct member *member_find(struct pattern_of *of, const struct player *p)
{
    for (unsigned i = 0; i < of->count; i++)
        if (of->members[i].player == p)
            return &of->members[i];
    return NULL;
}

struct member *member_add(struct model *m, struct pattern_of *of, struct player *p)
{
    struct member *member = &of->members[of->count++];
    *member = (struct member){.player = p, .number = ++m->counted.members};
    return member;
}

void member_remove(struct pattern_of *of, const struct player *p)
{
    struct member *member = member_find(of, p);
    size_t place = (size_t)(member - of->members);
    memmove(member, member + 1, (of->count - place - 1) * sizeof *member);
    of->count--;
}

struct pattern_of *oldest_of(struct pattern_of *table, unsigned size, const struct player *p)
{
    struct pattern_of *oldest = NULL;
    unsigned number = 0;
    for (unsigned i = 0; i < size; i++) {
        const struct member *member = table[i].number ? member_find(&table[i], p) : NULL;
        if (member && (!oldest || member->number < number)) {
            oldest = &table[i];
            number = member->number;
        }
    }
    return oldest;
}

unsigned memberships(struct pattern_of *table, unsigned size, const struct player *p)
{
    unsigned count = 0;
    for (unsigned i = 0; i < size; i++)
        count += table[i].number && member_find(&table[i], p);
    return count;
}
