#!/usr/bin/env python3
"""The command `crossbar`, as scripts of Crossbar.io use it, and the configurations that it reads.

    CROSSBAR=build/crossbar WAMPD=build/wampd crossbar_test.py
"""
import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time

from rawpeer import Daemon, Stream, WebSocket
from runner import run

CROSSBAR = os.path.abspath(os.environ.get("CROSSBAR", "build/crossbar"))
EVERYTHING = dict.fromkeys(("call", "register", "publish", "subscribe"), True)


def config(transport=None, roles=None):
    """A node with one realm and one transport, whose port is free."""
    roles = roles or [{"name": "anonymous", "permissions": [{"uri": "", "match": "prefix", "allow": EVERYTHING}]}]
    transport = {"type": "websocket", "endpoint": {"type": "tcp", "port": 0, "interface": "127.0.0.1"},
                 **(transport or {})}
    return {"version": 2, "controller": {}, "workers": [
        {"type": "router", "realms": [{"name": "realm1", "roles": roles}], "transports": [transport]}]}


@contextlib.contextmanager
def folder(text=None, name="config.json"):
    with tempfile.TemporaryDirectory() as path:
        with open(os.path.join(path, name), "w") as f:
            f.write(text if text is not None else json.dumps(config()))
        yield path


def crossbar(*args, **kw):
    done = subprocess.run([CROSSBAR, *args], capture_output=True, text=True, timeout=15, **kw)
    return done.returncode, done.stdout, done.stderr


@contextlib.contextmanager
def started(path, *args, **kw):
    process = subprocess.Popen([CROSSBAR, "start", "--cbdir", path, "--loglevel", "error", *args], stdout=subprocess.PIPE,
                               text=True, **kw)
    try:
        process.ready = process.stdout.readline().split()
        process.port = int(process.ready[-1].rsplit(":", 1)[1])
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def joined(port, **details):
    peer = WebSocket(port)
    assert peer.hello(**details)[0] == 2
    return peer


# --- the command --------------------------------------------------------------------------------------------------

def start_serves_what_config_json_says():
    with folder() as path, started(path) as node:
        assert node.ready[:3] == ["wampd", "ready", "realm1"], node.ready
        peer = joined(node.port)
        peer.send([32, 1, {}, "com.t"])
        assert peer.receive()[:2] == [33, 1]


def node_pid_says_who_runs_and_goes_with_it():
    with folder() as path, started(path) as node:
        file = os.path.join(path, "node.pid")
        with open(file) as f:
            said = json.load(f)
        assert said["pid"] == node.pid and said["argv"][0] == CROSSBAR and said["options"] == {"cbdir": path}, said
        node.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        assert node.wait(5) == 0 and time.monotonic() - begun < 1
        assert not os.path.exists(file)


def a_folder_has_one_node():
    with folder() as path, started(path) as node:
        status, _, err = crossbar("start", "--cbdir", path)
        assert status == 1 and f"already running in {path} (PID {node.pid})" in err, (status, err)
        joined(node.port)


def a_node_pid_of_nobody_is_no_hindrance():
    with folder() as path:
        with open(os.path.join(path, "node.pid"), "w") as f:
            json.dump({"pid": os.getpid(), "argv": [], "options": {}}, f)  # this process is no node
        with started(path) as node:
            joined(node.port)


def stop_ends_it_and_says_when_there_is_none():
    with folder() as path:
        with started(path) as node:
            assert crossbar("stop", "--cbdir", path)[0] == 0
            assert node.wait(5) == 0
        assert crossbar("stop", "--cbdir", path)[0] == 69


def status_is_for_people_and_assert_for_scripts():
    with folder() as path:
        assert crossbar("status", "--cbdir", path) == (0, "stopped\n", "")
        assert crossbar("status", "--cbdir", path, "--assert", "running")[0] == 69
        with started(path):
            assert crossbar("status", "--cbdir", path, "--assert", "running") == (0, "running\n", "")


def the_folder_is_found_as_by_crossbar():
    with folder() as path, tempfile.TemporaryDirectory() as other:
        hidden = os.path.join(other, ".crossbar")
        os.rename(path, hidden)
        os.mkdir(path)
        for where, environment in ((other, {}), (path, {"CROSSBAR_DIR": hidden})):
            status, out, err = crossbar("check", cwd=where, env={**os.environ, **environment})
            assert status == 0 and "realm realm1" in out, (status, out, err)
        assert crossbar("check", "--cbdir", path)[0] == 1  # there is none


def options_stand_where_they_like():
    with folder(name="my.json") as path:
        for line in (["standalone", "check", "--config", "my.json", "--cbdir", path],
                     ["--cbdir", path, "check", "--config", os.path.join(path, "my.json"), "--color", "auto"]):
            assert crossbar(*line)[0] == 0, line


def check_names_the_line_that_is_wrong():
    with folder('{"version": 2,\n"workers": [{"type": "router",\n "realms": [{"name": "a b"}],\n "transports": []}]}') as path:
        status, _, err = crossbar("check", "--cbdir", path)
        assert status == 1 and "config.json:" in err and "transport" in err, err


def what_is_left_out_is_said():
    with folder(json.dumps({**config(), "extra": 1}, indent=1)) as path:
        status, _, err = crossbar("check", "--cbdir", path)
        assert status == 0 and 'config.json:' in err and '"extra" is left out' in err, err


def it_explains_itself():
    for line in ([], ["--help"]):
        status, out, _ = crossbar(*line)
        assert status == 0 and "usage: crossbar" in out, line
    assert crossbar("version")[0] == 0
    assert crossbar("bogus")[0] == 2


# --- what the configuration means ------------------------------------------------------------------------------------

def permissions_hold():
    roles = [{"name": "anonymous", "permissions": [
        {"uri": "com.a.", "match": "prefix", "allow": {"subscribe": True}},
        {"uri": "com.b", "match": "exact", "allow": {"call": True}}]}]
    with folder(json.dumps(config(roles=roles))) as path, started(path) as node:
        peer = joined(node.port)
        peer.send([32, 1, {}, "com.a.x"])
        assert peer.receive()[0] == 33
        peer.send([32, 2, {}, "com.c"])
        assert peer.receive()[4] == "wamp.error.not_authorized"
        peer.send([48, 3, {}, "com.b"])
        assert peer.receive()[4] == "wamp.error.no_such_procedure"


def tickets_and_secrets_let_in():
    auth = {"ticket": {"type": "static", "principals": {"martin": {"ticket": "wEx9TPFtHdRr2Zg7rtRE", "role": "anonymous"}}}}
    with folder(json.dumps(config({"auth": auth}))) as path, started(path) as node:
        for ticket, answer in (("wEx9TPFtHdRr2Zg7rtRE", 2), ("wrong", 3)):
            peer = WebSocket(node.port)
            assert peer.hello(authid="martin", authmethods=["ticket"])[:2] == [4, "ticket"]
            peer.send([5, ticket, {}])
            assert peer.receive()[0] == answer, ticket
        assert WebSocket(node.port).hello()[0] == 3  # anonymous is not on the list


def pages_of_other_origins_stay_out():  # spec: reliability T-O1
    with folder(json.dumps(config({"options": {"allowed_origins": ["https://good.example"]}}))) as path, started(path) as node:
        for origin, status in (("https://good.example", b"101"), ("https://good.example.evil.example", b"403"),
                               ("null", b"403"), ("ws://localhost", b"101")):
            stream = Stream(node.port)
            stream.socket.sendall(
                b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Protocol: wamp.2.json\r\nOrigin: " + origin.encode() + b"\r\n\r\n")
            assert stream.socket.recv(4096).split()[1] == status, origin


def wampd_reads_the_same_file():
    with folder() as path, Daemon("--config", os.path.join(path, "config.json")) as d:
        joined(d.port())


run([
    start_serves_what_config_json_says, node_pid_says_who_runs_and_goes_with_it, a_folder_has_one_node,
    a_node_pid_of_nobody_is_no_hindrance, stop_ends_it_and_says_when_there_is_none,
    status_is_for_people_and_assert_for_scripts, the_folder_is_found_as_by_crossbar, options_stand_where_they_like,
    check_names_the_line_that_is_wrong, what_is_left_out_is_said, it_explains_itself, permissions_hold,
    tickets_and_secrets_let_in, pages_of_other_origins_stay_out, wampd_reads_the_same_file,
])
