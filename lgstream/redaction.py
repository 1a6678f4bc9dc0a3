"""Keep secrets out of what is shown, stored and sent: a hook that sinks and views call for the values of a run.

The hook is called with the name of each value that has one, the key of a dict or the field of an object, and with each
text. What it returns is shown in place of the value; the run itself never sees it. Which hook is called, in this order:

1. the ``redact=`` of the sink, if it is not ``"default"``;
2. that of the innermost :func:`redacting` block around the run; ``watch(..., redact=...)`` is such a block;
3. the one that the environment variable ``LGSTREAM_REDACT`` names, ``package.module:function`` or ``off``, which is
   read once;
4. :func:`redact_secrets`.

Fields declared with ``repr=False`` are hidden by every hook. ``redact=None`` shows all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import import_module
from typing import Any, Final, Literal, TypeAlias

from lgstream._secrets import REDACTED, could_hide_secret, is_secret_name, redact_text

__all__ = ["REDACTED", "Redact", "RedactOption", "redact_secrets", "redacting"]

Redact: TypeAlias = Callable[[str, Any], Any]
"""A function that takes the name of a value, ``""`` for a text without a name, and the value, and returns the value to
show: the same, or another one. It is called often and by several threads, and must not change the value."""

RedactOption: TypeAlias = Redact | Literal["default"] | None
"""A hook, ``"default"`` for the one that applies otherwise, or None to show all."""

HIDDEN_FIELD: Final = "<redacted: repr=False>"
"""Stands for the value of a field that its class declares with ``repr=False``."""

ENVIRONMENT_VARIABLE: Final = "LGSTREAM_REDACT"

_MAX_DEPTH = 50
_MAX_TEXT_CHARS = 20_000
_OMITTED = "…"
_MAX_HARMLESS = 10_000
_SHORT_TEXT_CHARS = 200
_NOT_SET: Any = object()


def redact_secrets(name: str, value: Any) -> Any:
    """Return ``value``, or :data:`REDACTED` if ``name`` looks like that of a secret; in a text, secrets are replaced.

    Names are compared by their words, so ``api_key``, ``X-Api-Key`` and ``OPENAI_API_KEY`` are secret, and
    ``max_tokens``, ``primary_key`` and ``author`` are not. In texts, this finds credentials in URLs and headers, values
    assigned to secret names (``"password": "..."``), and keys in the formats of well-known services.

    Args:
        name: the name of the value; ``""`` if it has none.
        value: the value.
    """
    if name and is_secret_name(name, value):
        return REDACTED
    return redact_text(value) if type(value) is str else value


class Redactor:
    """Applies one hook.

    Args:
        hook: the hook.

    Attributes:
        harmless_names: names for which the hook need not be called, because it returns their values as they are.
        harmless_texts: the same for texts; of long ones, their hashes.
    """

    __slots__ = ("_hook", "_is_cached", "harmless_names", "harmless_texts")

    def __init__(self, hook: Redact) -> None:
        self._hook = hook
        self._is_cached = hook is redact_secrets
        self.harmless_names: set[str] = set()
        self.harmless_texts: set[str | int] = set()

    def value(self, name: str, value: Any) -> Any:
        """Return what to show of a value with a name. Never raises."""
        if name in self.harmless_names:
            return value
        if self._is_cached and not could_hide_secret(name):
            if self.text(name) is name:
                _remember(self.harmless_names, name)
            return value
        return self._call(name, value)

    def text(self, text: str) -> str:
        """Return what to show of a text. Never raises."""
        key = _text_key(text)
        if key in self.harmless_texts:
            return text
        shown = self._call("", text)
        if shown is text and self._is_cached:
            _remember(self.harmless_texts, key)
        return shown if isinstance(shown, str) else REDACTED

    def note_shown(self, text: str) -> None:
        """Note that a text was made of parts that were redacted, so that it need not be looked at as a whole."""
        if self._is_cached:
            _remember(self.harmless_texts, _text_key(text))

    def row(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of a row with every text as it is to be shown; the same dict if nothing changes.

        Names are not looked at: those of rows are lgstream's own.
        """
        return fields if (changes := self._row_changes(fields.items())) is None else fields | changes

    def _row_changes(self, items: Iterable[tuple[Any, Any]]) -> dict[Any, Any] | None:
        changes: dict[Any, Any] | None = None
        harmless = self.harmless_texts
        for key, item in items:
            kind, shown = type(item), item
            if kind is str:
                if item not in harmless:
                    shown = self.text(item)
            elif kind is dict:
                shown = self.row(item)
            elif kind is list and (inner := self._row_changes(enumerate(item))) is not None:
                shown = [inner.get(index, part) for index, part in enumerate(item)]
            if shown is not item:
                changes = {} if changes is None else changes
                changes[key] = shown
        return changes

    def json_data(self, data: Any, max_nodes: int = 20_000) -> Any:
        """Return data made of dicts, lists, tuples and texts as they are to be shown; unchanged data as it is.

        Args:
            data: the data, which may also hold other objects. They are not looked into.
            max_nodes: the number of keys and items that are looked at. ``"…"`` stands for the others, the rest of long
                texts, what is nested too deeply, and containers in themselves.
        """
        return _DataRedaction(self, max_nodes).data(data, ())

    def pairs(self, pairs: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        """Return keys and values as they are to be shown; only a key that is a text is a name."""
        return [(self.text(key), self.value(key, item)) if type(key) is str else (key, item) for key, item in pairs]

    def pair_item(self, kind: type, items: Any) -> Any:
        """Return what to show of a tuple or list of two items, of which the first may be a name, as in headers."""
        name, value = items
        name = name.decode("latin-1") if type(name) is bytes and len(name) <= _SHORT_TEXT_CHARS else name
        if type(name) is not str or len(name) > _SHORT_TEXT_CHARS or (shown := self.value(name, value)) is value:
            return items
        return kind((items[0], shown))

    def _call(self, name: str, value: Any) -> Any:
        try:
            return self._hook(name, value)
        except Exception as error:  # noqa: BLE001 - the hook is the user's; what it did not look at is not shown
            return f"<redacted: the redact function raised {type(error).__name__}>"


_CURRENT: ContextVar[Redactor | None] = ContextVar("lgstream.redaction.current", default=_NOT_SET)


@contextmanager
def redacting(redact: Redact | None) -> Iterator[None]:
    """Redact with ``redact`` what sinks and views show of the runs that start in the ``with`` block.

    It applies to sinks whose ``redact`` is ``"default"``, in the current thread or asyncio task and in the tasks that
    are created in the block.

    Args:
        redact: the hook; None to show all.

    Raises:
        TypeError: if ``redact`` is neither callable nor None.

    Example:
        >>> def hide_names(name, value):
        ...     return "<redacted>" if name == "patient" else redact_secrets(name, value)
        >>> with redacting(hide_names):
        ...     graph.invoke({"patient": "Ada"}, sinks=[Jsonl("run.jsonl")])
    """
    with using_redactor(None if redact is None else Redactor(_checked_hook(redact))):
        yield


@contextmanager
def using_redactor(redactor: Redactor | None) -> Iterator[None]:
    """Make ``redactor`` the one that :func:`current_redactor` returns in the ``with`` block."""
    token = _CURRENT.set(redactor)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def current_redactor() -> Redactor | None:
    """Return the redactor of the innermost :func:`redacting` block, or else of the process; None to show all.

    Raises:
        ValueError: if the environment variable names no function.
    """
    redactor = _CURRENT.get()
    return _process_redactor() if redactor is _NOT_SET else redactor


def redacted_repr(value: Any) -> str:
    """Return the ``repr`` of a value of the program for a message, without what the current redactor hides."""
    redactor = current_redactor()
    return repr(value) if redactor is None else redactor.text(repr(redactor.json_data(value)))


def redactor_source(redact: RedactOption) -> Callable[[], Redactor | None]:
    """Return a function that returns the redactor to use: of this option, or, for ``"default"``, the current one.

    Raises:
        TypeError: if ``redact`` is neither callable, nor ``"default"``, nor None.
    """
    if isinstance(redact, str) and redact == "default":
        return current_redactor
    redactor = None if redact is None else Redactor(_checked_hook(redact))
    return lambda: redactor


def _checked_hook(redact: Any) -> Redact:
    if not callable(redact):
        raise TypeError(f"redact is {redact!r}, and must be a function of a name and a value, 'default' or None.")
    hook: Redact = redact
    return hook


@cache
def _process_redactor() -> Redactor | None:
    return redactor_from_environment(os.environ)


def redactor_from_environment(environment: Mapping[str, str]) -> Redactor | None:
    """Return the redactor that ``LGSTREAM_REDACT`` names; that of :func:`redact_secrets` if it is not set.

    Raises:
        ValueError: if it names no function.
    """
    setting = environment.get(ENVIRONMENT_VARIABLE, "")
    if setting == "off":
        return None
    if not setting:
        return Redactor(redact_secrets)
    module, _, name = setting.partition(":")
    try:
        return Redactor(_checked_hook(getattr(import_module(module), name)))
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(
            f"{ENVIRONMENT_VARIABLE} is {setting!r}, and must be 'package.module:function' or 'off': {error}"
        ) from error


class _DataRedaction:
    """Redacts data at a cost that depends on a budget of nodes, and not on the data."""

    def __init__(self, redactor: Redactor, nodes: int) -> None:
        self._redactor = redactor
        self._nodes = nodes

    def data(self, data: Any, ancestors: tuple[int, ...]) -> Any:
        kind = type(data)
        if kind is str:
            whole = len(data) <= _MAX_TEXT_CHARS
            return self._redactor.text(data) if whole else self._redactor.text(data[:_MAX_TEXT_CHARS]) + _OMITTED
        if kind not in (dict, list, tuple):
            return data
        if id(data) in ancestors or len(ancestors) >= _MAX_DEPTH or self._nodes <= 0:
            return _OMITTED
        ancestors = (*ancestors, id(data))
        if kind is dict:
            pairs = ((key, self.data(item, ancestors)) for key, item in self._redactor.pairs(self._take(data.items())))
            return _changed(data, dict(pairs))
        pair = self._redactor.pair_item(kind, data) if len(data) == 2 else data
        return _changed_items(data, [self.data(item, ancestors) for item in self._take(pair)])

    def _take(self, items: Iterable[Any]) -> Iterator[Any]:
        """Yield the items that the budget allows, and then what stands for the others."""
        for item in items:
            if self._nodes <= 0:
                yield (_OMITTED, _OMITTED) if type(items) is type({}.items()) else _OMITTED
                return
            self._nodes -= 1
            yield item


def _changed(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return old if len(old) == len(new) and all(new.get(key, _NOT_SET) is item for key, item in old.items()) else new


def _changed_items(old: Any, new: list[Any]) -> Any:
    is_same = len(new) == len(old) and all(new_item is old_item for new_item, old_item in zip(new, old, strict=True))
    return old if is_same else type(old)(new)


def _text_key(text: str) -> str | int:
    return text if len(text) <= _SHORT_TEXT_CHARS else hash(text)


def _remember(harmless: set[Any], item: str | int) -> None:
    if len(harmless) >= _MAX_HARMLESS:
        harmless.clear()
    harmless.add(item)
