#!/usr/bin/env python3
"""What wampy 1.1.0 needs of a router, without wampy: its octets are sent as it would send them, and everything
that comes back is read as strictly as it reads, which is by position, frame by frame, and without forgiveness.

    WAMPD=build/wampd tests/wampy_profile.py [NAME..]

Each check says in its comment which rule it is (W-nn) and what breaks in wampy where it is broken.
"""
import contextlib
import functools
import json
import os
import random
import socket
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "integration"))
from rawpeer import CLOSE, PING, PONG, TEXT, Closed, Daemon, Stream, WebSocket  # noqa: E402
from runner import run  # noqa: E402

HELLO = ('[1,"%s",{"roles":{"subscriber":{"features":{"call_timeout":true}},"publisher":{"features":'
         '{"call_timeout":true}},"callee":{"shared_registration":true,"features":{"call_timeout":true}},'
         '"caller":{"features":{"call_timeout":true}}},"authmethods":["anonymous"]}]')
CLOSE_REALM = [6, {}, "wamp.error.close_realm"]


def request_id():
    return random.getrandbits(32)


class Wampy(Stream):
    """wampy's side of a connection. It is upgraded by its constructor and joins with start(), as there."""

    def __init__(self, d, path="/", **stream):
        super().__init__(d.port(), **stream)
        host = f"127.0.0.1:{d.port()}"
        self.head = self.upgrade(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
                                 "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                 f"Origin: ws://{host}\r\nSec-WebSocket-Version: 13\r\n"
                                 "Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n")

    def upgrade(self, request):
        self.write(request.encode())
        return self.read_until(b"\r\n\r\n").decode()

    def start(self, realm="realm1"):
        """What came as the answer to HELLO."""
        self.send_text(HELLO % realm)
        return self.receive()

    def send_frame(self, opcode, payload):
        self.write(WebSocket.frame(opcode, payload, mask=random.randbytes(4)))

    def send_text(self, text):
        self.send_frame(TEXT, text.encode())

    def send(self, message):
        self.send_text(json.dumps(message, separators=(",", ":"), ensure_ascii=False))

    def receive_frame(self):
        """(opcode, payload) of a frame that wampy can read. spec: W-10, W-11"""
        first, second = self.read(2)
        assert first & 0xF0 == 0x80, "fragmented, or with a reserved bit"
        assert second & 0x80 == 0, "masked"
        if second == 126:
            length, = struct.unpack(">h", self.read(2))  # signed: so does wampy
            assert length >= 0, f"{length + 65536} octets, which wampy takes for {length}"
        else:
            length = struct.unpack("!Q", self.read(8))[0] if second == 127 else second
        return first & 0x0F, self.read(length)

    def receive_text(self):
        opcode, payload = self.receive_frame()
        assert opcode == TEXT, f"opcode {opcode}"
        return payload

    def receive(self):
        return json.loads(self.receive_text())

    def hears_nothing(self, seconds=0.2):
        self.socket.settimeout(seconds)
        try:
            got = self.buffer or self.socket.recv(65536)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(5)
        raise AssertionError(f"unasked for: {got!r}")

    # --- requests, with what wampy puts into them

    def register(self, procedure, policy="single"):
        request = request_id()
        self.send([64, request, {"invoke": policy}, procedure])
        answer = self.receive()
        assert answer[:2] == [65, request] and len(answer) == 3, answer
        return answer[2]

    def subscribe(self, topic):
        request = request_id()
        self.send([32, request, {}, topic])
        answer = self.receive()
        assert answer[:2] == [33, request] and len(answer) == 3, answer
        return answer[2]

    def publish(self, topic, **kwargs):
        self.send([16, request_id(), {}, topic, [], kwargs])

    def call(self, procedure, *args, options=None, **kwargs):
        """As client.call() with options {}; as client.rpc.NAME() with a timeout. Returns the request's id."""
        request = request_id()
        self.send([48, request, options or {}, procedure, list(args), kwargs])
        return request

    def invocation(self):
        message = self.receive()
        assert message[0] == 68, message
        return message

    def answer(self, invocation, result, procedure="p"):
        kwargs = {"message": result, "meta": {"procedure_name": procedure, "session_id": 1}}
        self.send([70, invocation[1], {}, [result], kwargs])

    def fail(self, invocation, procedure):
        """A handler raised: ERROR, named after the procedure, and a YIELD for the same invocation behind it."""
        self.send([8, 68, invocation[1], {}, procedure, [], {
            "exc_type": "ValueError", "message": "broken", "call_args": invocation[4], "call_kwargs": {}}])
        self.answer(invocation, None, procedure)


def wampy(d, **stream):
    peer = Wampy(d, **stream)
    assert peer.start()[0] == 2
    return peer


@contextlib.contextmanager
def daemon(text=None):
    """With the configuration given; all that it says on stderr is in d.log()."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config, tempfile.TemporaryFile("w+") as log:
        config.write(text or "limits: {message_size: 2 MiB}\n")
        config.flush()
        arguments = ("--config", config.name, "--listen", "ws://127.0.0.1:0", "--log-level", "info")
        with Daemon(*arguments, stderr=log) as d:
            d.log = lambda: (log.seek(0), log.read())[1]
            yield d


def warnings(d):
    return [line for line in d.log().splitlines() if " warn " in line or " error " in line]


# --- HTTP --------------------------------------------------------------------------------------------------------

def any_path_is_accepted(d):  # spec: W-01: a bare Client() asks for GET /8080, older ones for /ws
    for path in ("/", "/8080", "/ws", "/a/b?c=d"):
        peer = Wampy(d, path)
        assert peer.head.startswith("HTTP/1.1 101 "), peer.head
        assert peer.start()[0] == 2


def the_answer_can_be_read_line_by_line(d):  # spec: W-02: a line without a colon raises
    lines = Wampy(d).head.removesuffix("\r\n\r\n").split("\r\n")
    assert not any("\n" in line for line in lines)
    assert all(":" in line for line in lines[1:]), lines
    assert not any(line.lower().startswith("sec-websocket-extensions") for line in lines)


def a_refusal_is_a_whole_response(d):  # spec: W-03: wampy loops for ever over a connection closed before that
    for request in ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST / HTTP/1.1\r\nHost: x\r\n\r\n",
                    WebSocket.request("wamp.9.json").decode(), "nonsense\r\n\r\n"):
        peer = Stream(d.port())
        peer.write(request.encode())
        head = peer.read_until(b"\r\n\r\n").decode()
        status, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
        assert status.startswith("HTTP/1.1 4"), head
        assert all(":" in line for line in lines), head


def a_user_may_type_before_start():  # spec: W-04, R-24: it connects when constructed and joins with start()
    with daemon("timeouts: {handshake: 300 ms}\n") as d:
        peer = Wampy(d)
        peer.hears_nothing(1)
        assert peer.start()[0] == 2


def no_ping_comes_before_hello():  # spec: W-04
    with daemon("timeouts: {ping_interval: 50 ms}\n") as d:
        peer = Wampy(d)
        peer.hears_nothing(0.5)
        assert peer.start()[0] == 2


def a_probe_of_the_port_is_no_event():  # spec: W-05: its test suite connects and closes until the router is there
    with daemon() as d:
        for _ in range(5):
            Stream(d.port()).close()
        wampy(d)
        assert not warnings(d), warnings(d)


# --- frames ------------------------------------------------------------------------------------------------------

def texts_of_every_length_can_be_read(d):  # spec: W-10, W-11: a text of 32,768 to 65,535 octets kills its listener
    callee, caller = wampy(d), wampy(d)
    callee.register("echo")
    empty = len('[50,0000000000,{},[""],{"message":""}]')
    lengths = [1, 125, 126, 127, 1000, 32700, 32767, 32768, 32769, 40000, 65400, 65535, 65536, 65600, 1_000_000]
    for length in lengths + [n // 2 - empty // 2 + i for n in (32768, 65536) for i in range(-20, 20, 3)]:
        value = "x" * length
        caller.call("echo", value)
        invocation = callee.invocation()
        assert invocation[4] == [value]
        callee.send([70, invocation[1], {}, [value], {"message": value}])
        assert caller.receive()[3] == [value]


def the_lengths_that_wampy_cannot_read_are_padded(d):  # spec: W-11
    subscriber, publisher = wampy(d), wampy(d)
    subscription = subscriber.subscribe("t")
    for length in (32760, 50000, 65400):
        publisher.publish("t", message="x" * length)
        text = subscriber.receive_text()
        assert len(text) == 65536 and text.rstrip(b" ").endswith(b"}]")
        assert json.loads(text)[1] == subscription
    for length in (32000, 66000):
        publisher.publish("t", message="x" * length)
        assert subscriber.receive_text().endswith(b"}]")


def nobody_else_gets_padding(d):  # spec: W-11
    publisher, other = wampy(d), WebSocket(d.port())
    assert other.hello()[0] == 2
    other.send([32, 1, {}, "t"])
    assert other.receive()[0] == 33
    publisher.publish("t", message="x" * 50000)
    assert len(other.receive_frame()[1]) < 50200


def its_pings_can_be_read():  # spec: W-12: one octet, or octets that are not UTF-8, and its listener is dead
    with daemon("timeouts: {ping_interval: 50 ms}\n") as d:
        peer = wampy(d)
        for _ in range(5):
            opcode, payload = peer.receive_frame()
            assert opcode == PING and len(payload) != 1, (opcode, payload)
            peer.send_frame(PONG, payload.decode().encode())


def head_and_payload_come_in_one_segment(d):  # spec: W-13: it unpacks what the first recv brought
    callee, caller = wampy(d), wampy(d)
    callee.register("echo")
    for length in (1, 200, 20000):
        caller.call("echo", "x" * length)
        callee.answer(callee.invocation(), "y")
        assert json.loads(caller.socket.recv(65536)[2:])[0] == 50
    subscription = caller.subscribe("t")
    callee.publish("t", message="x" * 1000)
    got = caller.socket.recv(65536)
    assert got[1] == 126 and json.loads(got[4:])[1] == subscription


def a_ping_of_its_own_is_echoed(d):  # spec: W-14
    peer = wampy(d)
    payload = b"wampy::4c1cd1b8-5c8d-4bd3-9c4c-5a6c0ad1b9d5"
    peer.send_frame(PING, payload)
    assert peer.receive_frame() == (PONG, payload)


# --- the session -------------------------------------------------------------------------------------------------

def what_a_role_did_not_announce_is_not_held_against_it(d):  # spec: W-20: early ones announce two roles
    peer = Wampy(d)
    peer.send([1, "realm1", {"roles": {"subscriber": {}, "publisher": {}}}])
    assert peer.receive()[0] == 2
    peer.register("old")
    request = peer.call("old")
    peer.answer(peer.invocation(), 1)
    assert peer.receive()[:2] == [50, request]


def shared_registrations_need_no_feature(d):  # spec: W-20
    one, two, caller = wampy(d), wampy(d), wampy(d)
    assert one.register("shared", "roundrobin") == two.register("shared", "roundrobin")
    for callee in (one, two, one, two):
        caller.call("shared")
        callee.answer(callee.invocation(), 1)
        assert caller.receive()[0] == 50


def welcome_and_abort_have_three_elements(d):  # spec: W-22: a fourth makes it wait for ten seconds
    welcome = Wampy(d).start()
    assert welcome[0] == 2 and len(welcome) == 3 and isinstance(welcome[1], int)
    abort = Wampy(d).start("no.such.realm")
    assert abort[0] == 3 and len(abort) == 3, abort
    assert abort[2] == "wamp.error.no_such_realm"


def nothing_comes_that_was_not_asked_for(d):  # spec: W-28: its suite counts the messages
    peer = wampy(d)
    peer.hears_nothing(1)
    peer.send(CLOSE_REALM)
    assert peer.receive()[0] == 6
    peer.hears_nothing(1)


def goodbye_is_answered(d):  # spec: W-27: the wampy of the README asserts wamp.close.normal
    for reason, expected in (("wamp.error.close_realm", "wamp.close.goodbye_and_out"),
                             ("wamp.close.close_realm", "wamp.close.goodbye_and_out"),
                             ("wamp.close.normal", "wamp.close.normal")):
        peer = wampy(d)
        peer.send([6, {}, reason])
        answer = peer.receive()
        assert answer[0] == 6 and len(answer) == 3 and answer[2] == expected, answer


def what_comes_after_goodbye_is_ignored(d):  # spec: W-27, R-25: a busy callee sends its YIELD after its GOODBYE
    callee, caller = wampy(d), wampy(d)
    callee.register("busy")
    caller.call("busy")
    invocation = callee.invocation()
    callee.send(CLOSE_REALM)
    assert callee.receive()[0] == 6
    callee.answer(invocation, "late")
    callee.fail(invocation, "busy")
    callee.hears_nothing(0.5)
    assert caller.receive()[4] == "wamp.error.canceled"


def the_socket_stays_until_the_client_closes_it():  # spec: W-27, R-25
    with daemon("timeouts: {close: 1500 ms}\n") as d:
        peer = wampy(d)
        peer.send(CLOSE_REALM)
        assert peer.receive()[0] == 6
        peer.hears_nothing(1.2)
        with contextlib.suppress(Closed):
            opcode, _ = peer.receive_frame()
            assert opcode == CLOSE


def a_leave_without_a_close_frame_is_clean():  # spec: W-15
    with daemon() as d:
        watcher, peer = wampy(d), Wampy(d)
        subscription = watcher.subscribe("wamp.session.on_leave")
        session = peer.start()[1]
        peer.send(CLOSE_REALM)
        assert peer.receive()[0] == 6
        peer.socket.shutdown(socket.SHUT_RDWR)
        peer.close()
        event = watcher.receive()
        assert event[:2] == [36, subscription] and session in event[4], event
        assert not warnings(d), warnings(d)


# --- messages ----------------------------------------------------------------------------------------------------

def request_ids_come_in_any_order(d):  # spec: W-30, R-01: they are 32 random bits
    peer = wampy(d)
    for i, request in enumerate((4_000_000_000, 1, 17, 17, 3)):
        peer.send([64, request, {"invoke": "single"}, f"p{i}"])
        assert peer.receive()[:2] == [65, request]
    for request in (9, 5, 9):
        peer.send([48, request, {}, "nope", [], {}])
        assert peer.receive()[:3] == [8, 48, request]


def a_name_alone_is_a_uri(d):  # spec: W-31: procedures are named after methods, and errors after procedures
    callee, caller = wampy(d), wampy(d)
    callee.register("get_foo")
    request = caller.call("get_foo", 1, 2, three=3)
    invocation = callee.invocation()
    assert invocation[4:] == [[1, 2], {"three": 3}] and isinstance(invocation[3], dict)
    callee.fail(invocation, "get_foo")
    assert caller.receive()[:5] == [8, 48, request, {}, "get_foo"]


def an_error_has_no_details(d):  # spec: W-32: any key there raises in its listener
    peer = wampy(d)
    request = peer.call("nope", options={"timeout": 10000})
    assert peer.receive() == [8, 48, request, {}, "wamp.error.no_such_procedure",
                              ["no callee registered for procedure <nope>"]]
    peer.register("taken")
    request = request_id()
    peer.send([64, request, {"invoke": "single"}, "taken"])
    error = peer.receive()
    assert error[:5] == [8, 64, request, {}, "wamp.error.procedure_already_exists"], error


def a_yield_behind_an_error_is_ignored(d):  # spec: W-33, R-06: S-23
    callee, caller = wampy(d), wampy(d)
    callee.register("p")
    for _ in range(3):
        request = caller.call("p")
        callee.fail(callee.invocation(), "p")
        assert caller.receive()[:3] == [8, 48, request]
        caller.hears_nothing(0.1)
        request = caller.call("p")
        callee.answer(callee.invocation(), "fine")
        assert caller.receive()[:4] == [50, request, {}, ["fine"]]


def its_cancel_gets_no_answer(d):  # spec: W-34, R-05: it expects GOODBYE as the next message
    callee, caller = wampy(d), wampy(d)
    callee.register("slow")
    request = caller.call("slow", options={"timeout": 10000})
    invocation = callee.invocation()
    caller.send([49, request, {}])
    caller.hears_nothing(0.3)
    callee.hears_nothing(0.1)  # it did not announce that it can be told
    callee.answer(invocation, "late")
    caller.send(CLOSE_REALM)
    assert caller.receive()[0] == 6
    next_caller = wampy(d)
    next_caller.call("slow")
    callee.answer(callee.invocation(), "in time")
    assert next_caller.receive()[3] == ["in time"]


def a_timeout_is_late_by_at_least_5_ms():  # spec: W-35: wampy's own timer has to win
    with daemon() as d:
        callee, caller = wampy(d), wampy(d)
        callee.register("slow")
        for milliseconds in (100, 250, 10, 500):
            begun = time.monotonic()
            request = caller.call("slow", options={"timeout": milliseconds})
            invocation = callee.invocation()
            error = caller.receive()
            late = (time.monotonic() - begun) * 1000 - milliseconds
            assert error[:5] == [8, 48, request, {}, "wamp.error.timeout"], error
            assert 5 <= late < 1000, f"{late:.1f} ms late"
            callee.answer(invocation, "late")


def its_own_timer_first_and_then_nothing(d):  # spec: W-34, W-35
    callee, late = wampy(d), 1
    callee.register("slow")
    while late > 0.02:  # a machine that oversleeps says nothing about the router
        caller = wampy(d)
        begun = time.monotonic()
        request = caller.call("slow", options={"timeout": 300})
        time.sleep(max(0, begun + 0.3 - time.monotonic()))
        caller.send([49, request, {}])
        late = time.monotonic() - begun - 0.3
    caller.hears_nothing(0.5)


def a_session_calls_its_own_procedure(d):  # spec: W-36
    peer = wampy(d)
    peer.register("own")
    request = peer.call("own", "v")
    peer.answer(peer.invocation(), "v")
    assert peer.receive() == [50, request, {}, ["v"],
                              {"message": "v", "meta": {"procedure_name": "p", "session_id": 1}}]


def subscribed_comes_before_the_first_event(d):  # spec: W-38: it looks the subscription up
    publisher, done = wampy(d), threading.Event()

    def flood():
        while not done.is_set():
            publisher.publish("flood", message=1)
            time.sleep(0.0005)

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        for _ in range(20):
            peer = wampy(d)
            subscription = peer.subscribe("flood")
            event = peer.receive()
            assert event[:2] == [36, subscription] and event[4:] == [[], {"message": 1}], event
            peer.close()
    finally:
        done.set()
        thread.join()


def events_carry_their_keywords(d):  # spec: W-38: S-22
    subscriber, publisher = wampy(d), wampy(d)
    subscription = subscriber.subscribe("news")
    publisher.publish("news", headlines=["wampy is great!", "100円"])
    event = subscriber.receive()
    assert event[:2] == [36, subscription] and len(event) == 6, event
    assert event[3:] == [{}, [], {"headlines": ["wampy is great!", "100円"]}], event


# Those that configure their daemon, and those for any.
CONFIGURED = [
    no_ping_comes_before_hello, a_probe_of_the_port_is_no_event, its_pings_can_be_read,
    a_user_may_type_before_start, the_socket_stays_until_the_client_closes_it,
    a_leave_without_a_close_frame_is_clean, a_timeout_is_late_by_at_least_5_ms,
]
PLAIN = [
    any_path_is_accepted, the_answer_can_be_read_line_by_line, a_refusal_is_a_whole_response,
    texts_of_every_length_can_be_read, the_lengths_that_wampy_cannot_read_are_padded, nobody_else_gets_padding,
    head_and_payload_come_in_one_segment, a_ping_of_its_own_is_echoed,
    what_a_role_did_not_announce_is_not_held_against_it,
    shared_registrations_need_no_feature, welcome_and_abort_have_three_elements,
    nothing_comes_that_was_not_asked_for, goodbye_is_answered, what_comes_after_goodbye_is_ignored,
    request_ids_come_in_any_order, a_name_alone_is_a_uri, an_error_has_no_details,
    a_yield_behind_an_error_is_ignored, its_cancel_gets_no_answer, its_own_timer_first_and_then_nothing,
    a_session_calls_its_own_procedure, subscribed_comes_before_the_first_event, events_carry_their_keywords,
]


def with_daemon(test):
    @functools.wraps(test)
    def with_one():
        with daemon() as d:
            test(d)
    return with_one


run([*map(with_daemon, PLAIN), *CONFIGURED], at_once=4)  # most of them wait
