"""What a scenario is made of: a router of its own, programs that are watched, and a table of results.

    @way("S-01", "C callee, autobahn caller")
    def _(w):
        w.example("sum", offers="example.add")
        assert w.autobahn("call", "example.add", "[1,2,3]").finish() == (0, "6\\n", "")

A scenario has one or more ways; it passes when all of them do. What a way starts ends with it.
"""
import collections
import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "integration"))
from rawpeer import Daemon, WebSocket  # noqa: E402

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
CLIENTS = os.path.abspath(os.environ.get("CLIENTS", "build/interop"))  # as tests/interop/install.sh lays them
NODE = os.environ.get("NODE", "node")
CHROMIUM = os.environ.get("CHROMIUM", "chromium")
PEERS = os.path.join(HERE, "peers")
SOURCES = os.path.join(os.path.dirname(os.path.dirname(HERE)), "client", "examples")
SLACK = float(os.environ.get("SLACK", 1))  # factor for what is allowed to take time: slow builds

FEATURES = {"caller": {"features": {"progressive_call_results": True, "call_canceling": True,
                                    "progressive_call_invocations": True, "payload_passthru_mode": True}},
            "callee": {"features": {"call_canceling": True, "progressive_call_results": True,
                                    "progressive_call_invocations": True, "payload_passthru_mode": True}},
            "publisher": {}, "subscriber": {}}

WAYS = {}  # id -> [Way]
NOTES = {}  # id -> where a client that exists does not do what the scenario says, and what counts instead


Way = collections.namedtuple("Way", "scenario what config lasts function")


def way(scenario, what, config="", lasts=0):
    """`config`: of the router, as YAML; it listens where World says. `lasts`: seconds, of one that takes long."""
    def decorate(function):
        WAYS.setdefault(scenario, []).append(Way(scenario, what, config, lasts, function))
        return function
    return decorate


def note(scenario, deviation):
    NOTES[scenario] = deviation


def own_network():
    """Words before those of a program that wants a certain port: a network of its own, if the machine lets us."""
    words = ("unshare", "--map-root-user", "--net")
    allowed = subprocess.run([*words, "true"], stderr=subprocess.DEVNULL).returncode == 0
    return (*words, sys.executable, os.path.join(PEERS, "loopback.py")) if allowed else ()


class Program:
    """A child process; its lines are read as they come, so that it never waits for its reader."""

    def __init__(self, *argv, cwd=None, **env):
        self.argv, self.begun = argv, time.monotonic()
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        self.process = subprocess.Popen(argv, **pipes, text=True, start_new_session=True, cwd=cwd,
                                        env={**os.environ, "PYTHONUNBUFFERED": "1", **env})
        self.lines, self.seen, self.errors = queue.Queue(), [], []
        self.readers = [threading.Thread(target=f, daemon=True) for f in (self._read_lines, self._read_errors)]
        for reader in self.readers:
            reader.start()

    def _read_lines(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def _read_errors(self):
        self.errors.extend(self.process.stderr)

    def line(self, within=10):
        """The next line; None at the end."""
        try:
            line = self.lines.get(timeout=within * SLACK)
        except queue.Empty:
            told = f"{self}: no line in {within} s after {self.seen}; errors {self.err()!r}"
            raise AssertionError(told) from None
        if line is not None:
            self.seen.append(line)
        return line

    def expect(self, *lines, within=10):
        for wanted in lines:
            got = self.line(within)
            assert got == wanted, f"{self}: {got!r} instead of {wanted!r}; errors {self.err()!r}"

    def say(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def err(self):
        return "".join(self.errors)

    def took(self):
        return time.monotonic() - self.begun

    def finish(self, text=None, within=20):
        """Exit status, the output not yet read, errors."""
        if text is not None:
            self.say(text)
        self.process.stdin.close()
        status = self.process.wait(within * SLACK)
        self.ended = time.monotonic() - self.begun
        for reader in self.readers:
            reader.join(5)
        rest = list(iter(self.lines.get, None))
        return status, "".join(line + "\n" for line in rest), self.err()

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def kill(self):
        """It, and the processes that it started: a browser has many."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __str__(self):
        return " ".join(map(os.path.basename, self.argv[:4]))


class Session(WebSocket):
    """A raw session of standard-library Python."""

    def __init__(self, port, roles=None, subprotocol="wamp.2.json", **details):
        super().__init__(port, subprotocol, timeout=10 * SLACK)
        welcome = self.hello(roles=roles or FEATURES, **details)
        assert welcome[0] == 2, welcome
        self.session, self.last = welcome[1], 0

    def ask_for(self, kind, *rest):
        self.last += 1
        self.send([kind, self.last, *rest])
        return self.last

    def begin(self, procedure, *args, options=None, kwargs=None):
        return self.ask_for(48, options or {}, procedure, list(args), kwargs or {})

    def ask(self, procedure, *args, **kwargs):
        """The answer, RESULT or ERROR."""
        self.begin(procedure, *args, kwargs=kwargs)
        return self.receive()

    def result(self, procedure, *args, **kwargs):
        answer = self.ask(procedure, *args, **kwargs)
        assert answer[0] == 50, answer
        return answer[3][0] if len(answer) > 3 else None

    def error(self, procedure, *args, **kwargs):
        answer = self.ask(procedure, *args, **kwargs)
        assert answer[0] == 8, answer
        return answer[4:]

    def register(self, procedure, **options):
        self.ask_for(64, options, procedure)
        answer = self.receive()
        assert answer[0] == 65, answer
        return answer[2]

    def subscribe(self, topic, **options):
        self.ask_for(32, options, topic)
        answer = self.receive()
        assert answer[0] == 33, answer
        return answer[2]

    def publish(self, topic, *args, **kwargs):
        self.ask_for(16, {"acknowledge": True}, topic, list(args), kwargs)
        answer = self.receive()
        assert answer[0] == 17, answer


LISTEN = ("--listen", "ws://127.0.0.1:0", "--listen", "rs://127.0.0.1:0")


class World:
    """A router, and what a way starts. Programs find the router in WAMP_URL."""

    def __init__(self, config=""):
        self.programs, self.sessions = [], []
        # Killed processes of a browser may write a little longer than it takes to remove the folder.
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.config = os.path.join(self.folder.name, "wampd.yaml")
        with open(self.config, "w") as f:
            f.write(config)
        self.log = os.path.join(self.folder.name, "wampd.log")
        with open(self.log, "w") as log:
            self.router = Daemon(*LISTEN, "--config", self.config, stderr=log)
        if not self.router.ready:
            raise AssertionError(open(self.log).read())
        self.url, self.rawsocket = self.router.urls()[:2]
        self._observer = None

    def restart(self, *options):
        """The same addresses again, after kill_router()."""
        self.router = Daemon("--listen", self.url, "--listen", self.rawsocket, "--config", self.config, *options)

    def kill_router(self):
        self.router.stop(signal.SIGKILL)
        self._observer = None

    def start(self, *argv, offers=None, **env):
        program = Program(*argv, **{"WAMP_URL": self.url, **env})
        self.programs.append(program)
        if offers:
            self.wait_for(offers, program)
        return program

    # --- clients -------------------------------------------------------------------------------------------------

    def example(self, name, *args, **kw):
        return self.start(os.path.join(BUILD, "ex", name), *args, **kw)

    def wamp(self, *args, **kw):
        return self.start(os.path.join(BUILD, "wamp"), *args, **kw)

    def autobahn(self, *args, **kw):
        return self.python("autobahn", *args, **kw)

    def wampy(self, *args, **kw):
        return self.python("wampy", *args, **kw)

    def python(self, client, *args, file=None, **kw):
        """Each client has an environment of its own."""
        python = os.path.join(CLIENTS, client, "bin", "python3")
        return self.start(python, os.path.join(PEERS, file or client + "_peer.py"), *args, **kw)

    def node(self, *args, **kw):
        return self.start(NODE, os.path.join(PEERS, "node_peer.mjs"), *args,
                          NODE_MODULES=os.path.join(CLIENTS, "node_modules"), **kw)

    def session(self, roles=None, **details):
        session = Session(self.router.port(), roles, **details)
        self.sessions.append(session)
        return session

    # --- waiting ----------------------------------------------------------------------------------------------

    @property
    def observer(self):
        if not self._observer:
            self._observer = self.session()
        return self._observer

    def callees(self, procedure):
        registration = self.observer.result("wamp.registration.match", procedure)
        return self.observer.result("wamp.registration.count_callees", registration) if registration else 0

    def wait_for(self, procedure, program=None, callees=1):
        """Until that many offer it."""
        def offered():
            if program and program.process.poll() is not None:
                raise AssertionError(f"{program}: exit {program.process.returncode}: {program.err()}")
            return self.callees(procedure) >= callees
        eventually(offered, f"somebody offers {procedure}")

    def metric(self, name):
        """Of the realm, as the router writes it on SIGUSR1."""
        with open(self.log) as log:
            log.seek(0, os.SEEK_END)
            self.router.process.send_signal(signal.SIGUSR1)
            values = []

            def is_written():
                values.extend(re.findall(rf"^wampd_{name}{{.* (\d+)$", log.read(), re.M))
                return values
            eventually(is_written, name)
        return int(values[0])

    def wait_for_subscriber(self, topic):
        eventually(lambda: self.observer.result("wamp.subscription.lookup", topic), f"somebody subscribes {topic}")

    def close(self):
        """Programs end with the processes that they started."""
        for session in self.sessions:
            session.close()
        for program in self.programs:
            program.kill()
        if self.router.process.poll() is None:
            self.router.stop(signal.SIGKILL)
        self.folder.cleanup()


def eventually(condition, what, within=15):
    end = time.monotonic() + within * SLACK
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"not within {within} s: {what}")


def near(seconds, wanted, before=0.3, after=0.3):
    """t= of the scenarios: 0.3 s early or late, more on a slow build."""
    assert wanted - before <= seconds <= wanted + after * SLACK, f"{seconds:.2f} s instead of {wanted} s"
