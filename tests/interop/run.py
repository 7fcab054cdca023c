#!/usr/bin/env python3
"""Clients that exist, as their registries have them, against wampd: each with each, and with itself.

    WAMPD=build/wampd LIBWAMP=build/interop/libwamp_client CLIENTS=build/interop tests/interop/run.py [CLIENT..]

CLIENTS is where install.sh has put those from elsewhere. With names, only those test; the services of all are
there.
"""
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration"))
from certificates import Certificates  # noqa: E402
from rawpeer import Daemon  # noqa: E402

INSTALLED = os.path.abspath(os.environ.get("CLIENTS", "build/interop"))
LIBWAMP = os.environ.get("LIBWAMP", "build/interop/libwamp_client")
CONFIG = """
listen: [{url: 'ws://127.0.0.1:0', longpoll: {path: /lp, preset: crossbar}}, 'rs://127.0.0.1:0', 'wss://127.0.0.1:0',
         'rss://127.0.0.1:0']
realms: [realm1]
limits: {message_size: 4 MiB}
"""

with open(os.path.join(HERE, "clients.json")) as clients:
    CLIENTS = json.load(clients)
for guest in [name for name, client in CLIENTS.items() if client.get("guest")]:
    if not os.path.exists(os.path.join(INSTALLED, CLIENTS[guest]["program"])):
        print(f"{guest}: NOT TESTED, it was not to be had")
        del CLIENTS[guest]


def command(client):
    program = CLIENTS[client]["program"]
    path = os.path.join(HERE, program)
    return {".py": [os.path.join(INSTALLED, client, "bin", "python"), path], ".js": ["node", path],
            "": [LIBWAMP if client == "libwamp" else os.path.join(INSTALLED, program)]}[os.path.splitext(path)[1]]


@contextlib.contextmanager
def daemon(certificates):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write(CONFIG)
        f.flush()
        with Daemon("--config", f.name, *certificates.options()) as d:
            yield d


@contextlib.contextmanager
def service(client, environment):
    """Its process, when it says that it is ready; it ends with its standard input."""
    process = subprocess.Popen([*command(client), "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True, env=environment)
    try:
        while (line := process.stdout.readline()) != "ready\n":
            assert line, f"no service of {client}"
        yield process
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def test(client, environment):
    """The number of checks that passed, and of those that failed."""
    done = subprocess.run([*command(client), "test", *CLIENTS], stdout=subprocess.PIPE, text=True,
                          env=environment, timeout=250)
    counts = re.search(r"^(\d+) passed, (\d+) failed$", done.stdout, re.MULTILINE)
    passed, failed = map(int, counts.groups()) if counts else (0, 0)
    failed = failed or int(done.returncode != 0)
    print(f"{done.stdout[:counts and counts.start()]}{client}: {passed} passed, {failed} failed")
    return passed, failed


def main():
    with contextlib.ExitStack() as stack:
        certificates = stack.enter_context(Certificates())
        ws, rs, wss, rss = stack.enter_context(daemon(certificates)).urls()
        environment = {**os.environ, "WS_URL": ws, "RS_URL": rs, "WSS_URL": wss, "RSS_URL": rss,
                       "CA_FILE": certificates.ca, "LP_URL": f"http{ws[2:]}/lp",
                       "NODE_PATH": f"{INSTALLED}/node_modules", "INTEROP": HERE}
        for client in CLIENTS:
            stack.enter_context(service(client, environment))
        results = [test(client, environment) for client in sys.argv[1:] or CLIENTS]
    passed, failed = map(sum, zip(*results))
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
