/* Makes what the section `auth` of a configuration needs of a password, so that the password itself need not stand
 * there; and key pairs for cryptosign. */
#ifndef ROUTER_CREDENTIALS_H
#define ROUTER_CREDENTIALS_H

#include <stdio.h>

/* kind: scram, scram-pbkdf2, wampcra: reads one line, the password, from `in`; cryptosign reads nothing. Prints a
 * mapping in YAML. Returns the exit status: 0; 1 with a line on stderr: no such kind, no password, no memory. */
int credentials_print(const char *kind, FILE *in, FILE *out);

#endif
