"""The class that marks a state key whose value the run computes."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from lgstream._langgraph import loaded_object


@dataclass(frozen=True, slots=True)
class ManagedValue:
    """A value that is computed when a node reads it.

    Attributes:
        name: ``"remaining_steps"`` or ``"is_last_step"``.
    """

    name: str

    def value(self, step: int, last_step: int) -> int | bool:
        """Return the value in superstep ``step``; ``last_step`` is the last one that the recursion limit allows."""
        return last_step - step if self.name == "remaining_steps" else last_step - step == 1


@dataclass(frozen=True, slots=True)
class LangGraphManagedValue(ManagedValue):
    """A managed value of the langgraph package.

    Attributes:
        cls: the class that computes it.
    """

    cls: Any

    def value(self, step: int, last_step: int) -> Any:
        """Return what the class of langgraph computes in superstep ``step``."""
        return self.cls.get(SimpleNamespace(step=step, stop=last_step))


def is_langgraph_managed_value(annotation: Any) -> bool:
    """Return True for a class of managed values of langgraph."""
    base = loaded_object("ManagedValue", "langgraph.managed.base")
    return base is not None and isinstance(annotation, type) and issubclass(annotation, base)
