"""autobahn for Python, on asyncio: WebSocket and RawSocket, with and without TLS, JSON, MessagePack and CBOR. See
checks.py."""
import asyncio
import os
import ssl
import urllib.parse

from autobahn.asyncio.component import Component
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import CallOptions, PublishOptions, RegisterOptions, SubscribeOptions

import checks


def transport(variant):
    url = checks.url(variant)
    serializer, where = variant.partition("_")[0], urllib.parse.urlsplit(url)
    endpoint = {"type": "tcp", "host": where.hostname, "port": where.port}
    if where.scheme in ("wss", "rss"):
        endpoint["tls"] = ssl.create_default_context(cafile=os.environ["CA_FILE"])
    if where.scheme in ("ws", "wss"):
        return {"type": "websocket", "url": url, "serializers": [serializer], "max_retries": 0, "endpoint": endpoint}
    return {"type": "rawsocket", "url": url, "serializer": serializer, "max_retries": 0, "endpoint": endpoint}


class Caller(checks.Peer):
    def __init__(self, client, variant, session):
        super().__init__(client, variant)
        self.session = session
        self.last_heard = None

    async def call(self, procedure, *args, options=None):
        result = await self.session.call(procedure, *args, options=options)
        return result.results[0] if hasattr(result, "results") else result  # the former with keyword arguments

    async def error(self, procedure, *args):
        try:
            await self.session.call(procedure, *args)
        except ApplicationError as e:
            return e.error, e.args, e.kwargs
        raise AssertionError("a result")

    async def progress(self, procedure, *args):
        got = []
        last = await self.session.call(procedure, *args, options=CallOptions(on_progress=got.append))
        return [*got, last]

    async def subscribe(self, topic):
        events = asyncio.Queue()
        await self.session.subscribe(lambda *args, **kwargs: events.put_nowait(kwargs), topic)
        return events

    async def publish(self, topic, **kwargs):
        await self.session.publish(topic, options=PublishOptions(acknowledge=True), **kwargs)

    async def leave(self):
        left = asyncio.get_running_loop().create_future()
        self.session.on("leave", lambda session, details: left.set_result(details.reason))
        self.session.leave()
        assert await left == "wamp.close.normal"

    async def serve(self):
        async def fail(value):
            raise ApplicationError("com.example.broken", "broken", value=value)

        async def publish(topic, value):
            await self.session.publish(topic, message=value, options=PublishOptions(acknowledge=True))

        async def count(n, details=None):
            for i in range(n):
                if details.progress:
                    details.progress(i)
                await asyncio.sleep(0)
            return n

        def heard(message):
            self.last_heard = message

        for procedure in (fail, publish):
            await self.session.register(procedure, f"{self.name}_{procedure.__name__}")
        await self.session.register(lambda value: value, f"{self.name}_echo")
        await self.session.register(lambda: self.last_heard, f"{self.name}_heard")
        await self.session.register(count, f"{self.name}_count", RegisterOptions(details_arg="details"))
        await self.session.subscribe(heard, f"{self.name}_topic")


async def join(client, variant):
    joined = asyncio.get_running_loop().create_future()
    component = Component(transports=[transport(variant)], realm="realm1")
    component.on("join", lambda session, details: joined.set_result(session))
    component.on("connectfailure", lambda component, error: joined.set_exception(error))
    component.start(loop=asyncio.get_running_loop())
    return Caller(client, variant, await joined)


# --- what only autobahn does -------------------------------------------------------------------------------------

async def raises(uri, call):
    try:
        await call
    except ApplicationError as e:
        assert e.error == uri, e
        return
    raise AssertionError("a result")


async def a_canceled_call_interrupts_its_callee(caller):  # spec: S-34
    begun, interrupted = asyncio.Event(), asyncio.Event()

    async def sleep():
        begun.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            interrupted.set()
            raise

    await caller.session.register(sleep, f"{caller.name}_sleep")
    call = caller.session.call(f"{caller.name}_sleep")
    await begun.wait()
    call.cancel()
    await interrupted.wait()
    assert await caller.call(f"{caller.name}_echo", "still there") == "still there"


async def a_timeout_of_the_router(caller):
    async def slow():
        await asyncio.sleep(30)

    await caller.session.register(slow, f"{caller.name}_slow")
    options = CallOptions(timeout=100)
    await raises("wamp.error.timeout", caller.session.call(f"{caller.name}_slow", options=options))


async def an_unknown_procedure(caller):  # spec: S-25
    await raises("wamp.error.no_such_procedure", caller.session.call("nope"))


async def arguments_that_do_not_fit(caller):  # spec: S-26
    await raises("wamp.error.runtime_error", caller.session.call(f"{caller.name}_echo", 1, 2, 3))


async def a_name_that_is_taken(caller):
    await raises("wamp.error.procedure_already_exists", caller.session.register(print, f"{caller.name}_echo"))


async def patterns_tell_what_was_called(caller):
    options = RegisterOptions(match="prefix", details_arg="details")
    await caller.session.register(lambda details: details.procedure, f"{caller.name}.tree.", options)
    assert await caller.call(f"{caller.name}.tree.branch.leaf") == f"{caller.name}.tree.branch.leaf"


async def a_shared_registration_takes_turns(caller):
    other = await join(caller.client, caller.variant)
    uri, options = f"{caller.name}_shared", RegisterOptions(invoke="roundrobin")
    await caller.session.register(lambda: 1, uri, options)
    await other.session.register(lambda: 2, uri, options)
    assert [await caller.call(uri) for _ in range(4)] == [1, 2, 1, 2]
    await other.leave()
    assert await caller.call(uri) == 1


async def a_retained_event_waits(caller):
    topic, events = f"{caller.name}_retained", asyncio.Queue()
    await caller.session.publish(topic, "kept", options=PublishOptions(acknowledge=True, retain=True))
    other = await join(caller.client, caller.variant)
    await other.session.subscribe(events.put_nowait, topic, SubscribeOptions(get_retained=True))
    assert await events.get() == "kept"
    await other.leave()


async def a_publisher_gets_its_own_event_when_it_wants(caller):
    topic, events = f"{caller.name}_own", asyncio.Queue()
    await caller.session.subscribe(events.put_nowait, topic)
    for value, exclude_me in ((1, True), (2, False)):
        await caller.session.publish(topic, value, options=PublishOptions(acknowledge=True, exclude_me=exclude_me))
    assert await events.get() == 2


async def what_was_registered_can_be_taken_back(caller):
    registration = await caller.session.register(lambda: 1, f"{caller.name}_short")
    subscription = await caller.session.subscribe(print, f"{caller.name}_short")
    await registration.unregister()
    await subscription.unsubscribe()
    await raises("wamp.error.no_such_procedure", caller.session.call(f"{caller.name}_short"))


async def the_meta_api_knows_it(caller):
    ids = await caller.call("wamp.session.list")
    assert caller.session._session_id in ids
    assert await caller.call("wamp.session.count") == len(ids)


checks.program("autobahn", join, [
    a_canceled_call_interrupts_its_callee, a_timeout_of_the_router, an_unknown_procedure,
    arguments_that_do_not_fit, a_name_that_is_taken, patterns_tell_what_was_called,
    a_shared_registration_takes_turns, a_retained_event_waits, a_publisher_gets_its_own_event_when_it_wants,
    what_was_registered_can_be_taken_back, the_meta_api_knows_it,
])
