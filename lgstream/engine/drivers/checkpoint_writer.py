"""Makes a run's saves in order: immediately, or in the background with durability ``"async"``."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from lgstream.effects.effects import CallEffect
from lgstream.engine.run_state import RunState

INLINE_SAVE_SECONDS = 0.0005
"""A save is made in the run's own thread if the one before took less time: a background thread would take as long."""


def merge_save_error(error: BaseException | None, save_error: Exception) -> BaseException:
    """Return the error to raise for a run whose save failed: the run's error with a note, or else the save's."""
    if error is None:
        return save_error
    error.add_note(f"In addition, saving the run's checkpoint failed: {save_error!r}")
    return error


class CheckpointWriter:
    """Makes the saves of a sync run; with durability ``"async"`` in a background thread."""

    def __init__(self, run: RunState) -> None:
        self._session = run.checkpoints
        self._last_save_seconds = INLINE_SAVE_SECONDS
        self._executor = ThreadPoolExecutor(1) if run.options.durability == "async" else None
        self._futures: list[Future[None]] = []

    def write(self) -> None:
        """Make the saves that are due, or start them."""
        for save in self._session.take_saves():
            if self._executor is None:
                self._save(save)
            elif self._last_save_seconds < INLINE_SAVE_SECONDS and (not self._futures or self._futures[-1].done()):
                self._save_inline(save)
            else:
                self._futures.append(self._executor.submit(self._save, save))

    def _save(self, save: CallEffect) -> None:
        start = time.perf_counter()
        save.function(*save.args)
        self._last_save_seconds = time.perf_counter() - start

    def _save_inline(self, save: CallEffect) -> None:
        """Make a save in the current thread; its error is raised at the end, like that of a background save."""
        try:
            self._save(save)
        except Exception as error:  # noqa: BLE001 - close() returns it
            failed_future: Future[None] = Future()
            failed_future.set_exception(error)
            self._futures.append(failed_future)

    def close(self, error: BaseException | None) -> BaseException | None:
        """Wait until everything is saved; return the error to raise, see :func:`merge_save_error`."""
        try:
            self.write()
            if self._executor is not None:
                self._executor.shutdown()
            for future in self._futures:
                future.result()
        except Exception as save_error:  # noqa: BLE001 - returned
            return merge_save_error(error, save_error)
        return error


class AsyncCheckpointWriter:
    """Makes the saves of an async run; with durability ``"async"`` in a background asyncio task."""

    def __init__(self, run: RunState) -> None:
        self._session = run.checkpoints
        self._is_background = run.options.durability == "async"
        self._last_task: asyncio.Task[None] | None = None

    async def write(self) -> None:
        """Make the saves that are due, or start them."""
        saves = self._session.take_saves()
        if not saves:
            return
        if self._is_background:
            self._last_task = asyncio.create_task(self._save_after(self._last_task, saves))
        else:
            await self._save(saves)

    async def _save_after(self, previous: asyncio.Task[None] | None, saves: list[CallEffect]) -> None:
        if previous is not None:
            await previous
        await self._save(saves)

    async def _save(self, saves: list[CallEffect]) -> None:
        for save in saves:
            async_function: Any = save.async_function
            await async_function(*save.args)

    async def close(self, error: BaseException | None) -> BaseException | None:
        """Wait until everything is saved; return the error to raise, see :func:`merge_save_error`."""
        try:
            await self.write()
            if self._last_task is not None:
                await self._last_task
        except Exception as save_error:  # noqa: BLE001 - returned
            return merge_save_error(error, save_error)
        return error
