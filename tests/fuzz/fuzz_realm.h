/* The input of fuzz_realm: what happens in a realm, octet by octet. seeds.c writes it, fuzz_realm.c plays it.
 *
 * One octet chooses the realm (realm_input_config), then each step is an octet and what it takes. Random numbers
 * count 0, 1, 2 .., so that messages can name ids that exist. */
#ifndef TESTS_FUZZ_FUZZ_REALM_H
#define TESTS_FUZZ_FUZZ_REALM_H

#include "realms/realm.h"

enum { REALM_INPUT_PEERS = 4 };

enum realm_input_step {
    INPUT_JOIN_ALL,   /* peer, ser: announces everything */
    INPUT_JOIN_SOME,  /* peer, ser, 8 octets: features (roles: all four) */
    INPUT_MESSAGE,    /* peer, length (2 octets, low first), octets */
    INPUT_TEMPLATE,   /* peer, template, an octet for each of its holes */
    INPUT_DROP,       /* peer */
    INPUT_ADVANCE,    /* exponent: 2^n - 1 ms pass, n < 32 */
    INPUT_FULL,       /* peer: nothing more can be queued for it */
    INPUT_FAIL,       /* n: the n-th allocation from here fails */
    INPUT_SHUTDOWN,
    INPUT_ROLES,      /* n: the roles are those of realm_input_roles(n) from here on */
    INPUT_COUNT,
};

/* Bits 0 and 1: the preset; bit 2: kill allowed; bit 3: meta API denied; bits 4 and 5: disclosure; bits 6 and 7: the
 * roles. Rows of history, trust and forwarded keys are always there; limits are small. */
struct realm_config realm_input_config(unsigned choice);

/* Some roles: none for choice 0. The authrole of a peer is that of its number. */
const struct realm_role *realm_input_roles(unsigned choice, size_t *count);
extern const struct str realm_input_authroles[REALM_INPUT_PEERS];

#endif
