"""S-19 to S-32: what wampy can do, with wampy itself on the other side."""
import hashlib
import hmac
import json
import os
import re
import time

from scenario import BUILD, CLIENTS, SLACK, near, note, own_network, way


HEADLINES = ["wampy is great!", "probably best to use wampy in your next project"]

# --- S-19, S-20, S-21 the quickstart --------------------------------------------------------------------------

@way("S-19", "wampy's runner and its service, wamp caller")
def _(w):
    runner = w.wampy("run", "docs.examples.services:BinaryNumberService", offers="get_binary_number")
    runner.expect("starting up services...", "starting up app: BinaryNumberService",
                  "BinaryNumberService is now starting up.")
    assert w.wamp("call", "get_binary_number", "number=100").finish() == (0, '"0b1100100"\n', "")
    assert w.wamp("call", "get_binary_number", "7").finish() == (0, '"0b111"\n', "")


note("S-19", "1.1.0's runner starts nothing and looks at port 8080 alone: its add_app starts, its URL is ours")


@way("S-20", "C service under wamp run, wampy caller")
def _(w):
    runner = w.wamp("run", f"{BUILD}/ex/binary.so:BinaryNumberService")
    runner.expect("starting up services...", "starting up app: BinaryNumberService",
                  "BinaryNumberService is now starting up.")
    assert w.wampy("rpc", "get_binary_number", "number=100").finish()[:2] == (0, "'0b1100100'\n")
    assert w.wampy("rpc", "get_binary_number", "-5").finish()[:2] == (0, "'-0b101'\n")
    runner.interrupt()
    assert runner.finish() == (0, "runner stopped\n", "")


@way("S-21", "in C")
def _(w):
    status, out, _ = w.example("binary").finish()
    session, number = out.split()
    assert (status, number) == (0, "0b1100100") and int(session) > 0, out


@way("S-21", "the README on wampy")
def _(w):
    console = w.python("wampy", "console", file="seed_peer.py")
    assert int(console.line()) > 0
    w.wait_for("get_binary_number", console)
    console.say("\n")
    registered = console.line()
    wanted = r"\{\d+: \(<class '.*BinaryNumberService'>, 'get_binary_number'\)\}"
    assert re.fullmatch(wanted, registered), registered
    console.expect("0b1100100")
    reader = w.python("wampy", "second_terminal", file="seed_peer.py")
    w.wait_for_subscriber("news")
    console.say("\n")
    reader.expect(*reversed(HEADLINES))  # it pops from the end
    assert console.finish()[0] == 0, console.err()


note("S-21", "wampy 1.1.0 lacks Peer, wampy.entrypoints and wampy.registry: made of what it has; gevent for "
             "eventlet; two slips mended")


# --- S-22 news ------------------------------------------------------------------------------------------------


@way("S-22", "C reader under wamp run, wampy publisher")
def _(w):
    reader = w.wamp("run", f"{BUILD}/ex/news.so:NewsReader")
    reader.expect("starting up services...", "starting up app: NewsReader", "NewsReader is now starting up.")
    w.wampy("publish", "news", "headlines=" + json.dumps(HEADLINES))
    reader.expect(*HEADLINES)


@way("S-22", "wampy reader, wamp publisher")
def _(w):
    reader = w.wampy("serve", "SubscribingService")
    reader.expect("serving")
    w.wait_for_subscriber("foo")
    assert w.wamp("publish", "foo", "message=spam").finish()[0] == 0
    told = "foo message received: {'message': 'spam', 'meta': {'topic': 'foo', 'subscription_id': "
    line = reader.line()
    assert line.startswith(told), line


# --- S-23 to S-26 what goes wrong -----------------------------------------------------------------------------

@way("S-23", "wampy callee, wamp caller")
def _(w):
    w.wampy("serve", "FooService", offers="get_foo")
    for _ in range(2):  # one answer each, and it stays
        assert w.wamp("call", "get_foo", "1", "2", "three=3").finish() == \
            (1, "", "error: get_foo: i do not like any of your values: (1, 2), {'three': 3} "
                    'exc_type="ValueError"\n')


@way("S-24", "C callee, wampy caller")
def _(w):
    w.example("fail", offers="bad")
    for how in ("rpc", "call"):
        status, out, err = w.wampy(how, "bad").finish()
        assert status == 0 and "com.ex.bad" in out and "no 7" in out, (how, out, err)


@way("S-25", "wamp, autobahn and wampy callers")
def _(w):
    told = "no callee registered for procedure <nope>"
    assert w.wamp("call", "nope").finish() == (1, "", f"error: wamp.error.no_such_procedure: {told}\n")
    assert w.autobahn("call", "nope").finish()[1].startswith("error: wamp.error.no_such_procedure")
    out = w.wampy("rpc", "nope").finish()[1]
    assert out.startswith("WampyError: oops! wampy has failed, sorry: [8, 48, "), out
    assert out.endswith(f", {{}}, 'wamp.error.no_such_procedure', ['{told}'], {{}}]\n") or told in out, out


@way("S-26", "C callee, wampy caller")
def _(w):
    w.wamp("run", f"{BUILD}/ex/binary.so:BinaryNumberService", offers="get_binary_number")
    for words, told in ((['"x"'], "number: expected int, got str"), ([], "missing argument 'number'"),
                        (["1", "foo=2"], "unexpected argument 'foo'")):
        out = w.wampy("rpc", "get_binary_number", *words).finish()[1]
        assert "wamp.error.invalid_argument" in out and (told in out or repr(told)[1:-1] in out), out


@way("S-26", "wampy and autobahn callees, wamp caller")
def _(w):
    w.wampy("serve", "BinaryNumberService", offers="get_binary_number")
    w.autobahn("div", offers="div")
    status, _, err = w.wamp("call", "get_binary_number").finish()
    assert status == 1 and err.startswith("error: get_binary_number: "), err
    assert "missing 1 required positional argument: 'number'" in err, err
    status, _, err = w.wamp("call", "div", "1").finish()
    assert status == 1 and err.startswith("error: wamp.error."), err


# --- S-27 timeouts --------------------------------------------------------------------------------------------

@way("S-27", "C callee, wampy caller")
def _(w):
    callee = w.example("sleep", offers="example.sleep")
    caller = w.wampy("patience", "1", "example.sleep", "2")
    line = caller.line()
    assert line.startswith("WampyTimeOutError 1."), (line, caller.err())
    caller.expect("left")
    callee.expect("sleep: interrupted killnowait")


@way("S-27", "wampy callee, wamp caller")
def _(w):
    w.wampy("serve", "PatientService", offers="requires_patience")
    caller = w.session()
    caller.begin("requires_patience", 2, options={"timeout": 500})
    begun = time.monotonic()
    assert caller.receive()[4] == "wamp.error.timeout"
    near(time.monotonic() - begun, 0.5, before=0, after=0.15)
    status, _, err = w.wamp("call", "--timeout", "500", "requires_patience", "2").finish()
    assert status == 124 and err.startswith("error: wamp.error.timeout"), err


# --- S-28, S-29 -----------------------------------------------------------------------------------------------

def scram_keys(password, salt, iterations):
    """What the router keeps of a password. RFC 5802, section 3"""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client, server = (hmac.digest(salted, text, "sha256") for text in (b"Client Key", b"Server Key"))
    return f"stored-key: {hashlib.sha256(client).hexdigest()}, server-key: {server.hex()}"


SEED = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"  # of RFC 8032
PUBLIC = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
# As wampy's crossbar.static.auth.json has it: peter's secret is the key that PBKDF2 makes of "secret1".
STATIC_AUTH = """
realms:
  - name: realm1
    preset: crossbar
    roles:
      - {name: wampy, permissions: [{uri: get_foo, allow: [register]}]}
      - {name: backend, permissions: [{uri: "", match: prefix, allow: [call, register, publish, subscribe]}]}
auth:
  anonymous: {role: backend}
  ticket: {principals: {martin: {ticket: wEx9TPFtHdRr2Zg7rtRE, role: wampy}}}
  wampcra:
    users:
      peter: {secret: "prq7+YkJ1/KlW1X0YczMHw==", role: wampy, salt: salt123, iterations: 100, keylen: 16}
"""
MORE_AUTH = """
auth:
  scram: {users: {simon: {kdf: pbkdf2, salt: "c2FsdDEyMw==", iterations: 4096, role: backend, STORED}}}
  cryptosign: {principals: {alice: {authorized_keys: [PUBLIC], role: backend}}}
""".replace("STORED", scram_keys("secret2", b"salt123", 4096)).replace("PUBLIC", PUBLIC)
DENIED = "session not authorized to call 'get_foo'"


@way("S-28", "wampy: ticket and wampcra", config=STATIC_AUTH)
def _(w):
    for authid, method, secret in (("martin", "ticket", "wEx9TPFtHdRr2Zg7rtRE"),
                                   ("peter", "wampcra", "prq7+YkJ1/KlW1X0YczMHw==")):
        assert w.wampy("login", authid, method, WAMPYSECRET=secret).finish()[:2] == (0, "joined\n"), method
    for authid, method, told in (("martin", "ticket", "ticket in static WAMP-Ticket authentication is invalid"),
                                 ("peter", "wampcra", "WAMP-CRA signature is invalid"),
                                 ("nobody", "wampcra", 'no principal with authid "nobody" exists')):
        out = w.wampy("login", authid, method, WAMPYSECRET="wrong").finish()[1]
        assert told in out and "wamp.error.not_authorized" in out, out


@way("S-28", "wamp: wampcra, and what it may", config=STATIC_AUTH)
def _(w):
    w.autobahn("foo_service", offers="get_foo")
    call = ("call", "--authid", "peter", "get_foo", "--secret")
    told = w.wamp(*call, "secret1").finish()
    assert told == (1, "", f"error: wamp.error.not_authorized: {DENIED}\n"), told
    status, _, err = w.wamp(*call, "secret2").finish()
    assert status == 4 and "WAMP-CRA signature is invalid" in err, err


@way("S-28", "wamp: ticket", config=STATIC_AUTH)
def _(w):
    w.autobahn("foo_service", offers="get_foo")
    login = ("--authid", "martin", "--ticket", "wEx9TPFtHdRr2Zg7rtRE")
    assert w.wamp("call", "get_foo", *login).finish() == (1, "", f"error: wamp.error.not_authorized: {DENIED}\n")


@way("S-28", "wamp: SCRAM and cryptosign", config=MORE_AUTH)
def _(w):
    for words, told in ((("--authid", "simon", "--secret", "secret2"), "simon\tbackend\twamp-scram\n"),
                        (("--key", SEED), "alice\tbackend\tcryptosign\n")):
        status, out, err = w.wamp("ls", "--sessions", *words).finish()
        assert status == 0 and out.endswith(told), (words, out, err)
    assert w.wamp("ls", "--authid", "simon", "--secret", "secret1").finish()[0] == 4


@way("S-28", "autobahn: ticket and wampcra", config=STATIC_AUTH)
def _(w):
    w.autobahn("foo_service", offers="get_foo")
    for login in ({"method": "ticket", "authid": "martin", "ticket": "wEx9TPFtHdRr2Zg7rtRE"},
                  {"method": "wampcra", "authid": "peter", "secret": "secret1"}):
        status, out, err = w.autobahn("call", "get_foo", LOGIN=json.dumps(login)).finish()
        assert (status, out) == (0, f"error: wamp.error.not_authorized: {DENIED}\n"), (out, err)


SIZES = (1, 125, 126, 1000, 32700, 40000, 65400, 65600, 1500000)


@way("S-29", "C echo, wampy caller: equal")
def _(w):
    w.example("text", offers="text")
    status, out, err = w.wampy("sizes", "text", *map(str, SIZES)).finish(within=60)
    assert (status, out) == (0, "".join(f"{n} True\n" for n in SIZES)), (out, err)


@way("S-29", "C echo, raw caller: under a second")
def _(w):
    w.example("text", offers="text")
    for size in SIZES:
        begun = time.monotonic()
        assert w.observer.result("text", message="x" * size) == "x" * size
        assert time.monotonic() - begun < 1 * SLACK, size


# --- S-30 wampy's own tests -----------------------------------------------------------------------------------

def crossbar_configuration(roles, **auth):
    """Of version 2, as Crossbar.io reads it."""
    return {"version": 2, "workers": [{
        "type": "router",
        "realms": [{"name": "realm1", "roles": [
            {"name": name, "permissions": [{"uri": uri, "match": match, "allow": dict.fromkeys(allow, True)}]}
            for name, uri, match, *allow in roles]}],
        "transports": [{"type": "websocket", "endpoint": {"type": "tcp", "port": 8080, "interface": "127.0.0.1"},
                        "options": {"auto_ping_interval": 10000, "auto_ping_timeout": 5000},
                        **({"auth": auth} if auth else {})}]}]}


EVERYTHING = ("call", "register", "publish", "subscribe")
KEY = {"secret": "prq7+YkJ1/KlW1X0YczMHw==", "role": "wampy"}
SALTED = {**KEY, "salt": "salt123", "iterations": 100, "keylen": 16}
CONFIGURATIONS = {
    "crossbar.json": crossbar_configuration([("anonymous", "", "prefix", *EVERYTHING)]),
    "crossbar.static.auth.json": crossbar_configuration(
        [("wampy", "get_foo", "exact", "register")], anonymous={"type": "static", "role": "wampy"},
        ticket={"type": "static", "principals": {"martin": {"ticket": "wEx9TPFtHdRr2Zg7rtRE", "role": "wampy"}}},
        wampcra={"type": "static", "users": {"peter": SALTED, "joe": KEY, "foo-service": KEY}}),
}


def suite_folder(folder):
    """What the suite looks for where it is run, and where it finds `crossbar`."""
    configs, programs = os.path.join(folder, "wampy", "testing", "configs"), os.path.join(folder, "bin")
    os.makedirs(configs)
    os.makedirs(programs)
    os.symlink(os.path.abspath(os.environ.get("WAMPD", "build/wampd")), os.path.join(programs, "crossbar"))
    for name, configuration in CONFIGURATIONS.items():
        with open(os.path.join(configs, name), "w") as f:
            json.dump(configuration, f)
    return programs


@way("S-30", "the tests that the wampy package brings, unmodified, against `crossbar`", lasts=50)
def _(w):
    folder = os.path.join(w.folder.name, "suite")
    programs = suite_folder(folder)
    python = os.path.join(CLIENTS, "wampy", "bin", "python3")
    packages = w.start(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").line()
    suite = w.start(*own_network(), python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{packages}/test",
                    cwd=folder, PATH=f"{programs}:{os.environ['PATH']}")
    status, out, err = suite.finish(within=120)
    assert status == 0 and re.search(r"^\d+ passed, 1 skipped", out, re.M), out[-3000:]


note("S-30", "30 of its 52 tests, which its package brings; callers, publishers and TLS are not among them")


# --- S-31 pings -----------------------------------------------------------------------------------------------

PING = "timeouts: {ping_interval: 2 s, ping_timeout: 1 s}"


@way("S-31", "a wampy client, idle for a minute, then heard", config=PING, lasts=60)
def _(w):
    reader = w.wamp("subscribe", "example.idle")
    w.wait_for_subscriber("example.idle")
    client = w.wampy("idle", "60", "example.idle")
    reader.expect('{"args":[],"kwargs":{"message":"still here"}}', within=80)
    assert client.finish()[0] == 0, client.err()


@way("S-31", "a raw client that never answers is dropped", config=PING)
def _(w):
    watch = w.example("watch")
    time.sleep(0.5 * SLACK)
    mute = w.session()
    begun = time.monotonic()
    assert watch.line().startswith(f"Client connected: {mute.session} ")
    watch.expect(f"Client disconnected: {mute.session}")
    near(time.monotonic() - begun, 3)


note("S-31", "the ping times of crossbar.timeout.json, in our own configuration")


# --- S-32 many peers ------------------------------------------------------------------------------------------

@way("S-32", "two wampy processes and a C callee")
def _(w):
    for worker in ("p1", "p2"):
        w.wampy("serve", "SharedService", WORKER=worker)
    w.wamp("register", "shared", "--invoke", "roundrobin", "--value", '"c"')
    w.wait_for("shared", callees=3)
    caller = w.session()
    answers = sorted(caller.result("shared") for _ in range(6))
    assert answers == ["c", "c", "p1", "p1", "p2", "p2"], answers


@way("S-32", "a wampy peer calls itself")
def _(w):
    assert w.wampy("own", WORKER="self").finish()[:2] == (0, "self\n")
