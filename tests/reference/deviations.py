"""Where lgstream deliberately differs from the recordings."""

from __future__ import annotations

from dataclasses import dataclass

from tests.reference.normalise import Json, plain
from tests.reference.recorder import Operation


@dataclass(frozen=True)
class Deviation:
    """An operation with a different outcome in lgstream.

    Attributes:
        case: The id of the case.
        operation: The index of the operation in the case.
        reason: Why the outcome differs.
        fields: The fields of the operation that differ, with their values in lgstream.
        absent: The recorded fields that the operation does not have in lgstream.
    """

    case: str
    operation: int
    reason: str
    fields: dict[str, Json]
    absent: tuple[str, ...] = ()

    def apply(self, recorded: Operation) -> Operation:
        """Return the recorded operation with the outcome in lgstream."""
        return {name: value for name, value in {**recorded, **self.fields}.items() if name not in self.absent}


def with_deviations(case_id: str, recorded: list[Operation]) -> list[Operation]:
    """Return a recorded run with the outcomes in lgstream where these deliberately differ."""
    run = list(recorded)
    for deviation in DELIBERATE:
        if deviation.case == case_id:
            run[deviation.operation] = deviation.apply(run[deviation.operation])
    return run


_PRIVATE_LOOP = "an async node runs in a sync run, on a private event loop, so that notebook cells need no await"
_QUESTION: Json = {"$type": "Interrupt", "value": {"question": "ok?"}, "id": "<hex:9000>", "response_schema": None}


def _interrupt_chunks(log: list[str]) -> list[Json]:
    """Return the chunks of the interrupted node with the state ``log``."""
    interrupts: Json = {"__interrupt__": {"$type": "tuple", "items": [_QUESTION]}}
    return [
        {"$type": "tuple", "items": ["updates", interrupts]},
        {"$type": "tuple", "items": ["values", {"log": log, **interrupts}]},
    ]


_UNKNOWN_OPTION = "an unknown stream mode, durability or keyword argument is an error; langgraph ignores it"


def _builtin_error(name: str) -> Json:
    return {"type": name, "module": "builtins", "bases": [name], "message": "the wording is free"}


_UNKNOWN_VALUE: dict[str, Json] = {"chunks": [], "raised": _builtin_error("ValueError")}


def _node_json(name: str) -> Json:
    return {
        "id": name,
        "type": "runnable",
        "data": {"id": ["langchain_core", "runnables", "base", "RunnableLambda"], "name": name},
    }


DELIBERATE = (
    Deviation("err-async-node-in-sync-run", 0, _PRIVATE_LOOP, {"chunks": [{"a": {"x": 1}}], "raised": None}),
    Deviation("err-async-node-in-sync-run", 1, _PRIVATE_LOOP, {"result": {"x": 1}, "raised": None}),
    Deviation(
        "int-command-mix",
        3,
        "Command(goto=...) given while an interrupt is pending goes there and nowhere else; "
        "langgraph runs the interrupted node again beside it",
        {
            "chunks": plain(
                [("values", {"log": ["a"]}), ("updates", {"z": {"log": ["z"]}}), ("values", {"log": ["a", "z"]})]
            )
        },
    ),
    Deviation(
        "int-command-mix",
        5,
        "Command(update=...) as the first input of a thread is applied once; langgraph applies it twice",
        {
            "chunks": [
                *plain(
                    [("values", {"log": ["u"]}), ("updates", {"a": {"log": ["a"]}}), ("values", {"log": ["u", "a"]})]
                ),
                *_interrupt_chunks(["u", "a"]),
            ]
        },
    ),
    Deviation(
        "int-command-mix",
        6,
        "an empty Command as the first input of a thread is no input; langgraph fails on a variable it did not set",
        {
            "raised": {
                "type": "EmptyInputError",
                "module": "langgraph.errors",
                "bases": ["Exception"],
                "message": "the wording is free",
            }
        },
    ),
    Deviation("modes-unknown", 0, _UNKNOWN_OPTION, _UNKNOWN_VALUE),
    Deviation("modes-unknown", 1, _UNKNOWN_OPTION, _UNKNOWN_VALUE),
    Deviation("modes-unknown", 2, _UNKNOWN_OPTION, {"raised": _builtin_error("ValueError")}, absent=("result",)),
    Deviation("modes-unknown", 3, _UNKNOWN_OPTION, _UNKNOWN_VALUE),
    Deviation("modes-durability", 10, _UNKNOWN_OPTION, _UNKNOWN_VALUE),
    Deviation("err-build", 41, _UNKNOWN_OPTION, {"raised": _builtin_error("TypeError")}, absent=("result",)),
    Deviation(
        "misc-names",
        15,
        "nodes are drawn with the class path of the langchain-core runnable they are; langgraph has a class of its own",
        {
            "result": {
                "nodes": [*map(_node_json, ("__start__", "named", "two")), {"id": "__end__"}],
                "edges": [
                    {"source": "__start__", "target": "named"},
                    {"source": "named", "target": "two"},
                    {"source": "two", "target": "__end__"},
                ],
            }
        },
    ),
)
