"""Checks the nodes and edges of a graph. Every error message names the rule and the remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from lgstream._arguments import check_type, wrong_type
from lgstream.constants import END, START
from lgstream.graph.specs import GraphSpec, action_name

RESERVED_CHARACTERS = "|:"
"""Characters that separate the parts of a namespace; node names cannot contain them."""


def check_action(role: str, action: Any) -> None:
    """Raise TypeError if a value cannot be a node, a routing function or an error handler.

    Args:
        role: what it is, for the message.
        action: the value.
    """
    is_runnable = hasattr(action, "invoke")
    if is_runnable and isinstance(action, type):
        raise wrong_type(role, action, f"an instance: {action.__name__}(...)")
    if not (callable(action) or isinstance(action, dict) or is_runnable):
        hint = ": compile it, builder.compile()" if hasattr(action, "compile") else ""
        raise wrong_type(role, action, f"a function, a Runnable, a compiled graph or a dict of them{hint}")


def name_and_action(node: Any, action: Any) -> tuple[str, Any]:
    """Return the name and the action of a node from the arguments of :meth:`StateGraph.add_node`."""
    if not isinstance(node, str):
        check_action("The node", node)
        return action_name(node), node
    if action is None:
        raise RuntimeError(f"Node '{node}' has no action: add_node('{node}', function).")
    check_action(f"The action of node '{node}'", action)
    return node, action


def check_node_name(argument: str, name: Any, remedy: str) -> None:
    """Raise TypeError if an argument is not the name of a node."""
    if not isinstance(name, str):
        raise wrong_type(argument, name, f"the name of a node: {remedy}")


def check_new_name(spec: GraphSpec, name: str) -> None:
    """Raise ValueError if no node can be added under this name."""
    if name in spec.nodes:
        raise ValueError(f"Node `{name}` already present. Node names are unique: give this one another name.")
    if name in (START, END):
        raise ValueError(f"Node `{name}` is reserved: use START and END in edges only.")
    for character in RESERVED_CHARACTERS:
        if character in name:
            raise ValueError(
                f"'{character}' is a reserved character and is not allowed in the node names: rename '{name}'."
            )


def check_edges(spec: GraphSpec) -> None:
    """Raise ValueError if an edge starts or ends at an unknown node, or no edge starts at START."""
    sources = {start for start, _ in spec.edges} | {name for starts, _ in spec.waiting_edges for name in starts}
    sources |= set(spec.branches)
    for source in sorted(sources - spec.nodes.keys() - {START}):
        raise ValueError(f"Found edge starting at unknown node '{source}': the graph has {_quoted(spec.nodes)}.")
    if START not in sources:
        raise ValueError(
            "Graph must have an entrypoint: add at least one edge from START to another node, "
            "add_edge(START, 'a_node')."
        )
    for source, branches in spec.branches.items():
        for name, branch in branches.items():
            for end in (branch.ends or {}).values():
                if end not in spec.nodes and end != END:
                    raise ValueError(
                        f"At '{source}' node, '{name}' branch found unknown target '{end}': the graph has "
                        f"{_quoted(spec.nodes)}."
                    )
    targets = {end for _, end in spec.edges} | {end for _, end in spec.waiting_edges}
    for target in sorted(targets - spec.nodes.keys() - {END}):
        raise ValueError(f"Found edge ending at unknown node `{target}`: the graph has {_quoted(spec.nodes)}.")


def check_interrupts(spec: GraphSpec, nodes: Sequence[str]) -> None:
    """Raise ValueError if a node before or after which a run stops is unknown, TypeError if ``nodes`` is not a list."""
    check_type("interrupt", nodes, Iterable, "a list of node names")
    for node in nodes:
        if node not in spec.nodes:
            raise ValueError(f"Interrupt node `{node}` not found: the graph has {_quoted(spec.nodes)}.")


def _quoted(nodes: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in nodes) or "no nodes"
