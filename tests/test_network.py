from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.network import NetworkRefused, is_here


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", b"localhost", "", None])
def test_this_machine_is_here(host):
    assert is_here(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "model.example", "localhost.example"])
def test_any_other_machine_is_not_here(host):
    assert not is_here(host)


def test_a_connection_to_another_machine_is_refused():
    with socket.socket() as plug, pytest.raises(NetworkRefused, match=r"192\.0\.2\.1"):
        plug.connect(("192.0.2.1", 80))


def test_the_name_of_another_machine_is_not_looked_up():
    with pytest.raises(NetworkRefused, match=r"model\.example"):
        socket.getaddrinfo("model.example", 443)


def test_a_connection_to_this_machine_is_allowed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname(), timeout=5)

    assert client.fileno() != -1
    client.close()


def test_a_program_started_with_the_isolated_folder_on_its_path_is_kept_here_too():
    isolated = Path(__file__).parent / "isolated"
    environment = {**os.environ, "PYTHONPATH": str(isolated)}
    code = "import socket; socket.getaddrinfo('model.example', 443)"

    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)

    assert "NetworkRefused" in run.stderr


def test_no_key_is_in_the_environment():
    assert not [name for name in os.environ if name.startswith("OPENAI_")]
