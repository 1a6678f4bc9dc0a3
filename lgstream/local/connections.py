"""What the connections of the endpoint may take: bytes, time and threads."""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import threading
import time
from typing import Any

MAX_HEADER_BYTES = 64 * 1024
MAX_HEADER_SECONDS = 10.0
"""For the request line and all headers; a client that needs longer is disconnected."""

MAX_UNREAD_SECONDS = 2.0
"""For which the rest of a rejected request is read and thrown away, so that the answer arrives."""

MAX_WAITING = 64
"""Connections that have not sent a valid key. A further one takes the place of the oldest."""

MAX_ANSWERS = 64
"""Requests that are answered at the same time, or wait for the model. A further one gets the status 503."""


class RequestReader(io.RawIOBase):
    """Reads a request from a socket, within a number of bytes and until a point in time."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._bytes_left = 0
        self._deadline = 0.0
        self.allow(MAX_HEADER_BYTES, MAX_HEADER_SECONDS)

    def allow(self, more_bytes: int, seconds: float) -> None:
        """Allow ``more_bytes`` beyond those allowed before, for ``seconds`` from now on."""
        self._bytes_left += more_bytes
        self._deadline = time.monotonic() + seconds

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what there is into ``buffer``.

        Raises:
            TimeoutError: if the time is over.
            HTTPException: if the headers are too long.
        """
        if self._bytes_left <= 0:
            raise http.client.HTTPException(f"the headers have more than {MAX_HEADER_BYTES} bytes")
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the request took too long to arrive")
        timeout = self._connection.gettimeout()
        self._connection.settimeout(seconds)
        try:
            size = self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(timeout)
        self._bytes_left -= size
        return size


class Connections:
    """Bounds the threads of the endpoint: it has one for each connection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[socket.socket, None] = {}
        self._answered: set[socket.socket] = set()

    def add(self, connection: socket.socket) -> None:
        """Count a new connection; if too many have sent no valid key, disconnect the oldest of them."""
        with self._lock:
            oldest = next(iter(self._waiting)) if len(self._waiting) >= MAX_WAITING else None
            if oldest is not None:
                del self._waiting[oldest]
                with contextlib.suppress(OSError):  # its client has disconnected
                    oldest.shutdown(socket.SHUT_RDWR)
            self._waiting[connection] = None

    def admit(self, connection: socket.socket) -> bool:
        """Count a connection that has sent a valid key as answered; return False if there are too many."""
        with self._lock:
            if len(self._answered) >= MAX_ANSWERS:
                return False
            self._waiting.pop(connection, None)
            self._answered.add(connection)
            return True

    def remove(self, connection: socket.socket) -> None:
        """Forget a connection that has ended."""
        with self._lock:
            self._waiting.pop(connection, None)
            self._answered.discard(connection)


def discard_unread(connection: socket.socket) -> None:
    """End the answer, and throw away what the client still sends: an unread rest would reset the connection."""
    deadline = time.monotonic() + MAX_UNREAD_SECONDS
    scratch = bytearray(64 * 1024)
    with contextlib.suppress(OSError):  # the client has disconnected, or is too slow
        connection.shutdown(socket.SHUT_WR)
        while (seconds := deadline - time.monotonic()) > 0:
            connection.settimeout(seconds)
            if not connection.recv_into(scratch):
                return
