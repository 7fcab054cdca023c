#!/usr/bin/env python3
"""The examples of libwamp against the daemon: what docs/CLIENT.md promises, seen from the other end of the line.

    WAMPD=build/wampd EXAMPLES=build/ex tests/integration/examples_test.py [NAME..]
"""
import base64
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rawpeer import Daemon, WebSocket
from runner import run

EXAMPLES = os.environ.get("EXAMPLES", "build/ex")
FEATURES = {"caller": {"features": {"progressive_call_results": True, "call_canceling": True,
                                    "progressive_call_invocations": True, "payload_passthru_mode": True}},
            "callee": {"features": {"call_canceling": True, "progressive_call_results": True}},
            "publisher": {}, "subscriber": {}}


class Caller(WebSocket):
    """A session that calls and reads what comes back."""

    def __init__(self, d):
        super().__init__(d.port())
        self.send([1, "realm1", {"roles": FEATURES, "agent": "test"}])
        self.session = self.receive()[1]
        self.last = 0

    def begin(self, procedure, *args, options=None, kwargs=None):
        self.last += 1
        self.send([48, self.last, options or {}, procedure, list(args), kwargs or {}])
        return self.last

    def ask(self, procedure, *args, **kwargs):
        """The answer, RESULT or ERROR."""
        self.begin(procedure, *args, kwargs=kwargs)
        return self.receive()

    def result(self, procedure, *args, **kwargs):
        answer = self.ask(procedure, *args, **kwargs)
        assert answer[0] == 50, answer
        return answer[3][0]


class Example:
    """One of the programs, running."""

    def __init__(self, d, name, *args, **env):
        url = d if isinstance(d, str) else d.urls()[0]
        self.process = subprocess.Popen([os.path.join(EXAMPLES, name), *args], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, stdin=subprocess.PIPE, text=True,
                                        env={**os.environ, "WAMP_URL": url, **env})

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def finish(self, text=None):
        """Exit status, output, errors."""
        out, err = self.process.communicate(text, timeout=20)
        return self.process.returncode, out, err

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            status, _, err = self.finish()
            assert status == 0 and not err, (status, err)
        for f in (self.process.stdin, self.process.stdout, self.process.stderr):
            f.close()


class Killed(Example):
    def __exit__(self, *exc):
        self.process.kill()
        self.process.communicate()


def serving(caller, procedure):
    """Waits until somebody offers it."""
    for _ in range(500):
        if caller.result("wamp.registration.match", procedure):
            return
        time.sleep(0.01)
    raise AssertionError(f"nobody offers {procedure}")


def with_service(name, procedure, *args, **env):
    """Runs the test with a daemon, a caller and the example, which offers the procedure."""
    def decorate(test):
        def with_one():
            with Daemon("--listen", "ws://127.0.0.1:0") as d:
                caller = Caller(d)
                with Example(d, name, *args, **env) as e:
                    serving(caller, procedure)
                    test(d, caller, e)
        with_one.__name__ = test.__name__
        return with_one
    return decorate


# --- Duplex --------------------------------------------------------------------------------------------------------------

@with_service("sum", "example.add")
def a_service_adds(d, c, e):  # S-01
    assert c.result("example.add", [1, 2, 3]) == 6
    assert c.ask("example.add")[4:] == ["wamp.error.invalid_argument", ["missing argument 'numbers'"]]


@with_service("count", "example.count", COUNT_MS="20")
def a_stream_ends_with_its_reader(d, c, e):  # S-03, S-04, S-38
    reader = Caller(d)
    request = reader.begin("example.count", options={"receive_progress": True})
    for n in (1, 2, 3):
        assert reader.receive() == [50, request, {"progress": True}, [n]]
    reader.close()
    assert e.line() == "count: canceled (killnowait)"
    with Example(d, "counter", "3") as counter:
        assert counter.finish() == (0, "1\n2\n3\ncanceled\n", "")
    assert e.line() == "count: canceled (killnowait)"


def a_service_calls_back():  # S-06, S-07
    with Daemon("--listen", "ws://127.0.0.1:0") as d:
        c = Caller(d)
        with Example(d, "alarm_service") as service:
            serving(c, "example.alarm")
            with Example(d, "alarm_client", "1") as client:
                assert client.finish() == (0, "true\nALARM\n", "")
            assert service.line() == "cb returned 42"
            assert c.result("example.alarm", sec=0, cb="cb.1.00") is True
            assert service.line() == "alarm: callback gone (wamp.error.no_such_procedure)"


@with_service("sleep", "example.sleep")
def a_call_without_waiting_is_made(d, c, e):  # S-08
    with Example(d, "nowait", "1") as nowait:
        assert nowait.line() == "sent"
        assert e.line() == "slept 1"
        assert nowait.finish() == (0, "", "")


@with_service("ext", "example.ext")
def metadata_travels_both_ways(d, c, e):  # S-10
    request = c.begin("example.ext", options={"_ext": {"trace": "t1"}})
    answer = c.receive()
    assert answer[:2] == [50, request] and answer[3:] == [[None]], answer


# --- zrpc ----------------------------------------------------------------------------------------------------------------

def blob(octets):
    return "\0" + base64.b64encode(octets).decode()


@with_service("echo", "zrpc.echo", ECHO_MS="1")
def octets_are_echoed(d, c, e):  # S-12
    request = c.begin("zrpc.echo", blob(b"world"), options={"receive_progress": True})
    for _ in range(10):
        assert c.receive() == [50, request, {"progress": True}, [blob(b"world")]]
    assert c.receive() == [50, request, {}, ["CLOSE"]]


@with_service("person", "zrpc.create_person")
def protobuf_passes_untouched(d, c, e):  # S-13, S-14, S-15
    person = bytes.fromhex("0a036a6f6e120b6a6f6e406a6f6e2e636f6d1a1068747470733a2f2f6a6f6e2e636f6d2f")
    made = blob(person + bytes.fromhex("202a2a06706572736f6e"))
    assert c.result("zrpc.create_person", blob(person)) == made
    request = c.begin("zrpc.create_person", blob(person), options={"ppt_scheme": "x_proto"})
    answer = c.receive()
    assert answer[:2] == [50, request] and answer[3] == [made], answer
    assert answer[2] == {"ppt_scheme": "x_proto", "ppt_serializer": "protobuf"}, answer


@with_service("dispatch", "zrpc.dispatch.x")
def a_prefix_dispatches(d, c, e):  # S-17
    assert c.result("zrpc.dispatch.create_person", "jon") == ["create_person", "jon"]
    assert c.ask("zrpc.dispatchx", 1)[4] == "wamp.error.no_such_procedure"


def workers_take_turns():  # S-18, S-50
    with Daemon("--listen", "ws://127.0.0.1:0") as d:
        c = Caller(d)
        with Killed(d, "worker", "w1") as w1:
            serving(c, "example.work")
            with Example(d, "worker", "w2"):
                while len({c.result("example.work") for _ in range(2)}) < 2:
                    pass
                order = [c.result("example.work") for _ in range(4)]
                assert order in (["w1", "w2"] * 2, ["w2", "w1"] * 2), order
                with Example(d, "worker", "w3", "first") as w3:
                    status, _, err = w3.finish()
                    assert status == 1 and err.startswith("error: wamp.error.procedure_already_exists"), err
                while c.result("example.work") != "w2":
                    pass
                request = c.begin("example.work", 5000)
                time.sleep(0.1)
                w1.process.kill()
                assert c.receive()[:5] == [8, 48, request, {}, "wamp.error.canceled"]
                assert [c.result("example.work") for _ in range(2)] == ["w2", "w2"]


def a_service_is_replaced_without_a_failed_call():  # seeds, section 5
    with Daemon("--listen", "ws://127.0.0.1:0") as d:
        c = Caller(d)
        old = Example(d, "retire", "v0")
        serving(c, "example.version")
        for n in range(1, 6):
            new, answers = Example(d, "retire", f"v{n}"), set()
            while f"v{n}" not in answers:  # ten calls at a time
                for _ in range(10):
                    c.begin("example.version")
                answers = {c.receive()[3][0] for _ in range(10)}
            for _ in range(100):
                c.begin("example.version")
            old.process.send_signal(signal.SIGTERM)
            for _ in range(100):
                c.begin("example.version")
            got = [c.receive() for _ in range(200)]
            assert all(m[0] == 50 for m in got), [m for m in got if m[0] != 50][:3]
            assert old.finish() == (0, "", "")
            old = new
        old.process.send_signal(signal.SIGTERM)
        assert old.finish() == (0, "", "")


# --- wampy ---------------------------------------------------------------------------------------------------------------

def the_quickstart_works():  # S-21
    with Daemon("--listen", "ws://127.0.0.1:0") as d, Example(d, "binary") as e:
        status, out, err = e.finish()
        assert status == 0 and not err and out.split()[1] == "0b1100100" and int(out.split()[0]) > 0, (out, err)


def news_are_read():  # S-22
    with Daemon("--listen", "ws://127.0.0.1:0") as d:
        c = Caller(d)
        with Example(d, "news") as reader:
            while not c.result("wamp.subscription.lookup", "news"):
                time.sleep(0.01)
            with Example(d, "news", "publish") as publisher:
                assert publisher.finish() == (0, "", "")
            assert reader.line() == "wampy is great!"
            assert reader.line() == "probably best to use wampy in your next project"


# --- wsmpRPC ----------------------------------------------------------------------------------------------------------------

@with_service("math", "math.subtraction.sub")
def a_tree_of_services_answers(d, c, e):  # S-33, S-42, S-43
    assert c.result("div", 1, 3) == 1 / 3
    assert c.ask("div", 1, 0)[4:] == ["example.error.zero_division", ["division by zero"]]
    assert c.result("math.subtraction.sub", 4, 3) == 1
    assert c.ask("math.addition")[4] == "wamp.error.no_such_procedure"
    with Example(d, "math_client") as client:
        assert client.finish() == (0, "What's 3 + 4? 7\n", "")


@with_service("sleep", "example.sleep")
def a_running_call_is_canceled(d, c, e):  # S-34
    for mode, answered in (("kill", True), ("killnowait", True)):
        request = c.begin("example.sleep", 30)
        time.sleep(0.05)
        c.send([49, request, {"mode": mode}])
        assert c.receive()[:5] == [8, 48, request, {}, "wamp.error.canceled"]
        assert e.line() == f"sleep: interrupted {mode}"


@with_service("sleep", "example.sleep")
def slow_calls_overlap(d, c, e):  # S-44
    begun = time.monotonic()
    for _ in range(100):
        c.begin("example.sleep", 1)
    assert all(c.receive()[0] == 50 for _ in range(100))
    assert time.monotonic() - begun < 2


@with_service("streams", "repeat")
def streams_go_both_ways(d, c, e):  # S-36, S-37
    request = c.begin("sum", 1, options={"progress": True})
    c.send([48, request, {}, "sum", [2]])
    assert c.receive() == [50, request, {}, [3]]
    request = c.begin("uppercase", "hello", options={"progress": True, "receive_progress": True})
    assert c.receive() == [50, request, {"progress": True}, ["HELLO"]]
    c.send([48, request, {}, "uppercase", ["rpc"]])
    assert c.receive() == [50, request, {"progress": True}, ["RPC"]]
    assert c.receive() == [50, request, {}, [None]]


@with_service("streams", "sum")
def an_uploader_dies(d, c, e):  # S-41
    uploader = Caller(d)
    request = uploader.begin("sum", 1, options={"progress": True})
    uploader.send([48, request, {"progress": True}, "sum", [2]])
    time.sleep(0.1)
    uploader.close()
    assert e.line() == "sum: canceled after 2 items"


@with_service("streams", "repeat")
def a_slow_reader_holds_back_its_callee(d, c, e):  # S-40
    reader = Caller(d)
    before = d.rss_kib()
    request = reader.begin("repeat", "bla...", 1000000, options={"receive_progress": True})
    for n in range(200):
        assert reader.receive() == [50, request, {"progress": True}, ["bla...", n]]
        time.sleep(0.002)
    time.sleep(0.5)
    assert d.rss_kib() - before < 8192, d.rss_kib() - before
    begun = time.monotonic()
    for _ in range(20):
        c.result("uppercase", "x")
    assert time.monotonic() - begun < 1
    for n in range(200, 20000):
        assert reader.receive()[3] == ["bla...", n]
    reader.close()
    assert e.line() == "repeat: WAMP_E_CANCELED"


# --- aiomas -------------------------------------------------------------------------------------------------------------------

@with_service("monty", "example.server_method", "serve")
def a_service_is_passed_to_a_service(d, c, e):  # S-45
    with Example(d, "monty") as monty:
        assert monty.finish() == (0, 'Server reply: Client name is "Monty"\n', "")


def handlers_call_one_another():  # S-44
    with Daemon("--listen", "ws://127.0.0.1:0") as d, Example(d, "nested") as nested:
        assert nested.finish() == (0, "10 levels\n", "")


def sessions_are_watched():  # S-47, S-49
    with Daemon("--listen", "ws://127.0.0.1:0") as d:
        c = Caller(d)
        with Example(d, "watch") as watch:
            while c.result("wamp.session.count") < 2:
                time.sleep(0.01)
            time.sleep(0.1)  # it subscribes at once; subscriptions to meta events are not listed
            other = Caller(d)
            assert watch.line().startswith(f"Client connected: {other.session} ")
            other.close()
            assert watch.line() == f"Client disconnected: {other.session}"


def a_lost_router_is_survived():  # S-48, S-51
    with Daemon("--listen", "ws://127.0.0.1:0") as d:
        port, url = d.port(), d.urls()[0]
        with Example(url, "sleep") as sleeper:
            serving(Caller(d), "example.sleep")
            with Example(url, "lost", "example.sleep", "30") as lost:
                assert lost.line() == "called"
                d.stop(signal.SIGKILL)
                assert [lost.line() for _ in range(3)] == ["Connection lost :("] * 3
                with Daemon("--listen", f"ws://127.0.0.1:{port}"):
                    assert lost.line().startswith("back as ")
                    assert lost.finish() == (0, "", "")
            sleeper.process.wait(5)  # it does not reconnect
            sleeper.process.returncode = 0


# --- driving -----------------------------------------------------------------------------------------------------------------

def a_loop_of_ones_own_drives_a_peer():
    with Daemon("--listen", "ws://127.0.0.1:0") as d:
        c = Caller(d)
        c.send([32, 1, {}, "example.line"])
        assert c.receive()[0] == 33
        with Example(d, "evloop") as loop:
            assert loop.finish("hello\nworld\n")[0] == 0
            assert [c.receive()[4] for _ in range(2)] == [["hello"], ["world"]]


def threads_post_to_a_peer():
    with Daemon("--listen", "ws://127.0.0.1:0") as d:
        c = Caller(d)
        c.send([32, 1, {}, "example.reading"])
        assert c.receive()[0] == 33
        with Example(d, "threads") as threads:
            assert threads.finish() == (0, "all published\n", "")
            got = sorted(c.receive()[4][0] for _ in range(20))
            assert got == sorted(f"reading {i % 10}" for i in range(20)), got


def who_cannot_join_is_told_why():  # S-11
    begun = time.monotonic()
    with Killed("ws://127.0.0.1:9", "sum") as e:
        status, _, err = e.finish()
        assert status == 1 and "cannot connect to ws://127.0.0.1:9: Connection refused" in err, err
    assert time.monotonic() - begun < 2


def two_routers_are_linked():  # spec: A-R2R-01
    with Daemon("--listen", "ws://127.0.0.1:0") as one, Daemon("--listen", "ws://127.0.0.1:0") as two:
        here, there = Caller(one), Caller(two)
        here.send([64, 1, {}, "com.here"])
        assert here.receive()[0] == 65
        with Example(one, "link", one.urls()[0], two.urls()[0]) as link:
            assert [link.line(), link.line()] == ["procedure com.here", "linked"]
            request = there.begin("com.here", 7, kwargs={"a": 1})
            invocation = here.receive()
            assert invocation[4:] == [[7], {"a": 1}], invocation
            here.send([8, 68, invocation[1], {}, "com.error", ["why"], {"b": 2}])
            assert there.receive() == [8, 48, request, {}, "com.error", ["why"], {"b": 2}]
            there.send([32, 2, {}, "com.topic"])
            assert there.receive()[0] == 33 and link.line() == "topic com.topic"
            here.send([16, 3, {}, "com.topic", [1]])
            assert there.receive()[4] == [1]
            there.send([16, 4, {"exclude_me": False}, "com.topic", [2]])
            assert there.receive()[4] == [2]  # once: it does not come back
            here.send([66, 5, invocation[2]])
            assert here.receive() == [67, 5]
            error = eventually_not(there, "com.here")
            assert error == "wamp.error.no_such_procedure", error


def eventually_not(caller, procedure):
    """The URI of the error when it is gone."""
    for _ in range(500):
        if not caller.result("wamp.registration.match", procedure):
            return caller.ask(procedure)[4]
        time.sleep(0.01)
    raise AssertionError(f"{procedure} is still there")


run([
    a_service_adds, a_stream_ends_with_its_reader, a_service_calls_back, a_call_without_waiting_is_made,
    metadata_travels_both_ways, octets_are_echoed, protobuf_passes_untouched, a_prefix_dispatches, workers_take_turns,
    a_service_is_replaced_without_a_failed_call,
    the_quickstart_works, news_are_read, a_tree_of_services_answers, a_running_call_is_canceled, slow_calls_overlap,
    streams_go_both_ways, an_uploader_dies, a_slow_reader_holds_back_its_callee, a_service_is_passed_to_a_service,
    handlers_call_one_another, sessions_are_watched, a_lost_router_is_survived, a_loop_of_ones_own_drives_a_peer,
    threads_post_to_a_peer, who_cannot_join_is_told_why, two_routers_are_linked,
], at_once=4)  # each has a daemon of its own, and mostly waits
