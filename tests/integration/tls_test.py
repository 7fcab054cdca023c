#!/usr/bin/env python3
"""wampd over TLS, from outside. What needs no socket is tested in tests/unit/router/tls_test.c.

    WAMPD=build/wampd WAMP=build/wamp tests/integration/tls_test.py [NAME..]
"""
import contextlib
import hashlib
import os
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

WAMP = os.environ.get("WAMP", "build/wamp")
WSS = ["--listen", "wss://127.0.0.1:0", "--listen", "rss://127.0.0.1:0"]
certificates = Certificates()


@contextlib.contextmanager
def router(*args, tls=None, more="", **popen):
    """Over TLS; tls: what is in the configuration beside certificate and key; more: other sections."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        if tls is not None:
            f.write(f"listen: [{{url: 'wss://127.0.0.1:0', tls: {{certificate: {certificates.server}, "
                    f"key: {certificates.server_key}, {tls}}}}}]\n")
        f.write(f"timeouts: {{handshake: 500, close: 300}}\n{more}\n")
        f.flush()
        listen = WSS if tls is None else []
        options = ["--config", f.name, *listen, *certificates.options()]
        with Daemon(*options, *args, stderr=subprocess.PIPE, **popen) as d:
            yield d


def joined(d, kind=WebSocket, context=None, **stream):
    peer = kind(d.port(), tls=context or certificates.context(), **stream)
    assert peer.hello()[0] == 2
    return peer


def echo_pair(d):
    callee, caller = joined(d), joined(d)
    callee.send([64, 1, {}, "com.echo"])
    assert callee.receive()[0] == 65
    return callee, caller


def echo(callee, caller, request, *args):
    caller.call(request, "com.echo", *args)
    invocation = callee.receive()
    callee.send([70, invocation[1], {}, invocation[4]])
    assert caller.receive()[3] == list(args)


# --- who is served ---------------------------------------------------------------------------------------------

def both_transports_on_both_listeners_in_both_versions():
    """spec: B-103"""
    with router() as d:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for port in (d.port(0), d.port(1)):
                for kind in (WebSocket, RawSocket):
                    peer = kind(port, tls=certificates.context(version=version))
                    assert peer.hello()[0] == 2
                    peer.close()


def libwamp_calls_over_wss_and_rss():
    with router() as d:
        for url in d.urls():
            assert url.split(":")[0] in ("wss", "rss")
            done = subprocess.run([WAMP, "call", "--url", url, "--cafile", certificates.ca, "wamp.session.count"],
                                  capture_output=True, text=True, timeout=10)
            assert done.returncode == 0 and done.stdout == "1\n", done


def what_is_not_encrypted_is_not_served():
    with router() as d:
        for octets in (WebSocket.request(), b"\x7f\xf1\0\0", b"\0" * 5, os.urandom(300)):
            peer = Stream(d.port())
            peer.write(octets)
            assert b"101" not in peer.read_rest()


def old_versions_and_weak_ciphers_are_refused():
    """spec: reliability T-R8"""
    with router() as d:
        for options in (["-tls1_1"], ["-tls1"], ["-tls1_2", "-cipher", "AES128-SHA"]):
            command = ["openssl", "s_client", "-connect", f"127.0.0.1:{d.port()}", "-quiet", "-cipher",
                       "ALL:@SECLEVEL=0", *options]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=10)
            assert done.returncode != 0, (options, done)


def a_session_is_resumed_by_its_ticket():
    with router() as d:
        context = certificates.context(version=ssl.TLSVersion.TLSv1_2)

        def connect(session=None):
            plain = socket.create_connection(("127.0.0.1", d.port()))
            return context.wrap_socket(plain, server_hostname="localhost", session=session)

        first = connect()
        second = connect(first.session)
        assert second.session_reused


# --- who is asked for a certificate ----------------------------------------------------------------------------

def clients_need_a_certificate_where_it_is_required():
    """spec: B-104, A-TLS-01"""
    with router(tls=f"ca_certificates: [{certificates.ca}]") as d:
        joined(d, context=certificates.context(client=True))
        with contextlib.suppress(ssl.SSLError, OSError, Closed):
            joined(d)
            raise AssertionError("let in without a certificate")


def clients_may_come_without_where_it_is_optional():
    with router(tls=f"ca_certificates: [{certificates.ca}], client_certificate: optional") as d:
        joined(d)
        joined(d, context=certificates.context(client=True))


class Ed25519:
    """A key pair, by openssl."""

    def __init__(self):
        self.file = certificates.path("ed25519.key")
        self.run("genpkey", "-algorithm", "ed25519", "-out", self.file)
        self.public = self.run("pkey", "-in", self.file, "-pubout", "-outform", "der")[-32:]

    def run(self, *args):
        return subprocess.run(["openssl", *args], capture_output=True, check=True).stdout

    def sign(self, octets):
        path = certificates.path("message")
        with open(path, "wb") as f:
            f.write(octets)
        return self.run("pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", path)


def tls_unique_binds_a_login_as_autobahn_computes_it():
    """spec: A-CSG-04, A-CSG-06, A-CSG-08"""
    key = Ed25519()
    auth = f"auth: {{cryptosign: {{principals: {{joe: {{authorized_keys: [{key.public.hex()}], role: r}}}}}}}}"
    with router(more=auth) as d:
        for version, binding in ((ssl.TLSVersion.TLSv1_2, "tls-unique"), (ssl.TLSVersion.TLSv1_3, None)):
            peer = WebSocket(d.port(), tls=certificates.context(version=version))
            challenge = peer.hello(authmethods=["cryptosign"], authextra={"pubkey": key.public.hex(),
                                                                          "channel_binding": "tls-unique"})
            assert challenge[0] == 4 and challenge[2].get("channel_binding") == binding, challenge
            message = bytes.fromhex(challenge[2]["challenge"])
            if binding:
                channel = hashlib.sha256(peer.socket.get_channel_binding("tls-unique")).digest()
                message = bytes(a ^ b for a, b in zip(message, channel))
            peer.send([5, (key.sign(message) + message).hex(), {}])
            welcome = peer.receive()
            assert welcome[0] == 2 and welcome[2]["authid"] == "joe", welcome


# --- mistakes --------------------------------------------------------------------------------------------------

def a_bad_certificate_is_named_at_check_and_at_start():
    for key, expected in ((certificates.client_key, "key values mismatch"), ("/nowhere", "No such file")):
        for check in (["--check"], []):
            done = subprocess.run([os.environ.get("WAMPD", "build/wampd"), *check, "--listen", "wss://127.0.0.1:0",
                                   "--tls-certificate", certificates.server, "--tls-key", key],
                                  capture_output=True, text=True, timeout=5)
            assert done.returncode == 1 and key in done.stderr and expected in done.stderr, done


# --- traffic ---------------------------------------------------------------------------------------------------

def large_payloads_go_both_ways():
    with router() as d:
        callee, caller = echo_pair(d)
        text = "x" * 1900000
        sender = threading.Thread(target=caller.call, args=(1, "com.echo", text))
        sender.start()
        invocation = callee.receive()
        sender.join()
        answer = threading.Thread(target=callee.send, args=([70, invocation[1], {}, [text]],))
        answer.start()
        assert caller.receive()[3] == [text]
        answer.join()


class Dripping:
    """TLS by hand: every octet is a system call of its own."""

    def __init__(self, port):
        self.into, self.out, self.peer = ssl.MemoryBIO(), ssl.MemoryBIO(), Stream(port)
        self.tls = certificates.context().wrap_bio(self.into, self.out, server_hostname="localhost")

    def until_done(self, act, *args):
        while True:
            try:
                return act(*args)
            except ssl.SSLWantReadError:
                self.flush()
                self.into.write(self.peer.socket.recv(1))

    def flush(self):
        for octet in self.out.read():
            self.peer.write(bytes([octet]))

    def write(self, octets):
        self.until_done(self.tls.write, octets)
        self.flush()

    def read_until(self, mark):
        octets = b""
        while mark not in octets:
            octets += self.until_done(self.tls.read, 65536)


def one_octet_at_a_time():
    """spec: reliability T-R8"""
    with router() as d:
        peer, hello = Dripping(d.port()), b'[1,"realm1",{"roles":{"caller":{}}}]'
        peer.until_done(peer.tls.do_handshake)
        peer.flush()
        peer.write(b"\x7f\xf1\0\0")
        peer.write(len(hello).to_bytes(4, "big") + hello)
        peer.read_until(b"[2,")


def a_peer_may_send_megabytes_before_it_reads():
    with router() as d:
        peer = joined(d, timeout=20)
        n, text = 5000, "y" * 1000
        for i in range(n):
            peer.call(i + 1, "com.none", text)
        for i in range(n):
            message = peer.receive()
            assert message[:3] == [8, 48, i + 1], message


def a_subscriber_that_stops_reading_costs_the_others_nothing():
    """spec: reliability T-S1"""
    with router() as d:
        stalled = joined(d, options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)])
        healthy, publisher = joined(d), joined(d)
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
        assert d.rss_kib() - before < 10 * 1024, d.rss_kib() - before
        with contextlib.suppress(Closed, OSError):
            while stalled.receive()[0] != "close":
                pass
        publisher.call(1, "wamp.session.count")
        assert publisher.receive()[3] == [2]


def two_hundred_connections():
    with router() as d:
        peers = [joined(d, (WebSocket, RawSocket)[i % 2]) for i in range(200)]
        for p in peers:
            p.send([32, 1, {}, "com.t"])
            assert p.receive()[0] == 33
        peers[0].send([16, 2, {"exclude_me": False}, "com.t", ["all"]])
        for p in peers:
            assert p.receive()[4] == ["all"]
        for i, p in enumerate(peers):
            p.call(3, "com.none", i)
        for p in peers:
            assert p.receive()[:3] == [8, 48, 3]


# --- the end ---------------------------------------------------------------------------------------------------

def the_router_closes_tls_properly():
    """A close_notify: what came before it is all that there was."""
    with router() as d:
        peer = joined(d, RawSocket)
        peer.socket.suppress_ragged_eofs = False
        peer.send([6, {}, "wamp.close.close_realm"])
        assert peer.receive()[0] == 6
        assert peer.read_rest() == b""


def what_was_asked_before_the_end_is_answered():
    with router() as d:
        peer = joined(d, RawSocket)
        peer.call(1, "com.none")
        with contextlib.suppress(ssl.SSLError, OSError):
            peer.socket.unwrap()
        command = [WAMP, "call", "--url", d.urls()[0], "--cafile", certificates.ca, "wamp.session.count"]
        call = subprocess.run(command, capture_output=True, text=True, timeout=10)
        assert call.stdout == "1\n", call


def sigterm_ends_it_within_a_second():
    with router() as d:
        session, shaking = joined(d), Stream(d.port())
        status, seconds = d.stop()
        assert status == 0 and seconds < 1
        assert session.receive() == [6, {}, "wamp.close.system_shutdown"]
        assert session.receive()[:2] == ("close", 1001)
        assert shaking.is_closed()


# --- handshakes ------------------------------------------------------------------------------------------------

def ends(peer):
    """What comes before the end, an alert, does not count."""
    with contextlib.suppress(ConnectionResetError):
        while peer.socket.recv(4096):
            pass
    return True  # else socket.timeout was raised


def stalled_and_garbage_handshakes_end_and_cost_nobody_anything():
    """spec: reliability T-M1, T-R8"""
    with router() as d:
        callee, caller = echo_pair(d)
        crowd = [Stream(d.port()) for _ in range(300)]
        for i, p in enumerate(crowd):
            p.write((b"", b"\x16\x03\x01\x02\0\x01\0", b"\x16\x03\x01" + os.urandom(200))[i % 3])
        begun = time.monotonic()
        for i in range(50):
            echo(callee, caller, i + 1, i)
        assert time.monotonic() - begun < 1
        assert all(map(ends, crowd))
        time.sleep(0.1)
        caller.call(100, "wamp.session.count")
        assert caller.receive()[3] == [2]


def connections_that_come_and_go_leave_nothing_behind():
    with router() as d:
        def fds():
            return len(os.listdir(f"/proc/{d.process.pid}/fd"))

        def plain(d):
            return Stream(d.port())

        def shaken(d):
            return Stream(d.port(), tls=certificates.context())

        joined(d).close()
        time.sleep(0.1)
        before, memory = fds(), 0
        for i in range(400):
            p = (plain, shaken, joined, joined)[i % 4](d)
            if i % 3 == 0:
                p.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # RST
            p.close()
            if i == 100:
                memory = d.rss_kib()
        time.sleep(0.2)
        assert fds() == before, (fds(), before)
        assert d.rss_kib() - memory < 2048, (d.rss_kib(), memory)


def counters_say_what_happened():
    with router() as d:
        joined(d)
        Stream(d.port()).write(b"no tls\n")
        time.sleep(0.1)
        d.process.send_signal(10)
        time.sleep(0.1)
        d.stop()
        lines = d.process.stderr.read().decode().splitlines()
        counted = dict(line.split() for line in lines if line.startswith("wampd_tls_"))
        assert counted["wampd_tls_handshakes_total"] == "1" and counted["wampd_tls_failed_total"] == "1", counted
        assert int(counted["wampd_tls_handshake_us_total"]) > 0


with certificates:
    run([
        both_transports_on_both_listeners_in_both_versions, libwamp_calls_over_wss_and_rss,
        what_is_not_encrypted_is_not_served, old_versions_and_weak_ciphers_are_refused,
        a_session_is_resumed_by_its_ticket, clients_need_a_certificate_where_it_is_required,
        clients_may_come_without_where_it_is_optional, tls_unique_binds_a_login_as_autobahn_computes_it,
        a_bad_certificate_is_named_at_check_and_at_start, large_payloads_go_both_ways, one_octet_at_a_time,
        a_peer_may_send_megabytes_before_it_reads, a_subscriber_that_stops_reading_costs_the_others_nothing,
        two_hundred_connections, the_router_closes_tls_properly, what_was_asked_before_the_end_is_answered,
        sigterm_ends_it_within_a_second, stalled_and_garbage_handshakes_end_and_cost_nobody_anything,
        connections_that_come_and_go_leave_nothing_behind, counters_say_what_happened,
    ])
