"""xconn for Python, on asyncio: WebSocket and RawSocket, JSON, MessagePack and CBOR. See checks.py."""
import asyncio

from wampproto import auth
from xconn import CBORSerializer, JSONSerializer, MsgPackSerializer
from xconn.async_client import connect
from xconn.exception import ApplicationError
from xconn.types import Result

import checks

SERIALIZERS = {"json": JSONSerializer, "msgpack": MsgPackSerializer, "cbor": CBORSerializer}


class Caller(checks.Peer):
    def __init__(self, client, variant, session):
        super().__init__(client, variant)
        self.session = session
        self.last_heard = None

    async def call(self, procedure, *args):
        return (await self.session.call(procedure, list(args))).args[0]

    async def error(self, procedure, *args):
        try:
            await self.session.call(procedure, list(args))
        except ApplicationError as e:
            return e.message, e.args, e.kwargs
        raise AssertionError("a result")

    async def subscribe(self, topic):
        events = asyncio.Queue()

        async def keep(event):
            events.put_nowait(event.kwargs)

        await self.session.subscribe(topic, keep)
        return events

    async def publish(self, topic, **kwargs):
        await self.session.publish(topic, kwargs=kwargs, options={"acknowledge": True})

    async def leave(self):
        await self.session.leave()

    async def serve(self):
        async def echo(invocation):
            return Result(invocation.args)

        async def fail(invocation):
            raise ApplicationError("com.example.broken", "broken")

        async def publish(invocation):
            topic, value = invocation.args
            await self.session.publish(topic, kwargs={"message": value})
            return Result([None])

        async def heard(invocation):
            return Result([self.last_heard])

        async def hear(event):
            self.last_heard = event.kwargs["message"]

        for procedure in (echo, fail, publish, heard):
            await self.session.register(f"{self.name}_{procedure.__name__}", procedure)
        await self.session.subscribe(f"{self.name}_topic", hear)


async def join(client, variant):
    serializer = SERIALIZERS[variant.removesuffix("_rs")]()
    session = await connect(checks.url(variant), "realm1", auth.AnonymousAuthenticator(""), serializer)
    return Caller(client, variant, session)


checks.program("xconn", join, [])
