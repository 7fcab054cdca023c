#!/usr/bin/env python3
"""wamp in a shell: what it prints, and how it ends. Behind each test the scenario that asks for it.

    WAMPD=build/wampd WAMP=build/wamp EXAMPLES=build/ex tests/tool/tool_test.py [NAME..]
"""
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from certificates import Certificates
from rawpeer import Daemon, WebSocket
from runner import run

WAMP = os.environ.get("WAMP", "build/wamp")
EXAMPLES = os.environ.get("EXAMPLES", "build/ex")
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
ROLES = {"caller": {"features": {"call_canceling": True}},
         "callee": {"features": {"call_canceling": True, "progressive_call_results": True,
                                 "progressive_call_invocations": True, "registration_revocation": True}},
         "publisher": {}, "subscriber": {}}
CONFIG = "realms: [{name: realm1, kill: true, forward_keys: [_ext, _doc]}]"


# --- wamp --------------------------------------------------------------------------------------------------------

def environment(url, **more):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("WAMP_")}
    return {**clean, **({"WAMP_URL": url} if url else {}), **more}


def wamp(d, *args, stdin="", **env):
    """Exit status, output, errors."""
    done = subprocess.run([WAMP, *args], input=stdin, capture_output=True, text=True, timeout=20,
                          env=environment(d.urls()[0] if d else None, **env))
    return done.returncode, done.stdout, done.stderr


class Running:
    """wamp in the background; with `note`, once it has said so on standard error."""

    def __init__(self, d, *args, note=True, url=None, **popen):
        self.process = subprocess.Popen([WAMP, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.PIPE, env=environment(url or d.urls()[0]), **popen)
        self.note = self.process.stderr.readline() if note else None

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def feed(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def finish(self, number=None):
        if number:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=10)
        return self.process.returncode, out, err

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class Callee(WebSocket):
    """A session that offers procedures and answers by hand."""

    def __init__(self, d, *procedures):
        super().__init__(d.port())
        self.send([1, "realm1", {"roles": ROLES}])
        self.session = self.receive()[1]
        for i, procedure in enumerate(procedures):
            self.send([64, i + 1, {}, procedure])
            assert self.receive()[0] == 65

    def invocation(self):
        message = self.receive()
        assert message[0] == 68, message
        return message

    def answer(self, *args, **kwargs):
        self.send([70, self.invocation()[1], {}, list(args), kwargs])


@contextlib.contextmanager
def router(*args, config=CONFIG):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write(config)
        f.flush()
        with Daemon("--config", f.name, "--listen", "ws://127.0.0.1:0", *args) as d:
            yield d


def meanwhile(fn, *args, **kwargs):
    thread = threading.Thread(target=fn, args=args, kwargs=kwargs)
    thread.start()
    return thread


# --- call --------------------------------------------------------------------------------------------------------

def a_call_prints_its_result():  # S-01, S-19
    with router() as d:
        callee = Callee(d, "example.add")
        for answer, kwargs, printed in ((["0b111"], {"message": "0b111"}, '"0b111"'), ([6], {}, "6"),
                                        ([], {}, "null"), ([1, "x"], {}, '[1,"x"]'), ([], {"a": 1}, '{"a":1}')):
            helper = meanwhile(callee.answer, *answer, **kwargs)
            assert wamp(d, "call", "example.add", "[1,2,3]") == (0, printed + "\n", ""), printed
            helper.join()


def words_become_values():
    with router() as d, Running(d, "register", "com.echo"):
        for word, value in (("5", "5"), ("-5", "-5"), ("-.5", '"-.5"'), ('"5"', '"5"'), ("text", '"text"'),
                            ("", '""'), ("true", "true"), ("[1,{}]", "[1,{}]"), ("{broken", '"{broken"'),
                            ("Ä", '"Ä"'), ("1=2", '"1=2"'), ('"a=b"', '"a=b"'),
                            ("18446744073709551615", "18446744073709551615")):
            assert wamp(d, "call", "com.echo", word) == (0, value + "\n", ""), word
        full = wamp(d, "call", "--show", "full", "com.echo", "1", "a=2", "b=two", "c=[3]", "--", "-x")[1]
        assert json.loads(full) == {"args": [1, "-x"], "kwargs": {"a": 2, "b": "two", "c": [3]}, "details": {}}


def octets_go_in_and_come_out():  # S-12, S-13, S-14
    with router() as d, Running(d, "register", "com.echo"):
        for serializer in ("json", "msgpack", "cbor"):
            call = ("call", "-s", serializer)
            assert wamp(d, *call, "--hex", "00ffAB", "com.echo")[:2] == (0, "00ffab\n")
            assert wamp(d, *call, "--bin", "world", "com.echo")[:2] == (0, "world\n")
            assert wamp(d, *call, "--bin", "world", "--show", "json", "com.echo")[1] == '"\\u0000d29ybGQ="\n'
            assert wamp(d, *call, "--show", "hex", "com.echo", '"\\u0000d29ybGQ="')[1] == "776f726c64\n"
        assert wamp(d, "call", "--hex", "0x", "com.echo")[0] == 2


def every_form_and_transport_gives_the_same():  # S-02
    path = tempfile.mktemp()
    with router("--listen", "rs://127.0.0.1:0", "--listen", f"unix:{path}") as d, \
            Running(d, "register", "com.echo"):
        for serializer in ("json", "msgpack", "cbor"):
            for url in d.urls():
                assert wamp(None, "call", "-s", serializer, "-u", url, "com.echo", "6")[:2] == (0, "6\n"), url
        assert wamp(d, "call", "-s", "ubjson", "com.echo") == (3, "", "error: wamp: no common subprotocol\n")


def errors_have_a_uri_a_message_and_a_status():  # S-09, S-23, S-25
    with router() as d:
        callee = Callee(d, "get_foo")

        def fail(uri, args, kwargs):
            callee.send([8, 68, callee.invocation()[1], {}, uri, args, kwargs])

        nobody = "error: wamp.error.no_such_procedure: no callee registered for procedure <nope>\n"
        assert wamp(d, "call", "nope") == (1, "", nobody)
        for uri, args, kwargs, told in (
                ("example.error.app", ["boom"], {"code": 1000, "data": {"k": 1}}, 'boom code=1000 data={"k":1}'),
                ("get_foo", [], {"message": "no", "exc_type": "ValueError"}, 'no exc_type="ValueError"')):
            helper = meanwhile(fail, uri, args, kwargs)
            assert wamp(d, "call", "get_foo", "1", "three=3") == (1, "", f"error: {uri}: {told}\n")
            helper.join()


def tracebacks_are_told_to_those_who_ask():  # S-46
    with router() as d:
        callee = Callee(d, "f")
        for option, told in ((), ""), (("-v",), "Origin: undisclosed\nTraceback: a\nb\n"):
            helper = meanwhile(lambda: callee.send([8, 68, callee.invocation()[1], {}, "x.y", ["m"],
                                                    {"traceback": ["a", "b"]}]))
            assert wamp(d, "call", "f", *option) == (1, "", "error: x.y: m\n" + told)
            helper.join()


def options_reach_the_callee_and_details_come_back():  # S-10
    with router() as d:
        callee, seen = Callee(d, "ext"), []

        def answer():
            message = callee.invocation()
            seen.append(message[3].get("_ext"))
            callee.send([70, message[1], {"_ext": seen[-1]}, [1]])

        helper = meanwhile(answer)
        told = wamp(d, "call", "--opt", '_ext={"trace":"t1"}', "ext", "-v")
        helper.join()
        assert told == (0, "1\n", 'details {"_ext":{"trace":"t1"}}\n') and seen == [{"trace": "t1"}]


def progress_is_printed_as_it_comes():  # S-03, S-05
    with router() as d:
        callee = Callee(d, "count")
        with Running(d, "call", "-p", "count", note=False) as caller:
            invocation = callee.invocation()
            assert invocation[3]["receive_progress"] is True
            for i in range(3):
                callee.send([70, invocation[1], {"progress": True}, [i]])
                assert caller.line() == str(i)
            callee.send([70, invocation[1], {}, []])
            assert caller.finish() == (0, "", "")


def ctrl_c_ends_a_call_and_interrupts_its_callee():  # S-03, S-04
    with router() as d:
        callee = Callee(d, "slow")
        for options in (), ("-p",), ("--stream",):
            with Running(d, "call", "slow", "1", *options, note=False) as caller:
                if options == ("--stream",):
                    caller.feed("2\n3\n")
                invocation = callee.invocation()
                status, _, err = caller.finish(signal.SIGINT)
                assert (status, err) == (130, ""), (status, err)
            while (message := callee.receive())[0] == 68:
                pass
            assert message[:2] == [69, invocation[1]]
            callee.send([8, 68, invocation[1], {}, "wamp.error.canceled"])


def a_call_without_waiting_leaves_at_once():  # S-08
    with router() as d:
        callee = Callee(d, "sleep")
        assert wamp(d, "call", "--no-wait", "sleep", "2") == (0, "", "")
        assert callee.invocation()[4] == [2] and callee.receive()[0] == 69


def a_timeout_is_told():  # S-27
    with router() as d:
        callee = Callee(d, "patience")
        begun = time.monotonic()
        status, out, err = wamp(d, "call", "--timeout", "300", "patience")
        assert status == 124 and out == "" and err.startswith("error: wamp.error.timeout"), (status, err)
        assert 0.3 <= time.monotonic() - begun < 1.5
        assert callee.invocation()


def a_call_is_canceled_in_time():  # S-34
    with router() as d:
        callee = Callee(d, "sleep")
        with Running(d, "call", "--cancel-after", "200", "--mode", "kill", "sleep", "3", note=False) as caller:
            request = callee.invocation()[1]
            assert callee.receive()[0] == 69 and caller.process.poll() is None
            callee.send([8, 68, request, {}, "wamp.error.canceled"])
            status, _, err = caller.finish()
            assert status == 1 and err.startswith("error: wamp.error.canceled"), (status, err)
        with Running(d, "call", "--stream", "--cancel-after", "0.2s", "sleep", note=False) as caller:
            caller.feed("1\n")
            assert callee.invocation() and callee.receive()[0] == 69
            status, _, err = caller.finish()
            assert status == 1 and err.startswith("error: wamp.error.canceled"), (status, err)


def waiting_covers_router_and_procedure():  # S-11
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    url = f"ws://127.0.0.1:{port}"
    with Running(None, "call", "--wait", "10", "example.add", "1", url=url, note=False) as caller:
        time.sleep(0.3)
        with Daemon("--listen", url) as d:
            time.sleep(0.3)
            assert caller.process.poll() is None
            callee = Callee(d, "example.add")
            callee.answer(6)
            assert caller.finish() == (0, "6\n", "")
    begun = time.monotonic()
    status, _, err = wamp(None, "call", "-u", url, "--wait", "1", "example.add")
    assert status == 3 and err.startswith(f"error: wamp: cannot connect to {url}"), err
    assert 0.7 < time.monotonic() - begun < 3


# --- streams -----------------------------------------------------------------------------------------------------

def lines_are_chunks():  # S-36, S-37
    with router() as d, Running(d, "run", f"{EXAMPLES}/streams.so:Streams", note=False) as service:
        while "is now" not in service.line():
            pass
        assert wamp(d, "call", "--stream", "sum", stdin="1\n2\n") == (0, "3\n", "")
        assert wamp(d, "call", "--stream", "sum", stdin="1\n2") == (0, "3\n", "")
        assert wamp(d, "call", "--stream", "sum", "7") == (0, "7\n", "")
        up = ("call", "--stream", "--progress", "uppercase")
        assert wamp(d, *up, stdin='"hello"\nrpc\n') == (0, '"HELLO"\n"RPC"\n', "")
        with Running(d, *up, note=False) as caller:
            caller.feed("hello\n")
            assert caller.line() == '"HELLO"'
            caller.feed("rpc\n")
            assert caller.line() == '"RPC"'
            assert caller.finish()[0] == 0
        many = "".join(f"{i}\n" for i in range(20000))
        assert wamp(d, "call", "--stream", "sum", stdin=many) == (0, f"{sum(range(20000))}\n", "")


def a_stream_to_a_callee_who_cannot_is_refused():  # S-36
    with router() as d:
        callee = WebSocket(d.port())
        callee.hello()
        callee.send([64, 1, {}, "plain"])
        callee.receive()
        status, _, err = wamp(d, "call", "--stream", "plain", stdin="1\n2\n3\n")
        assert status == 1 and "wamp.error.feature_not_supported" in err, err


# --- events ------------------------------------------------------------------------------------------------------

def events_are_printed():  # S-22
    with router() as d, Running(d, "subscribe", "-n", "3", "com.t") as subscriber:
        assert subscriber.note == "subscribed to com.t\n"
        assert wamp(d, "publish", "com.t", "hello") == (0, "", "")
        assert wamp(d, "publish", "com.t", "a", "b=1") == (0, "", "")
        assert wamp(d, "publish", "--stream", "com.t", stdin="[1]\n") == (0, "", "")
        assert subscriber.finish() == (0, '"hello"\n{"args":["a"],"kwargs":{"b":1}}\n[1]\n', "")


def with_a_pattern_the_topic_is_printed():
    with router() as d, Running(d, "subscribe", "-m", "prefix", "com.", "--show", "full") as full, \
            Running(d, "subscribe", "-q", "-m", "wildcard", "com..x", note=False) as short:
        deadline = time.monotonic() + 5
        while "topic\twildcard" not in wamp(d, "ls")[1] and time.monotonic() < deadline:
            time.sleep(0.05)
        wamp(d, "publish", "com.a.x", "1")
        assert short.line() == "com.a.x 1"
        event = json.loads(full.line())
        assert event["topic"] == "com.a.x" and event["args"] == [1] and event["kwargs"] == {}
        assert full.finish(signal.SIGINT)[0] == 130 and short.finish(signal.SIGTERM)[0] == 130


def a_retained_event_comes_first():
    with router() as d:
        assert wamp(d, "publish", "--retain", "com.t", "kept")[0] == 0
        assert wamp(d, "subscribe", "--retained", "-n", "1", "-q", "com.t") == (0, '"kept"\n', "")


def a_refused_event_is_an_error():
    with router() as d:
        status, _, err = wamp(d, "publish", "wamp.t")
        assert status == 1 and err.startswith("error: wamp.error.invalid_uri"), err
        assert wamp(d, "publish", "--no-wait", "wamp.t") == (0, "", "")


def what_was_recorded_is_replayed():
    with router() as d, tempfile.NamedTemporaryFile("r", suffix=".jsonl") as f:
        with Running(d, "record", "-m", "prefix", "com.", "-n", "2", "--output", f.name) as recorder:
            wamp(d, "publish", "com.a", "1", "k=v")
            time.sleep(0.3)
            wamp(d, "publish", "com.b", "two")
            assert recorder.finish()[0] == 0
        lines = [json.loads(line) for line in f.read().splitlines()]
        assert [(e["topic"], e["args"], e["kwargs"]) for e in lines] == [("com.a", [1], {"k": "v"}),
                                                                         ("com.b", ["two"], {})]
        with Running(d, "subscribe", "-m", "prefix", "com.", "-n", "2") as subscriber:
            begun = time.monotonic()
            assert wamp(d, "replay", f.name)[0] == 0
            assert 0.25 < time.monotonic() - begun < 3
            assert subscriber.finish()[1] == 'com.a {"args":[1],"kwargs":{"k":"v"}}\ncom.b "two"\n'
        assert wamp(d, "replay", "--speed", "0", stdin="{}\n")[0] == 2


# --- callees -----------------------------------------------------------------------------------------------------

def fixed_values_are_answered():
    with router() as d, Running(d, "register", "com.v", "--value", '{"a":[1]}', "-n", "1") as callee:
        assert callee.note == "registered com.v\n"
        assert wamp(d, "call", "com.v") == (0, '{"a":[1]}\n', "")
        assert callee.finish()[0] == 0


def commands_answer():
    script = 'echo "$2 $1 $WAMP_PROCEDURE"; cat'
    with router() as d, Running(d, "register", "com.x", "--exec", script), \
            Running(d, "register", "com.fail", "--exec", "echo first >&2; echo why >&2; exit 7"), \
            Running(d, "register", "com.lines", "--exec", "echo 1; echo 2; echo 3"):
        out = json.loads(wamp(d, "call", "com.x", "one", '{"two":2}', "k=v")[1])
        first, second = out.split("\n")
        assert first == '{"two":2} one com.x'
        assert json.loads(second) == {"args": ["one", {"two": 2}], "kwargs": {"k": "v"}}
        assert wamp(d, "call", "com.fail") == (1, "", "error: wamp.error.runtime_error: why code=7\n")
        assert wamp(d, "call", "-p", "com.lines") == (0, "1\n2\n3\n", "")
        assert wamp(d, "call", "com.lines") == (0, '"1\\n2\\n3"\n', "")


def a_command_ends_with_its_caller():
    with tempfile.NamedTemporaryFile("r") as f, router() as d, \
            Running(d, "register", "com.x", "--exec", f"echo $$ >{f.name}; sleep 60") as callee:
        status, _, err = wamp(d, "call", "--timeout", "500", "com.x")
        assert status == 124, err
        pid, deadline = int(f.read()), time.monotonic() + 5
        while os.path.exists(f"/proc/{pid}") and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not os.path.exists(f"/proc/{pid}")
        assert callee.finish(signal.SIGINT)[0] == 0


def a_procedure_that_is_taken_is_an_error():  # S-18
    with router() as d, Running(d, "register", "com.x", "--invoke", "roundrobin"):
        assert wamp(d, "register", "com.x", "--invoke", "first")[0] == 1
        status, _, err = wamp(d, "register", "com.x")
        assert status == 1 and "wamp.error.procedure_already_exists" in err, err


def the_runner_serves_what_a_shared_object_declares():  # S-20, S-22
    with router() as d, Running(d, "run", f"{EXAMPLES}/binary.so:BinaryNumberService",
                                f"{EXAMPLES}/news.so:NewsReader", note=False) as runner:
        for line in ("starting up services...", "starting up app: BinaryNumberService",
                     "BinaryNumberService is now starting up.", "starting up app: NewsReader",
                     "NewsReader is now starting up."):
            assert runner.line() == line
        assert wamp(d, "call", "get_binary_number", "number=100") == (0, '"0b1100100"\n', "")
        assert wamp(d, "call", "get_binary_number", "-5") == (0, '"-0b101"\n', "")
        assert wamp(d, "publish", "news", 'headlines=["one","two"]')[0] == 0
        assert [runner.line(), runner.line()] == ["one", "two"]
        assert runner.finish(signal.SIGINT) == (0, "runner stopped\n", "")
        for word in ("binary", f"{EXAMPLES}/binary.so:Nope", "/nowhere.so:X"):
            assert wamp(d, "run", word)[0] == 2, word


def the_runner_starts_again():
    with router() as d, Running(d, "run", "--restart", f"{EXAMPLES}/binary.so:BinaryNumberService", note=False,
                                start_new_session=True) as runner:
        def await_start():
            while "is now" not in runner.line():
                pass

        await_start()
        child = int(open(f"/proc/{runner.process.pid}/task/{runner.process.pid}/children").read())
        os.kill(child, signal.SIGKILL)
        await_start()
        assert wamp(d, "call", "get_binary_number", "1")[0] == 0
        status, _, err = runner.finish(signal.SIGTERM)
        assert status == 0 and "ended with status 137" in err, (status, err)


def callees_come_back_after_a_loss():  # S-50
    with router() as d:
        port = d.port()
        callee = Running(d, "register", "com.x", "--value", "1")
        d.process.kill()
        d.process.wait()
    with callee, Daemon("--listen", f"ws://127.0.0.1:{port}") as d:
        assert wamp(d, "call", "--wait", "10", "com.x") == (0, "1\n", "")


# --- looking around ----------------------------------------------------------------------------------------------

def procedures_and_topics_are_listed():  # S-39
    with router() as d:
        assert wamp(d, "ls") == (0, "", "")
        with Running(d, "register", "com.b", "--invoke", "roundrobin", "--doc", "does b"), \
                Running(d, "register", "com.b", "--invoke", "roundrobin"), \
                Running(d, "register", "com.", "-m", "prefix"), Running(d, "subscribe", "net.t"):
            rows = [line.split("\t") for line in wamp(d, "ls")[1].splitlines()]
            assert rows == [["com.", "procedure", "prefix", "single", "1", ""],
                            ["com.b", "procedure", "exact", "roundrobin", "2", "does b"],
                            ["net.t", "topic", "exact", "-", "1", ""]], rows
            assert len(wamp(d, "ls", "--topics")[1].splitlines()) == 1
            assert wamp(d, "ls", "--procedures", "com.b")[1].count("\n") == 1
            assert wamp(d, "ls", "--sessions")[1].count("\n") == 5
            table = wamp(d, "top", "-n", "2", "-i", "50ms", "--events")[1]
            assert table.count("realm realm1: sessions 5, procedures 2, topics 2, events/s 0.0\n") == 2, table
            assert table.count("com.b\tprocedure") == 2


def a_terminal_is_not_told_what_to_do():
    name = "com.\x1b[31mred\x9b1m"
    with router() as d, Running(d, "register", name, "--doc", "clears\x1b[2J\tthe\nscreen \xe9", "--exec",
                                "printf 'boom\\033[2J' >&2; exit 1"):
        assert wamp(d, "ls")[1] == "com.?[31mred?1m\tprocedure\texact\tsingle\t1\tclears?[2J?the?screen \xe9\n"
        assert wamp(d, "call", name)[2].startswith("error: wamp.error.runtime_error: boom?[2J")


def hundreds_of_procedures_are_listed():
    with router() as d:
        callee = Callee(d, *(f"com.p{i:04}" for i in range(700)))
        lines = wamp(d, "ls")[1].splitlines()
        assert [line.split("\t")[0] for line in lines] == [f"com.p{i:04}" for i in range(700)]
        callee.close()


def sessions_are_killed():  # S-47
    with router() as d:
        victims = [Callee(d) for _ in range(2)]
        assert wamp(d, "kill", str(victims[0].session), "--reason", "com.why", "--message", "go") == (0, "", "")
        assert victims[0].receive() == [6, {"message": "go"}, "com.why"]
        assert wamp(d, "kill", "authrole=anonymous")[:2] == (0, "1\n")
        assert victims[1].receive()[0] == 6
        status, _, err = wamp(d, "kill", "1")
        assert status == 1 and "wamp.error.no_such_session" in err, err
        assert wamp(d, "kill", "somebody")[0] == 2


def procedures_are_drained():
    with router() as d:
        first, second = Callee(d, "com.a", "com.b"), Callee(d, "com.c")
        assert wamp(d, "drain", "com.a") == (0, "", "com.a: 1 registration ended\n")
        assert first.receive()[0] == 67
        assert wamp(d, "drain", str(second.session), "-q") == (0, "", "")
        assert wamp(d, "ls")[1].startswith("com.b\t")
        assert wamp(d, "drain", "com.a") == (1, "", "error: wamp: nobody offers com.a\n")


def a_service_is_asked_to_go():
    with router(config="realms: [realm1]") as d:  # no right to kill
        with Running(d, "run", f"{EXAMPLES}/retire.so:Version", note=False) as old:
            [old.line() for _ in range(3)]
            with Running(d, "run", f"{EXAMPLES}/retire.so:Version", note=False) as new:
                [new.line() for _ in range(3)]
                assert wamp(d, "drain", "--keep", "2", "example.version") == (0, "", "")
                assert wamp(d, "drain", "--keep", "1", "example.version") == \
                    (0, "", "example.version: 1 callee retired\n")
                assert old.finish() == (0, "runner stopped\n", "Version: retired\n")
                assert wamp(d, "call", "example.version")[0] == 0
                session = wamp(d, "ls", "--procedures", "example.version.")[1].split("\t")[0].split(".")[-1]
                assert wamp(d, "drain", session) == (0, "", f"{session}: 1 callee retired\n")
                assert new.finish()[0] == 0


def what_is_not_allowed_is_told():
    with router(config="realms: [realm1]") as d:
        for command in (("kill", "all"), ("kill", "1")):
            status, _, err = wamp(d, *command)
            assert status == 1 and err.startswith("error: wamp.error.not_authorized"), err


def pings_are_timed():
    with router() as d:
        status, out, err = wamp(d, "ping", "-n", "2", "-i", "10ms")
        assert status == 0 and out.count("time=") == 2 and "2 calls, 2 answered, min/avg/max" in out, (out, err)
        with Running(d, "ping", "-i", "10", note=False) as ping:
            assert "time=" in ping.line()
            status, out, _ = ping.finish(signal.SIGINT)
            assert status == 0 and out.startswith("1 calls, 1 answered")


def measurements_count_what_came_back():
    with router() as d:
        for what in ("call", "publish"):
            status, out, err = wamp(d, "bench", what, "com.x", "1", "-n", "500", "--window", "7")
            assert status == 0 and out.startswith(f"500 {what.replace('publish', 'event')}"), (out, err)
            assert wamp(d, "bench", what, "com.x", "-d", "300ms")[0] == 0
            out = wamp(d, "bench", what, "com.x", "--rate", "100", "-d", "300ms")[1].split()
            assert 1 < int(out[0]) <= 100 * float(out[3]) + 1, out
        status, out, err = wamp(d, "bench", "call", "wamp.session.get", "1", "-n", "10")
        assert status == 1 and "10 of 10 failed" in out and err.count("error:") == 1, (out, err)


def a_router_has_to_be_trusted():
    with Certificates() as c, Daemon("--listen", "wss://127.0.0.1:0", *c.options()) as d:
        count = ("call", "wamp.session.count")
        assert wamp(d, *count, "--cafile", c.ca) == (0, "1\n", "")
        assert wamp(d, *count, "--insecure") == (0, "1\n", "")
        stranger = "the router's certificate: unable to get local issuer certificate"
        begin = "error: wamp: cannot connect"
        for words, told in (((), stranger), (("--cafile", c.client), stranger),
                            (("--cafile", "/nowhere.pem"), "/nowhere.pem: No such file or directory")):
            assert wamp(d, *count, *words) == (3, "", f"{begin} to {d.urls()[0]}: {told}\n"), words
        other = d.urls()[0].replace("127.0.0.1", "127.0.0.2")  # it listens there, but has no certificate for it
        with Daemon("--listen", other, *c.options()):
            status, _, err = wamp(None, *count, "--cafile", c.ca, WAMP_URL=other)
            assert status == 3 and "the router's certificate: IP address mismatch" in err, err


# --- logging in --------------------------------------------------------------------------------------------------

class Gate:
    """A router that asks for a ticket and then refuses: all that is to be seen is what the client sent."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rs://127.0.0.1:{self.listener.getsockname()[1]}"
        self.hello = self.ticket = None
        self.thread = meanwhile(self.serve)

    def message(self, s):
        head = s.recv(4, socket.MSG_WAITALL)
        return json.loads(s.recv(struct.unpack("!I", head)[0], socket.MSG_WAITALL))

    def send(self, s, message):
        octets = json.dumps(message).encode()
        s.sendall(struct.pack("!I", len(octets)) + octets)

    def serve(self):
        s, _ = self.listener.accept()
        with s:
            assert s.recv(4, socket.MSG_WAITALL)[0] == 0x7F
            s.sendall(b"\x7f\xf1\0\0")
            self.hello = self.message(s)
            if "ticket" in self.hello[2]["authmethods"]:
                self.send(s, [4, "ticket", {}])
                self.ticket = self.message(s)[1]
            self.send(s, [3, {"message": "not you"}, "wamp.error.not_authorized"])
            s.recv(1)

    def finish(self):
        self.thread.join(5)
        self.listener.close()


def secrets_come_from_words_files_and_environment():  # S-28
    with tempfile.NamedTemporaryFile("w") as f:
        f.write("t1\n")
        f.flush()
        for words, env in ((["--ticket", "t1"], {}), (["--ticket=t1"], {"WAMP_SECRET": "s"}),
                           (["--ticket", "@" + f.name], {}), ([], {"WAMP_TICKET": "t1"}),
                           (["--ticket", "t1"], {"WAMP_TICKET": "t2"})):
            gate = Gate()
            told = wamp(None, "call", "-u", gate.url, "-s", "json", "--authid", "martin", *words, "f", **env)
            gate.finish()
            assert told == (4, "", "error: wamp.error.not_authorized: not you\n"), told
            assert gate.hello[2]["authid"] == "martin" and gate.ticket == "t1", (words, env)


def secrets_do_not_show_in_ps():  # S-28
    with Running(None, "call", "--secret", "geheim", "--wait", "5", "f", url="ws://127.0.0.1:1",
                 note=False) as caller:
        deadline = time.monotonic() + 3
        line = b""
        while b"--secret\0xxx" not in line and time.monotonic() < deadline:
            with open(f"/proc/{caller.process.pid}/cmdline", "rb") as f:
                line = f.read()
            time.sleep(0.01)
        assert b"--secret\0xxxxxx\0" in line, line
        assert caller.finish(signal.SIGINT)[0] == 130


def a_refused_session_is_told():
    with router() as d:
        assert wamp(d, "-r", "other", "ls") == (4, "", "error: wamp.error.no_such_realm: no such realm\n")


# --- the command line --------------------------------------------------------------------------------------------

def mistakes_are_told_with_the_nearest_name():
    for words, told in ((["cal", "x"], "unknown command 'cal', did you mean call?"),
                        (["call", "--strem", "x"], "unknown option --strem, did you mean --stream?"),
                        (["ls", "--stream"], "--stream means nothing to 'ls'"),
                        (["call"], "'call' needs PROCEDURE"), (["call", "--hex", "00"], "'call' needs PROCEDURE"),
                        (["ls", "a", "b"], "unexpected argument 'b'"), (["ls", "-Z"], "unknown option -Z"),
                        (["call", "x", "--mode", "kil"], "expected killnowait|kill|skip"),
                        (["call", "x", "-t", "soon"], "expected a time"),
                        (["call", "x", "--opt", "novalue"], "expected KEY=VALUE"),
                        (["call", "x", "--timeout"], "--timeout needs MS"), (["--quiet=1"], "takes no value"),
                        ([], "a command is missing"), (["completion", "csh"], "no completion for 'csh'"),
                        (["help", "nothing"], "no command 'nothing'"),
                        (["call", "x", "-u", "http://x"], "error: wamp: url")):
        status, out, err = wamp(None, *words)
        assert status == 2 and out == "" and told in err, (words, status, err)


def help_knows_every_command():
    status, out, _ = wamp(None, "--help")
    assert status == 0
    commands = out.split("commands:\n")[1].split("\n\n")[0]
    for line in commands.splitlines():
        name = line.split()[0]
        for words in (["help", name], [name, "--help"]):
            status, text, _ = wamp(None, *words)
            assert status == 0 and text.startswith(f"usage: wamp {name}"), name


def the_manual_page_is_up_to_date():
    with open(os.path.join(ROOT, "docs", "man", "wamp.1")) as f:
        assert f.read() == wamp(None, "help", "--man")[1], "make man writes it anew"


def completion_offers_commands_options_and_choices():
    script = wamp(None, "completion", "bash")[1]

    def complete(*words):
        test = f'COMP_WORDS=({" ".join(words)}); COMP_CWORD={len(words) - 1}; _wamp; echo "${{COMPREPLY[@]}}"'
        return subprocess.run(["bash", "-c", script + test], capture_output=True, text=True).stdout.split()

    assert complete("wamp", "su") == ["subscribe"]
    assert complete("wamp", "call", "--str") == ["--stream"]
    assert complete("wamp", "call", "--mode", "k") == ["killnowait", "kill"]
    assert complete("wamp", "completion", "f") == ["fish"]
    assert complete("wamp", "help", "re") == ["register", "record", "replay"]
    for shell in ("zsh", "fish"):
        assert wamp(None, "completion", shell)[0] == 0


run([
    a_call_prints_its_result, words_become_values, octets_go_in_and_come_out,
    every_form_and_transport_gives_the_same, errors_have_a_uri_a_message_and_a_status,
    tracebacks_are_told_to_those_who_ask, options_reach_the_callee_and_details_come_back,
    progress_is_printed_as_it_comes, ctrl_c_ends_a_call_and_interrupts_its_callee,
    a_call_without_waiting_leaves_at_once, a_timeout_is_told, a_call_is_canceled_in_time,
    waiting_covers_router_and_procedure, lines_are_chunks, a_stream_to_a_callee_who_cannot_is_refused,
    events_are_printed, with_a_pattern_the_topic_is_printed, a_retained_event_comes_first,
    a_refused_event_is_an_error, what_was_recorded_is_replayed, fixed_values_are_answered, commands_answer,
    a_command_ends_with_its_caller, a_procedure_that_is_taken_is_an_error,
    the_runner_serves_what_a_shared_object_declares, the_runner_starts_again, callees_come_back_after_a_loss,
    procedures_and_topics_are_listed, a_terminal_is_not_told_what_to_do,
    hundreds_of_procedures_are_listed, sessions_are_killed,
    a_router_has_to_be_trusted, procedures_are_drained, a_service_is_asked_to_go,
    what_is_not_allowed_is_told, pings_are_timed, measurements_count_what_came_back,
    secrets_come_from_words_files_and_environment, secrets_do_not_show_in_ps, a_refused_session_is_told,
    mistakes_are_told_with_the_nearest_name, help_knows_every_command, the_manual_page_is_up_to_date,
    completion_offers_commands_options_and_choices,
], at_once=3)
