"""The requests that a generator of effects yields: call a function, or sleep."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, TypeVar

T = TypeVar("T")

_NO_KWARGS: Mapping[str, Any] = MappingProxyType({})


class CallEffect(NamedTuple):
    """Call ``function(*args, **kwargs)`` and send the result back.

    ``function`` returns an awaitable if ``is_async`` is True. ``async_function`` is the async twin of a sync function
    (the ``ainvoke`` of a Runnable, the ``aput`` of a saver): the asyncio interpreter awaits it instead. A call that
    ``is_short`` usually takes less time than handing it to a thread and back, such as a routing function.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = _NO_KWARGS
    is_async: bool = False
    async_function: Callable[..., Any] | None = None
    is_short: bool = False


class SleepEffect(NamedTuple):
    """Wait for this many seconds."""

    seconds: float


Effect: TypeAlias = CallEffect | SleepEffect

Effects: TypeAlias = Generator[Effect, Any, T]
"""A generator that yields effects, is sent their results, and returns a ``T``."""
