"""S-52 and on: what none of the seeds could do."""
import json
import re
import time

from scenario import SLACK, way


# --- S-52 a service replaced under load -----------------------------------------------------------------------

SECONDS, REPLACEMENTS = 15, 10
RATES = {"libwamp": 700, "autobahn": 240, "wampy": 30}  # calls a second; of wampy, which waits for each, two


def begin_calls(w):
    arguments = (str(SECONDS), "example.version")
    bench = w.wamp("bench", "call", arguments[1], "--rate", str(RATES["libwamp"]), "--duration", arguments[0])
    return bench, [w.autobahn("pace", str(RATES["autobahn"]), *arguments),
                   *[w.wampy("pace", str(RATES["wampy"]), *arguments) for _ in range(2)]]


def replace(w, old, n):
    """The next one is started beside the old one, which then is told to go: by a signal, or from elsewhere."""
    new = w.example("retire", f"v{n}")
    w.wait_for("example.version", new, callees=2)
    if n % 2:
        old.process.terminate()
    else:
        assert w.wamp("drain", "--keep", "1", "example.version").finish() == \
            (0, "", "example.version: 1 callee retired\n")
    assert old.finish() == (0, "", ""), old.err()
    return new


@way("S-52", "ten replacements at 1,000 calls a second of libwamp, autobahn and wampy: no call fails",
     lasts=SECONDS)
def _(w):
    service = w.example("retire", "v0", offers="example.version")
    bench, callers = begin_calls(w)
    time.sleep(2)  # all call
    for n in range(1, REPLACEMENTS + 1):
        service = replace(w, service, n)
        time.sleep(0.5)
    assert all(c.process.poll() is None for c in (bench, *callers)), "they called to the end"
    status, out, err = bench.finish()
    assert (status, err) == (0, ""), (out, err)
    answered, asked_by = int(re.match(r"(\d+) calls in", out)[1]), set()
    for caller in callers:
        status, out, err = caller.finish()
        assert status == 0, err
        answers, errors = json.loads(out)
        assert not errors, errors[:3]
        answered += sum(answers.values())
        asked_by |= set(answers)
    assert asked_by == {f"v{n}" for n in range(REPLACEMENTS + 1)}, asked_by
    wanted = SECONDS * (RATES["libwamp"] + RATES["autobahn"] + 2 * RATES["wampy"])
    assert answered > 0.9 * wanted / SLACK, f"{answered} of {wanted}"
