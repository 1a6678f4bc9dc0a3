"""``Send`` and ``TimeoutPolicy``, below ``Command``. Import them from :mod:`lgstream.types`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from lgstream._arguments import wrong_type
from lgstream._langgraph import AcceptedByLangGraph, is_langgraph


@dataclass(frozen=True, slots=True)
class TimeoutPolicy(AcceptedByLangGraph):
    """Time limits of one attempt to run an async node.

    Attributes:
        run_timeout: limit of the whole attempt, in seconds or as a timedelta; None for no limit.
        idle_timeout: limit of the time without progress, in seconds or as a timedelta; None for no limit.
        refresh_on: what counts as progress: ``"auto"`` for writes, streamed output, callbacks and heartbeats,
            ``"heartbeat"`` for calls of ``runtime.heartbeat()`` only.
    """

    run_timeout: float | timedelta | None = None
    idle_timeout: float | timedelta | None = None
    refresh_on: Literal["auto", "heartbeat"] = "auto"

    @classmethod
    def coerce(cls, value: "float | timedelta | TimeoutPolicy | None") -> "TimeoutPolicy | None":
        """Return a policy with limits in seconds; None if nothing is limited.

        Args:
            value: the limit of the whole attempt, a policy, or None.

        Raises:
            TypeError: if a limit is neither a number nor a timedelta.
            ValueError: if a limit is not positive, or ``refresh_on`` is unknown.
        """
        return as_timeout_policy(value)


def as_timeout_policy(timeout: float | timedelta | TimeoutPolicy | None) -> TimeoutPolicy | None:
    """Return ``timeout`` as a policy in seconds; a number or timedelta limits the whole attempt.

    Returns:
        The policy, or None if it limits nothing.

    Raises:
        TypeError: if a limit is neither a number nor a timedelta.
        ValueError: if a limit is not positive, or ``refresh_on`` is unknown.
    """
    if timeout is None:
        return None
    is_policy = isinstance(timeout, TimeoutPolicy) or is_langgraph(timeout, "TimeoutPolicy")
    policy: Any = timeout if is_policy else TimeoutPolicy(timeout)  # type: ignore[arg-type]
    name = "run_timeout" if is_policy else "timeout"
    if policy.refresh_on not in ("auto", "heartbeat"):
        raise ValueError(f"refresh_on must be 'auto' or 'heartbeat', not {policy.refresh_on!r}.")
    limits = _seconds(policy.run_timeout, name), _seconds(policy.idle_timeout, "idle_timeout")
    if limits == (None, None):
        return None
    if type(timeout) is TimeoutPolicy and limits == (timeout.run_timeout, timeout.idle_timeout):
        return timeout
    return TimeoutPolicy(*limits, policy.refresh_on)


def _seconds(value: float | timedelta | None, name: str) -> float | None:
    if value is None:
        return None
    try:
        seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    except (TypeError, ValueError):
        raise wrong_type(name, value, "a number of seconds or a timedelta") from None
    if seconds <= 0:
        raise ValueError(f"{name} must be greater than 0 seconds, not {value!r}.")
    return seconds


class Send(AcceptedByLangGraph):
    """Runs ``node`` once in the next superstep, with ``arg`` as its input instead of the state.

    Return it from a routing function, or use it as a ``goto`` of a Command. A node can receive any number of Sends in
    one superstep; each runs it in a task of its own.

    Args:
        node: the name of the node.
        arg: the input of the node.
        timeout: time limit of this task, in place of the node's own.

    Raises:
        TypeError: if ``node`` is not a string, or the timeout is not a number, a timedelta or a TimeoutPolicy.
        ValueError: if the timeout is not positive.
    """

    __slots__ = ("arg", "node", "timeout")

    node: str
    arg: Any
    timeout: TimeoutPolicy | None

    def __init__(self, node: str, arg: Any, *, timeout: float | timedelta | TimeoutPolicy | None = None) -> None:
        if not isinstance(node, str):
            raise wrong_type("The node of a Send", node, "the name of a node")
        self.node = node
        self.arg = arg
        self.timeout = as_timeout_policy(timeout)

    def __hash__(self) -> int:
        return hash((self.node, self.arg))

    def __repr__(self) -> str:
        return f"Send(node={self.node!r}, arg={self.arg!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Send) and self.node == other.node and self.arg == other.arg


def wrong_goto(goto: Any) -> TypeError:
    """Return the exception for a ``goto`` of a Command, or one of several, that leads to no node."""
    return wrong_type("Command.goto", goto, "a node's name, a Send or a list of them")


def check_goto(goto: Any) -> None:
    """Raise TypeError if a value cannot be the ``goto`` of a Command; None, as in langgraph, stands for no goto."""
    if not (goto is None or isinstance(goto, Send | Iterable) or is_langgraph(goto, "Send")):
        raise wrong_goto(goto)


# Users import both from lgstream.types; pickles and checkpoints name that module. The annotations above are objects
# rather than strings, so that they need not be resolved in the namespace of that module.
TimeoutPolicy.__module__ = Send.__module__ = "lgstream.types"
