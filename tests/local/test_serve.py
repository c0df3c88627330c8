from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from intentional_nb.errors import ServerError
from intentional_nb.local.script import Script
from intentional_nb.local.serve import serve
from intentional_nb.local.server import LocalServer
from tests.local.asking import address


@contextmanager
def served(arguments: str = "") -> Iterator[subprocess.Popen[str]]:
    program = f"from intentional_nb.local.serve import serve; serve({arguments})"
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def models(url: str, key: str) -> int:
    request = urllib.request.Request(f"{url}/models", headers={"authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request) as response:
        return response.status


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_addresses_and_the_key_are_printed_when_it_answers_and_a_signal_ends_it_well(number):
    with served() as process:
        url, key, realtime = (process.stdout.readline().strip() for _ in range(3))
        status = models(url, key)
        process.send_signal(number)
        rest, _ = process.communicate(timeout=30)

    assert url.startswith("http://127.0.0.1:")
    assert status == 200
    assert realtime == f"ws{url.removeprefix('http')}/realtime?model=local-realtime"
    assert rest == ""
    assert process.returncode == 0


def test_a_given_key_is_the_one_to_send():
    with served("api_key='open-sesame'") as process:
        url, key = process.stdout.readline().strip(), process.stdout.readline().strip()

        assert key == "open-sesame"
        assert models(url, key) == 200


def test_a_taken_port_prints_nothing_and_is_told_to_the_caller(capsys):
    before = signal.getsignal(signal.SIGTERM)
    with LocalServer(Script()) as server, pytest.raises(ServerError, match="is taken by another program"):
        serve(port=address(server)[1])

    assert capsys.readouterr().out == ""
    assert signal.getsignal(signal.SIGTERM) is before
