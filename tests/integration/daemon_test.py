#!/usr/bin/env python3
"""wampd from outside: sockets, signals, limits. What needs no socket is tested in tests/unit/router.

    WAMPD=build/wampd tests/integration/daemon_test.py [NAME..]
"""
import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rawpeer import CLOSE, Closed, Daemon, RawSocket, Stream, WebSocket
from runner import run

ANY = "ws://127.0.0.1:0"


@contextlib.contextmanager
def configured(text, **popen):
    """A daemon with a configuration file."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write(text)
        f.flush()
        with Daemon("--config", f.name, "--listen", ANY, **popen) as d:
            yield d


def joined(where, kind=WebSocket, details=None, **stream):
    peer = kind(where, **stream)
    assert peer.hello(**(details or {}))[0] == 2
    return peer


def echo_pair(d):
    callee, caller = joined(d.port()), joined(d.port())
    callee.send([64, 1, {}, "com.echo"])
    assert callee.receive()[0] == 65
    return callee, caller


def answer(callee, *args):
    invocation = callee.receive()
    assert invocation[0] == 68, invocation
    callee.send([70, invocation[1], {}, list(args)])


# --- batches ----------------------------------------------------------------------------------------------------------

def next_batch(peer):
    """The messages of one WebSocket message in JSON; each ends with 0x1E. spec: A-BWS-01, T-56"""
    opcode, payload = peer.receive_frame()
    assert opcode == 1 and payload.endswith(b"\x1e"), (opcode, payload)
    return [json.loads(text) for text in payload[:-1].split(b"\x1e")]


def batched_json_takes_several_messages_in_one():
    """spec: A-BWS-01, A-BWS-02, T-56, X-05"""
    with Daemon("--listen", ANY) as d:
        peer = WebSocket(d.port(), subprotocol="wamp.2.json.batched")
        hello = b'[1,"realm1",{"roles":{"caller":{}}}]\x1e'
        peer.send_octets(hello + b'[32,1,{},"com.t"]\x18[16,2,{"exclude_me":false},"com.t",[7]]\x1e')
        messages = []
        while len(messages) < 3:
            messages += next_batch(peer)
        assert [m[0] for m in messages] == [2, 33, 36], messages
        peer.send_octets(b'[99]\x1e[32,3,{},"com.u"]\x1e')  # what follows the mistake is not looked at
        assert next_batch(peer)[0][2] == "wamp.error.protocol_violation"
        assert peer.receive_frame()[0] == 8
        for bad in (b"", hello[:-1]):
            peer = WebSocket(d.port(), subprotocol="wamp.2.json.batched")
            peer.send_octets(bad)
            assert next_batch(peer)[0][2] == "wamp.error.protocol_violation"


def batched_messagepack_prefixes_lengths():
    """spec: A-BWS-01"""
    with Daemon("--listen", ANY) as d:
        peer = WebSocket(d.port(), subprotocol="wamp.2.msgpack.batched")
        hello = b"\x93\x01\xa6realm1\x81\xa5roles\x81\xa6caller\x80"
        call = b"\x94\x30\x01\x80\xa4nope"
        peer.send_octets(b"".join(len(m).to_bytes(4, "big") + m for m in (hello, call)), opcode=2)
        octets = b""
        while octets.count(b"no_such_procedure") == 0:
            opcode, payload = peer.receive_frame()
            assert opcode == 2
            octets += payload
        size = int.from_bytes(octets[:4], "big")
        assert octets[4:6] == b"\x93\x02" and octets[4 + size + 4] == 0x96, octets


# --- starting ---------------------------------------------------------------------------------------------------------

def the_ready_line_names_realms_and_real_addresses():
    path = tempfile.mktemp()
    with Daemon("--listen", ANY, "--listen", "rs://127.0.0.1:0", "--listen", f"unix:{path}", "--realm", "a", "--realm",
                "b") as d:
        assert d.ready[:4] == ["wampd", "ready", "a", "b"]
        ws, rs, unix = d.urls()
        assert ws.startswith("ws://127.0.0.1:") and not ws.endswith(":0")
        assert rs.startswith("rs://127.0.0.1:") and not rs.endswith(":0")
        assert unix == f"unix:{path}"


def every_listener_takes_both_transports():
    path = tempfile.mktemp()
    with Daemon("--listen", ANY, "--listen", "rs://127.0.0.1:0", "--listen", f"unix:{path}", "--listen",
                f"unix:@wampd-test-{os.getpid()}") as d:
        for where in (d.port(0), d.port(1), path, f"\0wampd-test-{os.getpid()}"):
            for kind in (WebSocket, RawSocket):
                joined(where, kind).close()


def localhost_is_all_its_addresses():
    with Daemon("--listen", "ws://localhost:0") as d:
        joined(d.port())
        assert len({url.rsplit(":", 1)[1] for url in d.urls()}) == 1


def an_address_in_use_is_an_error():
    with Daemon("--listen", ANY) as d:
        second = subprocess.run([d.process.args[0], "--listen", f"ws://127.0.0.1:{d.port()}"], capture_output=True,
                                timeout=5)
        assert second.returncode == 1 and b"in use" in second.stderr, second
        joined(d.port())


def a_socket_file_is_made_with_its_mode_and_removed():
    path = tempfile.mktemp()
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(path)
    stale.close()  # left behind, as after a crash
    with Daemon("--listen", f"unix:{path}") as d:
        joined(path)
        second = subprocess.run([d.process.args[0], "--listen", f"unix:{path}"], capture_output=True, timeout=5)
        assert second.returncode == 1, second
        joined(path)
        d.stop()
    assert not os.path.exists(path)


# --- stopping ---------------------------------------------------------------------------------------------------------

def sigterm_ends_it_within_a_second_though_nobody_answers():
    with Daemon("--listen", ANY) as d:
        session, early, silent = joined(d.port()), WebSocket(d.port()), Stream(d.port())
        status, seconds = d.stop()
        assert status == 0 and seconds < 1, (status, seconds)
        assert session.receive() == [6, {}, "wamp.close.system_shutdown"]
        assert session.receive()[:2] == ("close", 1001)
        assert early.receive()[2] == "wamp.close.system_shutdown"
        assert silent.is_closed()


def sigterm_ends_it_at_once_when_all_answer():
    with Daemon("--listen", ANY) as d:
        session = joined(d.port())
        d.process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        assert session.receive()[0] == 6
        session.send([6, {}, "wamp.close.goodbye_and_out"])
        assert session.receive() == ("close", 1001, "")
        session.write(session.frame(CLOSE, b"\x03\xe9"))
        assert d.process.wait(5) == 0 and time.monotonic() - begun < 0.3


def a_second_signal_does_not_wait():
    with Daemon("--listen", ANY) as d:
        joined(d.port())
        d.process.send_signal(signal.SIGTERM)
        status, seconds = d.stop(signal.SIGINT)
        assert status == 0 and seconds < 0.7


def the_port_is_free_again_at_once():
    with Daemon("--listen", ANY) as d:
        port = d.port()
        peers = [joined(port) for _ in range(5)]
        d.process.send_signal(signal.SIGINT)
        d.stop()
        with Daemon("--listen", f"ws://127.0.0.1:{port}") as again:
            assert again.port() == port
        for p in peers:
            p.close()


def other_signals_do_no_harm():
    with Daemon("--listen", ANY, stderr=subprocess.PIPE) as d:
        session = joined(d.port())
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGPIPE) * 20:
            d.process.send_signal(number)
        time.sleep(0.05)
        session.call(1, "com.none")
        assert session.receive()[0] == 8
        d.process.send_signal(signal.SIGINT)
        d.stop()
        assert b"\nwampd_connections 1\n" in d.process.stderr.read()


def metrics_that_nobody_reads_hold_nobody_up():
    with Daemon("--listen", ANY, stderr=subprocess.PIPE) as d:
        session = joined(d.port())
        for request in range(1, 101):  # a pipe takes 64 KiB
            d.process.send_signal(signal.SIGUSR1)
            session.call(request, "com.none")
            assert session.receive()[0] == 8


def signals_while_it_ends_do_not_end_it_halfway():
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM) * 5:
        with Daemon("--listen", ANY, stderr=subprocess.DEVNULL) as d:
            d.process.send_signal(signal.SIGTERM)
            while d.process.poll() is None:
                d.process.send_signal(number)
                time.sleep(0.0001)
            assert d.process.returncode == 0, (number, d.process.returncode)


# --- limits -----------------------------------------------------------------------------------------------------------

def connections_beyond_the_limit_are_refused():
    with configured("limits: {connections: 4}") as d:
        inside = [joined(d.port()) for _ in range(4)]
        ws, rs = Stream(d.port()), RawSocket(d.port())
        ws.write(WebSocket.request())
        assert ws.read_rest().startswith(b"HTTP/1.1 503 ")
        assert rs.answer == b"\x7f\x40\0\0"
        inside[0].close()
        ws.close(), rs.close()
        time.sleep(0.1)
        joined(d.port())


def without_file_descriptors_sessions_go_on_and_nothing_spins():
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))

    with Daemon("--listen", ANY, preexec_fn=few, stderr=subprocess.DEVNULL) as d:
        callee, caller = echo_pair(d)
        crowd = []
        for _ in range(200):
            with contextlib.suppress(OSError):
                crowd.append(Stream(d.port(), timeout=0.5))
        before = d.cpu_seconds()
        for i in range(10):
            caller.call(i + 1, "com.echo", i)
            answer(callee, i)
            assert caller.receive()[3] == [i]
            time.sleep(0.05)
        assert d.cpu_seconds() - before < 0.1
        for p in crowd:
            p.close()
        time.sleep(0.3)
        joined(d.port())


def a_half_sent_request_gets_an_answer_at_its_deadline():
    with configured("timeouts: {handshake: 300, hello: 300}") as d:
        half, silent, upgraded = Stream(d.port()), Stream(d.port()), WebSocket(d.port())
        half.write(b"GET / HTTP/1.1\r\nHost:")
        begun = time.monotonic()
        assert half.read_rest().startswith(b"HTTP/1.1 408 ")
        assert 0.2 < time.monotonic() - begun < 0.8
        assert silent.is_closed()
        assert upgraded.receive()[:2] == ("close", 1008)


# --- traffic ----------------------------------------------------------------------------------------------------------

def a_call_timeout_is_late_by_little_and_never_early():
    with Daemon("--listen", ANY) as d:
        _, caller = echo_pair(d)
        for i in range(3):
            begun = time.monotonic()
            caller.call(i + 1, "com.echo", timeout=100)
            assert caller.receive()[4] == "wamp.error.timeout"
            ms = (time.monotonic() - begun) * 1000
            assert 100 <= ms < 250, ms  # 50 ms of grace: W-35


def sixteen_mebibytes_go_through():
    with configured("limits: {message_size: 16 MiB, queue: 64 MiB}") as d:
        callee = joined(d.port(), RawSocket, limit=15)
        caller = joined(d.port())
        callee.send([64, 1, {}, "com.big"])
        callee.receive()
        text = "x" * (16 * 1024 * 1024 - 100)
        sender = threading.Thread(target=caller.call, args=(1, "com.big", text))
        sender.start()
        invocation = callee.receive()
        sender.join()
        assert invocation[4] == [text]


def a_peer_may_send_megabytes_before_it_reads():
    """Neither side may wait for the other: the router reads although its answers are not taken."""
    with Daemon("--listen", ANY) as d:
        peer = joined(d.port(), timeout=20)
        n, text = 10000, "y" * 1000
        for i in range(n):
            peer.call(i + 1, "com.none", text)
        for i in range(n):
            message = peer.receive()
            assert message[:3] == [8, 48, i + 1], message


def a_subscriber_that_stops_reading_costs_the_others_nothing():
    with Daemon("--listen", ANY, stderr=subprocess.DEVNULL) as d:
        stalled = joined(d.port(), options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)])
        healthy, publisher = joined(d.port()), joined(d.port())
        for p in (stalled, healthy):
            p.send([32, 1, {}, "com.t"])
            assert p.receive()[0] == 33
        before, text, got = d.rss_kib(), "z" * 1000, []
        reader = threading.Thread(target=lambda: got.extend(healthy.receive()[4][0] for _ in range(8000)))
        reader.start()
        for i in range(8000):
            publisher.send([16, i + 1, {}, "com.t", [i, text]])
        reader.join()
        assert got == list(range(8000))
        assert d.rss_kib() - before < 10 * 1024
        publisher.send([16, 1, {"acknowledge": True}, "com.none"])
        assert publisher.receive()[0] == 17
        last = None
        with contextlib.suppress(Closed, ConnectionResetError):
            while True:
                last = stalled.receive()
                if last[0] == "close":
                    break
        assert last[:2] == ("close", 1008) or last[0] == 36, last


def a_slow_reader_of_a_stream_holds_back_its_callee():
    with Daemon("--listen", ANY) as d:
        flow = {"_wampd_flow": True}
        callee, other = joined(d.port(), details=flow), joined(d.port())
        caller = joined(d.port(), options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)])
        callee.send([64, 1, {}, "com.count"])
        assert callee.receive()[0] == 65
        caller.call(1, "com.count", receive_progress=True)
        invocation = callee.receive()[1]
        before, sent, text = d.rss_kib(), 0, "v" * 1000
        callee.socket.settimeout(0.001)
        flow_message = None
        while flow_message is None and sent < 20000:
            callee.send([70, invocation, {"progress": True}, [sent, text]])
            sent += 1
            with contextlib.suppress(TimeoutError):
                flow_message = callee.receive()
        callee.socket.settimeout(5)
        assert flow_message == [320, 68, invocation, {"stop": True}], flow_message
        assert d.rss_kib() - before < 8 * 1024
        other.call(1, "com.none")
        assert other.receive()[0] == 8
        for i in range(sent):
            assert caller.receive()[3][0] == i
        assert callee.receive() == [320, 68, invocation, {"stop": False}]
        callee.send([70, invocation, {}, ["end"]])
        assert caller.receive() == [50, 1, {}, ["end"]]


def connections_that_come_and_go_leave_nothing_behind():
    with Daemon("--listen", ANY) as d:
        def fds():
            return len(os.listdir(f"/proc/{d.process.pid}/fd"))

        joined(d.port()).close()
        time.sleep(0.1)
        before = fds()
        for i in range(300):
            p = (Stream, WebSocket, RawSocket, joined)[i % 4](d.port())
            if i % 3 == 0:
                p.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # RST
            p.close()
        time.sleep(0.2)
        assert fds() == before, (fds(), before)


run([
    the_ready_line_names_realms_and_real_addresses, every_listener_takes_both_transports, localhost_is_all_its_addresses,
    an_address_in_use_is_an_error, a_socket_file_is_made_with_its_mode_and_removed,
    sigterm_ends_it_within_a_second_though_nobody_answers, sigterm_ends_it_at_once_when_all_answer,
    a_second_signal_does_not_wait, the_port_is_free_again_at_once, other_signals_do_no_harm,
    metrics_that_nobody_reads_hold_nobody_up,
    signals_while_it_ends_do_not_end_it_halfway,
    connections_beyond_the_limit_are_refused, without_file_descriptors_sessions_go_on_and_nothing_spins,
    a_half_sent_request_gets_an_answer_at_its_deadline, a_call_timeout_is_late_by_little_and_never_early,
    sixteen_mebibytes_go_through, a_peer_may_send_megabytes_before_it_reads,
    a_subscriber_that_stops_reading_costs_the_others_nothing, a_slow_reader_of_a_stream_holds_back_its_callee,
    connections_that_come_and_go_leave_nothing_behind, batched_json_takes_several_messages_in_one,
    batched_messagepack_prefixes_lengths,
])
