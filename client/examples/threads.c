/* A peer with a thread of its own, fed by others: the only function they need is wamp_post. */
#include "example.h"

#include <pthread.h>
#include <semaphore.h>

static void publish_it(void *arg, wamp_peer *peer)
{
    char *reading = arg;
    wamp_publish(peer, "example.reading", NULL, "s", reading);
    free(reading);
}

static void *measure(void *arg)
{
    wamp_peer *peer = arg;
    for (int i = 0; i < 10; i++) {
        char *reading = malloc(32);
        if (!reading)
            return NULL;
        snprintf(reading, 32, "reading %d", i);
        if (wamp_post(peer, publish_it, reading))
            free(reading);
    }
    return NULL;
}

static void finished(void *arg, wamp_peer *peer)
{
    (void)peer;
    puts("all published");
    sem_post(arg);
}

int main(void)
{
    pthread_t sensors[2];
    sem_t done;
    wamp_peer *peer = wamp_open(&(wamp_opt){.url = EXAMPLE_URL, .reconnect = true});
    if (!peer)
        return could_not_join();
    if (wamp_start(peer))
        return 1;
    for (int i = 0; i < 2; i++)
        pthread_create(&sensors[i], NULL, measure, peer);
    for (int i = 0; i < 2; i++)
        pthread_join(sensors[i], NULL);
    sem_init(&done, 0, 0);
    if (!wamp_post(peer, finished, &done))  /* posts run in order: this one after all of theirs */
        sem_wait(&done);
    sem_destroy(&done);
    wamp_close(peer);
    return 0;
}
