"""S-12 to S-18: what zrpc could do."""
import base64
import time

from scenario import CHROMIUM, PEERS, SLACK, near, way

PERSON = "0a036a6f6e120b6a6f6e406a6f6e2e636f6d1a1068747470733a2f2f6a6f6e2e636f6d2f"
MADE = PERSON + "202a2a06706572736f6e"
IN_JSON = "\0" + base64.b64encode(bytes.fromhex(PERSON)).decode()


# --- S-12 echo ------------------------------------------------------------------------------------------------

@way("S-12", "C callee, autobahn caller")
def _(w):
    w.example("echo", offers="zrpc.echo")
    client = w.autobahn("blobs", "zrpc.echo", "world")
    client.expect("b'world'")
    begun = time.monotonic()
    client.expect(*["b'world'"] * 9, "CLOSE")
    near(time.monotonic() - begun, 5, after=0.5)


@way("S-12", "autobahn callee, wamp caller")
def _(w):
    w.autobahn("echo", offers="zrpc.echo")
    caller = w.wamp("call", "--progress", "--bin", "world", "zrpc.echo")
    assert caller.finish() == (0, "world\n" * 10 + "CLOSE\n", "")


# --- S-13 protobuf --------------------------------------------------------------------------------------------

@way("S-13", "autobahn callee with protobuf, wamp caller")
def _(w):
    w.autobahn("person_service", offers="zrpc.create_person")
    assert w.wamp("call", "-s", "msgpack", "--hex", PERSON, "zrpc.create_person").finish() == (0, MADE + "\n", "")


@way("S-13", "C callee, autobahn caller with protobuf")
def _(w):
    w.example("person", offers="zrpc.create_person")
    assert w.autobahn("person").finish() == (0, "id: 42\n", "")


# --- S-14 the same over JSON ----------------------------------------------------------------------------------

@way("S-14", "JSON caller, msgpack callee gets octets")
def _(w):
    w.example("person", offers="zrpc.create_person")
    answer = w.session().result("zrpc.create_person", IN_JSON)
    assert answer == "\0" + base64.b64encode(bytes.fromhex(MADE)).decode(), answer


@way("S-14", "wampy callee gets the text")
def _(w):
    w.wampy("serve", "TextService", offers="text")
    assert w.session().result("text", IN_JSON) == ["str", len(IN_JSON), True]


@way("S-14", "broken base64 stays a string")
def _(w):
    w.wamp("register", "echo", offers="echo")
    assert w.session().result("echo", "\0no base64!") == "\0no base64!"


# --- S-15 passthru --------------------------------------------------------------------------------------------

@way("S-15", "another codec, equal octets")
def _(w):
    w.example("person", offers="zrpc.create_person")
    caller = w.session()
    caller.begin("zrpc.create_person", IN_JSON, options={"ppt_scheme": "x_proto", "ppt_serializer": "protobuf"})
    _, _, details, args = caller.receive()[:4]
    assert details == {"ppt_scheme": "x_proto", "ppt_serializer": "protobuf"}, details
    assert base64.b64decode(args[0][1:]).hex() == MADE


@way("S-15", "callee that did not announce it")
def _(w):
    w.autobahn("echo", offers="zrpc.echo")
    caller = w.session()
    caller.begin("zrpc.echo", IN_JSON, options={"ppt_scheme": "x_proto", "ppt_serializer": "protobuf"})
    assert caller.receive()[4] == "wamp.error.feature_not_supported"


@way("S-15", "session that did not announce it")
def _(w):
    plain = w.session(roles={"caller": {}})
    plain.begin("zrpc.echo", IN_JSON, options={"ppt_scheme": "x_proto"})
    answer = plain.receive()
    assert (answer[0], answer[2]) == (3, "wamp.error.protocol_violation"), answer


# --- S-16 any language ----------------------------------------------------------------------------------------

@way("S-16", "C callee, wampy.js caller")
def _(w):
    w.example("echo", offers="zrpc.echo", ECHO_MS="20")
    assert w.node("echo").finish() == (0, "world\n" * 10 + "CLOSE\n", "")


@way("S-16", "wampy.js callee, wamp caller")
def _(w):
    w.node("adder", offers="example.add")
    assert w.wamp("call", "example.add", "[1,2,3]").finish() == (0, "6\n", "")


@way("S-16", "C callee, a page in Chromium")
def _(w):
    w.example("echo", offers="zrpc.echo", ECHO_MS="20")
    reader = w.session()
    reader.subscribe("example.page")
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             f"--user-data-dir={w.folder.name}/chromium")
    reader.socket.settimeout(60 * SLACK)
    w.start(CHROMIUM, *flags, f"file://{PEERS}/page.html?{w.url}")
    assert reader.receive()[4] == ["world\n" * 10 + "CLOSE\n"]


# --- S-17 dispatch --------------------------------------------------------------------------------------------

@way("S-17", "C callee, autobahn caller")
def _(w):
    w.example("dispatch", offers="zrpc.dispatch.x")
    caller = w.autobahn("call", "zrpc.dispatch.create_person", '"jon"')
    assert caller.finish() == (0, '["create_person","jon"]\n', "")
    assert w.autobahn("call", "zrpc.dispatchx", "1").finish()[1].startswith("error: wamp.error.no_such_procedure")


# --- S-18 workers ---------------------------------------------------------------------------------------------

@way("S-18", "C workers, autobahn caller")
def _(w):
    w1 = w.example("worker", "w1", offers="example.work")
    w.example("worker", "w2")
    w.wait_for("example.work", callees=2)
    order = w.autobahn("calls", "4", "example.work").finish()[1].split()
    assert order in (['"w1"', '"w2"'] * 2, ['"w2"', '"w1"'] * 2), order
    third = w.example("worker", "w3", "first").finish()
    assert third[0] == 1 and third[2].startswith("error: wamp.error.procedure_already_exists"), third
    caller = w.session()
    while caller.result("example.work") != "w2":
        pass
    caller.begin("example.work", 5000)  # the next one is w1's
    time.sleep(0.2)
    w1.kill()
    assert caller.receive()[4] == "wamp.error.canceled"
    assert [caller.result("example.work") for _ in range(2)] == ["w2", "w2"]
