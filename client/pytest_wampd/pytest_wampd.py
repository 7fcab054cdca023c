"""Fixtures for tests of WAMP applications: a fresh wampd for each test. Named as wampy's, which they replace.

    def test_binary_number(router):
        with BinaryNumberService(url=router.url), Client(url=router.url) as client:
            assert client.rpc.get_binary_number(100) == "0b1100100"

Load it with `pytest -p pytest_wampd`, or `pytest_plugins = ["pytest_wampd"]` in conftest.py. The program is
the one that WAMPD names, else wampd of PATH. A module that wants a configuration overrides the fixture config_path.
"""
import os
import signal
import subprocess

import pytest

STOP_SECONDS = 2


class Router:
    """wampd on a free port: url, port, pid."""

    def __init__(self, config_path=None):
        options = ["--config", str(config_path)] if config_path else []
        program = os.environ.get("WAMPD", "wampd")
        argv = [program, "--log-level", "error", "--listen", "ws://127.0.0.1:0", *options]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline().split()
        urls = [word for word in ready if word.startswith("ws://")]
        if not urls:
            self.process.stdout.close()
            raise RuntimeError(f"wampd did not start: exit status {self.process.wait()}")
        self.url = urls[0]
        self.port = int(self.url.rpartition(":")[2])
        self.pid = self.process.pid

    def stop(self):
        """Ends it; complains when it does not end well, and soon."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process.stdout.close()
        assert status == 0, f"wampd ended with status {status}"


@pytest.fixture
def config_path():
    """A configuration file of wampd; None: its defaults."""
    return None


@pytest.fixture
def router(config_path):
    running = Router(config_path)
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture
def url(router):
    return router.url
