"""How long the machine stalled this process: the programs order their nodes by sleeps that are 50 ms apart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

_PULSE_SECONDS = 0.005


@dataclass
class Stall:
    """The longest delay so far.

    Attributes:
        seconds: How much longer than requested a sleep took, at most.
    """

    seconds: float = 0.0


@contextmanager
def measure_stall() -> Iterator[Stall]:
    """Measure until the block ends, with a thread that repeatedly sleeps 5 ms and checks how late it wakes."""
    stall, done = Stall(), Event()

    def pulse() -> None:
        while not done.is_set():
            start = time.monotonic()
            time.sleep(_PULSE_SECONDS)
            stall.seconds = max(stall.seconds, time.monotonic() - start - _PULSE_SECONDS)

    thread = Thread(target=pulse, name="stall", daemon=True)
    thread.start()
    try:
        yield stall
    finally:
        done.set()
        thread.join()
