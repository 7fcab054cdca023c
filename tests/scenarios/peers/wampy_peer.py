"""The wampy side of the scenarios, as its README has it.

    WAMP_URL=ws://127.0.0.1:8080 wampy_peer.py call example.add '[1,2,3]'
"""
import functools
import json
import os
import sys
import tempfile
import time

from wampy.errors import WampyError, WampyTimeOutError
from wampy.peers.clients import Client
from wampy.roles.callee import callee
from wampy.roles.subscriber import subscribe

URL = os.environ["WAMP_URL"]
PROGRAMS = {}


def program(function):
    PROGRAMS[function.__name__] = function
    return function


def values(words):
    """7 is an argument, number=100 a keyword argument."""
    args = [json.loads(w) for w in words if "=" not in w]
    return args, {k: json.loads(v) for k, v in (w.split("=", 1) for w in words if "=" in w)}


# --- calling --------------------------------------------------------------------------------------------------

@program
def call(procedure, *words):
    """client.call("a.b", ..): an ERROR comes back as a value."""
    args, kwargs = values(words)
    with Client(url=URL) as client:
        answer = client.call(procedure, *args, **kwargs)
        print(getattr(answer, "message", answer))


@program
def rpc(procedure, *words):
    """client.rpc.name(..): an ERROR is raised."""
    args, kwargs = values(words)
    with Client(url=URL) as client:
        try:
            print(repr(getattr(client.rpc, procedure)(*args, **kwargs)))
        except WampyError as e:
            print("WampyError:", e)


@program
def patience(seconds, procedure, *words):
    """S-27: a caller in a hurry."""
    args, kwargs = values(words)
    begun = time.monotonic()
    with Client(url=URL, call_timeout=int(seconds)) as client:
        try:
            getattr(client.rpc, procedure)(*args, **kwargs)
        except WampyTimeOutError:
            print(f"WampyTimeOutError {time.monotonic() - begun:.1f}")
    print("left")


@program
def pace(rate, seconds, procedure):
    """S-52: so many calls a second, one after the other; how many were answered, by whom, and what went wrong."""
    answers, errors = {}, []
    with Client(url=URL) as client:
        begun = time.monotonic()
        for n in range(int(rate) * int(seconds)):
            time.sleep(max(0, begun + n / int(rate) - time.monotonic()))
            answer = client.call(procedure)
            if isinstance(answer, str):
                answers[answer] = answers.get(answer, 0) + 1
            else:
                errors.append(str(getattr(answer, "message", answer)))
    print(json.dumps([answers, errors]))


@program
def sizes(procedure, *counts):
    """S-29: texts of so many characters come back equal. How long that takes is wampy's, which masks in Python."""
    with Client(url=URL) as client:
        for count in map(int, counts):
            text = "x" * count
            print(count, getattr(client.rpc, procedure)(message=text) == text)


@program
def publish(topic, *words):
    with Client(url=URL) as client:
        client.publish(topic=topic, **values(words)[1])


@program
def login(authid, method):
    """S-28: the secret is in WAMPYSECRET."""
    roles = {"roles": {role: {} for role in ("subscriber", "publisher", "callee", "caller")},
             "authmethods": [method], "authid": authid}
    try:
        with Client(url=URL, roles=roles):
            print("joined")
    except WampyError as e:
        print("WampyError:", e)


@program
def idle(seconds, topic):
    """S-31: silent for long, then heard."""
    with Client(url=URL) as client:
        time.sleep(float(seconds))
        client.publish(topic=topic, message="still here")


# --- serving --------------------------------------------------------------------------------------------------

class BinaryNumberService(Client):
    @callee
    def get_binary_number(self, number):
        return bin(number)


class SubscribingService(Client):
    @subscribe(topic="foo")
    def foo_handler(self, **kwargs):
        print("foo message received:", kwargs, flush=True)


class FooService(Client):
    @callee
    def get_foo(self, *args, **kwargs):
        raise ValueError(f"i do not like any of your values: {args}, {kwargs}")


class PatientService(Client):
    @callee
    def requires_patience(self, seconds):
        time.sleep(seconds)
        return seconds


class TextService(Client):
    @callee
    def text(self, value):
        return [type(value).__name__, len(value), value[:1] == "\0"]


class SharedService(Client):
    @callee(invocation_policy="roundrobin")
    def shared(self):
        return os.environ["WORKER"]


@program
def serve(name):
    """`wampy run` without a Crossbar configuration."""
    service = globals()[name](url=URL)
    service.start()
    print("serving", flush=True)
    while True:
        time.sleep(0.1)


@program
def run(app):
    """S-19: `wampy run`. What is mended: the runner of 1.1.0 never starts what it was told to run, and looks for
    the router at port 8080, whatever its configuration says."""
    from wampy.cli import run as cli

    class AppRunner(cli.AppRunner):
        def add_app(self, app):
            super().add_app(app)
            self.start()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as config:
        transport = {"type": "websocket", "endpoint": {"type": "tcp", "version": 4}}
        realm = {"name": "realm1", "roles": []}
        json.dump({"workers": [{"realms": [realm], "transports": [transport]}]}, config)
        config.flush()
        cli.AppRunner = AppRunner
        cli.Crossbar = functools.partial(cli.Crossbar, url=URL)
        cli.run([app], config.name)


@program
def own():
    """S-32: a peer calls its own procedure."""
    with SharedService(url=URL) as service:
        print(service.rpc.shared())


if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](*sys.argv[2:])
