#!/usr/bin/env python3
"""WAMP over HTTP long-poll, from outside. What needs no socket is tested in tests/unit/router/longpoll_test.c.

    WAMPD=build/wampd tests/integration/longpoll_test.py [NAME..]
"""
import contextlib
import http.client
import json
import os
import signal
import socket
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from certificates import Certificates
from rawpeer import ROLES, Daemon, RawSocket, WebSocket
from runner import run

LISTEN = "listen: [{url: 'ws://127.0.0.1:0', longpoll: /lp}]\n"
RESET = b"\1\0\0\0\0\0\0\0"  # SO_LINGER: close sends RST


@contextlib.contextmanager
def router(text=LISTEN, *args):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write(text)
        f.flush()
        with Daemon("--config", f.name, *args) as d:
            d.file = f.name
            yield d


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.host)


class LongPoll:
    """One HTTP connection for `receive`, one for all else."""

    def __init__(self, connect, base="/lp"):
        self.sender, self.receiver = connect(), connect()
        answer = self.post(self.sender, f"{base}/open", json.dumps({"protocols": ["wamp.2.json"]}))
        assert answer[0] == 200, answer
        self.base = f"{base}/{json.loads(answer[1])['transport']}"

    @staticmethod
    def post(connection, path, body=None):
        connection.request("POST", path, body)
        response = connection.getresponse()
        return response.status, response.read()

    def send(self, message):
        return self.post(self.sender, f"{self.base}/send", json.dumps(message))[0]

    def receive_answer(self):
        return self.post(self.receiver, f"{self.base}/receive")

    def receive(self):
        while (answer := self.receive_answer())[0] == 204:
            pass
        assert answer[0] == 200, answer
        return json.loads(answer[1])

    def close(self):
        return self.post(self.sender, f"{self.base}/close")[0]


def connector(port):
    return lambda: http.client.HTTPConnection("127.0.0.1", port, timeout=5)


def joined(connect, realm="realm1", base="/lp"):
    peer = LongPoll(connect, base)
    assert peer.send([1, realm, {"roles": ROLES}]) == 202
    assert peer.receive()[0] == 2
    return peer


def websocket(d):
    peer = WebSocket(d.port())
    assert peer.hello()[0] == 2
    return peer


def echo(callee, caller):
    callee.send([64, 1, {}, "com.echo"])
    assert callee.receive()[0] == 65
    caller.send([48, 1, {}, "com.echo", ["ä", 1.0]])
    invocation = callee.receive()
    callee.send([70, invocation[1], {}, invocation[4]])
    assert caller.receive() == [50, 1, {}, ["ä", 1.0]]


# ---------------------------------------------------------------------------------------------------------------

def all_transports_share_a_port():
    with router() as d:
        rawsocket = RawSocket(d.port())
        assert rawsocket.hello()[0] == 2
        echo(joined(connector(d.port())), websocket(d))
        echo_back = joined(connector(d.port()))
        rawsocket.send([64, 1, {}, "com.other"])
        assert rawsocket.receive()[0] == 65
        echo_back.send([48, 1, {}, "com.other"])
        assert rawsocket.receive()[0] == 68


def unix_sockets_and_the_root_are_served_too():
    path = tempfile.mktemp()
    with router(f"listen: [{{url: 'unix:{path}', longpoll: /}}]\n"):
        def connect():
            return UnixConnection(path, timeout=5)
        echo(joined(connect, base=""), joined(connect, base=""))


def tls_is_no_different():
    with Certificates() as c:
        tls = f"tls: {{certificate: {c.server}, key: {c.server_key}}}"
        with router(f"listen: [{{url: 'wss://127.0.0.1:0', longpoll: /lp, {tls}}}]\n") as d:
            def connect():
                return http.client.HTTPSConnection("127.0.0.1", d.port(), timeout=5, context=c.context())
            caller = joined(connect)
            echo(joined(connect), caller)
            caller.send([32, 2, {}, "com.t"])
            assert caller.receive()[0] == 33
            caller.send([16, 3, {"exclude_me": False}, "com.t", ["x" * 1_900_000]])
            assert len(caller.receive()[4][0]) == 1_900_000


def mebibytes_go_both_ways():
    with router() as d:
        peer, text = joined(connector(d.port())), "x" * 2_000_000
        peer.send([32, 1, {}, "com.t"])
        assert peer.receive()[0] == 33
        for i in range(3):
            assert peer.send([16, i + 1, {"exclude_me": False}, "com.t", [text]]) == 202
            assert peer.receive()[4] == [text]


def a_receive_waits_its_time():
    """spec: A-LP-04"""
    with router(LISTEN + "timeouts: {longpoll: 300}\n") as d:
        peer, begun = joined(connector(d.port())), time.monotonic()
        assert peer.receive_answer() == (204, b"")
        assert 0.28 < time.monotonic() - begun < 2


def an_answer_that_breaks_ends_the_session():
    """No message is lost silently: the caller hears that its callee is gone."""
    with router() as d:
        caller, callee = websocket(d), joined(connector(d.port()))
        callee.send([64, 1, {}, "com.x"])
        assert callee.receive()[0] == 65
        stuck = callee.receiver
        stuck.connect()
        stuck.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        stuck.request("POST", f"{callee.base}/receive")
        caller.send([48, 1, {}, "com.x", ["x" * 1_900_000]])
        time.sleep(0.2)
        stuck.close()
        assert caller.receive()[:2] == [8, 48]
        assert callee.close() == 404


def who_does_not_come_back_is_gone():
    """spec: A-LP-06"""
    with router(LISTEN + "timeouts: {longpoll_idle: 300}\n") as d:
        caller, callee = websocket(d), joined(connector(d.port()))
        callee.send([64, 1, {}, "com.x"])
        assert callee.receive()[0] == 65
        caller.send([48, 1, {}, "com.x"])
        assert caller.receive()[:2] == [8, 48]  # within 5 s
        assert joined(connector(d.port())).close() == 202


def sigterm_is_said_to_those_who_wait():
    """spec: A-CLO-02, seeds 3.3"""
    with router() as d:
        peer, said = joined(connector(d.port())), []
        idle = LongPoll(connector(d.port()))
        waiting = threading.Thread(target=lambda: said.append(peer.receive()))
        waiting.start()
        time.sleep(0.2)
        status, seconds = d.stop(signal.SIGTERM)
        waiting.join()
        assert said[0][0] == 6 and said[0][2] == "wamp.close.system_shutdown", said
        assert status == 0 and seconds < 1, (status, seconds)
        del idle


def a_new_configuration_leaves_transports_alone():
    with router() as d:
        port = d.port()
        callee, caller = joined(connector(port)), joined(connector(port))
        with open(d.file, "w") as f:
            f.write("listen: ['unix:@longpoll-test']\n")
        d.process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        echo(callee, caller)
        assert callee.close() == 202
        assert caller.send([6, {}, "wamp.close.close_realm"]) == 202
        assert caller.receive()[0] == 6


def a_http_1_0_client_is_served_request_by_request():
    with router() as d:
        with socket.create_connection(("127.0.0.1", d.port()), timeout=5) as s:
            body = b'{"protocols": ["wamp.2.json"]}'
            s.sendall(b"POST /lp/open HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            answer = b""
            while got := s.recv(4096):
                answer += got
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and b"Connection: close\r\n" in answer, answer


run([
    all_transports_share_a_port, unix_sockets_and_the_root_are_served_too, tls_is_no_different,
    mebibytes_go_both_ways, a_receive_waits_its_time, an_answer_that_breaks_ends_the_session,
    who_does_not_come_back_is_gone, sigterm_is_said_to_those_who_wait, a_new_configuration_leaves_transports_alone,
    a_http_1_0_client_is_served_request_by_request,
])
