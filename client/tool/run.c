/* wamp run: wampy's runner for services in shared objects. */
#include "client/tool/commands.h"
#include "client/tool/print.h"
#include "client/tool/session.h"
#include "client/tool/supervisor.h"
#include "common/mem.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_TEXT = 4096 };

struct app {
    const char *name;
    const wamp_service *service;
    wamp_peer *peer;
};

struct runner {
    const struct options *o;
    struct app *apps;
    size_t count, drained;
    bool is_done;  /* a peer does not come back, or all were told to go */
    int status;
};

/* --- loading ------------------------------------------------------------------------------------------------- */

/* A bare name means a file here, before it means a library of the system. */
static void *load(const char *file)
{
    char path[PATH_TEXT + 2];
    snprintf(path, sizeof path, "./%s", file);
    return dlopen(!strchr(file, '/') && !access(path, R_OK) ? path : file, RTLD_NOW | RTLD_LOCAL);
}

/* "file.so:Service". The object stays loaded: its code runs until the program ends. */
static int find_service(struct app *app, const char *word)
{
    const char *colon = strrchr(word, ':');
    char file[PATH_TEXT];
    if (!colon || colon == word || !colon[1])
        return misused("'%s': expected FILE.so:SERVICE", word);
    snprintf(file, sizeof file, "%.*s", (int)(colon - word), word);
    app->name = colon + 1;
    void *object = load(file);
    app->service = object ? dlsym(object, app->name) : NULL;
    return app->service ? -1 : misused("%s", dlerror());
}

/* --- serving ------------------------------------------------------------------------------------------------- */

static void on_lost(void *arg, wamp_peer *peer, const wamp_error *why, bool again)
{
    struct runner *r = arg;
    if (again) {
        print_note(r->o, "%s: %s; connecting again", wamp_name(peer), why->message);
        return;
    }
    r->status = print_error(r->o, why);
    r->is_done = true;
    wamp_stop(r->apps[0].peer);
}

/* Asked to go by a call. The others go on. */
static void on_drained(void *arg, wamp_peer *peer)
{
    struct runner *r = arg;
    print_note(r->o, "%s: retired", wamp_name(peer));
    r->is_done |= ++r->drained == r->count;
    if (r->is_done)
        wamp_stop(r->apps[0].peer);
}

static int start(struct runner *r, const wamp_hooks *hooks)
{
    int status = -1;
    puts("starting up services...");
    for (size_t i = 0; i < r->count && status < 0; i++) {
        struct app *app = &r->apps[i];
        wamp_opt opt = {.name = app->name, .service = app->service, .reconnect = true, .hooks = hooks};
        printf("starting up app: %s\n", app->name);
        app->peer = session_open(r->o, &opt, &status);
        if (!app->peer)
            return status;
        printf("%s is now starting up.\n", app->name);
        status = -1;
    }
    return status;
}

/* One peer is waited for; with it all of the thread are served. */
static int serve(struct runner *r)
{
    int status = session_serve(r->o, r->apps[0].peer, &r->is_done);
    if (r->is_done)
        return r->status;
    return status == EXIT_INTERRUPTED ? 0 : status;
}

static int run_services(struct runner *r)
{
    wamp_hooks hooks = {.arg = r, .on_lost = on_lost, .on_drained = on_drained};
    int status = -1;
    for (size_t i = 0; i < r->count && status < 0; i++)
        status = find_service(&r->apps[i], r->o->words[i].text);
    if (status >= 0)
        return status;
    status = start(r, &hooks);
    if (status < 0)
        status = serve(r);
    for (size_t i = 0; i < r->count; i++)
        wamp_close(r->apps[i].peer);
    puts("runner stopped");
    return status;
}

static int run(const struct options *o)
{
    struct runner r = {.o = o, .count = o->word_count, .apps = wamp_zalloc(o->word_count * sizeof *r.apps)};
    if (!r.apps)
        return misused("out of memory");
    int status = run_services(&r);
    wamp_free(r.apps);
    return status;
}

int command_run(struct options *o)
{
    return o->restart ? supervise(o, run) : run(o);
}
