/* wampd. */
#include "router/cli.h"
#include "router/server.h"

int main(int argc, char **argv)
{
    struct config config;
    int status = cli_parse(argc, argv, &config);
    if (status < 0)
        status = server_run(&config);
    config_fini(&config);
    return status;
}
