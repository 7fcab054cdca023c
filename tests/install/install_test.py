#!/usr/bin/env python3
"""What `make install` leaves behind: found by pkg-config, usable from C and C++, and small.

    INSTALLED=DIR PREFIX=/opt/wamp tests/install/install_test.py        DIR: what DESTDIR was
"""
import glob
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration"))
import runner
from rawpeer import Daemon

ROOT = os.path.abspath(os.environ["INSTALLED"])
DEST = ROOT + os.environ["PREFIX"]
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Werror"]
ADDED_MAX = 1 << 20                 # octets of a program
RSS_MAX_KIB = 4096                  # resident, in a call
RSS_SLACK_KIB = 256                 # pages of shared libraries that the kernel maps unasked: it differs from run to run
work = tempfile.TemporaryDirectory()


def pkg_config(*args):
    env = {**os.environ, "PKG_CONFIG_PATH": f"{DEST}/lib/pkgconfig", "PKG_CONFIG_SYSROOT_DIR": ROOT}
    return subprocess.run(["pkg-config", *args, "wamp"], env=env, check=True, capture_output=True,
                          text=True).stdout.split()


def build(compiler, source, *flags, out="program"):
    program = os.path.join(work.name, out)
    subprocess.run([*compiler, *WARNINGS, os.path.join(HERE, source), *flags, "-o", program], check=True)
    return program


def static_libs():
    """libwamp from its archive, what is below it shared."""
    return [f"{DEST}/lib/libwamp.a", *(f for f in pkg_config("--static", "--libs") if f != "-lwamp")]


def run(program, listen="ws://127.0.0.1:0"):
    """The first line, and the resident set then, while the program is still there."""
    with Daemon("--listen", listen, program=f"{DEST}/bin/wampd") as d:
        env = {**os.environ, "WAMP_URL": d.urls()[0], "LD_LIBRARY_PATH": f"{DEST}/lib"}
        p = subprocess.Popen([program], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = p.stdout.readline().strip()
        with open(f"/proc/{p.pid}/status") as f:
            rss = [int(each.split()[1]) for each in f if each.startswith("VmRSS")]
        p.communicate("\n", timeout=20)
        assert p.returncode == 0, (p.returncode, line)
        return line, rss[0] if rss else 0


def a_program_is_built_with_pkg_config():
    shared = build(["cc", "-std=gnu11", "-O2"], "call.c", *pkg_config("--cflags", "--libs"))
    needed = subprocess.run(["readelf", "-d", shared], check=True, capture_output=True, text=True).stdout
    assert "libwamp.so.0" in needed, needed
    assert int(run(shared)[0]) >= 1


def a_static_program_is_small():
    cc = ["cc", "-std=gnu11", "-O2", "-s"]
    program = build(cc, "call.c", *pkg_config("--cflags"), *static_libs())
    nothing = build(cc, "nothing.c", "-lssl", "-lcrypto", out="nothing")
    added = os.path.getsize(program) - os.path.getsize(nothing)
    over_ws, over_unix = (min(run(program, url)[1] for _ in range(3)) for url in ("ws://127.0.0.1:0", f"unix:{work.name}/sock"))
    print(f"libwamp adds {added:,} octets; resident in a call: {over_unix:,} KiB over a Unix socket, "
          f"{over_ws:,} KiB over WebSocket")
    assert added <= ADDED_MAX
    assert over_unix <= RSS_MAX_KIB and over_ws <= RSS_MAX_KIB + RSS_SLACK_KIB, (over_unix, over_ws)


def each_header_stands_alone():
    headers = glob.glob(f"{DEST}/include/*.h") + glob.glob(f"{DEST}/include/wamp/*.h")
    assert len(headers) >= 10, headers
    for header in headers:
        for language in (["cc", "-std=c11", "-x", "c"], ["c++", "-std=c++17", "-x", "c++"]):
            subprocess.run([*language, *WARNINGS, "-fsyntax-only", f"-I{DEST}/include", "-include", header,
                            "/dev/null"], check=True)


def the_headers_work_from_cpp():
    program = build(["c++", "-std=c++17", "-O2"], "headers.cpp", *pkg_config("--cflags", "--libs"))
    assert run(program)[0] == "formats good, session good"


def only_public_names_are_exported():
    out = subprocess.run(["nm", "-D", "--defined-only", f"{DEST}/lib/libwamp.so"], check=True, capture_output=True,
                         text=True).stdout
    names = {line.split()[-1].split("@")[0] for line in out.splitlines()}
    odd = {n for n in names if not n.startswith("wamp_")} - {"WAMP_0"}  # the version of the symbols
    assert "wamp_open" in names and not odd, odd


def programs_and_manuals_are_there():
    for path in ("bin/wampd", "bin/wamp", "bin/crossbar", "lib/libwamp.so.0", "share/man/man1/crossbar.1"):
        assert os.path.exists(f"{DEST}/{path}"), path
    version = subprocess.run([f"{DEST}/bin/wamp", "--version"], check=True, capture_output=True, text=True).stdout
    assert pkg_config("--modversion")[0] in version, version


runner.run([a_program_is_built_with_pkg_config, a_static_program_is_small, each_header_stands_alone,
            the_headers_work_from_cpp, only_public_names_are_exported, programs_and_manuals_are_there])
