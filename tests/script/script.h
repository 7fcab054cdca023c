/* A conversation script, parsed. The language: tests/scripts/README.md. */
#ifndef TESTS_SCRIPT_SCRIPT_H
#define TESTS_SCRIPT_SCRIPT_H

#include "realms/realm.h"
#include "tests/lib/pattern.h"

#include <stdbool.h>

enum step_kind {
    STEP_JOIN,
    STEP_CONNECT,
    STEP_SEND,        /* NAME > [..] */
    STEP_OCTETS,      /* NAME >octets ".." */
    STEP_EXPECT,      /* NAME < [..] */
    STEP_EXPECT_ANY,  /* NAME <* [..] */
    STEP_QUIET,
    STEP_ADVANCE,
    STEP_FULL,
    STEP_DROP,
    STEP_GONE,
    STEP_LET,
};

enum { NAMES_MAX = 16 };

/* What is said after join and connect. */
struct peer_options {
    enum wamp_ser ser;         /* 0: that of the run */
    struct wamp_roles roles;
    size_t max_message;        /* 0: no limit */
    struct str authid, authrole;
};

struct step {
    enum step_kind kind;
    int line;
    struct str text;               /* of the line, for messages */
    struct str names[NAMES_MAX];   /* whom it concerns */
    unsigned name_count;
    struct peer_options options;   /* JOIN, CONNECT */
    struct pattern pattern;        /* SEND, EXPECT, EXPECT_ANY, LET */
    struct str octets;             /* OCTETS */
    struct str variable;           /* LET */
    wamp_ms ms;                    /* ADVANCE */
    bool has_why;                  /* GONE */
    enum close_reason why;
};

/* Who joins as somebody: on the daemon by ticket. */
struct script_login {
    struct str authid, authrole;
};

struct script {
    const char *path;
    struct wamp_arena arena;       /* holds all of the below */
    struct str text;
    struct script_login logins[NAMES_MAX];
    unsigned login_count;
    struct step *steps;
    unsigned step_count;
    bool only_core, only_daemon;
    bool only_socket;              /* not over long-poll */
    unsigned only_sers;            /* bit 1 << ser; 0: all */
    struct realm_config config;
    struct rules rules;            /* what config.rules points to, where a script sets rules */
    struct str settings; /* the words of all config lines, space between them: "preset=strict kill=yes " */
    wamp_ms waits_ms;              /* sum of its advances */
};

struct script_error {
    int line;
    char text[240];
};

/* Reads the file. False: *why says what is wrong with it. script_fini is due either way. */
bool script_read(struct script *s, const char *path, struct script_error *why);
void script_fini(struct script *s);

/* "goodbye", "killed", ...: the words of NAME gone WHY. */
const char *close_reason_name(enum close_reason why);

#endif
