#include "common/err.h"

const char *wamp_err_text(enum wamp_err err)
{
    switch (err) {
#define X(name, text)                                                                                        \
    case WAMP_ERR_##name:                                                                                    \
        return text;
        WAMP_ERR_MAP(X)
#undef X
    }
    return "unknown error";
}
