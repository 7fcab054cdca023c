#!/usr/bin/env python3
"""`make compat`: the conversation scripts against Crossbar.io, to see where it differs from us.

    compat.py CROSSBAR WTC SCRIPT...

Starts Crossbar on a free port with tests/compat/crossbar.json and runs every script that needs no configuration of its own, or
preset=crossbar, over WebSocket with JSON. Prints per script whether Crossbar agrees, and for those that differ the first
difference. It is a report, not a judgement: the exit status is 0 unless Crossbar could not be started.
"""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(crossbar, directory):
    port = free_port()
    with open(os.path.join(HERE, "crossbar.json")) as f:
        config = json.load(f)
    config["workers"][0]["transports"][0]["endpoint"]["port"] = port
    path = os.path.join(directory, "config.json")
    with open(path, "w") as f:
        json.dump(config, f)
    log = open(os.path.join(directory, "log"), "w")
    process = subprocess.Popen([crossbar, "start", "--cbdir", directory, "--config", path, "--loglevel", "warn"],
                               stdout=log, stderr=log, start_new_session=True)
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process, port
        except OSError:
            time.sleep(0.1)
            if process.poll() is not None:
                break
    with open(log.name) as f:
        sys.exit("crossbar did not start:\n" + f.read()[-2000:])


class Router:
    """Crossbar, started anew when what an earlier script left behind is in the way."""

    def __init__(self, crossbar, wtc):
        self.crossbar, self.wtc, self.used = crossbar, wtc, False
        self.start()

    def start(self):
        self.directory = tempfile.TemporaryDirectory()
        self.process, self.port = start(self.crossbar, self.directory.name)
        self.used = False

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()
        self.directory.cleanup()

    def once(self, script):
        run = subprocess.run([self.wtc, "other", "--port", str(self.port), script], capture_output=True, text=True,
                             timeout=60)
        return run.returncode, run.stdout.splitlines()

    def run(self, script):
        status, lines = self.once(script)
        if status and self.used and " elements, 3 expected" in lines[0]:  # an ERROR or EVENT instead of an id
            self.stop()
            self.start()
            status, lines = self.once(script)
        self.used |= status != 0
        return status, lines


def main():
    router, scripts = Router(sys.argv[1], sys.argv[2]), sys.argv[3:]
    agree = differ = 0
    try:
        for script in scripts:
            status, lines = router.run(script)
            if lines[-1:] == ["0 passed, 0 failed"]:
                continue  # needs a configuration of its own
            name = "/".join(script.split("/")[-2:])
            if status == 0:
                agree += 1
                print(f"agrees   {name}", flush=True)
            else:
                differ += 1
                first = re.sub(r"^\S+?wtc:", "line ", lines[0]).replace(" ws/json:", "")
                print(f"DIFFERS  {name}: {first} {lines[1].strip() if len(lines) > 1 else ''}", flush=True)
    finally:
        router.stop()
    print(f"Crossbar agrees in {agree} conversations and differs in {differ}")


if __name__ == "__main__":
    main()
