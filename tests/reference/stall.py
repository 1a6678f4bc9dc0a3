"""How long the machine kept this process waiting: the programs order their nodes by sleeps 50 ms apart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

_PULSE = 0.005


@dataclass
class Stall:
    """The longest wait seen so far, in seconds, beyond what was asked for."""

    seconds: float = 0.0


@contextmanager
def stall() -> Iterator[Stall]:
    """Measure until the block ends, by a thread that sleeps 5 ms at a time and looks how late it wakes."""
    seen, over = Stall(), Event()

    def pulse() -> None:
        while not over.is_set():
            asleep = time.monotonic()
            time.sleep(_PULSE)
            seen.seconds = max(seen.seconds, time.monotonic() - asleep - _PULSE)

    thread = Thread(target=pulse, name="stall", daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
