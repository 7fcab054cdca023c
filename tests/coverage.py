#!/usr/bin/env python3
"""Which requirement has which tests.

Reads tests/requirements.txt, the output of `wtc list` on stdin (what conversation scripts quote), and every other
file under tests/ and crossbar-compat/tests/. An id counts where it stands, and so do ranges: B-031..B-035.

    wtc list tests/scripts/*/*.wtc | tests/coverage.py [--strict]

Prints a line per requirement with the tests that quote it, then those of the router that no test quotes. --strict:
exit status 1 when there are any.
"""

import collections
import os
import re
import sys

ID = r"(?:A-[A-Z0-9]+|[BTRXW])-\d{2,3}"
QUOTE = re.compile(rf"\b({ID})(?:\.\.({ID}|\d{{2,3}}))?(?![\w-])")
SOURCES = (".c", ".h", ".py", ".sh", ".js", ".json", ".yaml")
NOT_TESTS = ("tests/scripts/", "tests/lib/", "tests/script/", "tests/fuzz/corpus/", "tests/coverage.py")


def read_requirements(path):
    """id -> (who, level, words), in the order of the file."""
    rows = (line.split(None, 3) for line in open(path, encoding="utf-8") if line.strip() and line[0] != "#")
    return {row[0]: (row[1], row[2], row[3].strip()) for row in rows}


def expand(first, last):
    """The ids of a range; last may be a number alone."""
    family, start = first.rsplit("-", 1)
    end = last.rsplit("-", 1)[-1] if last else start
    return [f"{family}-{n:0{len(start)}}" for n in range(int(start), int(end) + 1)]


def quotes(text):
    return [i for match in QUOTE.finditer(text) for i in expand(*match.groups())]


def test_files():
    for top in ("tests", "crossbar-compat/tests", "client/examples"):
        for directory, _, names in os.walk(top):
            for name in names:
                path = os.path.join(directory, name)
                if name.endswith(SOURCES) and not path.startswith(NOT_TESTS):
                    yield path


def gather():
    """id -> the files that quote it."""
    where = collections.defaultdict(set)
    for line in sys.stdin:
        path, _, text = line.partition(":")
        for i in quotes(text):
            where[i].add(path)
    for path in test_files():
        for i in quotes(open(path, encoding="utf-8", errors="replace").read()):
            where[i].add(path)
    return where


def main():
    requirements = read_requirements("tests/requirements.txt")
    where = gather()
    for i, (who, level, words) in requirements.items():
        print(f"{i:9} {who:6} {level}  {words}")
        for path in sorted(where[i]):
            print(f"    {path}")
    router = [i for i, (who, _, _) in requirements.items() if who in ("router", "both")]
    missing = [i for i in router if not where[i]]
    unknown = sorted(i for i in where if where[i] and i not in requirements)
    print(f"\n{len(router) - len(missing)} of {len(router)} requirements on the router are quoted by a test")
    for i in missing:
        print(f"no test: {i:9} {requirements[i][2]}")
    for i in unknown:
        print(f"quoted but not a requirement: {i} in {', '.join(sorted(where[i]))}")
    return 1 if missing and "--strict" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
