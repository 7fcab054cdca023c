/* S-28: joining with an identity, and asking who one is. The password comes from a file, so that it is in no list
 * of processes.
 *
 *     login peter /run/secrets/peter get_foo */
#include "example.h"

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    WAMP_WITH(client, .url = EXAMPLE_URL, .authid = argv[1], .secret_file = argv[2])
    {
        const wamp_val *welcome = wamp_welcome(client);
        printf("%s as %s, by %s\n", wamp_str(wamp_key(welcome, "authid")), wamp_str(wamp_key(welcome, "authrole")),
               wamp_str(wamp_key(welcome, "authmethod")));
        if (argc > 3 && wamp_call(client, argv[3], NULL, "")) {
            fprintf(stderr, "error: %s: %s\n", wamp_err(client)->uri ? wamp_err(client)->uri : "wamp",
                    wamp_err(client)->message);
            return 1;
        }
        return 0;
    }
    return could_not_join() ? 4 : 0;
}
