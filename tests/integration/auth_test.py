#!/usr/bin/env python3
"""Logins over real sockets: by libwamp (the tool), and by hand. What needs no socket is tested in tests/unit/router.

    WAMPD=build/wampd WAMP=build/wamp tests/integration/auth_test.py [NAME..]
"""
import contextlib
import hashlib
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from certificates import Certificates
from rawpeer import Daemon, RawSocket, WebSocket
from runner import run

WAMPD = os.environ.get("WAMPD", "build/wampd")
WAMP = os.environ.get("WAMP", "build/wamp")
LISTEN = "listen: ['ws://127.0.0.1:0', 'rs://127.0.0.1:0']\n"


@contextlib.contextmanager
def configured(text, **popen):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write(text)
        f.flush()
        with Daemon("--config", f.name, **popen) as d:
            yield d


def credentials(method, password=""):
    """What wampd --credentials prints, as a dict of texts."""
    done = subprocess.run([WAMPD, "--credentials", method], input=password + "\n", stdout=subprocess.PIPE, text=True,
                          check=True)
    return dict(line.split(": ", 1) for line in done.stdout.splitlines())


def mapping(**pairs):
    """A mapping of YAML in one line."""
    return "{" + ", ".join(f'{key}: "{value}"' for key, value in pairs.items()) + "}"


def wamp(*args, **options):
    return subprocess.run([WAMP, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=20,
                          **options)


def who_am_i(url, *options):
    """authid, authrole and authmethod of a session that the tool opens, and what it says where it cannot."""
    done = wamp("ls", "--sessions", "--url", url, *options)
    rows = [line.split("\t")[1:4] for line in done.stdout.splitlines()]
    return rows[0] if done.returncode == 0 and rows else done.stderr


def login(method, authid, secret=None, **more):
    """The options of the tool for it."""
    words = ["--authmethods", method, "--authid", authid] + (["--secret", secret] if secret else [])
    return words + [word for key, value in more.items() for word in (f"--{key}", value)]


def a_login_by_each_method_over_each_transport():
    """spec: A-TIC-03, A-CRA-03, A-CRA-04, A-SCR-08, A-SCR-10, A-SCR-13, A-CSG-04, A-AUTH-02"""
    key = credentials("cryptosign")
    config = LISTEN + textwrap.dedent(f"""
        auth:
          ticket: {{principals: {{tim: {{ticket: t1cket, role: tester}}}}}}
          wampcra:
            users:
              carl: {{secret: secret1, role: caller}}
              sally: {mapping(**credentials("wampcra", "secret2"), role="caller")}
          scram:
            users:
              "stän,=": {mapping(**credentials("scram", "pässword"), role="scrammer")}
              paul: {mapping(**credentials("scram-pbkdf2", "secret4"), role="scrammer")}
          cryptosign: {{principals: {{alice: {{authorized_keys: [{key["public"]}], role: signer}}}}}}
        """)
    rows = [(["--authid", "tim", "--ticket", "t1cket"], ["tim", "tester", "ticket"]),
            (login("wampcra", "carl", "secret1"), ["carl", "caller", "wampcra"]),
            (login("wampcra", "sally", "secret2"), ["sally", "caller", "wampcra"]),
            (login("wamp-scram", "stän,=", "pässword"), ["stän,=", "scrammer", "wamp-scram"]),
            (login("scram", "paul", "secret4"), ["paul", "scrammer", "scram"]),
            (["--key", key["private"]], ["alice", "signer", "cryptosign"])]
    wrong = [["--authid", "tim", "--ticket", "ticket"], login("wampcra", "carl", "secret2"),
             login("wampcra", "sally", "secret1"), login("wamp-scram", "stän,=", "password"),
             login("scram", "nobody", "x"), ["--key", "00" * 32], []]
    with configured(config) as d:
        for url in d.urls():
            for options, expected in rows:
                assert who_am_i(url, *options) == expected, (options, who_am_i(url, *options))
            for options in wrong:
                assert "wamp.error.authentication_" in who_am_i(url, *options), options


def secrets_come_from_the_environment_and_from_files_and_are_not_logged():
    """spec: A-TIC-04; reliability 4"""
    with tempfile.NamedTemporaryFile("w") as secret, tempfile.TemporaryFile("w+") as log:
        secret.write("from-a-file\n")
        secret.flush()
        config = LISTEN + textwrap.dedent(f"""
            log: {{level: debug}}
            auth:
              ticket:
                principals:
                  ann: {{ticket: "${{ANNS_TICKET}}", role: a}}
                  bob: {{ticket: {{file: {secret.name}}}, role: b}}
            """)
        environment = {**os.environ, "ANNS_TICKET": "from-the-environment"}
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
            f.write(config)
            f.flush()
            with Daemon("--config", f.name, "--log-level", "debug", env=environment, stderr=log) as d:
                url = d.urls()[0]
                assert who_am_i(url, "--authid", "ann", "--ticket", "from-the-environment")[:2] == ["ann", "a"]
                assert who_am_i(url, "--authid", "bob", "--ticket", "from-a-file")[:2] == ["bob", "b"]
                assert "denied" in who_am_i(url, "--authid", "bob", "--ticket", "from-the-moon")
        log.seek(0)
        text = log.read()
        assert "LOGIN-REFUSED" in text and "from-" not in text, text


def what_tls_knows_lets_in_and_binds():
    """spec: A-TLS-01, A-TLS-02, A-SCR-11, A-CSG-06, A-CSG-08"""
    key = credentials("cryptosign")
    with Certificates() as c:
        der = subprocess.run(["openssl", "x509", "-in", c.client, "-outform", "der"], stdout=subprocess.PIPE, check=True)
        config = textwrap.dedent(f"""
            listen:
              - url: wss://127.0.0.1:0
                tls: {{certificate: {c.server}, key: {c.server_key}, ca_certificates: [{c.ca}], client_certificate: optional}}
            auth:
              tls: {{principals: {{cert: {{certificate-sha256: {hashlib.sha256(der.stdout).hexdigest()}, role: r}}}}}}
              scram: {{users: {{paul: {mapping(**credentials("scram-pbkdf2", "secret4"), role="r")}}}}}
              cryptosign: {{principals: {{alice: {{authorized_keys: [{key["public"]}], role: r}}}}}}
            """)
        with configured(config) as d:
            url, ca = d.urls()[0], ["--cafile", c.ca]
            assert who_am_i(url, *ca, "--cert", c.client, "--cert-key", c.client_key) == ["cert", "r", "tls"]
            assert "authentication_denied" in who_am_i(url, *ca, "--authmethods", "tls")
            for bound in ([], ["--bind-channel"]):
                assert who_am_i(url, *ca, *bound, *login("wamp-scram", "paul", "secret4"))[2] == "wamp-scram"
                assert who_am_i(url, *ca, *bound, "--key", key["private"])[2] == "cryptosign"


def an_authenticator_decides_while_others_are_served():
    """spec: A-DYN-01, A-DYN-02"""
    config = LISTEN + textwrap.dedent("""
        realms: [realm1, staff]
        timeouts: {authentication: 400}
        auth:
          anonymous: {role: trusted, realm: staff}
          ticket: {authenticator: com.auth, authenticator-realm: staff}
        """)
    with configured(config) as d:
        authenticator, bystander = WebSocket(d.port()), WebSocket(d.port())
        assert authenticator.hello("staff")[0] == bystander.hello("staff")[0] == 2
        authenticator.send([64, 1, {}, "com.auth"])
        assert authenticator.receive()[0] == 65
        asked = []
        for kind, where in ((WebSocket, 0), (RawSocket, 1)):
            peer = kind(d.port(where))
            assert peer.hello(authmethods=["ticket"], authid="joe") == [4, "ticket", {}]
            peer.send([5, "t1cket", {}])
            invocation = authenticator.receive()
            assert invocation[4][:2] == ["realm1", "joe"] and invocation[4][2]["ticket"] == "t1cket", invocation
            asked.append((peer, invocation[1]))
        bystander.call(1, "com.none")
        assert bystander.receive()[0] == 8
        (first, request), (second, _) = asked
        authenticator.send([70, request, {}, [{"role": "backend", "extra": {"shoe": 43}}]])
        welcome = first.receive()
        assert welcome[0] == 2 and welcome[2]["authrole"] == "backend", welcome
        assert welcome[2]["authextra"] == {"shoe": 43} and welcome[2]["authprovider"] == "dynamic", welcome
        assert second.receive()[2] == "wamp.error.authentication_failed"  # nobody answered in time


def a_login_that_waits_for_its_authenticator_ends_with_the_router():
    """spec: B-030"""
    config = LISTEN + textwrap.dedent("""
        realms: [realm1, staff]
        auth:
          anonymous: {role: trusted, realm: staff}
          wampcra: {authenticator: com.auth, authenticator-realm: staff}
        """)
    with configured(config) as d:
        authenticator, peer = WebSocket(d.port()), WebSocket(d.port())
        assert authenticator.hello("staff")[0] == 2
        authenticator.send([64, 1, {}, "com.auth"])
        assert authenticator.receive()[0] == 65
        peer.send([1, "realm1", {"roles": {"caller": {}}, "authmethods": ["wampcra"], "authid": "joe"}])
        assert authenticator.receive()[0] == 68
        d.process.send_signal(signal.SIGTERM)
        assert peer.receive()[2] == "wamp.close.system_shutdown"
        assert authenticator.receive()[2] == "wamp.close.system_shutdown"


def the_tool_is_an_authenticator():
    """spec: A-DYN-01"""
    config = LISTEN + textwrap.dedent("""
        realms: [realm1, staff]
        auth:
          anonymous: {role: trusted, realm: staff}
          wampcra: {authenticator: com.auth, authenticator-realm: staff}
        """)
    with configured(config) as d:
        url = d.urls()[0]
        answer = '{"role": "backend", "secret": "s3cret"}'
        register = subprocess.Popen([WAMP, "register", "com.auth", "--url", url, "--realm", "staff", "--value", answer, "--quiet"])
        try:
            deadline = time.monotonic() + 5
            while wamp("ls", "--url", url, "--realm", "staff", "com.auth").stdout == "":
                assert time.monotonic() < deadline
            assert who_am_i(url, *login("wampcra", "joe", "s3cret")) == ["joe", "backend", "wampcra"]
            assert "authentication_denied" in who_am_i(url, *login("wampcra", "joe", "secret"))
        finally:
            register.terminate()
            register.wait()


def browser(d, cookie=None, origin=None):
    """A WebSocket as a browser opens it, and the cookie that it gets."""
    peer = WebSocket(d.port(), upgrade=False)
    head = peer.request().decode().removesuffix("\r\n")
    head += f"Cookie: theme=dark; {cookie}\r\n" if cookie else ""
    head += f"Origin: {origin}\r\n" if origin else ""
    peer.write((head + "\r\n").encode())
    answer = peer.read_until(b"\r\n\r\n").decode()
    given = [line.split(": ", 1)[1] for line in answer.splitlines() if line.startswith("Set-Cookie: ")]
    return peer, given[0] if given else None


def a_browser_is_remembered_until_it_logs_out():
    """spec: A-COO-01, A-COO-02"""
    config = LISTEN + "auth: {cookie: true, anonymous: {role: guest}, ticket: {principals: {joe: {ticket: x, role: r}}}}\n"
    with configured(config) as d:
        first, given = browser(d)
        cookie, *properties = given.split("; ")
        assert properties == ["Path=/", "Max-Age=604800", "HttpOnly", "SameSite=Lax"], given
        assert first.hello(authmethods=["cookie", "ticket"], authid="joe")[1] == "ticket"
        first.send([5, "x", {}])
        assert first.receive()[0] == 2
        second, given = browser(d, cookie, origin="http://x")
        assert given is None
        details = second.hello(authmethods=["cookie"])[2]
        assert (details["authid"], details["authrole"], details["authprovider"]) == ("joe", "r", "cookie"), details
        stranger, _ = browser(d, cookie, origin="http://evil.example")
        assert stranger.hello(authmethods=["cookie", "anonymous"])[2]["authrole"] == "guest"
        second.send([6, {}, "wamp.close.logout"])
        assert second.receive()[0] == 6
        assert first.receive() == ("close", 1000, "wamp.close.logout")
        again, _ = browser(d, cookie)
        assert again.hello(authmethods=["cookie"])[2] == "wamp.error.authentication_denied"


def a_login_over_long_poll():
    """spec: A-TIC-02, A-LP-05"""
    config = ("listen: [{url: 'ws://127.0.0.1:0', longpoll: /lp}]\n"
              "auth: {ticket: {principals: {joe: {ticket: x, role: r}}}}\n")

    def post(connection, path, body=b""):
        connection.request("POST", path, json.dumps(body) if body else None)
        return connection.getresponse().read()

    with configured(config) as d:
        connection = http.client.HTTPConnection("127.0.0.1", d.port(), timeout=5)
        base = "/lp/" + json.loads(post(connection, "/lp/open", {"protocols": ["wamp.2.json"]}))["transport"]
        post(connection, f"{base}/send", [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["ticket"], "authid": "joe"}])
        assert json.loads(post(connection, f"{base}/receive")) == [4, "ticket", {}]
        post(connection, f"{base}/send", [5, "x", {}])
        assert json.loads(post(connection, f"{base}/receive"))[2]["authrole"] == "r"


def a_new_configuration_judges_new_logins():
    """spec: A-AUTH-05"""
    config = LISTEN + "auth: {ticket: {principals: {joe: {ticket: TICKET, role: r}}}}\n"
    ask = {"authmethods": ["ticket"], "authid": "joe"}
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        def write(ticket):
            f.seek(0)
            f.truncate()
            f.write(config.replace("TICKET", ticket))
            f.flush()

        write("old")
        with Daemon("--config", f.name) as d:
            inside, underway, later = (WebSocket(d.port()) for _ in range(3))
            for peer in (inside, underway):
                assert peer.hello(**ask)[0] == 4
            inside.send([5, "old", {}])
            assert inside.receive()[0] == 2
            write("new")
            d.process.send_signal(signal.SIGHUP)
            assert d.process.stdout.readline().startswith(b"wampd reloaded")
            underway.send([5, "old", {}])  # was asked by the rules of before
            assert underway.receive()[0] == 2
            inside.call(1, "com.none")
            assert inside.receive()[0] == 8
            for ticket, answer in (("old", 3), ("new", 2)):
                assert later.hello(**ask)[0] == 4
                later.send([5, ticket, {}])
                assert later.receive()[0] == answer
                later = WebSocket(d.port())


def logins_that_stop_halfway_cost_nothing_that_stays():
    """spec: A-AUTH-05; reliability 4"""
    config = LISTEN + "timeouts: {authentication: 300}\nauth: {wampcra: {users: {joe: {secret: x, role: y}}}}\n"
    with configured(config) as d:
        peers = [WebSocket(d.port()) for _ in range(100)]
        for p in peers:
            assert p.hello(authmethods=["wampcra"], authid="joe")[0] == 4
        for p in peers[:50]:
            p.close()
        for p in peers[50:]:
            assert p.receive()[2] == "wamp.error.authentication_denied"
            p.close()
        assert who_am_i(d.urls()[0], *login("wampcra", "joe", "x"))[0] == "joe"


run([
    a_login_by_each_method_over_each_transport, secrets_come_from_the_environment_and_from_files_and_are_not_logged,
    what_tls_knows_lets_in_and_binds, an_authenticator_decides_while_others_are_served,
    a_login_that_waits_for_its_authenticator_ends_with_the_router, the_tool_is_an_authenticator,
    a_browser_is_remembered_until_it_logs_out, a_login_over_long_poll,
    a_new_configuration_judges_new_logins, logins_that_stop_halfway_cost_nothing_that_stays,
])
