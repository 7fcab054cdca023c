/* Starting and stopping wampd for daemon.c. */
#ifndef TESTS_SCRIPT_PROCESS_H
#define TESTS_SCRIPT_PROCESS_H

#include "tests/script/daemon.h"

/* Writes the configuration that the script asks for, starts wampd with it, and waits until it is ready. */
bool process_start(struct daemon *d, const struct script *s, struct trouble *t);

/* SIGTERM; it must end in time and with status 0. Nothing to do where none runs. */
bool process_stop(struct daemon *d, struct trouble *t);

/* Whether it still runs. */
bool process_alive(struct daemon *d);

/* `what`, and the end of what the process said on stderr. False. */
bool process_trouble(const struct daemon *d, const char *what, struct trouble *t);

void process_socket_path(const struct daemon *d, char *out, size_t size);

#endif
