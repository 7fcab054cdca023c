"""S-33 to S-41: what wsmpRPC could do."""
import time

from scenario import BUILD, SLACK, near, note, way


# --- S-33 div -------------------------------------------------------------------------------------------------

@way("S-33", "C callee, autobahn caller")
def _(w):
    w.example("math", offers="div")
    assert w.autobahn("call", "div", "1", "3").finish() == (0, "0.3333333333333333\n", "")
    assert w.autobahn("call", "div", "1", "0").finish() == \
        (0, "error: example.error.zero_division: division by zero\n", "")


@way("S-33", "autobahn callee, wamp caller")
def _(w):
    w.autobahn("div", offers="div")
    assert w.wamp("call", "div", "1", "3").finish() == (0, "0.3333333333333333\n", "")
    status, _, err = w.wamp("call", "div", "1", "0").finish()
    assert status == 1 and err.startswith("error: wamp.error.runtime_error: division by zero"), err


# --- S-34, S-35 cancel ----------------------------------------------------------------------------------------

@way("S-34", "C callee, autobahn caller")
def _(w):
    callee = w.example("sleep", offers="example.sleep")
    caller = w.autobahn("cancel", "example.sleep", "3")
    line = caller.line()
    assert line in ("cancelled", "error: wamp.error.canceled"), line
    callee.expect("sleep: interrupted killnowait", within=1)


@way("S-34", "mode kill waits for the callee's word")
def _(w):
    callee = w.example("sleep", offers="example.sleep")
    caller = w.wamp("call", "--cancel-after", "1000", "--mode", "kill", "example.sleep", "3")
    status, out, err = caller.finish()
    assert (status, out) == (1, "") and err.startswith("error: wamp.error.canceled: interrupted"), err
    near(caller.ended, 1)
    callee.expect("sleep: interrupted kill")


@way("S-34", "who is done first wins")
def _(w):
    w.example("sleep", offers="example.sleep")
    caller = w.wamp("call", "--cancel-after", "2000", "--mode", "kill", "example.sleep", "1")
    assert caller.finish() == (0, "1\n", "")


def is_let_go(w, procedure, mode):
    """The caller is free at once; the callee goes on, and nobody hears of its result."""
    caller = w.session()
    request = caller.begin(procedure, 2)
    time.sleep(0.5)
    canceled = time.monotonic()
    caller.send([49, request, {"mode": mode}])
    assert caller.receive()[4] == "wamp.error.canceled"
    assert time.monotonic() - canceled < 0.05 * SLACK
    assert caller.result(procedure, 0) == 0


@way("S-35", "wampy callee, raw caller")
def _(w):
    w.wampy("serve", "PatientService", offers="requires_patience")
    is_let_go(w, "requires_patience", "kill")


@way("S-35", "autobahn callee asleep, raw caller")
def _(w):
    w.autobahn("naps", offers="nap")
    is_let_go(w, "nap", "killnowait")


note("S-35", "autobahn announces that it can be interrupted, and asleep cannot: with kill it had the last word")
note("S-34", "a call that autobahn cancels ends as cancelled or as wamp.error.canceled, whichever is first")


# --- S-36, S-37, S-38 streams ---------------------------------------------------------------------------------

@way("S-36", "C callee, raw caller")
def _(w):
    w.example("streams", offers="sum")
    caller = w.session()
    request = caller.begin("sum", 1, options={"progress": True})
    caller.send([48, request, {}, "sum", [2]])
    assert caller.receive()[3] == [3]


@way("S-36", "C callee, wamp caller")
def _(w):
    w.example("streams", offers="sum")
    assert w.wamp("call", "--stream", "sum").finish("1\n2\n") == (0, "3\n", "")


@way("S-36", "C callee, wampy.js caller")
def _(w):
    w.example("streams", offers="sum")
    assert w.node("stream", "sum", "1", "2").finish() == (0, "3\n", "")


@way("S-36", "raw callee, wamp caller")
def _(w):
    callee = w.session()
    callee.register("sum")
    caller = w.wamp("call", "--stream", "sum")
    caller.say("1\n2\n")
    caller.process.stdin.close()
    total, more = 0, True
    while more:
        _, invocation, _, details, *args = callee.receive()
        total += sum(args[0]) if args else 0
        more = details.get("progress")
    callee.send([70, invocation, {}, [total]])
    caller.expect("3")


@way("S-36", "autobahn callee cannot")
def _(w):
    w.autobahn("adder", offers="example.add")
    status, _, err = w.wamp("call", "--stream", "example.add").finish("1\n2\n")
    assert status == 1 and err.startswith("error: wamp.error.feature_not_supported"), err


@way("S-36", "wampy callee cannot")
def _(w):
    w.wampy("serve", "BinaryNumberService", offers="get_binary_number")
    status, _, err = w.wamp("call", "--stream", "get_binary_number").finish("1\n2\n")
    assert status == 1 and err.startswith("error: wamp.error.feature_not_supported"), err


@way("S-37", "C callee, wamp caller")
def _(w):
    w.example("streams", offers="uppercase")
    caller = w.wamp("call", "--stream", "--progress", "uppercase")
    caller.say('"hello"\n')
    caller.expect('"HELLO"')
    assert caller.finish('"rpc"\n') == (0, '"RPC"\n', "")


@way("S-37", "C callee, raw caller")
def _(w):
    w.example("streams", offers="uppercase")
    caller = w.session()
    request = caller.begin("uppercase", "hello", options={"progress": True, "receive_progress": True})
    assert caller.receive() == [50, request, {"progress": True}, ["HELLO"]]
    caller.send([48, request, {"receive_progress": True}, "uppercase", ["rpc"]])
    assert caller.receive() == [50, request, {"progress": True}, ["RPC"]]
    assert caller.receive()[2] == {}


@way("S-37", "C callee, wampy.js caller")
def _(w):
    w.example("streams", offers="uppercase")
    status, out, err = w.node("stream", "uppercase", '"hello"', '"rpc"').finish()
    assert (status, out.split()[:2]) == (0, ['"HELLO"', '"RPC"']), (out, err)


note("S-37", "wampy.js is given both words at once")


@way("S-38", "C callee, raw caller")
def _(w):
    service = w.example("count", offers="example.count", COUNT_MS="50")
    caller = w.session()
    request = caller.begin("example.count", options={"receive_progress": True})
    assert [caller.receive()[3] for _ in range(3)] == [[1], [2], [3]]
    caller.send([49, request, {}])
    assert caller.receive()[:3] + [8] == [8, 48, request, 8]
    caller.socket.settimeout(0.5)
    assert caller.is_closed() is False  # silence, and no end either
    service.expect("count: canceled (killnowait)")


# --- S-39 private ---------------------------------------------------------------------------------------------

@way("S-39", "what is not offered cannot be called")
def _(w):
    w.example("streams", offers="sum")
    w.example("math", offers="div")
    assert w.observer.error("_private_method") == \
        ["wamp.error.no_such_procedure", ["no callee registered for procedure <_private_method>"]]
    listed = w.wamp("ls", "--procedures").finish()[1]
    names = {line.split("\t")[0] for line in listed.splitlines()}
    assert names == {"sum", "uppercase", "repeat", "div", "math.addition.add", "math.subtraction.sub"}, listed


@way("S-39", "a private name is refused")
def _(w):
    assert w.example("private").finish() == (0, "private name: _x\n", "")


# --- S-40, S-41 -----------------------------------------------------------------------------------------------

@way("S-40", "C callee, raw reader that stops")
def _(w):
    service = w.example("streams", offers="repeat")
    reader, other = w.session(), w.session()
    before = w.router.rss_kib()
    reader.begin("repeat", "bla...", 1000000, options={"receive_progress": True})
    for n in range(200):
        assert reader.receive()[3] == ["bla...", n]
        time.sleep(0.01)
    begun = time.monotonic()
    for _ in range(20):
        other.result("uppercase", "x")
    assert (time.monotonic() - begun) / 20 < 0.01 * SLACK
    time.sleep(0.5)
    assert w.router.rss_kib() - before < 8192
    assert [reader.receive()[3][1] for _ in range(20000)] == list(range(200, 20200))
    reader.close()
    service.expect("repeat: WAMP_E_CANCELED")


@way("S-40", "C caller, raw callee that is slow")
def _(w):
    callee, other, count = w.session(), w.session(), 100000
    callee.register("slow.sum")
    before = w.router.rss_kib()
    caller = w.start("sh", "-c", f"seq 1 {count} | {BUILD}/wamp call --stream slow.sum")
    chunks = iter(callee.receive, None)
    total = 0
    for n in range(1, 101):
        _, invocation, _, _, (number,) = next(chunks)
        assert number == n
        total += number
        time.sleep(0.01)
    begun = time.monotonic()
    assert other.error("slow.nothing")[0] == "wamp.error.no_such_procedure"
    assert time.monotonic() - begun < 0.05 * SLACK and w.router.rss_kib() - before < 8192
    for n in range(101, count + 1):
        *_, details, (number,) = next(chunks)
        assert number == n and details.get("progress", False) == (n < count), (number, n, details)
        total += number
    callee.send([70, invocation, {}, [total]])
    caller.expect(str(total))


@way("S-40", "a reader that stalls loses the call, and only that", config="timeouts: {stall: 1 s}")
def _(w):
    w.example("streams", offers="repeat")
    reader = w.session()
    request = reader.begin("repeat", "bla...", 1000000, options={"receive_progress": True})
    time.sleep(3)
    n, answer = 0, reader.receive()
    while answer[0] == 50:
        assert answer[3] == ["bla...", n], answer
        n, answer = n + 1, reader.receive()
    assert answer == [8, 48, request, {}, "wamp.error.canceled", ["receiver too slow"]], answer
    assert reader.result("uppercase", "x") is None


@way("S-41", "C callee, raw uploader dies")
def _(w):
    service = w.example("streams", offers="sum")
    uploader = w.session()
    request = uploader.begin("sum", 1, options={"progress": True})
    uploader.send([48, request, {"progress": True}, "sum", [2]])
    time.sleep(0.2)
    assert w.metric("calls_pending") == 1
    uploader.close()
    service.expect("sum: canceled after 2 items", within=2)
    assert w.metric("calls_pending") == 0
