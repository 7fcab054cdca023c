"""What the clients written in Python have in common: the checks of one client against one service, and how they
are reported. checks.js says the same for those in JavaScript.

A *service* NAME, whatever client it is made of, registers
    NAME_echo(value)            the value
    NAME_fail(value)            an ERROR: com.example.broken ["broken"] {"value": value}
    NAME_publish(topic, value)  publishes {"message": value}
    NAME_heard()                the message of the last event of topic NAME_topic
    NAME_count(n)               n progressive results 0, 1 ..; then n
A *caller* is a Peer with the methods call, error, progress, subscribe and publish (see autobahn_client.py).
"""
import asyncio
import json
import os
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))


def load(name):
    with open(os.path.join(HERE, name)) as f:
        return json.load(f)


VALUES = load("values.json")
CLIENTS = load("clients.json")


class Peer:
    """What is known of a service or caller: its name, and what the client that it is made of can do."""

    def __init__(self, client, variant):
        self.client, self.variant = client, variant
        self.name = f"{client}_{variant}"
        self.can = set(CLIENTS[client]["can"])
        self.largest = CLIENTS[client].get("largest", max(VALUES["sizes"]))  # of the texts that it takes
        self.failure = CLIENTS[client].get("failure", "com.example.broken")


def services(clients):
    return [Peer(c, v) for c in clients for v in CLIENTS[c]["variants"]]


class Report:
    """Runs checks, each a coroutine function; says which failed, and how many of each there were."""

    def __init__(self):
        self.passed = self.failed = 0

    async def check(self, name, fn, *args):
        try:
            await asyncio.wait_for(fn(*args), 20)
            self.passed += 1
        except Exception:  # noqa: BLE001 -- whatever it is, the others are run
            self.failed += 1
            print(f"FAILED {name}\n{traceback.format_exc()}", flush=True)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return self.failed > 0


def same(got, sent):
    shown = str(got) if len(str(got)) < 200 else f"{type(got)} of {len(got)}"
    assert got == sent, f"{sent!r:.200} came back as {shown}"


async def echoes(caller, service, values):
    for value in values:
        same(await caller.call(f"{service.name}_echo", value), value)


# --- the checks --------------------------------------------------------------------------------------------------

async def text(caller, service):
    await echoes(caller, service, VALUES["text"])


async def numbers(caller, service):
    await echoes(caller, service, VALUES["numbers"])


async def integers_beyond_2_53(caller, service):
    await echoes(caller, service, map(int, VALUES["integers"]))


async def floats_stay_floats(caller, service):
    for value in VALUES["floats"]:
        got = await caller.call(f"{service.name}_echo", value)
        assert type(got) is float and got == value, f"{value!r} came back as {got!r}"


async def nested(caller, service):
    await echoes(caller, service, VALUES["nested"])


async def binary(caller, service):
    await echoes(caller, service, map(bytes.fromhex, VALUES["binary"]))
    await echoes(caller, service, [bytes(range(256)) * 64])


async def every_size(caller, service):  # spec: W-11
    for size in [n for n in VALUES["sizes"] if n <= min(caller.largest, service.largest)]:
        begun = time.monotonic()
        await echoes(caller, service, ["x" * size])
        assert time.monotonic() - begun < 5, f"{size} octets took {time.monotonic() - begun:.1f} s"


async def an_error(caller, service):
    uri, args, kwargs = await caller.error(f"{service.name}_fail", 7)
    assert uri == service.failure, uri
    if service.failure == "com.example.broken":
        assert list(args) == ["broken"], args
    else:  # wampy names its errors after the procedure and has a message of its own
        assert kwargs["message"] == "broken" and kwargs["exc_type"] == "ValueError", kwargs


async def progress(caller, service):
    assert await caller.progress(f"{service.name}_count", 3) == [0, 1, 2, 3]


async def an_event_to_it(caller, service):
    topic = f"to_{service.name}_from_{caller.name}"
    events = await caller.subscribe(topic)
    for value in ["first", {"second": [2]}]:
        await caller.call(f"{service.name}_publish", topic, value)
        assert await events.get() == {"message": value}


async def an_event_from_it(caller, service):
    message = f"from {caller.name}"
    await caller.publish(f"{service.name}_topic", message=message)
    deadline = time.monotonic() + 5
    while await caller.call(f"{service.name}_heard") != message:
        assert time.monotonic() < deadline, "the service heard nothing"


# What both the caller and the service must be able to do, and the check.
CHECKS = [
    (None, text), (None, numbers), ("integers", integers_beyond_2_53), ("floats", floats_stay_floats),
    (None, nested), ("binary", binary), (None, every_size), (None, an_error), ("progress", progress),
    (None, an_event_to_it), (None, an_event_from_it),
]


async def check_service(report, caller, service):
    for need, check in CHECKS:
        if need is None or (need in service.can and need in caller.can):
            await report.check(f"{caller.name} -> {service.name}: {check.__name__}", check, caller, service)


# --- programs ----------------------------------------------------------------------------------------------------

def url(variant):
    """A variant is a serializer, and behind it what it goes over: json, json_rs, json_wss."""
    return os.environ[(variant.partition("_")[2] or "ws").upper() + "_URL"]


async def end_of_input():
    """Nothing is ever written there, so what can be read is the end."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, ended.set)
    await ended.wait()


def program(client, join, own_checks):
    """`serve`: the services of all variants, until stdin ends. `test CLIENT..`: the checks against services of
    those.

    join(client, variant) is a caller, which has a method `serve`, too; own_checks are for the client alone."""
    async def serve():
        for variant in CLIENTS[client]["variants"]:
            await (await join(client, variant)).serve()
        print("ready", flush=True)
        await end_of_input()

    async def test():
        report = Report()
        for variant in CLIENTS[client]["variants"]:
            caller = await join(client, variant)
            for service in services(sys.argv[2:]):
                await check_service(report, caller, service)
            for check in own_checks:
                await report.check(f"{caller.name}: {check.__name__}", check, caller)
            await report.check(f"{caller.name}: leaves cleanly", caller.leave)
        return report.end()

    sys.exit(asyncio.run(serve() if sys.argv[1] == "serve" else test()))
