/* wtc: runs conversation scripts (tests/scripts/README.md).
 *
 *     wtc core FILE...                   against realms/ in process, with every serializer and with mixed ones
 *     wtc torture FILE...                the same, again and again with the n-th allocation failing, for every n
 *     wtc daemon --wampd PATH FILE...    against the daemon, over every transport and serializer
 *     wtc quick --wampd PATH FILE...     over every transport, and with every serializer, but not each with each
 *     wtc longpoll --wampd PATH FILE...  over HTTP long-poll
 *     wtc tls --wampd PATH FILE...       over WebSocket and RawSocket in TLS
 *     wtc other --port N FILE...         against another router, over WebSocket with JSON
 *     wtc list FILE...                   what the comments of each file quote: input of tests/coverage.py
 *
 * The last line says "N passed, N failed"; the exit status is 0 when none failed. */
#include "tests/lib/failmalloc.h"
#include "tests/script/core.h"
#include "tests/script/daemon.h"
#include "tests/script/run.h"
#include "tests/script/words.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct tally {
    unsigned passed, failed;
};

static void count(struct tally *t, bool ok)
{
    if (ok)
        t->passed++;
    else
        t->failed++;
}

static int finish(const struct tally *t)
{
    printf("%u passed, %u failed\n", t->passed, t->failed);
    return t->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* --- the scripts ---------------------------------------------------------------------------------------------------------- */

struct scripts {
    struct script *list;
    size_t count;
};

/* Reads all files; one that cannot be understood counts as a failure and is left out. */
static struct scripts read_scripts(char **paths, struct tally *t)
{
    size_t n = 0;
    while (paths[n])
        n++;
    struct scripts all = {.list = calloc(n + 1, sizeof *all.list)};
    struct script_error why;
    for (; all.list && *paths; paths++) {
        struct script *s = &all.list[all.count];
        if (script_read(s, *paths, &why)) {
            all.count++;
            continue;
        }
        printf("%s:%d: %s\n", *paths, why.line, why.text);
        script_fini(s);
        t->failed++;
    }
    return all;
}

static void scripts_fini(struct scripts *all)
{
    for (size_t i = 0; i < all->count; i++)
        script_fini(&all->list[i]);
    free(all->list);
}

/* --- core, torture -------------------------------------------------------------------------------------------------------- */

/* One way to run a script. `again`: it has failed before, and was shown. */
typedef bool run_fn(const struct script *s, struct driver *d, enum wamp_ser ser, bool again);

static bool run_plainly(const struct script *s, struct driver *d, enum wamp_ser ser, bool again)
{
    return run_script(s, d, &(struct run_options){.ser = ser, .brief = again, .out = stdout});
}

/* With the first allocation failing, the second, and so on, until there are not so many. */
static bool run_tortured(const struct script *s, struct driver *d, enum wamp_ser ser, bool again)
{
    bool ok = true, more = true;
    for (unsigned long n = 1; ok && more; n++) {
        fail_nth(n);
        ok = run_script(s, d, &(struct run_options){.ser = ser, .lenient = true, .brief = again, .out = stdout});
        more = fail_happened();
        if (!ok)
            printf("  allocation %lu failed\n", n);
    }
    fail_nth(0);
    return ok;
}

static int in_core(char **paths, run_fn *run)
{
    struct tally t = {0};
    struct core core;
    core_init(&core);
    fail_pause();
    struct scripts all = read_scripts(paths, &t);
    for (size_t i = 0; i < all.count; i++) {
        unsigned failed = t.failed;
        for (enum wamp_ser ser = SER_MIXED; ser <= WAMP_CBOR; ser++)
            if (core.driver.suits(&core.driver, &all.list[i], ser))
                count(&t, run(&all.list[i], &core.driver, ser, t.failed > failed));
    }
    scripts_fini(&all);
    return finish(&t);
}

static int main_core(char **args)
{
    return in_core(args, run_plainly);
}

static int main_torture(char **args)
{
    return in_core(args, run_tortured);
}

/* --- daemon --------------------------------------------------------------------------------------------------------------- */

enum { SERS = 3, WAYS_MAX = TRANSPORT_COUNT * SERS, LONGPOLL_WAY = TRANSPORT_LONGPOLL * SERS,
       TLS_WAY = TRANSPORT_SECURE_WEBSOCKET * SERS };

/* Scripts that want the same configuration one after the other. */
static int by_settings(const void *a, const void *b)
{
    struct str left = ((const struct script *)a)->settings, right = ((const struct script *)b)->settings;
    size_t common = left.len < right.len ? left.len : right.len;
    int order = common ? memcmp(left.ptr, right.ptr, common) : 0;
    return order ? order : (int)left.len - (int)right.len;
}

/* All scripts over one transport with one serializer, in a process of its own. */
static void run_way(const struct scripts *all, const char *wampd, unsigned way, struct tally *t)
{
    struct daemon d;
    struct trouble trouble;
    enum wamp_ser ser = (enum wamp_ser)(WAMP_JSON + way % SERS);
    if (!daemon_init(&d, (enum transport)(way / SERS), wampd)) {
        printf("no temporary directory\n");
        count(t, false);
        return;
    }
    for (size_t i = 0; i < all->count; i++)
        if (d.driver.suits(&d.driver, &all->list[i], ser))
            count(t, run_plainly(&all->list[i], &d.driver, ser, false));
    if (!daemon_fini(&d, &trouble)) {
        printf("%s/%s: %s\n", d.driver.name, run_ser_name(ser), trouble.text);
        count(t, false);
    }
}

/* The ways first, first + step .. below end. */
struct ways {
    unsigned first, end, step;
};

/* They wait for the daemon most of the time: together they take little longer than one of them. Each writes into a file
 * of its own, so that their words do not mix. */
static void run_ways(const struct scripts *all, const char *wampd, const struct ways *ways,
                     struct tally tallies[WAYS_MAX], FILE *outputs[WAYS_MAX])
{
    pid_t children[WAYS_MAX];
    for (unsigned way = ways->first; way < ways->end; way += ways->step) {
        outputs[way] = tmpfile();
        children[way] = outputs[way] ? fork() : -1;
        if (children[way] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            dup2(fileno(outputs[way]), STDOUT_FILENO);
            run_way(all, wampd, way, &tallies[way]);
            fflush(stdout);
            _exit(0);
        }
    }
    for (unsigned way = ways->first; way < ways->end; way += ways->step) {
        int status = 1;
        if (children[way] < 0 || waitpid(children[way], &status, 0) < 0 || status != 0)
            count(&tallies[way], false);
    }
}

static void show(FILE *output)
{
    char octets[4096];
    rewind(output);
    for (size_t n; (n = fread(octets, 1, sizeof octets, output));)
        fwrite(octets, 1, n, stdout);
    fclose(output);
}

static int in_daemon(char **args, const struct ways *ways)
{
    struct tally t = {0};
    FILE *outputs[WAYS_MAX];
    if (!args[0] || strcmp(args[0], "--wampd") != 0 || !args[1])
        return 2;
    fail_pause();
    struct scripts all = read_scripts(args + 2, &t);
    qsort(all.list, all.count, sizeof *all.list, by_settings);
    fflush(stdout);
    struct tally *tallies = mmap(NULL, WAYS_MAX * sizeof *tallies, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tallies == MAP_FAILED)
        return 1;
    run_ways(&all, args[1], ways, tallies, outputs);
    for (unsigned way = ways->first; way < ways->end; way += ways->step) {
        t.passed += tallies[way].passed;
        t.failed += tallies[way].failed;
        if (outputs[way])
            show(outputs[way]);
    }
    munmap(tallies, WAYS_MAX * sizeof *tallies);
    scripts_fini(&all);
    return finish(&t);
}

static int main_daemon(char **args)
{
    return in_daemon(args, &(struct ways){0, LONGPOLL_WAY, 1});
}

/* WebSocket with JSON, RawSocket with MessagePack, a Unix socket with CBOR. */
static int main_quick(char **args)
{
    return in_daemon(args, &(struct ways){0, LONGPOLL_WAY, SERS + 1});
}

static int main_longpoll(char **args)
{
    return in_daemon(args, &(struct ways){LONGPOLL_WAY, TLS_WAY, 1});
}

static int main_tls(char **args)
{
    return in_daemon(args, &(struct ways){TLS_WAY, WAYS_MAX, 1});
}

/* --- another router -------------------------------------------------------------------------------------------------------- */

static int main_other(char **args)
{
    struct tally t = {0};
    struct trouble trouble;
    struct daemon d;
    if (!args[0] || strcmp(args[0], "--port") != 0 || !args[1] || !daemon_init_other(&d, (unsigned)atoi(args[1])))
        return 2;
    fail_pause();
    struct scripts all = read_scripts(args + 2, &t);
    for (size_t i = 0; i < all.count; i++)
        if (d.driver.suits(&d.driver, &all.list[i], WAMP_JSON))
            count(&t, run_plainly(&all.list[i], &d.driver, WAMP_JSON, false));
    daemon_fini(&d, &trouble);
    scripts_fini(&all);
    return finish(&t);
}

/* --- list ----------------------------------------------------------------------------------------------------------------- */

static bool looks_like_id(struct str word)
{
    return word.len > 2 && isupper((unsigned char)word.ptr[0]) && word.ptr[1] == '-' && isalnum((unsigned char)word.ptr[2]);
}

/* The words of a comment that may be ids; what they mean is for the reader of the list to say. */
static void list_line(struct str line)
{
    struct str before, comment;
    word_split(line, '#', &before, &comment);
    for (struct str word; (word = word_take(&comment)).len;)
        if (looks_like_id(word))
            printf(" %.*s", STR_ARG(word));
}

static int main_list(char **args)
{
    struct tally t = {0};
    fail_pause();
    struct scripts all = read_scripts(args, &t);
    for (size_t i = 0; i < all.count; i++) {
        struct str rest = all.list[i].text, line;
        printf("%s:", all.list[i].path);
        while (rest.len) {
            word_split(rest, '\n', &line, &rest);
            list_line(line);
        }
        printf("\n");
    }
    scripts_fini(&all);
    return t.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* -------------------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*run)(char **args);
} commands[] = {{"core", main_core},
                {"torture", main_torture},
                {"daemon", main_daemon},
                {"quick", main_quick},
                {"longpoll", main_longpoll},
                {"tls", main_tls},
                {"other", main_other},
                {"list", main_list}};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argv + 2);
    fputs("usage: wtc core|torture|list FILE...\n       wtc daemon|quick|longpoll|tls --wampd PATH FILE...\n", stderr);
    return 2;
}
