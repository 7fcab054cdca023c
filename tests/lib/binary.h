/* What tests of the binary serializers, MessagePack and CBOR, have in common: tables of what is taken, refused and
 * written, and values at random, whole and damaged.
 *
 * Octets are written in hexadecimal with blanks anywhere: "83 01 02 03". Whatever is read lies in a block of just
 * its size, so that a sanitizer sees what is read beyond it. */
#ifndef TESTS_LIB_BINARY_H
#define TESTS_LIB_BINARY_H

#include "common/ser.h"
#include "tests/lib/test.h"

/* The octets of `hex` in a block of their own; octets_free. */
struct str octets_of(const char *hex);
struct str octets_copy(struct str octets);
void octets_free(struct str octets);

/* A value that is taken, and as what. Also every octet of it is needed: cut short anywhere it is refused. */
struct taken {
    const char *hex;
    enum wamp_kind kind;
    union {
        bool boolean;
        uint64_t uint;
        int64_t nint;
        double real;
        const char *text;  /* STR: the text; BIN and BIGNUM: hexadecimal. Chunks are joined. EXT: not looked at */
        uint32_t count;    /* LIST, MAP */
    };
};
void expect_taken(enum wamp_ser ser, const struct taken *rows, size_t count);

struct refused {
    const char *hex;
    enum wamp_err err;
};
void expect_refused(enum wamp_ser ser, const struct refused *rows, size_t count);

/* b holds these octets; it is reset. */
void expect_written(struct wamp_buf *b, const char *hex);

#define ROWS(table) (table), sizeof(table) / sizeof *(table)

/* A way to nest: outer again and again, inner once, after as often as outer. */
struct nesting {
    const char *outer, *inner, *after;
    unsigned levels;  /* that inner has itself */
};

/* With WAMP_DEPTH_MAX levels it is taken, with one more or many more it is refused: both as a value and, where it
 * is a list, as a message. */
void expect_depth_limit(enum wamp_ser ser, const struct nesting *rows, size_t count);

/* Another library's reader, and what it thinks of lists at random, most of them damaged. Both opinions must have
 * been there often. */
struct oracle {
    enum wamp_ser ser;
    const char *heads;                  /* octets that are worth putting in, in hexadecimal */
    bool (*takes)(struct str octets);   /* for one whole value */
    bool (*may_differ)(struct str octets, enum wamp_err ours);  /* where it is not asked */
};
void expect_agreement(const struct oracle *o, unsigned rounds);

#endif
