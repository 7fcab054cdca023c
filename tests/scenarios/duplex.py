"""S-01 to S-11: what Duplex could do."""
import time

from scenario import SLACK, near, note, way

ADD = ("example.add", "[1,2,3]")


# --- S-01 sum -------------------------------------------------------------------------------------------------

@way("S-01", "C callee, autobahn caller")
def _(w):
    w.example("sum", offers="example.add")
    assert w.autobahn("call", *ADD).finish() == (0, "6\n", "")


@way("S-01", "autobahn callee, wamp caller")
def _(w):
    w.autobahn("adder", offers="example.add")
    assert w.wamp("call", *ADD).finish() == (0, "6\n", "")


@way("S-01", "C callee, wampy caller")
def _(w):
    w.example("sum", offers="example.add")
    assert w.wampy("call", *ADD).finish()[:2] == (0, "6\n")


# --- S-02 codecs and transports -------------------------------------------------------------------------------

@way("S-02", "autobahn callee on JSON, three codecs on three transports")
def _(w):
    path = f"/tmp/scenario-{w.router.process.pid}.sock"
    w.router.stop()
    w.restart("--listen", f"unix:{path}")
    w.autobahn("adder", offers="example.add")
    answers = [w.wamp("call", "-s", s, "-u", u, *ADD) for s in ("json", "msgpack", "cbor")
               for u in (w.url, w.rawsocket, f"unix:{path}")]
    assert [a.finish() for a in answers] == [(0, "6\n", "")] * 9
    assert w.wamp("call", "-s", "ubjson", *ADD).finish() == (3, "", "error: wamp: no common subprotocol\n")


# --- S-03, S-04 counting --------------------------------------------------------------------------------------

@way("S-03", "C callee, autobahn caller")
def _(w):
    w.example("count", offers="example.count")
    reader = w.autobahn("stream", "example.count")
    reader.expect("1")
    begun = time.monotonic()
    reader.expect("2", "3")
    near(time.monotonic() - begun, 2)
    reader.interrupt()
    reader.finish()


@way("S-03", "autobahn callee, wamp caller")
def _(w):
    w.autobahn("count", offers="example.count")
    reader = w.wamp("call", "--progress", "example.count")
    reader.expect("1")
    begun = time.monotonic()
    reader.expect("2", "3")
    near(time.monotonic() - begun, 2)
    reader.interrupt()
    assert reader.finish()[0] == 130


@way("S-04", "C callee, autobahn caller killed")
def _(w):
    service = w.example("count", offers="example.count")
    for _ in range(2):
        reader = w.autobahn("stream", "example.count")
        reader.expect("1", "2")
        reader.kill()
        service.expect("count: canceled (killnowait)", within=1)
    assert w.callees("example.count") == 1


# --- S-05 two answers -----------------------------------------------------------------------------------------

@way("S-05", "C callee, autobahn caller")
def _(w):
    w.example("two", offers="example.two")
    assert w.autobahn("stream", "example.two").finish() == (0, '"first"\n"second"\n', "")
    assert w.autobahn("call", "example.two").finish() == (0, '"second"\n', "")


@way("S-05", "autobahn callee, wamp caller")
def _(w):
    w.autobahn("two", offers="example.two")
    assert w.wamp("call", "--progress", "example.two").finish() == (0, '"first"\n"second"\n', "")
    assert w.wamp("call", "example.two").finish() == (0, '"second"\n', "")


# --- S-06, S-07 callbacks -------------------------------------------------------------------------------------

def rings(service, client):
    client.expect("true")
    begun = time.monotonic()
    client.expect("ALARM")
    near(time.monotonic() - begun, 3)
    service.expect("cb returned 42")
    assert client.finish()[0] == 0


@way("S-06", "autobahn service, C client")
def _(w):
    rings(w.autobahn("alarm_service", offers="example.alarm"), w.example("alarm_client", "3"))


@way("S-06", "C service, autobahn client")
def _(w):
    rings(w.example("alarm_service", offers="example.alarm"), w.autobahn("alarm_client", "3"))


@way("S-06", "C client blocked in another call")
def _(w):
    w.example("sleep", offers="example.sleep")
    service = w.autobahn("alarm_service", offers="example.alarm")
    assert w.example("busy").finish() == (0, "true\nALARM\nslept\n", "")
    service.expect("cb returned 42")


def is_gone(w, service, client):
    client.expect("true")
    client.kill()
    service.expect("alarm: callback gone (wamp.error.no_such_procedure)")
    assert w.callees("example.alarm") == 1


@way("S-07", "autobahn service, C client gone")
def _(w):
    is_gone(w, w.autobahn("alarm_service", offers="example.alarm"), w.example("alarm_client", "2"))


@way("S-07", "C service, autobahn client gone")
def _(w):
    is_gone(w, w.example("alarm_service", offers="example.alarm"), w.autobahn("alarm_client", "2"))


@way("S-07", "nobody guesses a callback, or is told its name")
def _(w):
    w.autobahn("alarm_service", offers="example.alarm")
    w.observer.subscribe("wamp.registration.", match="prefix")
    client = w.example("alarm_client", "5")
    client.expect("true")
    w.observer.begin(f"cb.{w.observer.session}.{'0' * 32}")
    answer = w.observer.receive()  # no event of the registration before it
    assert answer[0] == 8 and answer[4] == "wamp.error.no_such_procedure", answer
    assert w.wamp("ls", "--procedures").finish()[1].split("\t")[0] == "example.alarm"
    assert "cb." not in w.wamp("ls").finish()[1]


note("S-07", "nor is an administrator shown callbacks")


# --- S-08 no wait ---------------------------------------------------------------------------------------------

@way("S-08", "C client, C callee")
def _(w):
    service = w.example("sleep", offers="example.sleep")
    client = w.example("nowait", "2")
    client.expect("sent")
    begun = time.monotonic()
    service.expect("slept 2")
    near(time.monotonic() - begun, 2)
    assert client.finish() == (0, "", "")


@way("S-08", "wamp leaves at once")
def _(w):
    service = w.example("sleep", offers="example.sleep")
    client = w.wamp("call", "--no-wait", "example.sleep", "2")
    assert client.finish() == (0, "", "") and client.ended < 1
    service.expect("sleep: interrupted killnowait")


# --- S-09 error mid-stream ------------------------------------------------------------------------------------

@way("S-09", "autobahn callee, wamp caller")
def _(w):
    w.autobahn("fail", offers="example.fail")
    assert w.wamp("call", "--progress", "example.fail").finish() == \
        (1, "1\n2\n", 'error: example.error.app: boom code=1000 data={"k":1}\n')


@way("S-09", "C callee, autobahn caller")
def _(w):
    w.example("fail", offers="example.fail")
    assert w.autobahn("stream", "example.fail").finish() == \
        (0, '1\n2\nerror: example.error.app: boom\n{"code":1000,"data":{"k":1}}\n', "")


# --- S-10 metadata --------------------------------------------------------------------------------------------

@way("S-10", "not whitelisted: absent, and the call succeeds")
def _(w):
    service = w.example("ext", offers="example.ext")
    assert w.wamp("call", "--opt", '_ext={"trace":"t1"}', "-v", "example.ext").finish() == (0, "null\n", "")
    service.interrupt()
    assert service.finish() == (0, "", "")


@way("S-10", "whitelisted: there and back", config="realms: [{name: realm1, forward_keys: [_ext]}]")
def _(w):
    service = w.example("ext", offers="example.ext")
    status, out, err = w.wamp("call", "--opt", '_ext={"trace":"t1"}', "-v", "example.ext").finish()
    service.expect('ext {"trace":"t1"}')
    assert (status, out, err) == (0, "null\n", 'details {"_ext":{"trace":"t1"}}\n'), (status, out, err)


# --- S-11 client first ----------------------------------------------------------------------------------------

@way("S-11", "router and callee come later")
def _(w):
    w.kill_router()
    client = w.wamp("call", "--wait", "5", *ADD)
    time.sleep(2)
    w.restart()
    w.example("sum")
    assert client.finish() == (0, "6\n", "")
    assert client.ended < 4 * SLACK, client.ended


@way("S-11", "router never comes")
def _(w):
    w.kill_router()
    client = w.wamp("call", "--wait", "5", *ADD)
    status, out, err = client.finish()
    assert (status, out) == (3, "") and err.startswith(f"error: wamp: cannot connect to {w.url}"), err
    near(client.ended, 5)
