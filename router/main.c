/* wampd, and crossbar when it is called by that name. */
#include "common/map.h"
#include "router/cli.h"
#include "router/crossbar.h"
#include "router/random.h"
#include "router/server.h"

/* Before the first table, and those of the configuration are the first. */
static void seed_maps(void)
{
    uint8_t key[16];
    random_octets(key, sizeof key);
    wamp_map_seed(key);
}

static int serve(int argc, char **argv)
{
    struct config *config = config_new();
    int status = config ? cli_parse(argc, argv, config) : 1;
    if (status < 0)
        return server_run(config, argc, argv);
    config_unref(config);
    return status;
}

int main(int argc, char **argv)
{
    seed_maps();
    return crossbar_named(argv[0]) ? crossbar_main(argc, argv, serve) : serve(argc, argv);
}
