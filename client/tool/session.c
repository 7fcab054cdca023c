#include "client/tool/session.h"

#include "client/tool/print.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* --- logging in ---------------------------------------------------------------------------------------------- */

/* "@file", or the secret itself. */
static void give_secret(const char *text, const char **value, const char **file)
{
    if (*text == '@')
        *file = text + 1;
    else
        *value = text;
}

/* The command line goes before the environment; there a ticket goes before a password. */
static bool prefers_ticket(const struct options *o)
{
    if (o->given[OPTION_ticket] != o->given[OPTION_secret])
        return o->given[OPTION_ticket];
    return o->ticket != NULL;
}

static void log_in(const struct options *o, wamp_opt *opt)
{
    opt->authid = o->authid;
    opt->authrole = o->authrole;
    if (prefers_ticket(o)) {
        give_secret(o->ticket, &opt->secret, &opt->secret_file);
        opt->authmethods = "ticket";
    } else if (o->secret) {
        give_secret(o->secret, &opt->secret, &opt->secret_file);
    }
    if (o->authmethods)
        opt->authmethods = o->authmethods;
    opt->bind_channel = o->bind_channel;
    if (o->key)
        give_secret(o->key, &opt->signkey, &opt->signkey_file);
}

/* --- opening ------------------------------------------------------------------------------------------------- */

/* Not to be found out by the library: whoever asks for a form of messages that nobody speaks is told what a
 * router would say. spec: S-02 */
static bool is_spoken(const char *serializer)
{
    static const char *const spoken[] = {"json", "msgpack", "cbor"};
    for (size_t i = 0; serializer && i < sizeof spoken / sizeof *spoken; i++)
        if (!strcmp(spoken[i], serializer))
            return true;
    return !serializer;
}

/* No router within the time is no timeout of a call. */
static int open_failed(const struct options *o)
{
    wamp_error e = *wamp_err(NULL);
    if (e.rc == WAMP_E_TIMEOUT)
        e.rc = WAMP_E_LOST;
    return print_error(o, &e);
}

wamp_peer *session_open(const struct options *o, wamp_opt *opt, int *status)
{
    if (!is_spoken(o->serializer)) {
        *status = print_own_error(o, WAMP_E_LOST, "no common subprotocol");
        return NULL;
    }
    opt->url = o->url;
    opt->realm = o->realm;
    opt->serializer = o->serializer;
    opt->connect_wait_ms = o->wait;
    opt->call_timeout_ms = o->timeout;
    opt->ca = o->cafile;
    opt->cert = o->cert;
    opt->key = o->cert_key;
    opt->insecure = o->insecure;
    if (!opt->name)
        opt->name = "wamp";
    log_in(o, opt);
    wamp_peer *peer = wamp_open(opt);
    *status = peer ? 0 : open_failed(o);
    return peer;
}

/* --- until it is over ---------------------------------------------------------------------------------------- */

int session_serve(const struct options *o, wamp_peer *peer, const bool *is_done)
{
    wamp_rc rc = wamp_run(peer);
    if (*is_done)
        return -1;
    return rc ? print_error(o, wamp_err(peer)) : EXIT_INTERRUPTED;
}

static void end_at_once(int number)
{
    (void)number;
    _exit(EXIT_INTERRUPTED);
}

void session_catch_signals(void)
{
    struct sigaction action = {.sa_handler = end_at_once};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}
