"""autobahn for Python, on asyncio: WebSocket and RawSocket, JSON, MessagePack and CBOR. See checks.py."""
import asyncio
import urllib.parse

from autobahn.asyncio.component import Component
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import CallOptions, PublishOptions, RegisterOptions

import checks


def transport(variant):
    url = checks.url(variant)
    serializer = variant.removesuffix("_rs")
    if not variant.endswith("_rs"):
        return {"type": "websocket", "url": url, "serializers": [serializer], "max_retries": 0}
    where = urllib.parse.urlsplit(url)
    return {"type": "rawsocket", "url": url, "serializer": serializer, "max_retries": 0,
            "endpoint": {"type": "tcp", "host": where.hostname, "port": where.port}}


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


checks.program("autobahn", join, [])
