"""S-21: the README that the seed quotes, word for word, on wampy 1.1.0. It is older than that: what 1.1.0 no
longer has is made of what it has, and gevent stands in for eventlet, on which 1.1.0 does not run. Two slips of the
pen are mended: `import eventlet()` and `with cliient`.

    WAMP_URL=ws://127.0.0.1:8080 seed_peer.py console | second_terminal
"""
import os
import select
import sys
import types

import gevent
import wampy
from wampy.peers.clients import Client
from wampy.roles.callee import callee
from wampy.roles.subscriber import subscribe

# --- what was there in 2016 -----------------------------------------------------------------------------------

PEERS = []


class Peer(Client):
    def __init__(self, **options):
        self.options = {"url": os.environ["WAMP_URL"], **options}
        super().__init__(**self.options)
        PEERS.append(self)

    def stop(self):
        """It can be started again."""
        super().stop()
        Client.__init__(self, **self.options)


def get_registered_entrypoints():
    return {number: (type(peer), name) for peer in PEERS if peer.session
            for number, name in peer.registration_map.items()}


wampy.Peer = Peer
sys.modules["eventlet"] = gevent
for name, content in {"entrypoints": {"rpc": callee, "subscribe": subscribe},
                      "registry": {"get_registered_entrypoints": get_registered_entrypoints}}.items():
    module = sys.modules["wampy." + name] = types.ModuleType(name)
    vars(module).update(content)


# --- the README -----------------------------------------------------------------------------------------------

def say(value):
    """What the console shows."""
    print(value, flush=True)


def is_typing():
    """A person takes a while; meanwhile messages arrive."""
    select.select([sys.stdin], [], [])
    sys.stdin.readline()


def console():
    from wampy import Peer

    from wampy.entrypoints import rpc

    class BinaryNumberService(Peer):
        @rpc
        def get_binary_number(self, number):
            return bin(number)

    service = BinaryNumberService()

    service.start()

    say(service.session.id)

    from wampy.registry import get_registered_entrypoints

    is_typing()
    say(get_registered_entrypoints())

    client = Peer(name="Binary Number Caller")

    client.start()  # note that you can context-manage clients and avoid this step!

    say(client.rpc.get_binary_number(100))

    client.stop()

    is_typing()  # in the second terminal
    with client:
        client.publish(topic="news", headlines=[
            "wampy is great!",
            "probably best to use wampy in your next project"
        ])


def second_terminal():
    from wampy import Peer

    from wampy.entrypoints import subscribe

    class NewsReader(Peer):

        def __init__(self, *args, **kwargs):
            super(NewsReader, self).__init__(*args, **kwargs)
            self.messages = []

        @subscribe(topic="news")
        def handle_news(self, *args, **kwargs):
            headlines = kwargs['headlines']
            for headline in headlines:
                self.messages.append(headline)

    reader = NewsReader()

    reader.start()

    def listen_for_news(reader):
        import eventlet
        while True:
            try:
                message = reader.messages.pop()
            except IndexError:
                eventlet.sleep()
            else:
                print(message)

    listen_for_news(reader)


if __name__ == "__main__":
    globals()[sys.argv[1]]()
