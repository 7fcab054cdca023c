"""The fixtures, used as an application would: `make pytest-wampd`."""
import os
import socket

import pytest

pytest_plugins = ["pytester"]


def connect(router):
    socket.create_connection(("127.0.0.1", router.port), timeout=5).close()


def test_router_is_ready_when_the_test_begins(router):
    connect(router)


def test_url_is_the_routers(router, url):
    assert url == router.url == f"ws://127.0.0.1:{router.port}"


def test_each_test_has_a_router_of_its_own(pytester):
    pytester.makepyfile("""
        pids = set()
        def test_one(router):
            pids.add(router.pid)
        def test_two(router):
            assert router.pid not in pids
    """)
    pytester.runpytest("-p", "pytest_wampd").assert_outcomes(passed=2)


def test_a_router_that_the_test_killed_is_no_error(router):
    router.process.kill()
    router.process.wait()
    router.process.stdout.close()


class TestConfiguration:
    @pytest.fixture
    def config_path(self, tmp_path):
        path = tmp_path / "wampd.yaml"
        path.write_text("realms: [com.example]\n")
        return path

    def test_it_is_read(self, router):
        with open(f"/proc/{router.pid}/cmdline") as f:
            assert "wampd.yaml" in f.read()
        connect(router)


def test_a_bad_configuration_is_an_error(pytester):
    pytester.makepyfile("""
        import pytest
        @pytest.fixture
        def config_path(tmp_path):
            path = tmp_path / "wampd.yaml"
            path.write_text("nonsense: true")
            return path
        def test_it(router):
            pass
    """)
    result = pytester.runpytest("-p", "pytest_wampd")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*wampd did not start: exit status *"])


def test_the_program_can_be_named(pytester, monkeypatch):
    monkeypatch.setenv("WAMPD", os.path.join(str(pytester.path), "none"))
    pytester.makepyfile("def test_it(router): pass")
    pytester.runpytest("-p", "pytest_wampd").assert_outcomes(errors=1)
