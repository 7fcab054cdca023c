/** The format language of arguments, replies, events and values, and how C arguments reach it.
 *
 * A format is a text; each letter takes one argument (y takes two):
 *
 *     b   bool                           i   signed integer              u   unsigned integer      d   real
 *     s   const char *, UTF-8            y   pointer and length: octets  n   null (no argument)
 *     v   const wamp_val *, any value    [ ] a list of what is inside    { } a dict: {k:i name:s}
 *     V   a wamp_val list or dict, spread: its elements become elements, its pairs become pairs
 *
 * At the outermost level the elements are positional arguments, and name:x is a keyword argument:
 *
 *     wamp_call(p, "com.ex.add", &v, "ii", 3, 4);
 *     wamp_publish(p, "news", NULL, "headlines:[ss] urgent:b", "one", "two", true);
 *
 * Blanks and commas between elements mean nothing. A name is made of anything but blanks, brackets, braces, comma
 * and colon.
 *
 * Each C argument travels with its type, so a format that does not fit is found at run time, always: WAMP_E_ARGS,
 * with the reason in wamp_err. Integers convert where the number fits (an int for i and u, 0 and 1 for b, any
 * integer for d). A NULL string or value, text that is no UTF-8, too few and too many arguments are all
 * WAMP_E_ARGS.
 *
 * The functions behind the macros end in _v and take the arguments as an array: for other languages, and for
 * programs that make argument lists at run time. At most 32 arguments in one macro call. */
#ifndef WAMP_ARGS_H
#define WAMP_ARGS_H

#include "base.h"

typedef enum wamp_arg_kind {
    WAMP_A_BOOL,
    WAMP_A_INT,
    WAMP_A_UINT,
    WAMP_A_REAL,
    WAMP_A_STR,
    WAMP_A_PTR,
    WAMP_A_VAL,
    /* where to store a value: for signatures (wamp_args, wamp_unpack) */
    WAMP_A_TO_BOOL,
    WAMP_A_TO_I32,
    WAMP_A_TO_U32,
    WAMP_A_TO_I64,
    WAMP_A_TO_U64,
    WAMP_A_TO_REAL,
    WAMP_A_TO_STR,
    WAMP_A_TO_PTR,
    WAMP_A_TO_VAL,
} wamp_arg_kind;

typedef struct wamp_arg {
    wamp_arg_kind kind;
    union {
        bool boolean;
        int64_t integer;
        uint64_t uinteger;
        double real;
        const char *str;
        const void *ptr;
        const wamp_val *val;
        void *to;
    } u;
} wamp_arg;

typedef struct wamp_argv {
    const wamp_arg *v;
    size_t n;
} wamp_argv;

#if __SIZEOF_LONG__ == 8
#define WAMP_A_TO_LONG WAMP_A_TO_I64
#define WAMP_A_TO_ULONG WAMP_A_TO_U64
#else
#define WAMP_A_TO_LONG WAMP_A_TO_I32
#define WAMP_A_TO_ULONG WAMP_A_TO_U32
#endif

/* One maker a C type: name, type, kind, member. */
#define WAMP_ARG_TYPES(X)                                                                                         \
    X(bool, bool, BOOL, boolean)                                                                                  \
    X(char, char, INT, integer)                                                                                   \
    X(schar, signed char, INT, integer)                                                                           \
    X(short, short, INT, integer)                                                                                 \
    X(int, int, INT, integer)                                                                                     \
    X(long, long, INT, integer)                                                                                   \
    X(llong, long long, INT, integer)                                                                             \
    X(uchar, unsigned char, UINT, uinteger)                                                                       \
    X(ushort, unsigned short, UINT, uinteger)                                                                     \
    X(uint, unsigned, UINT, uinteger)                                                                             \
    X(ulong, unsigned long, UINT, uinteger)                                                                       \
    X(ullong, unsigned long long, UINT, uinteger)                                                                 \
    X(float, float, REAL, real)                                                                                   \
    X(double, double, REAL, real)                                                                                 \
    X(text, char *, STR, str)                                                                                     \
    X(ctext, const char *, STR, str)                                                                              \
    X(ptr, void *, PTR, ptr)                                                                                      \
    X(cptr, const void *, PTR, ptr)                                                                               \
    X(octets, unsigned char *, PTR, ptr)                                                                          \
    X(coctets, const unsigned char *, PTR, ptr)                                                                   \
    X(val, struct wamp_val *, VAL, val)                                                                           \
    X(cval, const struct wamp_val *, VAL, val)                                                                    \
    X(to_bool, bool *, TO_BOOL, to)                                                                               \
    X(to_int, int *, TO_I32, to)                                                                                  \
    X(to_uint, unsigned *, TO_U32, to)                                                                            \
    X(to_long, long *, TO_LONG, to)                                                                               \
    X(to_llong, long long *, TO_I64, to)                                                                          \
    X(to_ulong, unsigned long *, TO_ULONG, to)                                                                    \
    X(to_ullong, unsigned long long *, TO_U64, to)                                                                \
    X(to_double, double *, TO_REAL, to)                                                                           \
    X(to_text, const char **, TO_STR, to)                                                                         \
    X(to_ptr, const void **, TO_PTR, to)                                                                          \
    X(to_octets, const unsigned char **, TO_PTR, to)                                                              \
    X(to_val, const struct wamp_val **, TO_VAL, to)

#ifndef __cplusplus

#define WAMP_ARG_MAKER(name, type, kind_, member)                                                                 \
    static inline wamp_arg wamp_arg_##name(type x)                                                                \
    {                                                                                                             \
        wamp_arg a = {.kind = WAMP_A_##kind_};                                                                    \
        a.u.member = x;                                                                                           \
        return a;                                                                                                 \
    }
WAMP_ARG_TYPES(WAMP_ARG_MAKER)

#define WAMP_ARG_CASE(name, type, kind_, member) , type : wamp_arg_##name
#define WAMP_ARG(x) _Generic((x), struct wamp_arg : wamp_arg_same WAMP_ARG_TYPES(WAMP_ARG_CASE))(x)
static inline wamp_arg wamp_arg_same(wamp_arg a)
{
    return a;
}

/* WAMP_FMT(fmt, a, b) becomes: (fmt), an array of the boxed a and b. */
#define WAMP_FMT(...) WAMP_FMT_(WAMP_COUNT(__VA_ARGS__), __VA_ARGS__)
#define WAMP_FMT_(n, ...) WAMP_FMT__(n, __VA_ARGS__)
#define WAMP_FMT__(n, ...) WAMP_F##n(__VA_ARGS__)
#define WAMP_F0(fmt) (fmt), (wamp_argv){NULL, 0}
#define WAMP_PACK(fmt, n, ...) (fmt), (wamp_argv){(const wamp_arg[]){__VA_ARGS__}, n}

#define WAMP_COUNT(...)                                                                                           \
    WAMP_COUNT_(__VA_ARGS__, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12,  \
                11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0)
#define WAMP_COUNT_(f, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, \
                    a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, n, ...)                           \
    n

#define WAMP_F1(f, ...) WAMP_PACK(f, 1, WAMP_B1(__VA_ARGS__))
#define WAMP_F2(f, ...) WAMP_PACK(f, 2, WAMP_B2(__VA_ARGS__))
#define WAMP_F3(f, ...) WAMP_PACK(f, 3, WAMP_B3(__VA_ARGS__))
#define WAMP_F4(f, ...) WAMP_PACK(f, 4, WAMP_B4(__VA_ARGS__))
#define WAMP_F5(f, ...) WAMP_PACK(f, 5, WAMP_B5(__VA_ARGS__))
#define WAMP_F6(f, ...) WAMP_PACK(f, 6, WAMP_B6(__VA_ARGS__))
#define WAMP_F7(f, ...) WAMP_PACK(f, 7, WAMP_B7(__VA_ARGS__))
#define WAMP_F8(f, ...) WAMP_PACK(f, 8, WAMP_B8(__VA_ARGS__))
#define WAMP_F9(f, ...) WAMP_PACK(f, 9, WAMP_B9(__VA_ARGS__))
#define WAMP_F10(f, ...) WAMP_PACK(f, 10, WAMP_B10(__VA_ARGS__))
#define WAMP_F11(f, ...) WAMP_PACK(f, 11, WAMP_B11(__VA_ARGS__))
#define WAMP_F12(f, ...) WAMP_PACK(f, 12, WAMP_B12(__VA_ARGS__))
#define WAMP_F13(f, ...) WAMP_PACK(f, 13, WAMP_B13(__VA_ARGS__))
#define WAMP_F14(f, ...) WAMP_PACK(f, 14, WAMP_B14(__VA_ARGS__))
#define WAMP_F15(f, ...) WAMP_PACK(f, 15, WAMP_B15(__VA_ARGS__))
#define WAMP_F16(f, ...) WAMP_PACK(f, 16, WAMP_B16(__VA_ARGS__))
#define WAMP_F17(f, ...) WAMP_PACK(f, 17, WAMP_B17(__VA_ARGS__))
#define WAMP_F18(f, ...) WAMP_PACK(f, 18, WAMP_B18(__VA_ARGS__))
#define WAMP_F19(f, ...) WAMP_PACK(f, 19, WAMP_B19(__VA_ARGS__))
#define WAMP_F20(f, ...) WAMP_PACK(f, 20, WAMP_B20(__VA_ARGS__))
#define WAMP_F21(f, ...) WAMP_PACK(f, 21, WAMP_B21(__VA_ARGS__))
#define WAMP_F22(f, ...) WAMP_PACK(f, 22, WAMP_B22(__VA_ARGS__))
#define WAMP_F23(f, ...) WAMP_PACK(f, 23, WAMP_B23(__VA_ARGS__))
#define WAMP_F24(f, ...) WAMP_PACK(f, 24, WAMP_B24(__VA_ARGS__))
#define WAMP_F25(f, ...) WAMP_PACK(f, 25, WAMP_B25(__VA_ARGS__))
#define WAMP_F26(f, ...) WAMP_PACK(f, 26, WAMP_B26(__VA_ARGS__))
#define WAMP_F27(f, ...) WAMP_PACK(f, 27, WAMP_B27(__VA_ARGS__))
#define WAMP_F28(f, ...) WAMP_PACK(f, 28, WAMP_B28(__VA_ARGS__))
#define WAMP_F29(f, ...) WAMP_PACK(f, 29, WAMP_B29(__VA_ARGS__))
#define WAMP_F30(f, ...) WAMP_PACK(f, 30, WAMP_B30(__VA_ARGS__))
#define WAMP_F31(f, ...) WAMP_PACK(f, 31, WAMP_B31(__VA_ARGS__))
#define WAMP_F32(f, ...) WAMP_PACK(f, 32, WAMP_B32(__VA_ARGS__))

#define WAMP_B1(a) WAMP_ARG(a)
#define WAMP_B2(a, ...) WAMP_ARG(a), WAMP_B1(__VA_ARGS__)
#define WAMP_B3(a, ...) WAMP_ARG(a), WAMP_B2(__VA_ARGS__)
#define WAMP_B4(a, ...) WAMP_ARG(a), WAMP_B3(__VA_ARGS__)
#define WAMP_B5(a, ...) WAMP_ARG(a), WAMP_B4(__VA_ARGS__)
#define WAMP_B6(a, ...) WAMP_ARG(a), WAMP_B5(__VA_ARGS__)
#define WAMP_B7(a, ...) WAMP_ARG(a), WAMP_B6(__VA_ARGS__)
#define WAMP_B8(a, ...) WAMP_ARG(a), WAMP_B7(__VA_ARGS__)
#define WAMP_B9(a, ...) WAMP_ARG(a), WAMP_B8(__VA_ARGS__)
#define WAMP_B10(a, ...) WAMP_ARG(a), WAMP_B9(__VA_ARGS__)
#define WAMP_B11(a, ...) WAMP_ARG(a), WAMP_B10(__VA_ARGS__)
#define WAMP_B12(a, ...) WAMP_ARG(a), WAMP_B11(__VA_ARGS__)
#define WAMP_B13(a, ...) WAMP_ARG(a), WAMP_B12(__VA_ARGS__)
#define WAMP_B14(a, ...) WAMP_ARG(a), WAMP_B13(__VA_ARGS__)
#define WAMP_B15(a, ...) WAMP_ARG(a), WAMP_B14(__VA_ARGS__)
#define WAMP_B16(a, ...) WAMP_ARG(a), WAMP_B15(__VA_ARGS__)
#define WAMP_B17(a, ...) WAMP_ARG(a), WAMP_B16(__VA_ARGS__)
#define WAMP_B18(a, ...) WAMP_ARG(a), WAMP_B17(__VA_ARGS__)
#define WAMP_B19(a, ...) WAMP_ARG(a), WAMP_B18(__VA_ARGS__)
#define WAMP_B20(a, ...) WAMP_ARG(a), WAMP_B19(__VA_ARGS__)
#define WAMP_B21(a, ...) WAMP_ARG(a), WAMP_B20(__VA_ARGS__)
#define WAMP_B22(a, ...) WAMP_ARG(a), WAMP_B21(__VA_ARGS__)
#define WAMP_B23(a, ...) WAMP_ARG(a), WAMP_B22(__VA_ARGS__)
#define WAMP_B24(a, ...) WAMP_ARG(a), WAMP_B23(__VA_ARGS__)
#define WAMP_B25(a, ...) WAMP_ARG(a), WAMP_B24(__VA_ARGS__)
#define WAMP_B26(a, ...) WAMP_ARG(a), WAMP_B25(__VA_ARGS__)
#define WAMP_B27(a, ...) WAMP_ARG(a), WAMP_B26(__VA_ARGS__)
#define WAMP_B28(a, ...) WAMP_ARG(a), WAMP_B27(__VA_ARGS__)
#define WAMP_B29(a, ...) WAMP_ARG(a), WAMP_B28(__VA_ARGS__)
#define WAMP_B30(a, ...) WAMP_ARG(a), WAMP_B29(__VA_ARGS__)
#define WAMP_B31(a, ...) WAMP_ARG(a), WAMP_B30(__VA_ARGS__)
#define WAMP_B32(a, ...) WAMP_ARG(a), WAMP_B31(__VA_ARGS__)

#else /* C++: overloads and a pack whose array lives until the end of the full expression */

#define WAMP_ARG_MAKER(name, type, kind_, member)                                                                 \
    inline wamp_arg wamp_arg_of(type x)                                                                           \
    {                                                                                                             \
        wamp_arg a = {};                                                                                          \
        a.kind = WAMP_A_##kind_;                                                                                  \
        a.u.member = x;                                                                                           \
        return a;                                                                                                 \
    }
WAMP_ARG_TYPES(WAMP_ARG_MAKER)

template <size_t N> struct wamp_pack {
    wamp_arg v[N + 1];
    operator wamp_argv() const { return {v, N}; }
};
template <class... T> wamp_pack<sizeof...(T)> wamp_pack_rest(const char *, T... rest)
{
    return {{wamp_arg_of(rest)..., wamp_arg{}}};
}
#define WAMP_FIRST_OF(fmt, ...) fmt
#define WAMP_FMT(...) WAMP_FIRST_OF(__VA_ARGS__, 0), wamp_pack_rest(__VA_ARGS__)

#endif

#endif
