#!/usr/bin/env python3
"""wampd reads its configuration again, on SIGHUP.

    WAMPD=build/wampd tests/integration/reload_test.py [NAME..]
"""
import contextlib
import http.client
import os
import resource
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from certificates import Certificates
from rawpeer import Closed, Daemon, RawSocket, Stream, WebSocket
from runner import run

PLAIN = "listen: ['ws://127.0.0.1:0']\nrealms: [realm1, second]\n"


class Router(Daemon):
    """With a configuration file that can be written anew, and what it says on stderr."""

    def __init__(self, text=PLAIN, *args, **popen):
        self.directory = tempfile.TemporaryDirectory()
        self.file = os.path.join(self.directory.name, "wampd.yaml")
        self.write(text)
        super().__init__("--config", self.file, "--log-level", "info", *args, stderr=subprocess.PIPE, **popen)
        os.set_blocking(self.process.stderr.fileno(), False)
        self.said = ""

    def write(self, text):
        """At once: an empty file is a configuration, too."""
        with open(self.file + ".new", "w") as f:
            f.write(text)
        os.replace(self.file + ".new", self.file)

    def reload(self, text=None):
        """Returns when it is done."""
        if text is not None:
            self.write(text)
        self.process.send_signal(signal.SIGHUP)
        words = self.process.stdout.readline().decode().split()
        assert words[:2] == ["wampd", "reloaded"], words
        self.ready = words

    def refuse(self, text=None):
        """A reload that fails; returns what was said about it."""
        if text is not None:
            self.write(text)
        self.log()
        self.process.send_signal(signal.SIGHUP)
        return self.wait_for(" RELOAD ")

    def log(self):
        """What was said since it was asked last."""
        said = (self.process.stderr.read() or b"").decode()
        self.said += said
        return said

    def wait_for(self, text, seconds=3):
        end, said = time.monotonic() + seconds, ""
        while text not in said:
            assert time.monotonic() < end, f"expected {text}, got {said}"
            time.sleep(0.01)
            said += self.log()
        return said

    def counters(self):
        self.log()
        self.process.send_signal(signal.SIGUSR1)
        said = self.wait_for("wampd_streams_stalled_total ")
        return dict(line.rsplit(" ", 1) for line in said.splitlines() if line.startswith("wampd_"))


def joined(where, realm="realm1", kind=WebSocket, **stream):
    peer = kind(where, **stream)
    assert peer.hello(realm)[0] == 2
    return peer


def assert_alive(peer):
    peer.call(99, "com.none")
    assert peer.receive()[:3] == [8, 48, 99]


def subscribed(where, **stream):
    peer = joined(where, **stream)
    peer.send([32, 1, {}, "com.t"])
    assert peer.receive()[0] == 33
    return peer


# --- realms ----------------------------------------------------------------------------------------------------

def realms_come():
    with Router() as d:
        peer = WebSocket(d.port())
        assert peer.hello("third")[2] == "wamp.error.no_such_realm"
        d.reload(PLAIN.replace("second", "second, third"))
        joined(d.port(), "third")


def realms_go_and_tell_their_sessions():
    """spec: A-CLO-06"""
    with Router() as d:
        leaver, stayer = joined(d.port(), "second"), joined(d.port())
        d.reload(PLAIN.replace(", second", ""))
        assert leaver.receive() == [6, {}, "wamp.close.killed"]
        leaver.send([6, {}, "wamp.close.goodbye_and_out"])
        assert leaver.receive()[:2] == ("close", 1000)
        assert_alive(stayer)
        assert WebSocket(d.port()).hello("second")[2] == "wamp.error.no_such_realm"


def a_realm_that_comes_back_is_a_new_one():
    with Router() as d:
        joined(d.port(), "second").send([16, 1, {"retain": True}, "com.t", [1]])
        for text in (PLAIN.replace(", second", ""), PLAIN) * 3:
            d.reload(text)
        peer = joined(d.port(), "second")
        peer.send([32, 1, {"get_retained": True}, "com.t"])
        assert peer.receive()[0] == 33
        peer.call(2, "wamp.session.count")
        assert peer.receive()[3] == [1]


def what_is_configured_for_a_realm_changes_for_its_sessions():
    with Router() as d:
        peer = joined(d.port())
        peer.send([32, 1, {}, "com.Loose"])
        assert peer.receive()[0] == 33
        d.reload("listen: ['ws://127.0.0.1:0']\nrealms: [{name: realm1, uri_check: strict}]\n"
                 "limits: {subscriptions: 2}\n")
        peer.send([32, 2, {}, "com.Loose.too"])
        assert peer.receive()[4] == "wamp.error.invalid_uri"
        peer.send([32, 3, {}, "com.second"])
        assert peer.receive()[0] == 33
        peer.send([32, 4, {}, "com.third"])
        assert peer.receive()[4] == "wampd.error.limit_exceeded"


def what_cannot_change_is_said():
    with Router() as d:
        d.reload("listen: ['ws://127.0.0.1:0']\nrealms: [{name: realm1, history: [{topic: com.t}]}]\n")
        assert "realm1: its history changes with the next start only" in d.wait_for("RELOAD")


# --- limits and timeouts ---------------------------------------------------------------------------------------

def limits_and_timeouts_change():
    with Router() as d:
        waiting = WebSocket(d.port())  # a minute for its HELLO, as it seemed
        d.reload(PLAIN + "limits: {connections: 3}\ntimeouts: {hello: 300, ping_interval: 200}\n")
        begun = time.monotonic()
        peers = [joined(d.port()) for _ in range(2)]
        refused = Stream(d.port())
        refused.write(WebSocket.request())
        assert refused.read_rest().startswith(b"HTTP/1.1 503 ")
        assert waiting.receive()[:2] == ("close", 1008) and time.monotonic() - begun < 1
        assert peers[0].receive_frame()[0] == 9


def the_log_level_changes():
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write(PLAIN + "log: {level: error}\n")
        f.flush()
        process = subprocess.Popen([os.environ.get("WAMPD", "build/wampd"), "--config", f.name],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        port = int(process.stdout.readline().split()[-1].rsplit(b":", 1)[1])
        joined(port)
        f.seek(0)
        f.write(PLAIN + "log: {level: debug}\n")
        f.truncate()
        f.flush()
        process.send_signal(signal.SIGHUP)
        process.stdout.readline()
        joined(port)
        process.send_signal(signal.SIGINT)
        process.wait(5)
        assert process.stderr.read().count(b"SESSION-JOIN") == 1
        process.stdout.close()
        process.stderr.close()


# --- mistakes --------------------------------------------------------------------------------------------------

def a_bad_file_changes_nothing_and_is_said():
    with Router() as d:
        peer = joined(d.port(), "second")
        missing = "listen: [{url: 'wss://127.0.0.1:0', tls: {certificate: /nowhere.pem}}]\n"
        for text, expected in (("realms: [other]\nlimits: {messages: 1}\n", ":2: limits.messages: unknown key"),
                               ("realms: [other", "not well-formed"), ("realms: [a b]\n", ":1: "),
                               (missing, "/nowhere.pem")):
            assert expected in d.refuse(text), (d.said, expected)
        os.unlink(d.file)
        assert "No such file" in d.refuse()
        assert_alive(peer)
        joined(d.port(), "second")
        counters = d.counters()
        assert counters['wampd_reloads_total{result="failed"}'] == "5", counters
        assert counters['wampd_reloads_total{result="ok"}'] == "0", counters


def without_file_descriptors_the_old_configuration_stays():
    """spec: reliability T-R3"""
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (80, 80))

    with Router(preexec_fn=few) as d:
        inside, crowd = joined(d.port(), "second"), []
        for _ in range(100):
            with contextlib.suppress(OSError):
                crowd.append(Stream(d.port(), timeout=0.3))
        d.process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        assert_alive(inside)
        for p in crowd:
            p.close()


# --- listeners -------------------------------------------------------------------------------------------------

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def is_refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionRefusedError:
        return True
    return False


def listeners_come_and_go_and_their_connections_stay():
    path, first, port = tempfile.mktemp(), free_port(), free_port()
    with Router(f"listen: ['ws://127.0.0.1:{first}', 'unix:{path}']\n") as d:
        over_tcp, over_unix = joined(first), joined(path)
        d.reload(f"listen: ['ws://127.0.0.1:{port}', 'rs://127.0.0.1:0']\n")
        assert is_refused(first) and not os.path.exists(path)
        joined(port).close()
        joined(d.port(1), kind=RawSocket).close()
        assert_alive(over_tcp)
        assert_alive(over_unix)
        d.reload(f"listen: ['unix:{path}']\n")
        joined(path)
        assert is_refused(port)


def a_listener_that_stays_is_not_touched():
    with Router(f"listen: ['ws://127.0.0.1:{free_port()}', 'ws://127.0.0.1:0']\n") as d:
        urls = d.urls()
        waiting = Stream(d.port())
        d.reload()
        assert sorted(d.urls()) == sorted(urls)
        assert "LISTEN" not in d.log()
        waiting.write(WebSocket.request())
        waiting.read_until(b"\r\n\r\n")


def new_rules_of_a_listener_count_for_who_is_connected_and_not_in():
    """spec: A-AUTH-05, reliability threats 11 and 33"""
    port = free_port()

    def listen(ticket, more=""):
        principals = f"{{joe: {{ticket: {ticket}, role: r}}}}"
        return f"listen: [{{url: 'ws://127.0.0.1:{port}', auth: {{ticket: {{principals: {principals}}}}}{more}}}]\n"

    def ask(peer, ticket):
        assert peer.hello(authmethods=["ticket"], authid="joe")[0] == 4
        peer.send([5, ticket, {}])
        return peer.receive()[0]

    def status_of_open(web, **headers):
        web.request("POST", "/lp/open", '{"protocols": ["wamp.2.json"]}', headers)
        answer = web.getresponse()
        answer.read()
        return answer.status

    longpoll, origins = ", longpoll: /lp", ", origins: ['https://good.com']"
    with Router(listen("old", longpoll)) as d:
        inside, outside = WebSocket(port), WebSocket(port)
        pages = [http.client.HTTPConnection("127.0.0.1", port) for _ in range(2)]
        assert ask(inside, "old") == 2
        for page in pages:
            assert status_of_open(page, Origin="https://evil.com") == 200
        d.reload(listen("new", longpoll + origins))
        assert_alive(inside)
        assert ask(outside, "old") == 3
        assert status_of_open(pages[0], Origin="https://evil.com") == 403
        assert status_of_open(pages[1], Origin="https://good.com") == 200
        d.reload(listen("new"))
        assert status_of_open(pages[1]) == 404


def an_address_in_use_is_left_out_and_the_rest_goes_on():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with Router() as d:
            d.reload(f"listen: ['ws://127.0.0.1:{port}', 'ws://127.0.0.1:0', 'rs://127.0.0.1:0']\n"
                     "realms: [other]\n")
            assert "cannot bind: Address already in use" in d.wait_for("cannot bind")
            assert len(d.urls()) == 2
            for i in range(2):
                joined(d.port(i), "other")
        with Router() as d:  # and what is free later is opened then
            text = f"listen: ['ws://127.0.0.1:0', 'ws://127.0.0.1:{port}']\n"
            d.reload(text)
            taken.close()
            d.reload(text)
            joined(port)


# --- certificates ----------------------------------------------------------------------------------------------

def secure(c, port=0):
    return f"{{url: 'wss://127.0.0.1:{port}', tls: {{certificate: {c.server}, key: {c.server_key}}}}}"


def serial_of(port, c):
    peer = Stream(port, tls=c.context())
    return peer.socket.getpeercert()["serialNumber"]


def certificates_are_read_again():
    with Certificates() as c:
        text = f"listen: [{secure(c)}]\n"
        with Router(text) as d:
            old, before = joined(d.port(), tls=c.context()), serial_of(d.port(), c)
            c.issue("server")
            assert serial_of(d.port(), c) == before
            d.reload()
            assert serial_of(d.port(), c) != before
            with open(c.server_key, "w") as f:
                f.write("this is no key\n")
            assert c.server_key in d.refuse()
            joined(d.port(), tls=c.context())
            assert_alive(old)


def a_listener_turns_to_tls_on_its_port():
    with Certificates() as c:
        port = free_port()
        with Router(f"listen: ['ws://127.0.0.1:{port}']\n") as d:
            plain = joined(port)
            d.reload(f"listen: [{secure(c, port)}]\n")
            joined(port, tls=c.context())
            with contextlib.suppress(Closed, AssertionError, OSError):
                WebSocket(port)
                raise RuntimeError("served without TLS")
            assert_alive(plain)


# --- under load ------------------------------------------------------------------------------------------------

def a_hundred_sessions_miss_nothing():
    """spec: reliability T-C1"""
    with Certificates() as c:
        fixed = f"ws://127.0.0.1:{free_port()}"
        texts = [f"listen: ['{fixed}', {secure(c)}{more}]\nrealms: [realm1{realm}]\n"
                 for more, realm in (("", ""), (", 'rs://127.0.0.1:0'", ", extra"))]
        with Router(texts[0]) as d:
            events, port, tls_port = 1500, d.port(), d.port(1)
            peers = [subscribed(port, timeout=20) for _ in range(50)]
            peers += [subscribed(tls_port, timeout=20, tls=c.context()) for _ in range(50)]
            publisher, got = joined(port), [[] for _ in peers]

            def read(i):
                while len(got[i]) < events:
                    got[i].append(peers[i].receive()[4][0])

            readers = [threading.Thread(target=read, args=(i,)) for i in range(len(peers))]
            for r in readers:
                r.start()
            for i in range(events):
                publisher.send([16, i + 2, {}, "com.t", [i]])
                if i % 100 == 50:
                    d.reload(texts[i // 100 % 2])
                if i % 500 == 99:
                    d.refuse("nonsense: [\n")
                    d.write(texts[0])
            for r in readers:
                r.join(20)
            assert all(g == list(range(events)) for g in got), [len(g) for g in got]


def a_storm_of_signals_is_few_reloads():
    """spec: reliability T-R9"""
    with Router(PLAIN) as d:
        peer = joined(d.port())
        before = len(os.listdir(f"/proc/{d.process.pid}/fd"))
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            d.process.send_signal(signal.SIGHUP)
            time.sleep(0.0005)
        d.write(PLAIN.replace("second", "last"))
        d.process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        reloads = int(d.counters()['wampd_reloads_total{result="ok"}'])
        assert 2 <= reloads <= 14, reloads
        joined(d.port(), "last").close()
        time.sleep(0.05)
        assert len(os.listdir(f"/proc/{d.process.pid}/fd")) == before
        assert_alive(peer)


def nobody_has_to_read_what_is_said_about_it():
    with Router() as d:
        peer, many = joined(d.port()), PLAIN.replace("second", ", ".join(f"com.example.realm{i:03}" for i in range(150)))
        d.write(many)
        for _ in range(25):  # more than a pipe holds
            d.process.send_signal(signal.SIGHUP)
            time.sleep(0.06)
        assert_alive(peer)


def reloads_leave_nothing_behind():
    with Certificates() as c:
        tls = secure(c)
        texts = [f"listen: ['ws://127.0.0.1:0', {tls}]\nrealms: [realm1]\n",
                 f"listen: ['ws://127.0.0.1:0', {tls}, 'rs://127.0.0.1:0']\nrealms: [realm1, b]\n"]
        with Router(texts[0]) as d:
            def fds():
                return len(os.listdir(f"/proc/{d.process.pid}/fd"))

            before = fds()
            for i in range(20):
                d.reload(texts[(i + 1) % 2])
                joined(d.port()).close()
                if i == 4:
                    memory = d.rss_kib()
            time.sleep(0.1)
            assert fds() == before, (fds(), before)
            assert d.rss_kib() - memory < 1024, (d.rss_kib(), memory)


run([
    realms_come, realms_go_and_tell_their_sessions, a_realm_that_comes_back_is_a_new_one,
    what_is_configured_for_a_realm_changes_for_its_sessions, what_cannot_change_is_said,
    limits_and_timeouts_change, the_log_level_changes, a_bad_file_changes_nothing_and_is_said,
    without_file_descriptors_the_old_configuration_stays, listeners_come_and_go_and_their_connections_stay,
    a_listener_that_stays_is_not_touched, new_rules_of_a_listener_count_for_who_is_connected_and_not_in,
    an_address_in_use_is_left_out_and_the_rest_goes_on,
    certificates_are_read_again, a_listener_turns_to_tls_on_its_port, a_hundred_sessions_miss_nothing,
    a_storm_of_signals_is_few_reloads, nobody_has_to_read_what_is_said_about_it, reloads_leave_nothing_behind,
])
