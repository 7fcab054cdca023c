#include "router/address.h"

#include "common/mem.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static bool is_loopback(const uint8_t key[16])
{
    struct in6_addr a;
    memcpy(&a, key, sizeof a);
    return IN6_IS_ADDR_LOOPBACK(&a) || (IN6_IS_ADDR_V4MAPPED(&a) && key[12] == 127);
}

/* False where such a peer is not counted. */
static bool make_key(const struct sockaddr *from, uint8_t key[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (from->sa_family == AF_INET) {
        memcpy(key, mapped, sizeof mapped);
        memcpy(key + 12, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    } else if (from->sa_family == AF_INET6) {
        memcpy(key, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
    } else {
        return false;
    }
    if (is_loopback(key))
        return false;
    if (memcmp(key, mapped, sizeof mapped) != 0)
        memset(key + 8, 0, 8);  /* a customer is given a /64 and may use any address of it */
    return true;
}

bool address_enter(struct addresses *all, const struct sockaddr *from, struct address **out)
{
    uint8_t key[16];
    *out = NULL;
    if (!make_key(from, key))
        return true;
    struct address *a;
    HASH_FIND(hh, all->by_key, key, sizeof key, a);
    if (!a) {
        a = wamp_zalloc(sizeof *a);
        if (!a)
            return false;
        memcpy(a->key, key, sizeof key);
        HASH_ADD(hh, all->by_key, key, sizeof a->key, a);
        if (!wamp_map_added(a)) {
            wamp_free(a);
            return false;
        }
    }
    a->connections++;
    *out = a;
    return true;
}

struct address *address_again(struct address *a)
{
    if (a)
        a->connections++;
    return a;
}

const char *address_text(const struct address *a, char out[ADDRESS_TEXT])
{
    struct in6_addr in;
    char text[INET6_ADDRSTRLEN];
    if (!a)
        return "here";
    memcpy(&in, a->key, sizeof in);
    bool is_v4 = IN6_IS_ADDR_V4MAPPED(&in);
    inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? a->key + 12 : a->key, text, sizeof text);
    snprintf(out, ADDRESS_TEXT, "%s%s", text, is_v4 ? "" : "/64");
    return out;
}

void address_leave(struct addresses *all, struct address *a)
{
    if (!a || --a->connections > 0)
        return;
    HASH_DEL(all->by_key, a);
    wamp_free(a);
}
