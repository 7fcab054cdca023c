/* The same amount of request and reply with hiredis, for comparison: ECHO of 64 octets.
 *
 *     client_redis PATH blocking|async MS        PATH: the server's Unix socket */
#include "tests/bench/client.h"

#include <hiredis/adapters/libuv.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

static uint64_t answers;
static struct measure measure;

static void blocking(const char *path, unsigned ms)
{
    redisContext *c = redisConnectUnix(path);
    if (!c || c->err)
        exit(1);
    measure = measure_begin(ms);
    while (measure_goes_on(&measure, answers)) {
        redisReply *reply = redisCommand(c, "ECHO %b", PAYLOAD, sizeof PAYLOAD - 1);
        if (!reply)
            exit(1);
        answers += reply->len == sizeof PAYLOAD - 1;
        freeReplyObject(reply);
    }
    redisFree(c);
}

static void on_reply(redisAsyncContext *c, void *r, void *arg)
{
    redisReply *reply = r;
    if (!reply)
        return;  /* the end */
    answers += reply->len == sizeof PAYLOAD - 1;
    redisAsyncCommand(c, on_reply, arg, "ECHO %b", PAYLOAD, sizeof PAYLOAD - 1);
}

static void async(const char *path, unsigned ms)
{
    uv_loop_t *loop = uv_default_loop();
    redisAsyncContext *c = redisAsyncConnectUnix(path);
    if (!c || c->err || redisLibuvAttach(c, loop))
        exit(1);
    for (unsigned i = 0; i < UNDER_WAY; i++)
        redisAsyncCommand(c, on_reply, NULL, "ECHO %b", PAYLOAD, sizeof PAYLOAD - 1);
    measure = measure_begin(ms);
    while (measure_goes_on(&measure, answers))
        uv_run(loop, UV_RUN_ONCE);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    (strcmp(argv[2], "async") ? blocking : async)(argv[1], (unsigned)atoi(argv[3]));
    return 0;
}
