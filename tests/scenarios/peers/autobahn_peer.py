"""The Python side of the scenarios, on Autobahn and asyncio.

    WAMP_URL=ws://127.0.0.1:8080 autobahn_peer.py call example.add '[1,2,3]'

Each program is one function, marked @program; what it prints is one JSON value a line.
"""
import asyncio
import json
import os
import sys
import time

from autobahn.asyncio.wamp import ApplicationRunner, ApplicationSession
from autobahn.wamp.auth import create_authenticator
from autobahn.wamp.exception import ApplicationError, TransportLost
from autobahn.wamp.serializer import CBORSerializer, JsonSerializer, MsgPackSerializer
from autobahn.wamp.types import CallOptions, RegisterOptions

PROGRAMS = {}
SERIALIZERS = {"json": JsonSerializer, "msgpack": MsgPackSerializer, "cbor": CBORSerializer}


def program(function):
    PROGRAMS[function.__name__] = function
    return function


def show(value):
    print(json.dumps(value, separators=(",", ":")), flush=True)


async def forever():
    await asyncio.get_running_loop().create_future()


# --- calling --------------------------------------------------------------------------------------------------

async def attempt(coroutine):
    """Prints the result; for an ERROR its URI, arguments and keyword arguments."""
    try:
        result = await coroutine
        show(getattr(result, "results", result))
    except ApplicationError as e:
        print(f"error: {e.error}: {e.args[0] if e.args else ''}")
        if e.kwargs:
            show({k: v for k, v in e.kwargs.items() if k != "traceback"})


@program
async def call(session, procedure, *args):
    await attempt(session.call(procedure, *map(json.loads, args)))


@program
async def calls(session, count, procedure, *args):
    """One after the other."""
    for _ in range(int(count)):
        await attempt(session.call(procedure, *map(json.loads, args)))


@program
async def stream(session, procedure, *args):
    """Progressive results as they come, then the final one."""
    await attempt(session.call(procedure, *map(json.loads, args), options=CallOptions(on_progress=show)))


@program
async def blobs(session, procedure, octets):
    """S-12: octets, echoed."""
    print(await session.call(procedure, octets.encode(), options=CallOptions(on_progress=print)))


@program
async def cancel(session, procedure, seconds):
    """S-34: gives up after a second."""
    task = asyncio.ensure_future(session.call(procedure, int(seconds)))
    await asyncio.sleep(1)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled")
    except ApplicationError as e:
        print(f"error: {e.error}")


@program
async def overlap(session, count, procedure, seconds):
    """S-44: so many calls at once, in so many seconds."""
    begun = time.monotonic()
    await asyncio.gather(*(session.call(procedure, int(seconds)) for _ in range(int(count))))
    print(f"{time.monotonic() - begun:.1f}")


@program
async def pace(session, rate, seconds, procedure):
    """S-52: so many calls a second, whether answered or not; how many were, by whom, and what went wrong."""
    answers, errors = {}, []

    async def one():
        try:
            name = await session.call(procedure)
            answers[name] = answers.get(name, 0) + 1
        except Exception as e:  # noqa: BLE001 -- any is one too many
            errors.append(repr(e))
    begun, tasks = time.monotonic(), []
    for n in range(int(rate) * int(seconds)):
        await asyncio.sleep(max(0, begun + n / int(rate) - time.monotonic()))
        tasks.append(asyncio.ensure_future(one()))
    await asyncio.gather(*tasks)
    show([answers, errors])


@program
async def lost(session, procedure):
    """S-48: the connection goes while the call runs."""
    try:
        await session.call(procedure)
    except TransportLost:
        print("TransportLost")
    except ApplicationError as e:
        print(f"error: {e.error}")


@program
async def sessions(session):
    """S-47."""
    show([await session.call("wamp.session.list"), await session.call("wamp.session.count")])


@program
async def alarm_client(session, seconds):
    """S-06: is called back."""
    done = asyncio.get_running_loop().create_future()

    def ring():
        print("ALARM", flush=True)
        asyncio.get_running_loop().call_later(0.2, done.set_result, None)
        return 42
    name = f"cb.{session._session_id}.{os.urandom(16).hex()}"
    await session.register(ring, name)
    show(await session.call("example.alarm", sec=int(seconds), cb=name))
    await done


@program
async def monty(session):
    """S-45: hands over a service of its own."""
    prefix = f"svc.{session._session_id}.{os.urandom(16).hex()}"
    await session.register(lambda: "Monty", prefix + ".get_client_name")
    print("Server reply:", await session.call("example.server_method", prefix))


@program
async def person(session):
    """S-13: made by somebody who knows protobuf."""
    made = Person()
    made.ParseFromString(await session.call("zrpc.create_person", bytes.fromhex(PERSON)))
    print("id:", made.id)


# --- serving --------------------------------------------------------------------------------------------------

async def offer(session, **procedures):
    """The names come with _ for a dot."""
    for name, function in procedures.items():
        await session.register(function, name.replace("_", ".", 1),
                               options=RegisterOptions(details_arg="details") if name in STREAMS else None)
    await forever()


STREAMS = {"example_count", "example_fail", "zrpc_echo", "example_two"}


@program
async def adder(session):
    """S-01, S-02."""
    await offer(session, example_add=sum)


@program
async def count(session):
    """S-03."""
    async def count(details):
        for n in range(1, 1000):
            details.progress(n)
            await asyncio.sleep(float(os.environ.get("COUNT_S", 1)))
    await offer(session, example_count=count)


@program
async def two(session):
    """S-05."""
    async def two(details):
        if details.progress:
            details.progress("first")
        return "second"
    await offer(session, example_two=two)


@program
async def alarm_service(session):
    """S-06, S-07: calls its caller back."""
    async def ring(seconds, cb):
        await asyncio.sleep(seconds)
        try:
            print("cb returned", await session.call(cb), flush=True)
        except ApplicationError as e:
            print(f"alarm: callback gone ({e.error})", flush=True)

    def alarm(sec, cb):
        asyncio.ensure_future(ring(sec, cb))
        return True
    await offer(session, example_alarm=alarm)


@program
async def fail(session):
    """S-09."""
    async def fail(details):
        details.progress(1)
        details.progress(2)
        raise ApplicationError("example.error.app", "boom", code=1000, data={"k": 1})
    await offer(session, example_fail=fail)


@program
async def echo(session):
    """S-12."""
    async def echo(octets, details):
        for _ in range(10):
            details.progress(octets)
            await asyncio.sleep(float(os.environ.get("ECHO_S", 0.5)))
        return "CLOSE"
    await offer(session, zrpc_echo=echo)


@program
async def person_service(session):
    """S-13."""
    def create_person(octets):
        made = Person()
        made.ParseFromString(octets)
        made.id, made.label = 42, "person"
        return made.SerializeToString()
    await offer(session, zrpc_create_person=create_person)


@program
async def div(session):
    """S-26, S-33."""
    await session.register(lambda a, b: a / b, "div")
    await forever()


@program
async def foo_service(session):
    """S-28."""
    await session.register(lambda: "foo", "get_foo")
    await forever()


@program
async def naps(session):
    """S-27, S-35, S-50: one that cannot be interrupted."""
    def nap(seconds):
        time.sleep(seconds)
        return seconds
    await session.register(nap, "nap")
    await forever()


@program
async def math_server(session):
    """S-42."""
    await session.register(lambda a, b: a + b, "math.addition.add")
    await forever()


@program
async def monty_server(session):
    """S-45: calls back into what it is given."""
    async def server_method(prefix):
        return f'Client name is "{await session.call(prefix + ".get_client_name")}"'
    await session.register(server_method, "example.server_method")
    await forever()


@program
async def raising(session):
    """S-46."""
    def raising():
        raise ValueError('"spam" is not a number')
    session.traceback_app = True
    await session.register(raising, "raising")
    await forever()


@program
async def idle(session):
    """S-49: is there until it is killed, and leaves a testament."""
    await session.call("wamp.session.add_testament", "example.last_will", ["gone"], {})
    print("joined", flush=True)
    await forever()


# --- protobuf -------------------------------------------------------------------------------------------------

PERSON = "0a036a6f6e120b6a6f6e406a6f6e2e636f6d1a1068747470733a2f2f6a6f6e2e636f6d2f"


def person_class():
    """message Person { string name=1; string email=2; string url=3; int32 id=4; string label=5; }"""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    file = descriptor_pb2.FileDescriptorProto(name="person.proto", package="zrpc", syntax="proto3")
    message = file.message_type.add(name="Person")
    for number, (name, kind) in enumerate((("name", 9), ("email", 9), ("url", 9), ("id", 5), ("label", 9)), 1):
        message.field.add(name=name, number=number, type=kind, label=1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("zrpc.Person"))


# --- running --------------------------------------------------------------------------------------------------

def main(name, *args):
    login = json.loads(os.environ.get("LOGIN", "{}"))  # what an authenticator is made of, and its method

    class Peer(ApplicationSession):
        def onConnect(self):
            self.join("realm1", authid=login.get("authid"), authmethods=[login["method"]] if login else None)

        def onChallenge(self, challenge):
            what = {key: value for key, value in login.items() if key != "method"}
            return create_authenticator(login["method"], **what).on_challenge(self, challenge)

        async def onJoin(self, details):
            try:
                await PROGRAMS[name](self, *args)
            except Exception as e:  # noqa: BLE001 -- the test reads it
                print(f"{type(e).__name__}: {e}", file=sys.stderr)
            if self.is_attached():
                self.leave()

        def onDisconnect(self):
            loop = asyncio.get_event_loop()
            loop.call_later(0.2, loop.stop)  # what waited for an answer still says how it ended

    serializers = [SERIALIZERS[s]() for s in os.environ.get("SERIALIZER", "json").split()]
    ApplicationRunner(os.environ["WAMP_URL"], "realm1", serializers=serializers).run(Peer, log_level="critical")


if __name__ == "__main__":
    if sys.argv[1].startswith("person"):
        Person = person_class()
    main(*sys.argv[1:])
