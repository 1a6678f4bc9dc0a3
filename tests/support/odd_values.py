"""Values that are hard to look at: they raise, lie, never end, are huge, or count how often they are read."""

from __future__ import annotations

import array
import asyncio
import io
import itertools
import threading
from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, UserString, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from types import MappingProxyType, SimpleNamespace
from typing import Any, ClassVar, NamedTuple
from unittest.mock import MagicMock

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import BaseModel

HUGE = 100_000_000
"""Characters or bytes of the largest values."""


class Read(Exception):
    """Raised by values whose code ran although it should not."""


class Panic(BaseException):
    """An exception that ``except Exception`` does not catch."""


class ReadCount:
    """Counts the reads of all values of this module."""

    reads: ClassVar[list[str]] = []

    @classmethod
    def add(cls, what: str) -> None:
        cls.reads.append(what)


class LazyProxy:
    """A proxy whose object cannot be had: whatever is asked of it raises."""

    def __getattribute__(self, name: str) -> Any:
        ReadCount.add(f"LazyProxy.{name}")
        raise RuntimeError(name)

    def __repr__(self) -> str:
        return "LazyProxy()"


class ClassRaises:
    @property
    def __class__(self) -> Any:
        ReadCount.add("ClassRaises.__class__")
        raise RuntimeError("its class")

    @__class__.setter
    def __class__(self, value: Any) -> None:
        raise RuntimeError("its class")


def liar(base: type) -> Any:
    """Return an object whose ``__class__`` is ``base``, but which is nothing of the kind."""
    return type("Liar", (), {"__class__": base, "__repr__": lambda self: f"Liar({base.__name__})"})()


class RaisingDict(dict[Any, Any]):
    def _raise(self, *_: Any) -> Any:
        ReadCount.add("RaisingDict")
        raise RuntimeError("dict")

    __iter__ = __len__ = __getitem__ = __contains__ = items = keys = values = get = _raise


class RaisingList(list[Any]):
    def _raise(self, *_: Any) -> Any:
        ReadCount.add("RaisingList")
        raise RuntimeError("list")

    __iter__ = __len__ = __getitem__ = __contains__ = _raise


class RaisingText(str):
    __slots__ = ()

    def _raise(self, *_: Any) -> Any:
        ReadCount.add("RaisingText")
        raise RuntimeError("text")

    __iter__ = __len__ = __getitem__ = __format__ = __eq__ = encode = isascii = split = _raise  # type: ignore[assignment]
    __hash__ = str.__hash__

    def __str__(self) -> str:
        raise RuntimeError("text")


class RaisingInt(int):
    def _raise(self, *_: Any) -> Any:
        ReadCount.add("RaisingInt")
        raise RuntimeError("int")

    __int__ = __index__ = __format__ = bit_length = _raise

    def __repr__(self) -> str:
        raise RuntimeError("int")

    __str__ = __repr__


class EndlessList(list[int]):
    def __iter__(self) -> Any:
        ReadCount.add("EndlessList")
        return itertools.count()


class LazySequence(Sequence[Any]):
    """A sequence that loads its items one by one."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __len__(self) -> int:
        ReadCount.add("LazySequence.__len__")
        return self.length

    def __getitem__(self, index: Any) -> Any:
        ReadCount.add("LazySequence.__getitem__")
        if index >= self.length:
            raise IndexError
        return index

    def __iter__(self) -> Iterator[Any]:
        ReadCount.add("LazySequence.__iter__")
        return iter(range(self.length))


class LazyMapping(Mapping[Any, Any]):
    def __len__(self) -> int:
        ReadCount.add("LazyMapping.__len__")
        return 2**62

    def __iter__(self) -> Iterator[Any]:
        ReadCount.add("LazyMapping.__iter__")
        return itertools.count()

    def __getitem__(self, key: Any) -> Any:
        ReadCount.add("LazyMapping.__getitem__")
        return key


class LazySet(AbstractSet[Any]):
    def __len__(self) -> int:
        ReadCount.add("LazySet.__len__")
        return 10**9

    def __iter__(self) -> Iterator[Any]:
        ReadCount.add("LazySet.__iter__")
        return itertools.count()

    def __contains__(self, item: Any) -> bool:
        ReadCount.add("LazySet.__contains__")
        return True


class LengthRaises:
    def __len__(self) -> int:
        ReadCount.add("LengthRaises.__len__")
        raise RuntimeError("length")

    def __bool__(self) -> bool:
        ReadCount.add("LengthRaises.__bool__")
        raise RuntimeError("truth")

    def __eq__(self, other: object) -> bool:
        ReadCount.add("LengthRaises.__eq__")
        raise RuntimeError("equality")

    __hash__ = object.__hash__


class ReprRaises:
    def __repr__(self) -> str:
        raise RuntimeError("its repr")


class ReprPanics:
    def __repr__(self) -> str:
        raise Panic("its repr")


class ReprCancels:
    def __repr__(self) -> str:
        raise asyncio.CancelledError


class ReprIsNoText:
    def __repr__(self) -> str:
        return 5  # type: ignore[return-value]


class ReprIsHuge:
    def __repr__(self) -> str:
        return "x" * 10_000_000


class ReprIsOdd:
    def __repr__(self) -> str:
        return RaisingText("odd \ud800 \u202e \x1b[2J")


class AnyAttribute:
    """Has every attribute, and each is another such object: like a mock, but it counts."""

    def __getattr__(self, name: str) -> Any:
        ReadCount.add(f"AnyAttribute.{name}")
        return AnyAttribute()

    def __repr__(self) -> str:
        return "AnyAttribute()"


class PropertiesCount:
    """Looks like a message, if its properties are read."""

    def _read(self) -> Any:
        ReadCount.add("PropertiesCount")
        return "read"

    type = content = id = text = tool_calls = model_fields_set = additional_kwargs = property(_read)


@dataclass
class Record:
    value: Any
    secret: Any = field(default="secret", repr=False)


@dataclass(slots=True)
class Slotted:
    value: Any
    missing: Any = field(init=False)


@dataclass
class LazyField:
    """A record whose field is computed when it is read, as those of an ORM are."""

    value: int = 1


def _load(self: Any) -> Any:
    ReadCount.add("LazyField.value")
    raise RuntimeError("not loaded")


LazyField.value = property(_load, lambda self, value: None)  # type: ignore[assignment]


class Model(BaseModel):
    value: Any = None

    def __getattribute__(self, name: str) -> Any:
        if name == "value":
            ReadCount.add("Model.value")
        return super().__getattribute__(name)


class Pair(NamedTuple):
    left: Any
    right: Any


class Color(Enum):
    RED = "red"


class Number(IntEnum):
    ONE = 1


class HostileMeta(type):
    def __getattribute__(cls, name: str) -> Any:
        raise RuntimeError(name)

    def __hash__(cls) -> int:
        raise RuntimeError("hash of the class")

    def __eq__(cls, other: object) -> bool:
        raise RuntimeError("equality of the class")

    def __instancecheck__(cls, value: Any) -> bool:
        raise RuntimeError("instance check")

    def __subclasscheck__(cls, value: Any) -> bool:
        raise RuntimeError("subclass check")

    def __repr__(cls) -> str:
        raise RuntimeError("repr of the class")


class OfHostileClass(metaclass=HostileMeta):
    pass


class RaisingMessage(HumanMessage):
    """A message that is stored as any other, and raises when it is read."""

    def __getattribute__(self, name: str) -> Any:
        if name in ("model_fields_set", "text", "tool_calls", "response_metadata"):
            ReadCount.add(f"RaisingMessage.{name}")
            raise RuntimeError(name)
        return super().__getattribute__(name)


class HoldingError(Exception):
    """An error that holds a value and does not show it."""

    def __str__(self) -> str:
        return "it holds a value"


class RaisingError(Exception):
    def __str__(self) -> str:
        raise Panic("its text")

    __repr__ = __str__

    @property
    def args(self) -> Any:  # type: ignore[override]
        raise RuntimeError("args")


def _bad_notes() -> Exception:
    error = ValueError("x")
    error.__notes__ = 5  # type: ignore[assignment]
    return error


def _raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:  # noqa: BLE001 - with a traceback
        return caught


def _shared_groups() -> Exception:
    error: Exception = ValueError("x")
    for _ in range(30):
        error = ExceptionGroup("g", [error, error])
    return error


def nested(build: Callable[[Any], Any], levels: int = 10_000) -> Any:
    """Return a value in a value in a value."""
    value: Any = build(0)
    for _ in range(levels):
        value = build(value)
    return value


def _cycle_of_two() -> Any:
    first: list[Any] = []
    second = {"first": first}
    first.append(second)
    return first


def _dict_of_itself_twice() -> Any:
    value: dict[str, Any] = {}
    value.update(a=value, b=value)
    return value


def _record_of_itself() -> Any:
    record = Record(1)
    record.value = [record, record]
    return record


def _endless_text_iterator() -> Iterator[str]:
    while True:
        ReadCount.add("generator")
        yield "x"


def _many_bad_messages() -> Any:
    return [AIMessage.model_construct(content=LazyProxy(), id=5, tool_calls=LazySequence(10**9), name=LengthRaises())]


ODD_VALUES: dict[str, Callable[[], Any]] = {
    # raise
    "a proxy that raises": LazyProxy,
    "an object whose class raises": ClassRaises,
    "a dict that raises": lambda: RaisingDict(a=1),
    "a list that raises": lambda: RaisingList([1]),
    "a text that raises": lambda: RaisingText("x" * 300),
    "an integer that raises": lambda: RaisingInt(5),
    "a length that raises": LengthRaises,
    "a repr that raises": ReprRaises,
    "a repr that raises a BaseException": ReprPanics,
    "a repr that raises CancelledError": ReprCancels,
    "a repr that is no text": ReprIsNoText,
    "a field that raises": LazyField,
    "a slot without a value": lambda: Slotted(1),
    "an instance of a hostile class": OfHostileClass,
    "a hostile class": lambda: OfHostileClass,
    "a message that raises": lambda: RaisingMessage(content="x"),
    "a list of a message that raises": lambda: [RaisingMessage(content="x")],
    "messages of odd fields": _many_bad_messages,
    "an exception that raises": lambda: _raised(RaisingError("x")),
    "an exception with bad notes": _bad_notes,
    "a cause that raises": lambda: _raised(ValueError(ReprPanics())),
    # lie
    "an object that says it is a dict": lambda: liar(dict),
    "an object that says it is a list": lambda: liar(list),
    "an object that says it is a text": lambda: liar(str),
    "an object that says it is an integer": lambda: liar(int),
    "an object that says it is a message": lambda: liar(BaseMessage),
    "an object that says it is an exception": lambda: liar(ValueError),
    "an object with every attribute": AnyAttribute,
    "a mock": MagicMock,
    "an object with the properties of a message": PropertiesCount,
    "a class with the fields of a message": lambda: type("M", (), {"type": "ai", "content": "x", "id": "1"}),
    "a namespace like a message": lambda: SimpleNamespace(type="ai", content=LazyProxy(), id=[]),
    "a module that is no text": lambda: type("Odd", (), {"__module__": []})(),
    "names of fields that are no texts": lambda: type("Odd", (tuple,), {"_fields": (1, LazyProxy())})((1, 2)),
    # never end
    "a lazy sequence": lambda: LazySequence(100_000),
    "a sequence without an end": lambda: LazySequence(2**62),
    "a lazy mapping": LazyMapping,
    "a lazy set": LazySet,
    "a list without an end": lambda: EndlessList([1]),
    "a range": lambda: range(10**9),
    "an iterator": itertools.count,
    "a generator": _endless_text_iterator,
    "a repeating map": lambda: map(str, itertools.count()),
    # are huge
    "100 MB of text": lambda: "x" * HUGE,
    "100 MB of text that is not ASCII": lambda: "é" * HUGE,
    "100 MB of bytes": lambda: bytes(HUGE),
    "100 MB of bytearray": lambda: bytearray(HUGE),
    "100 MB of memoryview": lambda: memoryview(bytes(HUGE)),
    "an array of 10,000,000": lambda: array.array("q", bytes(80_000_000)),
    "a deque of 200,000": lambda: deque(range(200_000)),
    "a list of 200,000": lambda: list(range(200_000)),
    "a dict of 200,000": lambda: dict.fromkeys(range(200_000)),
    "a set of 200,000": lambda: set(range(200_000)),
    "views of a dict of 200,000": lambda: dict.fromkeys(range(200_000)).items(),
    "an integer of 5,000 digits": lambda: 10**5000,
    "a key of 5,000 digits": lambda: {10**5000: 1},
    "a decimal of many digits": lambda: Decimal("9" * 10_000),
    "a fraction of many digits": lambda: Fraction(10**5000, 3),
    "a huge repr": ReprIsHuge,
    # hold themselves or each other
    "a cycle of two": _cycle_of_two,
    "a dict that holds itself twice": _dict_of_itself_twice,
    "a record that holds itself": _record_of_itself,
    "18 nested pairs": lambda: nested(lambda value: [value, value], 18),
    "30 nested pairs": lambda: nested(lambda value: {"a": value, "b": value}, 30),
    "groups that share exceptions": _shared_groups,
    "an error about 30 nested pairs": lambda: _raised(ValueError(nested(lambda value: [value, value], 30))),
    "10,000 lists": lambda: nested(lambda value: [value]),
    "10,000 dicts": lambda: nested(lambda value: {"a": value}),
    "10,000 records": lambda: nested(Record),
    "10,000 user lists": lambda: nested(lambda value: UserList([value])),
    # odd texts and keys
    "lone surrogates": lambda: {"\ud800": "\udfff", "x": ["\udc80"]},
    "bidirectional controls": lambda: "\u202etxt.exe\u2066 \u061c \u200f",
    "terminal controls": lambda: "\x1b[2J\x07\x9b1m\x00",
    "an odd repr": ReprIsOdd,
    "keys that are no text": lambda: {1: "a", (2, 3): "b", Color.RED: "c", None: "d", 1.5: "e", b"x": "f"},
    "keys that raise": lambda: {ReprPanics(): 1, ClassRaises(): 2, LengthRaises(): 3, RaisingText("a"): 4},
    "not finite": lambda: [float("nan"), float("inf"), float("-inf")],
    # builtin and well-known classes
    "enumerations": lambda: [Color.RED, Number.ONE],
    "subclasses of dict": lambda: [OrderedDict(a=1), defaultdict(list, a=[1]), Counter("abc")],
    "user containers": lambda: [UserDict(a=1), UserList([1]), UserString("x"), ChainMap({"a": 1})],
    "a mapping proxy": lambda: MappingProxyType({"a": 1}),
    "a model": lambda: Model(value=[Model(value=1)]),
    "a named tuple": lambda: Pair(1, Pair(2, 3)),
    "a lock, a file and a coroutine": lambda: [threading.Lock(), io.StringIO("x"), asyncio.sleep],
    "Ellipsis and NotImplemented": lambda: [..., NotImplemented, object()],
}
"""Functions that build the values, by description."""

LAZY = ("a lazy sequence", "a sequence without an end", "a lazy mapping", "a lazy set")
