#!/usr/bin/env python3
"""The programs of docs/CLIENT.md are compiled, without a warning, and run against a router, in their order.

A program that serves (wamp_run) stays until the end; any other has to exit with 0, and to print what the block of
text behind it says.

    BUILD=build WAMPD=build/wampd tests/client_doc_test.py
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))
from rawpeer import Daemon  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
BLOCK = re.compile(r"^```c\n(.*?)^```\n(?:^```text\n(.*?)^```\n)?", re.M | re.S)


def programs():
    with open(os.path.join(ROOT, "docs", "CLIENT.md")) as f:
        return [(code, text) for code, text in BLOCK.findall(f.read()) if "int main(" in code]


def compiled(folder, number, code):
    source, program = (os.path.join(folder, f"{number}{ext}") for ext in (".c", ""))
    with open(source, "w") as f:
        f.write(code)
    flags = shlex.split(os.environ.get("FLAGS", "")) + ["-Wall", "-Wextra", "-Werror", f"-I{ROOT}/client/include"]
    subprocess.run([os.environ.get("CC", "cc"), *flags, source, f"{BUILD}/libwamp.a",
                    *shlex.split(os.environ["LIBS"]), "-o", program], check=True)
    return program


def serve(program, env):
    process = subprocess.Popen([program], env=env)
    time.sleep(0.5)
    assert process.poll() is None, "it does not serve"
    return process


def run(program, text, env):
    out = subprocess.run([program], env=env, stdout=subprocess.PIPE, text=True, timeout=20, check=True).stdout
    assert out == text, f"{out!r} instead of {text!r}"


def main():
    failed, services, found = 0, [], programs()
    with Daemon("--listen", "ws://127.0.0.1:0") as d, tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "WAMP_URL": d.urls()[0]}
        for number, (code, text) in enumerate(found, 1):
            try:
                program = compiled(folder, number, code)
                if "wamp_run(" in code:
                    services.append(serve(program, env))
                else:
                    run(program, text, env)
            except (AssertionError, subprocess.SubprocessError) as e:
                failed += 1
                print(f"program {number} of docs/CLIENT.md: {e}\n{code}")
        for service in services:
            service.terminate()
            failed += service.wait(5) != 0
    print(f"{len(found) - failed} passed, {failed} failed")
    return failed > 0 or not found


sys.exit(main())
