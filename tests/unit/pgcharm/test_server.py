"""Processes of the server, as the guard sees them."""

from __future__ import annotations

import subprocess
import threading
import time

from pgcharm.adapters.server import Server


def test_the_end_of_a_process_is_heard_of_at_once() -> None:
    child = subprocess.Popen(["sleep", "60"])
    threading.Timer(0.2, child.kill).start()
    begun = time.monotonic()
    assert Server.ends(child.pid, 30)
    assert time.monotonic() - begun < 10
    child.wait()
    assert Server.ends(child.pid, 30)


def test_a_process_that_goes_on_is_waited_for_no_longer_than_was_said() -> None:
    child = subprocess.Popen(["sleep", "60"])
    try:
        assert not Server.ends(child.pid, 0.01)
    finally:
        child.kill()
        child.wait()
