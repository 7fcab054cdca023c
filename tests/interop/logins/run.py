#!/usr/bin/env python3
"""Clients that exist log in at wampd, each by every method that it has, with the right secret and with a wrong one.

    WAMPD=build/wampd CLIENTS=build/interop tests/interop/logins/run.py [CLIENT..]

A client is a program beside this one: CLIENT URL METHOD AUTHID SECRET prints authid and authrole of its session, or
"refused" and the reason.
"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "integration"))
from rawpeer import Daemon  # noqa: E402

INSTALLED = os.path.abspath(os.environ.get("CLIENTS", "build/interop"))
WRONG = {"cryptosign": "00" * 32}
CLIENTS = {
    "autobahn.py": ["ticket", "wampcra", "salted", "scram", "cryptosign"],
    "wampy.py": ["ticket", "wampcra", "derived"],
    "xconn.py": ["ticket", "wampcra", "salted", "cryptosign"],
    "autobahn.js": ["ticket", "wampcra", "salted", "cryptosign"],
    "wampy.js": ["ticket", "wampcra", "salted", "cryptosign"],
    "nexus": ["ticket", "wampcra", "salted"],
}

if not os.path.exists(os.path.join(INSTALLED, "nexus", "nexus")):  # a guest, see ../install.sh
    print("nexus: NOT TESTED, it was not to be had")
    del CLIENTS["nexus"]

with open(os.path.join(HERE, "logins.json")) as f:
    LOGINS = json.load(f)


def log_in(client, url, login, secret):
    """The words that the client says."""
    name, extension = os.path.splitext(client)
    program = {".js": ["node", os.path.join(HERE, client)],
               ".py": [os.path.join(INSTALLED, name, "bin", "python"), os.path.join(HERE, client)],
               "": [os.path.join(INSTALLED, name, name), "login"]}[extension]
    environment = {**os.environ, "NODE_PATH": f"{INSTALLED}/node_modules"}
    done = subprocess.run([*program, url, login["method"], login["authid"], secret],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment, timeout=30)
    return done.stdout.split()


def main():
    failed = passed = 0
    with Daemon("--config", os.path.join(HERE, "config.yaml")) as d:
        for client in sys.argv[1:] or CLIENTS:
            for name in CLIENTS[client]:
                login = LOGINS[name]
                wrong = WRONG.get(login["method"], "wrong")
                for secret, expected in ((login["secret"], [login["authid"], login["authrole"]]),
                                         (wrong, ["refused", "wamp.error.authentication_denied"])):
                    got = log_in(client, d.urls()[0], login, secret)
                    passed, failed = passed + (got == expected), failed + (got != expected)
                    if got != expected:
                        print(f"FAILED {client} {name}: expected {expected}, got {got}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
