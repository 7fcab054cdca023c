/* S-22: a reader and a publisher of news. Run it with `wamp run build/ex/news.so:NewsReader`, or as it is:
 *
 *     news &
 *     news publish */
#include "example.h"

static void handle_news(void *self, const wamp_event *ev)
{
    const wamp_val *h = wamp_key(ev->kwargs, "headlines");
    (void)self;
    for (size_t i = 0; i < wamp_len(h); i++)
        puts(wamp_str(wamp_at(h, i)));
    fflush(stdout);
}
WAMP_SERVICE(NewsReader, WAMP_SUBSCRIBE("news", handle_news));

int main(int argc, char **argv)
{
    (void)argv;
    if (argc == 1)
        WAMP_WITH(reader, .service = &NewsReader, .url = EXAMPLE_URL)
    return wamp_run(reader) != WAMP_OK;
    else WAMP_WITH(client, .url = EXAMPLE_URL) return wamp_publish(
        client, "news", NULL, "headlines:[ss]", "wampy is great!",
        "probably best to use wampy in your next project") != WAMP_OK;
    return could_not_join();
}
