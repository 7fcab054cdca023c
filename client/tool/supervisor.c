#include "client/tool/supervisor.h"

#include "client/tool/print.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MIN = 1, PAUSE_MAX = 30, SHORT_LIFE = 10 };  /* seconds */

/* Waits for one of the signals, which are blocked; -1 after so many seconds. */
static int await(const sigset_t *set, int seconds)
{
    struct timespec timeout = {.tv_sec = seconds};
    return seconds < 0 ? sigwaitinfo(set, NULL) : sigtimedwait(set, NULL, &timeout);
}

static pid_t start(const struct options *o, int (*fn)(const struct options *o), const sigset_t *before)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid)
        return pid;
    sigprocmask(SIG_SETMASK, before, NULL);
    exit(fn(o));
}

/* Until the child is gone. Whether it was told to go. */
static bool watch(pid_t pid, const sigset_t *set, int *wait_status)
{
    bool is_told = false;
    while (waitpid(pid, wait_status, WNOHANG) == 0) {
        int number = await(set, -1);
        if (number == SIGINT || number == SIGTERM) {
            kill(pid, SIGTERM);
            is_told = true;
        }
    }
    return is_told;
}

static bool is_final(int wait_status)
{
    return WIFEXITED(wait_status) && (WEXITSTATUS(wait_status) == 0 || WEXITSTATUS(wait_status) == 2);
}

static int status_of(int wait_status)
{
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

/* stop: Ctrl-C and SIGTERM; all: SIGCHLD, too. */
static void block(sigset_t *stop, sigset_t *all, sigset_t *before)
{
    sigemptyset(stop);
    sigaddset(stop, SIGINT);
    sigaddset(stop, SIGTERM);
    *all = *stop;
    sigaddset(all, SIGCHLD);
    sigprocmask(SIG_BLOCK, all, before);
}

int supervise(const struct options *o, int (*fn)(const struct options *o))
{
    sigset_t stop, all, before;
    int pause = PAUSE_MIN, wait_status = 0;
    block(&stop, &all, &before);
    for (;;) {
        time_t begun = time(NULL);
        pid_t pid = start(o, fn, &before);
        if (pid < 0)
            return misused("no process can be made");
        bool is_told = watch(pid, &all, &wait_status);
        if (is_told || is_final(wait_status))
            return status_of(wait_status);
        pause = time(NULL) - begun > SHORT_LIFE ? PAUSE_MIN : pause;
        print_note(o, "the services ended with status %d; starting again in %d s", status_of(wait_status), pause);
        if (await(&stop, pause) > 0)
            return status_of(wait_status);
        pause = pause * 2 > PAUSE_MAX ? PAUSE_MAX : pause * 2;
    }
}
