/* What fuzz targets share. A target is fuzz_NAME.c with one LLVMFuzzerTestOneInput; `make fuzz` links it to
 * libFuzzer, `make check` to main.c, which replays tests/fuzz/corpus/NAME. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "common/value.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever the input is. */
#define demand(condition) ((condition) ? (void)0 : fuzz_broken(#condition, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *what, const char *file, int line);

/* Input is taken from the front; what is missing reads as 0. */
struct fuzz_input {
    const uint8_t *p, *end;
};
uint8_t fuzz_byte(struct fuzz_input *in);
struct str fuzz_octets(struct fuzz_input *in, size_t len);  /* at most len of them */

/* What must hold of one value in form ser, valid or not: the readers agree with one another, what was read can be
 * written and is read again as the same, and what another form can hold comes back from it unchanged. */
void fuzz_value(enum wamp_ser ser, struct str octets);

/* Whether there is a text that begins with NUL in it: JSON cannot tell it from octets where the rest is base64. */
bool fuzz_is_ambiguous(const struct wamp_value *v);

#endif
