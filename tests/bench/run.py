#!/usr/bin/env python3
"""`make bench`: wampd beside a bare relay that moves the same frames, in the same minute.

For each case: answers per CPU-second of the router, the same of the relay, their ratio (median of interleaved runs), and,
in runs of their own, system calls and allocations of wampd per message. A floor missed makes the exit status 1.

    run.py --build build [--quick]      writes BUILD/bench.json, too
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

FLOORS = {("calls", 1, 64): 0.70, ("calls", 16, 64): 0.45, ("events", 16, 64): 0.45, ("fanout", 16, 64): 0.60}
SHAPES = [("calls", 10, 1), ("calls", 10, 16), ("events", 10, 1), ("events", 10, 16), ("fanout", 100, 1), ("fanout", 100, 16)]
# Frames that cross the router per answer counted: CALL and YIELD in, INVOCATION and RESULT out; PUBLISH in, EVENT out;
# of a fan-out only the EVENT, the PUBLISH being shared by a hundred.
MESSAGES = {"calls": 4, "events": 2, "fanout": 1}


def start(command, **kwargs):
    """A server on core 0, and the words of its ready line."""
    p = subprocess.Popen(["taskset", "-c", "0", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **kwargs)
    return p, p.stdout.readline().split()


class Bench:
    def __init__(self, build, ms):
        self.build, self.ms, self.dir = build, ms, tempfile.mkdtemp()

    def wampd(self, counted=False):
        env = dict(os.environ)
        if counted:
            path = os.path.join(self.dir, "counts")
            with open(path, "wb") as f:
                f.write(b"\0" * 4096)
            env.update(LD_PRELOAD=os.path.abspath(f"{self.build}/bench/count.so"), BENCH_COUNTS=path)
        return start([f"{self.build}/wampd", "--listen", "ws://127.0.0.1:0", "--listen", "rs://127.0.0.1:0", "--listen",
                      f"unix:{self.dir}/sock", "--log-level", "error"], env=env)

    def load(self, where, pid, shape, size, ser, counts=False):
        name, peers, window = shape
        command = ["taskset", "-c", "1", f"{self.build}/bench/load", *where, "--pid", str(pid), "--case", name, "--peers",
                   str(peers), "--window", str(window), "--size", str(size), "--ser", ser, "--ms", str(self.ms)]
        if counts:
            command += ["--counts", os.path.join(self.dir, "counts")]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def per_second(result):
    return result["answers"] / (result["cpu_ns"] / 1e9) if result["cpu_ns"] else 0.0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    bench = Bench(args.build, 300 if args.quick else 700)
    sers, sizes, runs = (["json"], [64], 3) if args.quick else (["json", "msgpack"], [64, 1024], 3)
    router, words = bench.wampd()
    ws, rs, unix = (next(w for w in words if w.startswith(s)) for s in ("ws:", "rs:", "unix:"))
    relay, relay_words = start([f"{args.build}/bench/relay"])
    rows, failed = [], False
    print(f"{'case':28} {'wampd/s':>10} {'relay/s':>10} {'ratio':>6} {'floor':>6}   per CPU-second; medians of {runs}")
    for ser in sers:
        for size in sizes:
            for shape in SHAPES:
                ours, theirs = [], []
                for _ in range(runs):
                    ours.append(per_second(bench.load(["--url", ws], router.pid, shape, size, ser)))
                    theirs.append(per_second(bench.load(["--relay", relay_words[2]], relay.pid, shape, size, ser)))
                ratio = statistics.median(a / b for a, b in zip(ours, theirs))
                floor = FLOORS.get((shape[0], shape[2], size))
                bad = floor is not None and ratio < floor
                failed |= bad
                label = f"{shape[0]} w{shape[2]} {size} B {ser}"
                print(f"{label:28} {statistics.median(ours):10.0f} {statistics.median(theirs):10.0f} {ratio:6.2f} "
                      f"{floor if floor else '':>6} {'MISSED' if bad else ''}", flush=True)
                rows.append({"case": label, "transport": "ws", "wampd": statistics.median(ours),
                             "relay": statistics.median(theirs), "ratio": ratio, "floor": floor})
    for name, url in (("rawsocket", rs), ("unix", unix)):
        for shape in (("calls", 10, 1), ("calls", 10, 16), ("events", 10, 16), ("fanout", 100, 16)):
            rate = statistics.median(per_second(bench.load(["--url", url], router.pid, shape, 64, "msgpack"))
                                     for _ in range(runs))
            label = f"{shape[0]} w{shape[2]} 64 B msgpack"
            print(f"{label:28} {rate:10.0f} {'':>10} {'':>6} {'':>6} {name}", flush=True)
            rows.append({"case": label, "transport": name, "wampd": rate})
    router.terminate(), router.wait(), relay.stdin.close(), relay.wait()

    router, words = bench.wampd(counted=True)
    ws = next(w for w in words if w.startswith("ws:"))
    print(f"\n{'case':28} {'syscalls':>10} {'allocs':>10}   of wampd, per message")
    for shape in SHAPES:
        result = bench.load(["--url", ws], router.pid, shape, 64, "json", counts=True)
        messages = max(1, result["answers"] * MESSAGES[shape[0]])
        label = f"{shape[0]} w{shape[2]} 64 B json"
        print(f"{label:28} {result['calls'] / messages:10.3f} {result['allocations'] / messages:10.4f}", flush=True)
        rows.append({"case": label, "syscalls": result["calls"] / messages, "allocations": result["allocations"] / messages})
    router.terminate(), router.wait()
    with open(f"{args.build}/bench.json", "w") as f:
        json.dump(rows, f, indent=1)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
