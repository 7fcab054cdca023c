"""S-52 and on: what none of the seeds could do."""
import json
import re
import time

from scenario import SLACK, eventually, way


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


# --- S-53 a verified caller -----------------------------------------------------------------------------------

VERIFIED = """
realms: [{name: realm1, kill: true, disclosure: always}]
auth: {anonymous: {role: backend}, wampcra: {users: {ann: {secret: s3cret, role: frontend}}}}
"""
ANN = ("--authid", "ann", "--secret", "s3cret", "--authmethods", "wampcra")


@way("S-53", "the handler is told who calls, whatever he says", config=VERIFIED)
def _(w):
    w.example("whoami", offers="example.whoami")
    assert w.wamp("call", "example.whoami", *ANN).finish() == (0, '{"authid":"ann","authrole":"frontend"}\n', "")
    status, out, err = w.wamp("call", "example.whoami", "--authid", "ann").finish()
    assert status == 0 and '"authrole":"backend"' in out and '"ann"' not in out, (out, err)


@way("S-53", "who is killed is cut off with all that he has", config=VERIFIED)
def _(w):
    service = w.example("sleep", offers="example.sleep")
    caller = w.wamp("call", "example.sleep", "30", *ANN)
    callee = w.wamp("register", "ann.offers", *ANN, offers="ann.offers")
    reader = w.wamp("subscribe", "ann.reads", *ANN)
    w.wait_for_subscriber("ann.reads")
    eventually(lambda: w.metric("calls_pending") == 1, "she calls")
    begun = time.monotonic()
    status, killed, err = w.wamp("kill", "authid=ann").finish()
    assert status == 0 and len(json.loads(killed)) == 3, err
    service.expect("sleep: interrupted killnowait")
    assert time.monotonic() - begun < 1 * SLACK
    assert w.callees("ann.offers") == 0 and not w.observer.result("wamp.subscription.lookup", "ann.reads")
    for program in (caller, callee, reader):
        status, _, err = program.finish()
        assert status == 3 and "wamp.close.killed" in err, (str(program), status, err)
