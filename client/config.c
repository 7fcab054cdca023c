#include "client/config.h"

#include "common/authcalc.h"
#include "common/uri.h"
#include "common/utf8.h"

#include <stdlib.h>
#include <string.h>

/* --- tables: one row an option ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t offset;
    const char *standard;  /* NULL: stays NULL */
    bool is_secret;
} texts[] = {
#define ROW(field, standard, secret)                        \
    {                                                       \
#field, offsetof(wamp_opt, field), standard, secret \
    }
    ROW(name, "libwamp", false),
    ROW(url, "ws://127.0.0.1:8080", false),
    ROW(realm, "realm1", false),
    ROW(authid, NULL, false),
    ROW(secret, NULL, true),
    ROW(secret_file, NULL, false),
    ROW(signkey, NULL, true),
    ROW(signkey_file, NULL, false),
    ROW(authmethods, NULL, false),
    ROW(authrole, NULL, false),
    ROW(ca, NULL, false),
    ROW(cert, NULL, false),
    ROW(key, NULL, false),
    ROW(server_name, NULL, false),
    ROW(serializer, "msgpack", false),
#undef ROW
};

static const struct {
    const char *name;
    size_t offset;
    int standard, least, most;
} numbers[] = {
#define ROW(field, standard, least, most)                        \
    {                                                            \
#field, offsetof(wamp_opt, field), standard, least, most \
    }
    ROW(open_timeout_ms, 10000, 1, 24 * 3600 * 1000),
    ROW(connect_wait_ms, 0, 0, INT32_MAX),
    ROW(call_timeout_ms, 0, 0, INT32_MAX),
    ROW(close_timeout_ms, 2000, 1, 24 * 3600 * 1000),
    ROW(drain_ms, 5000, -1, INT32_MAX),
    ROW(ping_ms, 0, 0, INT32_MAX),
    ROW(workers, 4, 1, 1024),
    ROW(max_message, 1 << 24, 1024, 1 << 30),
    ROW(max_queue, 1 << 20, 1024, 1 << 30),
#undef ROW
};

enum { TEXTS = sizeof texts / sizeof *texts, NUMBERS = sizeof numbers / sizeof *numbers };

static const char **text_at(const wamp_opt *opt, size_t row)
{
    return (const char **)((char *)opt + texts[row].offset);
}

/* All texts of c->opt are NULL before, so that none is ever taken for ours that is the program's. */
static wamp_rc copy_texts(struct config *c, const wamp_opt *opt, struct why *why)
{
    for (size_t i = 0; i < TEXTS; i++) {
        const char **text = text_at(&c->opt, i);
        const char *from = opt && *text_at(opt, i) ? *text_at(opt, i) : texts[i].standard;
        if (!from)
            continue;
        if (!wamp_utf8_ok(str_z(from))) {
            wamp_why(why, "option %s is not valid UTF-8", texts[i].name);
            return WAMP_E_ARGS;
        }
        *text = wamp_arena_copy(&c->arena, str_z(from)).ptr;
        if (!*text)
            return WAMP_E_NOMEM;
    }
    return WAMP_OK;
}

static wamp_rc check_numbers(struct config *c, struct why *why)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        int *number = (int *)((char *)&c->opt + numbers[i].offset);
        if (!*number)
            *number = numbers[i].standard;
        if (*number >= numbers[i].least && *number <= numbers[i].most)
            continue;
        wamp_why(why, "option %s must be %d .. %d", numbers[i].name, numbers[i].least, numbers[i].most);
        return WAMP_E_ARGS;
    }
    return WAMP_OK;
}

static wamp_rc check(struct config *c, struct why *why)
{
    const char *reason;
    if (!wamp_url_parse(c->opt.url, &c->url, &reason)) {
        wamp_why(why, "url '%.60s': %s", c->opt.url, reason);
        return WAMP_E_ARGS;
    }
    c->url.tls |= c->url.is_unix && c->opt.tls;
    if (!wamp_ser_by_name(str_z(c->opt.serializer), &c->ser)) {
        wamp_why(why, "no serializer '%.30s': json, msgpack, cbor", c->opt.serializer);
        return WAMP_E_ARGS;
    }
    if (!wamp_uri_ok(str_z(c->opt.realm), WAMP_URI_LOOSE)) {
        wamp_why(why, "realm '%.60s' is no URI", c->opt.realm);
        return WAMP_E_ARGS;
    }
    if (c->opt.authextra && wamp_type(c->opt.authextra) != WAMP_T_DICT) {
        wamp_why(why, "option authextra must be a dict");
        return WAMP_E_ARGS;
    }
    return WAMP_OK;
}

wamp_rc wamp_config_init(struct config *c, const wamp_opt *opt, struct why *why)
{
    *c = (struct config){0};
    if (opt)
        c->opt = *opt;
    for (size_t i = 0; i < TEXTS; i++)
        *text_at(&c->opt, i) = NULL;
    c->opt.authextra = wamp_keep(c->opt.authextra);
    if (c->opt.hooks)
        c->hooks = *c->opt.hooks;
    c->opt.hooks = &c->hooks;
    wamp_rc rc = copy_texts(c, opt, why);
    if (!rc)
        rc = check_numbers(c, why);
    if (!rc)
        rc = check(c, why);
    if (rc)
        wamp_config_fini(c);
    return rc;
}

void wamp_config_fini(struct config *c)
{
    wamp_drop((wamp_val **)&c->opt.authextra);
    for (size_t i = 0; i < TEXTS; i++) {
        char *text = (char *)*text_at(&c->opt, i);
        if (text && texts[i].is_secret)
            wamp_secret_wipe(text, strlen(text));
    }
    wamp_arena_fini(&c->arena);
}
