/* What can go wrong inside common/ and realms/, as one table: code and the words for a person.
 *
 * Three kinds of "no" are never mixed: a program error is an assert, a thing that could not be done is a
 * wamp_err, and nonsense from a peer is an ERROR or ABORT message with a URI. */
#ifndef WAMP_COMMON_ERR_H
#define WAMP_COMMON_ERR_H

#define WAMP_ERR_MAP(X)                                                                                      \
    X(NONE, "no error")                                                                                      \
    X(NOMEM, "out of memory")                                                                                \
    X(TRUNCATED, "the message ends too early")                                                               \
    X(TRAILING, "octets after the end of the message")                                                       \
    X(SYNTAX, "not well-formed")                                                                             \
    X(DEPTH, "nested too deeply")                                                                            \
    X(UTF8, "text is not valid UTF-8")                                                                       \
    X(COUNT, "a count is larger than the octets that remain")                                                \
    X(TYPE, "a value has the wrong type")                                                                    \
    X(RANGE, "a number is out of range")                                                                     \
    X(DUPLICATE, "a key occurs twice")                                                                       \
    X(TOOBIG, "larger than the limit allows")                                                                \
    X(UNREPRESENTABLE, "the value cannot be expressed in the receiver's serializer")                         \
    X(MALFORMED, "the message does not have the layout of its type")

enum wamp_err {
#define X(name, text) WAMP_ERR_##name,
    WAMP_ERR_MAP(X)
#undef X
};

/* The words for err; a static string, never NULL. */
const char *wamp_err_text(enum wamp_err err);

#endif
