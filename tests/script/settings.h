/* The KEY=VALUE words of a script: what a peer announces, and how the realm is configured. */
#ifndef TESTS_SCRIPT_SETTINGS_H
#define TESTS_SCRIPT_SETTINGS_H

#include "tests/script/script.h"

/* A peer that announces everything. */
void peer_options_init(struct peer_options *o);

/* One word after join or connect. False: unknown key or value; *why says which. */
bool peer_options_set(struct peer_options *o, struct str word, struct script_error *why);

/* Roles that were not chosen take their features with them; authid and authrole stand in for each other. To be called after the last word. */
void peer_options_finish(struct peer_options *o);

/* One word of a config line. */
bool script_config_set(struct script *s, struct str word, struct script_error *why);

#endif
