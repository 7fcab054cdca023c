"""S-42 to S-51: what aiomas could do."""
import json
import re
import time

from scenario import BUILD, SLACK, SOURCES, eventually, near, note, way


# --- S-42, S-43 trees of services -----------------------------------------------------------------------------

@way("S-42", "C server, autobahn caller")
def _(w):
    w.example("math", offers="math.subtraction.sub")
    assert w.autobahn("call", "math.addition.add", "3", "4").finish() == (0, "7\n", "")


@way("S-42", "autobahn server, C client")
def _(w):
    w.autobahn("math_server", offers="math.addition.add")
    assert w.example("math_client").finish() == (0, "What's 3 + 4? 7\n", "")


note("S-42", "the autobahn caller prints the number without the question")


@way("S-43", "C tree, C and wampy callers")
def _(w):
    w.example("math", offers="math.subtraction.sub")
    assert w.example("math_client").finish() == (0, "What's 3 + 4? 7\n", "")
    assert w.wamp("call", "math.subtraction.sub", "4", "3").finish() == (0, "1\n", "")
    assert w.wampy("call", "math.addition.add", "3", "4").finish()[:2] == (0, "7\n")
    assert w.observer.error("math.addition")[0] == "wamp.error.no_such_procedure"


@way("S-43", "mounting and unmounting")
def _(w):
    assert w.example("mount").finish() == \
        (0, "7\nmounted twice: WAMP_E_STATE\nunmounted: wamp.error.no_such_procedure\n", "")


# --- S-44 concurrency -----------------------------------------------------------------------------------------

@way("S-44", "ten levels deep")
def _(w):
    nested = w.example("nested")
    assert nested.finish() == (0, "10 levels\n", "")
    assert nested.ended < 1 * SLACK


@way("S-44", "a hundred calls to one slow service overlap")
def _(w):
    w.example("sleep", offers="example.sleep")
    status, out, err = w.autobahn("overlap", "100", "example.sleep", "1").finish()
    assert status == 0, err
    near(float(out), 1, after=1)


# --- S-45 passing a service -----------------------------------------------------------------------------------

@way("S-45", "C client, autobahn server")
def _(w):
    w.autobahn("monty_server", offers="example.server_method")
    assert w.example("monty").finish() == (0, 'Server reply: Client name is "Monty"\n', "")


@way("S-45", "autobahn client, C server")
def _(w):
    w.example("monty", "serve", offers="example.server_method")
    assert w.autobahn("monty").finish() == (0, 'Server reply: Client name is "Monty"\n', "")


@way("S-45", "the prefix ends with its client")
def _(w):
    callee = w.session()
    callee.register("example.server_method")
    client = w.example("monty")
    prefix = callee.receive()[4][0]
    client.kill()
    eventually(lambda: w.observer.error(prefix + ".get_client_name")[0] == "wamp.error.no_such_procedure", "gone")


# --- S-46 exceptions ------------------------------------------------------------------------------------------

@way("S-46", "autobahn callee, wamp caller")
def _(w):
    w.autobahn("raising", offers="raising")
    status, _, err = w.wamp("call", "-v", "raising").finish()
    assert status == 1 and "Origin: undisclosed\nTraceback: " in err, err
    assert "Traceback (most recent call last):" in err and 'ValueError: "spam" is not a number' in err, err


@way("S-46", "C callee built for debugging, wamp caller")
def _(w):
    w.example("fail", offers="bad")
    status, _, err = w.wamp("call", "-v", "bad").finish()
    line, = (n for n, text in enumerate(open(f"{SOURCES}/fail.c"), 1) if "wamp_fail(" in text)
    assert status == 1 and f"Origin: undisclosed\nTraceback: client/examples/fail.c:{line}\n" in err, err


# --- S-47, S-49 who is there ----------------------------------------------------------------------------------

def watching(w):
    observer = w.observer  # before it: whoever joins later is told
    watch = w.example("watch")
    eventually(lambda: observer.result("wamp.session.count") == 2, "it is there")
    time.sleep(0.2)  # it subscribes at once; subscriptions to meta events are not listed
    return watch


@way("S-47", "C watcher, autobahn list")
def _(w):
    watch = watching(w)
    client = w.autobahn("sessions")
    line = watch.line()
    assert re.fullmatch(r"Client connected: \d+ \S+", line), line
    status, out, err = client.finish()
    ids, count = json.loads(out)
    assert status == 0 and count == len(ids) == 3 and int(line.split()[2]) in ids, (line, out, err)


@way("S-47", "C watcher, libwamp peer with a name")
def _(w):
    watch = watching(w)
    w.example("retire", "a name of mine")
    assert re.fullmatch(r"Client connected: \d+ a name of mine", watch.line())


@way("S-47", "killed by an administrator", config="realms: [{name: realm1, kill: true}]")
def _(w):
    watch = watching(w)
    mine = w.observer.session
    other = next(s for s in w.observer.result("wamp.session.list") if s != mine)
    assert w.wamp("kill", str(other)).finish()[0] == 0
    lines = iter(watch.line, None)
    assert "closed: wamp.close.killed" in lines


@way("S-49", "C watcher, autobahn client killed")
def _(w):
    watch = watching(w)
    heir = w.session()
    assert watch.line().startswith("Client connected: ")
    heir.subscribe("example.last_will")
    client = w.autobahn("idle")
    client.expect("joined")
    connected = watch.line().split()[2]
    client.kill()
    watch.expect(f"Client disconnected: {connected}", within=1)
    assert heir.receive()[4] == ["gone"]
    heir.socket.settimeout(0.3)
    assert heir.is_closed() is False


# --- S-48, S-50, S-51 what vanishes ---------------------------------------------------------------------------

@way("S-48", "C caller", config="realms: [{name: realm1, kill: true}]")
def _(w):
    assert killed_in_call(w, lambda: w.example("lost_call", "example.cut")) == "Connection lost :("


@way("S-48", "autobahn caller", config="realms: [{name: realm1, kill: true}]")
def _(w):
    line = killed_in_call(w, lambda: w.autobahn("lost", "example.cut"))
    assert line == "error: wamp.close.killed", line  # it reads the GOODBYE before the end


@way("S-48", "autobahn caller, router gone")
def _(w):
    callee = w.session()
    callee.register("example.cut")
    caller = w.autobahn("lost", "example.cut")
    assert callee.receive()[0] == 68
    w.kill_router()
    line = caller.line()
    assert line in ("TransportLost", "error: wamp.close.transport_lost"), line  # depends on its version


def killed_in_call(w, start):
    """The callee has the caller thrown out in the middle of the call; the caller's line."""
    callee = w.session()
    callee.register("example.cut")
    before = set(w.observer.result("wamp.session.list"))
    client = start()
    assert callee.receive()[0] == 68
    caller = (set(w.observer.result("wamp.session.list")) - before).pop()
    w.observer.result("wamp.session.kill", caller)
    return client.line()


note("S-47", "autobahn gives no name: its authid is shown")
note("S-48", "autobahn reads the router's GOODBYE first: ApplicationError; newer ones than the scenario's say "
             "wamp.close.transport_lost for TransportLost")


@way("S-50", "C callee killed, wamp caller")
def _(w):
    callee = w.example("sleep", offers="example.sleep")
    caller = w.wamp("call", "example.sleep", "5")
    time.sleep(1)
    callee.kill()
    assert caller.finish() == (1, "", "error: wamp.error.canceled: callee disconnected\n")
    near(caller.ended, 1)
    w.example("sleep", offers="example.sleep")
    assert w.wamp("call", "example.sleep", "0").finish() == (0, "0\n", "")


@way("S-50", "autobahn callee killed, wamp caller")
def _(w):
    callee = w.autobahn("naps", offers="nap")
    caller = w.wamp("call", "nap", "5")
    time.sleep(1)
    callee.kill()
    assert caller.finish() == (1, "", "error: wamp.error.canceled: callee disconnected\n")


@way("S-51", "three calls of a C client; it comes back")
def _(w):
    w.example("sleep", offers="example.sleep")
    client = w.example("lost", "example.sleep", "30")
    client.expect("called")
    w.kill_router()
    client.expect(*["Connection lost :("] * 3, within=1)
    w.restart()
    assert client.line().startswith("back as ")
    assert client.finish() == (0, "", "")


@way("S-51", "a C service registers again")
def _(w):
    service = w.example("count", offers="example.count")
    w.kill_router()
    w.restart()
    w.wait_for("example.count", service)
    assert w.router.process.poll() is None and service.process.poll() is None


@way("S-51", "a C reader subscribes again")
def _(w):
    reader = w.wamp("run", f"{BUILD}/ex/news.so:NewsReader")
    reader.expect("starting up services...", "starting up app: NewsReader", "NewsReader is now starting up.")
    w.kill_router()
    w.restart()
    w.wait_for_subscriber("news")
    assert w.example("news", "publish").finish()[0] == 0
    reader.expect("wampy is great!")
