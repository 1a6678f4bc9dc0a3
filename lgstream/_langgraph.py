"""The classes of the ``langgraph`` package, as far as the running program has loaded them.

langgraph is optional, and lgstream never imports it. An object can only be an instance of one of its classes if the
module with the class has been imported, so the class is looked up among the loaded modules (decision 29).
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any, Final

TYPES: Final = "langgraph.types"
ERRORS: Final = "langgraph.errors"


def loaded_object(name: str, module: str = TYPES) -> Any:
    """Return a class or function of langgraph; None if its module is not loaded.

    Args:
        name: the name of the class or function.
        module: the full name of the module that defines it.
    """
    return getattr(sys.modules.get(module), name, None)


def is_langgraph(value: Any, name: str, module: str = TYPES) -> bool:
    """Return True if ``value`` was created as an instance of langgraph's class, or of a subclass of it.

    Not for lgstream's own objects that ``isinstance()`` accepts in place of langgraph's, because this looks at the real
    type.

    Args:
        value: any object.
        name: the name of the class.
        module: the full name of the module that defines it.
    """
    cls = loaded_object(name, module)
    return cls is not None and type.__subclasscheck__(cls, type(value))


@cache
def joint_class(own: Any, langgraph_class: Any) -> Any:
    """Return a subclass of a class of lgstream and of one of langgraph, under the name of the first.

    Its attribute ``own_class`` is the class of lgstream.
    """
    names = {name: getattr(own, name) for name in ("__module__", "__qualname__", "__doc__")}
    return type(own.__name__, (own, langgraph_class), {**names, "own_class": own})


def register_as(cls: type, name: str, module: str) -> None:
    """Let ``isinstance()`` with a class of langgraph accept the instances of ``cls``, if it is loaded.

    The class must be one of ``abc.ABCMeta``, whose ``register`` is made for that.

    Args:
        cls: a class of lgstream with the methods and attributes that langgraph uses.
        name: the name of langgraph's class.
        module: the full name of the module that defines it.
    """
    langgraph_class = loaded_object(name, module)
    if langgraph_class is not None and not issubclass(cls, langgraph_class):
        langgraph_class.register(cls)


def has_langgraph_types() -> bool:
    """Return True if ``langgraph.types`` is loaded; otherwise no value can be a Command or a Send of langgraph."""
    return TYPES in sys.modules


def is_pregel_loaded() -> bool:
    """Return True if graphs of langgraph can exist in this process."""
    return "langgraph.pregel" in sys.modules


def is_langgraph_graph(graph: Any) -> bool:
    """Return True if ``graph`` is a compiled graph of langgraph."""
    return is_langgraph(graph, "Pregel", "langgraph.pregel")


def _class_for_isinstance(self: object) -> type:
    """Return langgraph's class with the name of the object's class; the object's class if that is not loaded."""
    cls = type(self)
    return loaded_object(cls.__name__) or cls


class AcceptedByLangGraph:
    """Base of the value classes that langgraph has, too: ``isinstance()`` with its class accepts their instances.

    ``isinstance()`` first looks at the type of an object and then at its ``__class__``. So langgraph's graphs take an
    lgstream Command or Send for one of their own, and save it as one. All fields must be those of langgraph's class.
    """

    __slots__ = ()

    __class__ = property(_class_for_isinstance)

    def __reduce__(self) -> Any:  # the default one is refused by pickle, because type and `__class__` differ
        return object.__new__, (type(self),), self.__getstate__()
