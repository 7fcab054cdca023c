#include "client/tool/print.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_ERROR = 1, EXIT_USAGE = 2, EXIT_CONNECTION = 3, EXIT_REFUSED = 4, EXIT_TIMEOUT = 124 };

/* --- texts --------------------------------------------------------------------------------------------------- */

/* Of ASCII and, two octets of UTF-8, of ISO 6429: U+0080 to U+009F. */
static bool is_control(const unsigned char *at)
{
    return *at < 0x20 || *at == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0);
}

void print_text(FILE *to, const char *text, const char *but)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        bool shows = !is_control(at) || strchr(but, *at);
        fputc(shows ? *at : '?', to);
        at += !shows && *at == 0xc2;
    }
}

/* --- values -------------------------------------------------------------------------------------------------- */

void print_json(FILE *to, const wamp_val *v)
{
    wamp_val *json = wamp_to_json(v);
    if (json)
        fwrite(wamp_str(json), 1, wamp_len(json), to);
    else
        fputs("null", to);
    if (!json && v)
        fprintf(stderr, "error: wamp: a value of type %s cannot be shown as JSON\n", wamp_typename(wamp_type(v)));
    wamp_drop(&json);
}

static void print_hex(const unsigned char *octets, size_t len)
{
    for (size_t i = 0; i < len; i++)
        printf("%02x", octets[i]);
}

/* --hex and --bin ask for the same form of what comes back. */
static enum show show_of(const struct options *o)
{
    if (o->given[OPTION_show])
        return (enum show)o->show;
    return o->given[OPTION_hex] ? SHOW_HEX : o->given[OPTION_bin] ? SHOW_RAW : SHOW_JSON;
}

static void print_value(enum show show, const wamp_val *v)
{
    size_t len;
    const void *octets = wamp_bin(v, &len);
    if (show == SHOW_HEX && wamp_type(v) == WAMP_T_BIN)
        print_hex(octets, len);
    else if (show == SHOW_RAW && octets)
        fwrite(octets, 1, len, stdout);
    else
        print_json(stdout, v);
}

static void print_member(const char *before, const wamp_val *v)
{
    fputs(before, stdout);
    print_json(stdout, v);
}

static void print_args(const wamp_val *args, const wamp_val *kwargs)
{
    print_member("{\"args\":", args);
    print_member(",\"kwargs\":", kwargs);
}

/* On standard error: standard output is for results alone. */
static void print_details(const struct options *o, const wamp_val *details)
{
    if (!o->verbose || !wamp_len(details))
        return;
    fputs("details ", stderr);
    print_json(stderr, details);
    fputc('\n', stderr);
}

void print_result(const struct options *o, const wamp_result *r)
{
    enum show show = show_of(o);
    if (show == SHOW_FULL) {
        print_args(r->args, r->kwargs);
        print_member(",\"details\":", r->details);
        putchar('}');
    } else if (wamp_len(r->args) > 1) {
        print_json(stdout, r->args);
    } else if (!wamp_len(r->args) && wamp_len(r->kwargs)) {
        print_json(stdout, r->kwargs);
    } else {
        print_value(show, wamp_at(r->args, 0));
    }
    putchar('\n');
    print_details(o, r->details);
}

static void print_full_event(const wamp_event *ev)
{
    wamp_val *topic = wamp_build("s", ev->topic);
    print_member("{\"topic\":", topic);
    print_member(",\"args\":", ev->args);
    print_member(",\"kwargs\":", ev->kwargs);
    printf(",\"publication\":%llu", (unsigned long long)ev->publication);
    print_member(",\"details\":", ev->details);
    putchar('}');
    wamp_drop(&topic);
}

void print_event(const struct options *o, const wamp_event *ev, bool with_topic)
{
    enum show show = show_of(o);
    if (show == SHOW_FULL) {
        print_full_event(ev);
    } else {
        if (with_topic)
            print_text(stdout, ev->topic, ""), putchar(' ');
        if (wamp_len(ev->args) == 1 && !wamp_len(ev->kwargs))
            print_value(show, wamp_at(ev->args, 0));
        else
            print_args(ev->args, ev->kwargs), putchar('}');
    }
    putchar('\n');
    print_details(o, ev->details);
}

/* --- errors -------------------------------------------------------------------------------------------------- */

static const struct {
    wamp_rc rc;
    int status;
} statuses[] = {
    {WAMP_E_LOST, EXIT_CONNECTION},
    {WAMP_E_REFUSED, EXIT_REFUSED},
    {WAMP_E_ARGS, EXIT_USAGE},
    {WAMP_E_TIMEOUT, EXIT_TIMEOUT},
};

static const struct {
    const char *uri, *hint;
} hints[] = {
    {"wamp.error.no_such_procedure", "'wamp ls' lists what is offered; --wait SECONDS waits for it"},
    {"wamp.error.no_such_realm", "--realm NAME or WAMP_REALM names another one"},
    {"wamp.error.not_authorized", "--authid, --secret, --ticket and --key log in as somebody"},
    {"wamp.error.procedure_already_exists", "--invoke roundrobin shares it, where the other callee does, too"},
    {"wamp.error.feature_not_supported", "the other side, or the router, does not know this"},
};

static const char *hint_for(const wamp_error *e)
{
    for (size_t i = 0; e->uri && i < sizeof hints / sizeof *hints; i++)
        if (!strcmp(hints[i].uri, e->uri))
            return hints[i].hint;
    bool is_alone = !e->uri && !strncmp(e->message, "cannot connect", 14);
    return is_alone ? "--url or WAMP_URL names the router; --wait SECONDS waits for it" : NULL;
}

static void print_keyword(const wamp_error *e, const char *key)
{
    const wamp_val *v = wamp_key(e->kwargs, key);
    if (!v)
        return;
    fprintf(stderr, " %s=", key);
    print_json(stderr, v);
}

static void print_part(const char *before, const char *text, const char *behind)
{
    fputs(before, stderr);
    print_text(stderr, text, "\n\t");
    fputs(behind, stderr);
}

static void print_origin(const wamp_error *e)
{
    if (strcmp(e->origin, "undisclosed") != 0 || *e->traceback)
        print_part("Origin: ", e->origin, "\n");
    if (*e->traceback)
        print_part("Traceback: ", e->traceback, "\n");
}

/* A person reads hints; a script compares lines. */
static bool is_read_by_people(void)
{
    return isatty(STDERR_FILENO);
}

int print_error(const struct options *o, const wamp_error *e)
{
    const char *label = is_read_by_people() && !getenv("NO_COLOR") ? "\033[1;31merror:\033[0m" : "error:";
    const char *hint = is_read_by_people() ? hint_for(e) : NULL;
    fflush(stdout);
    fprintf(stderr, "%s ", label);
    print_part("", e->uri ? e->uri : "wamp", "");
    if (*e->message)
        print_part(": ", e->message, "");
    print_keyword(e, "code");
    print_keyword(e, "data");
    print_keyword(e, "exc_type");
    fputc('\n', stderr);
    if (hint)
        fprintf(stderr, "hint: %s\n", hint);
    if (o->verbose)
        print_origin(e);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].rc == e->rc)
            return statuses[i].status;
    return EXIT_ERROR;
}

int print_own_error(const struct options *o, wamp_rc rc, const char *message)
{
    return print_error(o, &(wamp_error){.rc = rc, .message = message, .origin = "undisclosed", .traceback = ""});
}

void print_note(const struct options *o, const char *fmt, ...)
{
    va_list args;
    if (o->quiet)
        return;
    fflush(stdout);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
}
