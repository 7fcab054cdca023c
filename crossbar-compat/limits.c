#include "crossbar-compat/parts.h"

#include <stdio.h>

enum { MESSAGE_MAX = 1 << 24, QUEUE = 4 << 20 };

static void put_number(struct translation *t, int map, const char *key, long value)
{
    char text[24];
    snprintf(text, sizeof text, "%ld", value);
    cb_put(t, map, key, cb_word(t, NULL, text));
}

static void put_time(struct translation *t, int map, const char *key, long ms)
{
    if (ms >= 0)
        put_number(t, map, key, ms);
}

/* Crossbar.io takes messages of any size unless told otherwise; wampd has a bound, and takes all that it can. */
void cb_put_totals(struct translation *t, int root, const struct cb_totals *totals)
{
    int limits = cb_map(t, NULL), timeouts = cb_map(t, NULL);
    long size = totals->message_size < 0 || totals->message_size > MESSAGE_MAX ? MESSAGE_MAX : totals->message_size;
    put_number(t, limits, "message_size", size < 512 ? 512 : size);
    put_number(t, limits, "queue", size < QUEUE ? QUEUE : size);
    put_time(t, timeouts, "ping_interval", totals->ping_interval);
    put_time(t, timeouts, "ping_timeout", totals->ping_timeout);
    put_time(t, timeouts, "handshake", totals->handshake);
    put_time(t, timeouts, "close", totals->close);
    cb_put(t, root, "limits", limits);
    cb_put(t, root, "timeouts", timeouts);
}
