#!/usr/bin/env python3
"""The acceptance scenarios S-01 to S-53, with real clients on both sides. `make scenarios`.

    tests/scenarios/run.py [S-01 ..]

One line a scenario: pass or FAIL, and the ways in which it was tried, or those that failed. Behind an arrow: where
a client that exists does otherwise than the scenario says, and what counts instead.
"""
import concurrent.futures
import contextlib
import os
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import scenario
import aiomas, beyond, duplex, wampy_seed, wsmprpc, zrpc  # noqa: E401, F401 -- they fill scenario.WAYS

TITLES = {
    "S-01": "sum", "S-02": "codec and transport swap", "S-03": "counting stream",
    "S-04": "reader goes away mid-stream", "S-05": "two answers", "S-06": "alarm callback",
    "S-07": "callback owner gone", "S-08": "no wait",
    "S-09": "error mid-stream", "S-10": "metadata", "S-11": "client first", "S-12": "echo stream of blobs",
    "S-13": "protobuf", "S-14": "same blob over JSON", "S-15": "passthru", "S-16": "any language",
    "S-17": "dotted dispatch", "S-18": "workers", "S-19": "wampy service, C caller",
    "S-20": "C service, wampy caller", "S-21": "the seed README word for word", "S-22": "NewsReader",
    "S-23": "wampy callee raises", "S-24": "C callee fails",
    "S-25": "unknown procedure", "S-26": "bad arguments", "S-27": "timeouts", "S-28": "authentication",
    "S-29": "every size", "S-30": "wampy's suite", "S-31": "idle and pings", "S-32": "one process, many peers",
    "S-33": "div", "S-34": "cancel", "S-35": "not cancellable", "S-36": "request stream", "S-37": "both ways",
    "S-38": "cancel mid-stream", "S-39": "private and unexposed", "S-40": "slow reader", "S-41": "uploader dies",
    "S-42": "MathServer", "S-43": "hierarchy", "S-44": "concurrency", "S-45": "passing a service",
    "S-46": "remote exception", "S-47": "list of clients", "S-48": "lost while calling", "S-49": "leave callback",
    "S-50": "callee vanishes mid-call", "S-51": "router vanishes",
    "S-52": "a service replaced under load", "S-53": "a verified caller",
}


def attempt(way):
    """None, or what went wrong."""
    try:
        with contextlib.closing(scenario.World(way.config)) as world:
            way.function(world)
        return None
    except Exception:  # noqa: BLE001 -- whatever it is, the others are run
        return traceback.format_exc(limit=-3)


def remark(name, failures):
    """What failed; else what was tried."""
    if failures:
        return "; ".join(failures)
    return " -> ".join(filter(None, ("; ".join(w.what for w in scenario.WAYS[name]), scenario.NOTES.get(name))))


def main():
    wanted = [s for s in TITLES if not sys.argv[1:] or s in sys.argv[1:]]
    ways = [w for s in wanted for w in scenario.WAYS.get(s, [])]
    ways.sort(key=lambda w: -w.lasts)  # the longest begin first
    with concurrent.futures.ThreadPoolExecutor(4) as pool:  # each has a router of its own, and mostly waits
        outcomes = list(zip(ways, pool.map(attempt, ways)))
    failures = {}
    for way, trouble in outcomes:
        if trouble:
            failures.setdefault(way.scenario, []).append(way.what)
            print(f"--- {way.scenario} {way.what}\n{trouble}")
    for name in wanted:
        verdict = "FAIL" if name in failures else "pass"
        print(f"{name}  {verdict}  {TITLES[name]:31}{remark(name, failures.get(name))}")
    print(f"{len(wanted) - len(failures)} passed, {len(failures)} failed")
    return len(failures) > 0


sys.exit(main())
