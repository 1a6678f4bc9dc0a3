"""Programs as Python source, which is run, and printed if a test fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import indent

from tests.differential.program_data import Call, Graph, Node, Program, Route

KEYS = {
    "log": "Annotated[list, operator.add]",
    "n": "int",
    "total": "Annotated[int, operator.add]",
    "best": "Annotated[int, larger]",
    "msgs": "Annotated[list, add_messages]",
    "other": "Any",
    "flash": "Annotated[Any, EphemeralValue]",
    "fixed": "Annotated[Any, AnyValue]",
    "unseen": "Annotated[Any, UntrackedValue]",
    "topic": "Annotated[list, Topic(str)]",
    "left": "RemainingSteps",
    "last": "IsLastStep",
}
"""All keys that a state may have. A program's state has ``log`` and the keys that its source mentions."""

_DEFAULTS = {"log": "list", "msgs": "list", "topic": "list"}
_VALUES = {"n": "0", "total": "0", "best": "0", "left": "0", "last": "False"}


def source_of(program: Program) -> str:
    """Return the source of a program, to be run with the names of ``ProgramEnvironment.namespace``."""
    lines = [*_graph(program.graph, "build", program.has_saver), "graph = build()", "bind(graph)"]
    for call in program.calls:
        lines += _call(call, program)
    lines += ["c.history(graph, thread())"] if program.has_saver else []
    return "\n".join(lines) + "\n"


def is_ordered(program: Program, call: Call) -> bool:
    """Return True if the tasks of this call can run one at a time.

    They cannot in a sync run that streams while nodes run: langgraph needs one thread of the pool to wait for chunks.
    """
    text = " ".join(call.options)
    is_live = any(word in text for word in ("custom", "messages", "subgraphs"))
    return program.is_ordered and (program.is_async or not is_live)


def _call(call: Call, program: Program) -> Iterator[str]:
    places = [] if call.at is None else [f"at={call.at}"]
    if call.method in ("stream", "invoke"):
        places += [f"recursion_limit={call.limit}"] + (["max_concurrency=1"] if is_ordered(program, call) else [])
    arguments = ", ".join(["graph", *([] if call.method == "state" else [call.input]), f"thread({', '.join(places)})"])
    if call.method == "update_state":
        arguments = f"graph, thread({', '.join(places)}), {call.input}"
    yield f"c.{call.method}({', '.join([arguments, *call.options])})"
    if program.has_saver and call.method != "state":
        yield "c.state(graph, thread(), subgraphs=True)"


def _graph(graph: Graph, name: str, has_saver: bool = False) -> list[str]:
    body: list[str] = []
    if graph.inner is not None:
        body += [*_graph(graph.inner, "inner_graph"), "inner = inner_graph()"]
    code = [line for node in graph.nodes if not node.is_graph for line in _node(node, graph.schema)]
    code += [line for route in graph.routes for line in _route(route)]
    body += [*_schemas(graph, "\n".join(code)), *code]
    schemas = (["input_schema=In"] if graph.takes else []) + (["output_schema=Out"] if graph.gives else [])
    body.append(f"g = StateGraph({', '.join(['State', *schemas])})")
    for node in graph.nodes:
        action = "inner" if node.is_graph else node.name
        body.append(f"g.add_node({', '.join([repr(node.name), action, *node.options])})")
    body += [f"g.add_edge({_named(start)}, {_named(end)})" for start, end in graph.edges]
    body += [f"g.add_edge({list(starts)!r}, {_named(end)})" for starts, end in graph.joins]
    for route in graph.routes:
        targets = ", ".join(f"{node.name!r}: {node.name!r}" for node in graph.nodes)
        mapped = [f"{{{targets}, END: END}}"] if route.is_mapped else []
        body.append(f"g.add_conditional_edges({', '.join([_named(route.source), _router(route), *mapped])})")
    options = (["checkpointer=saver()"] if has_saver else []) + list(graph.options)
    body.append(f"return g.compile({', '.join(options)})")
    return [f"def {name}():", *(indent(line, "    ") for line in body)]


def _schemas(graph: Graph, code: str) -> Iterator[str]:
    """Return the schema classes, with the keys that the code mentions."""
    used = [key for key in KEYS if key == "log" or re.search(rf"\b{key}\b", code)]
    plain = [key for key in used if key not in ("left", "last")]
    yield from _schema(graph.schema, "State", used)
    if graph.takes:
        yield from _schema(graph.schema, "In", [key for key in plain if key in graph.takes or key == "log"])
    if graph.gives:
        yield from _schema(graph.schema, "Out", [key for key in plain if key in graph.gives] or ["log"])
    if "Narrow" in code:
        yield from _schema("TypedDict", "Narrow", ["log"])
    if "Private" in code:
        yield from _schema("TypedDict", "Private", ["log", "secret"])


def _schema(kind: str, name: str, keys: list[str]) -> Iterator[str]:
    if kind == "dataclass":
        yield "@dataclass"
    yield f"class {name}:" if kind == "dataclass" else f"class {name}({kind}):"
    for key in keys:
        hint = KEYS.get(key, "str")
        default = ""
        if kind != "TypedDict":
            factory = f"field(default_factory={_DEFAULTS[key]})" if kind == "dataclass" and key in _DEFAULTS else None
            default = f" = {factory or ('[]' if key in _DEFAULTS else _VALUES.get(key, 'None'))}"
        yield f"    {key}: {hint}{default}"


def _node(node: Node, schema: str) -> Iterator[str]:
    body = [f"seen({node.name!r}, state)", *_collectors(node), *node.body, f"return {node.result}"]
    yield from _function(node.name, node.reads, body, node.is_async)


def _route(route: Route) -> Iterator[str]:
    name = _router(route)
    body = [f"seen({name!r}, state)", *route.body, f"return pick(state, [{', '.join(route.answers)}])"]
    yield from _function(name, "", body, route.is_async)


def _function(name: str, reads: str, body: list[str], is_async: bool) -> Iterator[str]:
    hint = f": {reads}" if reads else ""
    extra = ", writer" if any(line.startswith("writer(") for line in body) else ""
    yield f"{'async ' if is_async else ''}def {name}(state{hint}{extra}):"
    for line in body:
        yield f"    {in_async(line) if is_async else line}"


def in_async(line: str) -> str:
    """Return the line for an async function, in which models and graphs are awaited."""
    line = re.sub(r"inner\.stream\((.*)\)\)$", r"[each async for each in inner.astream(\1)])", line)
    return re.sub(r"\b(\w+)\.invoke\(", r"await \1.ainvoke(", line)


def _collectors(node: Node) -> Iterator[str]:
    text = "\n".join((*node.body, node.result))
    for name in ("answers", "replies", "results"):
        if re.search(rf"\b{name}\b", text):
            yield f"{name} = []"


def _router(route: Route) -> str:
    return f"after_{route.source.strip('_')}"


def _named(node: str) -> str:
    return {"__start__": "START", "__end__": "END"}.get(node, repr(node))
