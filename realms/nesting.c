#include "realms/nesting.h"

/* The reader knows how deep it may be. */
bool nesting_fits(enum wamp_ser ser, struct str value, unsigned levels)
{
    struct wamp_buf buf = {0};
    struct wamp_wr w = wamp_wr(ser, &buf);
    struct wamp_item item;
    if (!value.len)
        return true;
    for (unsigned i = 0; i < levels; i++)
        wamp_wr_list(&w, 1);
    wamp_wr_raw(&w, value);
    for (unsigned i = 0; i < levels; i++)
        wamp_wr_list_end(&w);
    bool fits = !buf.failed && !wamp_item_parse(ser, wamp_buf_str(&buf), &item);
    wamp_buf_fini(&buf);
    return fits;
}
