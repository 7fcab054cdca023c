"""wampy 1.1.0: blocking Python on gevent, JSON over WebSocket. See checks.py.

Its calls block, so that what is awaited here has always happened already. All clients of a process share one queue
of answers: there is one caller here, and a service only beside it, as in wampy's README.
"""
import gevent.monkey

gevent.monkey.patch_all()

import asyncio  # noqa: E402
import collections  # noqa: E402
import logging  # noqa: E402
import re  # noqa: E402
import time  # noqa: E402

import wampy.messages  # noqa: E402
from wampy.errors import WampyError, WampyTimeOutError  # noqa: E402
from wampy.peers.clients import Client  # noqa: E402
from wampy.roles.callee import callee  # noqa: E402
from wampy.roles.subscriber import subscribe  # noqa: E402
from wampy.testing.helpers import wait_for_registrations, wait_for_subscriptions  # noqa: E402

import checks  # noqa: E402

logging.disable(logging.INFO)  # it would log every message


class Service(Client):
    """The URIs of wampy's procedures are the names of its methods."""
    last_heard = None

    @callee
    def wampy_json_echo(self, value):
        return value

    @callee
    def wampy_json_fail(self, value):
        raise ValueError("broken")

    @callee
    def wampy_json_publish(self, topic, value):
        self.publish(topic=topic, message=value)

    @callee
    def wampy_json_heard(self):
        return self.last_heard

    @subscribe(topic="wampy_json_topic")
    def hear(self, message, meta):
        self.last_heard = message


class Events(collections.deque):
    async def get(self):
        deadline = time.monotonic() + 5
        while not self:
            assert time.monotonic() < deadline, "no event"
            gevent.sleep(0.001)
        return self.popleft()


class Caller(checks.Peer):
    def __init__(self, client, variant):
        super().__init__(client, variant)
        self.client = Client(url=checks.url(variant))
        self.client.start()

    async def call(self, procedure, *args):
        result = self.client.call(procedure, *args)
        assert not isinstance(result, wampy.messages.Error), result.message
        return result

    async def error(self, procedure, *args):
        error = self.client.call(procedure, *args)
        return error.error, error.args_list, error.kwargs_dict

    async def subscribe(self, topic):
        """By the session's own means: wampy's decorator knows its topics when the class is written."""
        events, client = Events(), self.client

        def keep(*args, meta, **kwargs):
            events.append(kwargs)

        client.session._subscribe_to_topic(keep, topic)
        wait_for_subscriptions(client, len(client.session.subscription_map) + 1)
        return events

    async def publish(self, topic, **kwargs):
        self.client.publish(topic=topic, **kwargs)

    async def leave(self):
        self.client.stop()

    async def serve(self):
        self.client.stop()
        self.client = Service(url=self.client.url)
        self.client.start()
        wait_for_registrations(self.client, 4)
        wait_for_subscriptions(self.client, 1)


async def join(client, variant):
    return Caller(client, variant)


# --- what only wampy does ----------------------------------------------------------------------------------------

class BinaryNumberService(Client):
    @callee
    def get_binary_number(self, number):
        return bin(number)

    @callee
    def requires_patience(self, seconds):
        gevent.sleep(seconds)

    @callee
    def calls_itself(self, number):
        return number


async def the_quickstart_of_its_readme(caller):  # spec: S-21 W-31
    with BinaryNumberService(url=caller.client.url) as service:
        wait_for_registrations(service, 3)
        assert isinstance(service.session.id, int)
        assert caller.client.rpc.get_binary_number(number=100) == "0b1100100"
        assert caller.client.rpc.get_binary_number(-5) == "-0b101"
        assert caller.client.call("get_binary_number", 7) == "0b111"


async def a_default_url_with_a_path(caller):  # spec: W-01
    """A bare Client() asks for `GET /8080`: the constant says ws://localhost/8080."""
    with Client(url=f"{caller.client.url}/8080") as client:
        assert client.session.id


async def a_peer_calls_its_own_procedure(caller):  # spec: W-36
    with BinaryNumberService(url=caller.client.url) as service:
        wait_for_registrations(service, 3)
        assert service.rpc.calls_itself(number=3) == 3


async def an_unknown_procedure(caller):  # spec: S-25 W-32
    try:
        caller.client.rpc.nope()
    except WampyError as e:
        assert re.fullmatch(r"oops! wampy has failed, sorry: \[8, 48, \d+, {}, 'wamp.error.no_such_procedure', "
                            r"\['no callee registered for procedure <nope>'\], {}\]", str(e)), e
        return
    raise AssertionError("a result")


async def a_handler_that_raises_sends_one_answer(caller):  # spec: S-23 W-33
    """wampy sends ERROR and then YIELD for the same invocation; its callee stays joined."""
    with BinaryNumberService(url=caller.client.url) as service:
        wait_for_registrations(service, 3)
        for _ in range(2):
            assert caller.client.call("get_binary_number", "no number").kwargs_dict["exc_type"] == "TypeError"
            assert caller.client.rpc.get_binary_number(number=1) == "0b1"


async def a_timeout_of_its_own_cancels_in_silence(caller):  # spec: S-27 W-34 W-35
    """After its CANCEL wampy expects GOODBYE, and no ERROR for the timeout that it asked the router for."""
    with BinaryNumberService(url=caller.client.url) as service:
        wait_for_registrations(service, 3)
        for seconds in (0.3, 1):
            begun = time.monotonic()
            with Client(url=caller.client.url, call_timeout=seconds) as client:
                try:
                    client.rpc.requires_patience(2)
                    raise AssertionError("a result")
                except WampyTimeOutError:
                    assert seconds <= time.monotonic() - begun < seconds + 0.3
        gevent.sleep(2)  # the service, which serves one call after the other, answers nobody
        assert caller.client.rpc.get_binary_number(number=2) == "0b10"


async def roundrobin_over_two_services(caller):  # spec: S-32
    class Counter(Client):
        served = 0

        @callee(invocation_policy="roundrobin")
        def next_number(self):
            self.served += 1
            return self.served

    with Counter(url=caller.client.url) as one, Counter(url=caller.client.url) as two:
        wait_for_registrations(one, 1)
        wait_for_registrations(two, 1)
        assert [caller.client.rpc.next_number() for _ in range(6)] == [1, 1, 2, 2, 3, 3]


async def text_of_its_own_suite(caller):
    """The string of wampy's test_unicode, and a long one."""
    await checks.echoes(caller, caller, ["100円", "x" * 1_500_000])


checks.program("wampy", join, [
    the_quickstart_of_its_readme, a_default_url_with_a_path, a_peer_calls_its_own_procedure, an_unknown_procedure,
    a_handler_that_raises_sends_one_answer, a_timeout_of_its_own_cancels_in_silence, roundrobin_over_two_services,
    text_of_its_own_suite,
])
