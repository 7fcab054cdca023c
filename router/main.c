/* wampd. */
#include "common/map.h"
#include "router/cli.h"
#include "router/random.h"
#include "router/server.h"

/* Before the first table, and those of the configuration are the first. */
static void seed_maps(void)
{
    uint8_t key[16];
    random_octets(key, sizeof key);
    wamp_map_seed(key);
}

int main(int argc, char **argv)
{
    struct config config;
    seed_maps();
    int status = cli_parse(argc, argv, &config);
    if (status < 0)
        status = server_run(&config);
    config_fini(&config);
    return status;
}
