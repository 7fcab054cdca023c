"""A WAMP peer down to the octets, on the standard library alone: for tests that have to send what no client would.

    with Daemon("--listen", "ws://127.0.0.1:0") as d:
        p = WebSocket(d.port())
        p.hello()
        p.send([32, 1, {}, "com.t"])
        assert p.receive()[0] == 33
"""
import json
import os
import signal
import socket
import struct
import subprocess
import time

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
ROLES = {r: {} for r in ("caller", "callee", "publisher", "subscriber")}


class Closed(Exception):
    """The end of the stream."""


class Daemon:
    """wampd as a child process, ready when constructed."""

    def __init__(self, *args, program=None, **popen):
        program = program or os.environ.get("WAMPD", "build/wampd")
        self.process = subprocess.Popen([program, "--log-level", "error", *args], stdout=subprocess.PIPE, **popen)
        self.ready = self.process.stdout.readline().decode().split()

    def urls(self):
        return [w for w in self.ready if "://" in w or w.startswith("unix:")]

    def port(self, index=0):
        return int(self.urls()[index].rsplit(":", 1)[1])

    def stop(self, number=signal.SIGTERM, timeout=5):
        """The exit status and the seconds it took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(timeout)
        self.process.stdout.close()
        return status, time.monotonic() - begun

    def rss_kib(self):
        """As a plain build would have it: the thread sanitizer takes up to ten times as much (RSS_FACTOR)."""
        with open(f"/proc/{self.process.pid}/status") as f:
            rss = int(next(line for line in f if line.startswith("VmRSS")).split()[1])
        return rss // int(os.environ.get("RSS_FACTOR", 1))

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            return sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # the second signal does not wait for the peers
            self.stop()


class Stream:
    """A socket with a buffer and a deadline for all that is read; tls: an ssl.SSLContext, for the router at
    localhost."""

    def __init__(self, where, timeout=5, options=(), tls=None):
        family = socket.AF_UNIX if isinstance(where, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        for option in options:
            self.socket.setsockopt(*option)
        self.socket.settimeout(timeout)
        self.socket.connect(where if isinstance(where, str) else ("127.0.0.1", where))
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.buffer = b""

    def write(self, octets):
        self.socket.sendall(octets)

    def read(self, n):
        while len(self.buffer) < n:
            got = self.socket.recv(65536)
            if not got:
                raise Closed(self.buffer)
            self.buffer += got
        out, self.buffer = self.buffer[:n], self.buffer[n:]
        return out

    def read_until(self, mark):
        while mark not in self.buffer:
            got = self.socket.recv(65536)
            if not got:
                raise Closed(self.buffer)
            self.buffer += got
        at = self.buffer.index(mark) + len(mark)
        out, self.buffer = self.buffer[:at], self.buffer[at:]
        return out

    def read_rest(self):
        """All that comes until the stream ends."""
        while True:
            try:
                got = self.socket.recv(65536)
            except ConnectionResetError:
                got = b""
            if not got:
                out, self.buffer = self.buffer, b""
                return out
            self.buffer += got

    def is_closed(self):
        """Whether the stream ends, without another octet, before the timeout."""
        try:
            return self.read_rest() == b""
        except TimeoutError:
            return False

    def close(self):
        self.socket.close()


class Peer(Stream):
    """What both transports have in common."""

    def hello(self, realm="realm1", **details):
        """Joins; returns WELCOME, or what came instead."""
        self.send([1, realm, {"roles": ROLES, **details}])
        return self.receive()

    def send(self, message):
        self.send_octets(json.dumps(message).encode())

    def call(self, request, procedure, *args, **options):
        self.send([48, request, options, procedure, list(args)])


class WebSocket(Peer):
    def __init__(self, where, subprotocol="wamp.2.json", upgrade=True, **stream):
        super().__init__(where, **stream)
        if upgrade:
            self.upgrade(subprotocol)

    @staticmethod
    def request(subprotocol="wamp.2.json", path="/"):
        return (f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n").encode()

    def upgrade(self, subprotocol):
        self.write(self.request(subprotocol))
        head = self.read_until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head

    @staticmethod
    def frame(opcode, payload, fin=True, mask=b"\1\2\3\4"):
        n = len(payload)
        head = bytes([(0x80 if fin else 0) | opcode])
        if n < 126:
            head += bytes([0x80 | n])
        elif n < 65536:
            head += struct.pack("!BH", 0x80 | 126, n)
        else:
            head += struct.pack("!BQ", 0x80 | 127, n)
        key = (mask * (n // 4 + 1))[:n]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(n, "big")
        return head + mask + masked

    def send_octets(self, octets, opcode=TEXT):
        self.write(self.frame(opcode, octets))

    def receive_frame(self):
        first, n = self.read(2)
        assert first & 0x70 == 0 and n & 0x80 == 0
        if n == 126:
            n, = struct.unpack("!H", self.read(2))
        elif n == 127:
            n, = struct.unpack("!Q", self.read(8))
        return first & 0x0F, self.read(n)

    def receive(self):
        """The next message; a close frame is ("close", code, reason)."""
        while True:
            opcode, payload = self.receive_frame()
            if opcode == CLOSE:
                return ("close", struct.unpack("!H", payload[:2])[0] if payload else None, payload[2:].decode())
            if opcode in (TEXT, BINARY):
                return json.loads(payload)


class RawSocket(Peer):
    def __init__(self, where, limit=15, serializer=1, **stream):
        super().__init__(where, **stream)
        self.write(bytes([0x7F, limit << 4 | serializer, 0, 0]))
        self.answer = self.read(4)

    def send_octets(self, octets, kind=0):
        self.write(struct.pack("!I", kind << 24 | len(octets)) + octets)

    def receive_frame(self):
        head, = struct.unpack("!I", self.read(4))
        return head >> 24, self.read(head & 0xFFFFFF)

    def receive(self):
        return json.loads(self.receive_frame()[1])
