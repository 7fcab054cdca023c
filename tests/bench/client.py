#!/usr/bin/env python3
"""`make bench-client`: what an answer costs a program that uses libwamp, beside hiredis, in the same minute.

wampd, redis-server and the other ends run on core 0, the client on core 1. For each case: answers per CPU-second
of the client, and its CPU per answer as a multiple of hiredis' (medians of interleaved runs). Where
redis-server is missing the columns stay empty. A ratio above the bound makes the exit status 1.

    client.py --build build [--quick]
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BOUND = 1.5


def core(number, command):
    return ["taskset", "-c", str(number), *command]


class Ends:
    """The servers, and who answers or publishes: stopped at the end."""

    def __init__(self, build):
        self.build, self.dir, self.running = build, tempfile.mkdtemp(), []
        self.redis_path = os.path.join(self.dir, "redis")

    def start(self, command):
        """Until it says its first line, which is returned."""
        p = subprocess.Popen(core(0, command), stdout=subprocess.PIPE, text=True)
        self.running.append(p)
        return p.stdout.readline()

    def wampd(self):
        words = self.start([f"{self.build}/wampd", "--listen", f"unix:{self.dir}/wampd", "--listen",
                            "ws://127.0.0.1:0", "--log-level", "error"]).split()
        return {"unix": f"unix:{self.dir}/wampd", "ws": next(w for w in words if w.startswith("ws:"))}

    def redis(self):
        """Whether there is one."""
        if not shutil.which("redis-server") or not os.path.exists(f"{self.build}/bench/client_redis"):
            return False
        self.start(["redis-server", "--port", "0", "--unixsocket", self.redis_path, "--save", "",
                    "--dir", self.dir])
        while not os.path.exists(self.redis_path):
            time.sleep(0.01)
        return True

    def stop_last(self):
        p = self.running.pop()
        p.kill()
        p.wait()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        while self.running:
            self.stop_last()
        shutil.rmtree(self.dir)


def cpu_per_answer(command):
    """Nanoseconds."""
    out = json.loads(subprocess.run(core(1, command), check=True, capture_output=True, text=True).stdout)
    return out["cpu_ns"] / max(1, out["answers"])


def show(label, ours, theirs):
    """A line of the table; whether the ratio is within the bound."""
    mine = statistics.median(ours)
    line = f"{label:24} {1e9 / mine:12,.0f} {mine:10,.0f}"
    ratio = statistics.median(a / b for a, b in zip(ours, theirs)) if theirs else None
    if theirs:
        line += f" {1e9 / statistics.median(theirs):12,.0f} {ratio:6.2f}{' MISSED' if ratio > BOUND else ''}"
    print(line, flush=True)
    return ratio is None or ratio <= BOUND


def measure_calls(ends, client, urls, runs, ms):
    """Whether all was within the bound."""
    other, redis, good = f"{ends.build}/bench/client_redis", ends.redis(), True
    ends.start([client, urls["unix"], "serve", "0"])
    for case in ("blocking", "async"):
        for transport in ("unix", "ws"):
            ours, theirs = [], []
            for _ in range(runs):
                ours.append(cpu_per_answer([client, urls[transport], case, ms]))
                if redis:
                    theirs.append(cpu_per_answer([other, ends.redis_path, case, ms]))
            good &= show(f"{case} {transport}", ours, theirs)
    return good


def measure_events(ends, client, urls, runs, ms):
    ends.start([client, urls["unix"], "feed", "0"])
    for transport in ("unix", "ws"):
        received = [cpu_per_answer([client, urls[transport], "events", ms]) for _ in range(runs)]
        show(f"events {transport}", received, [])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    runs, ms = (3, "300") if args.quick else (5, "1000")
    client = f"{args.build}/bench/client"
    print(f"{'case':24} {'answers/s':>12} {'ns each':>10} {'hiredis/s':>12} {'ratio':>6}   "
          "per CPU-second of the client")
    with Ends(args.build) as ends:
        urls = ends.wampd()
        good = measure_calls(ends, client, urls, runs, ms)
        measure_events(ends, client, urls, runs, ms)
    return not good


if __name__ == "__main__":
    sys.exit(main())
