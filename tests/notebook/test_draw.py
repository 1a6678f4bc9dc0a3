"""Draw graphs as pictures."""

from __future__ import annotations

import base64
import re
import socket
import xml.etree.ElementTree as ET
from typing import Any, TypedDict

import langgraph.graph
import pytest

import lgstream
import lgstream.graph

START, END = "__start__", "__end__"


class State(TypedDict):
    text: str


def graph(package: Any, name: str = "write") -> Any:
    """Return a graph with a subgraph, a conditional edge with labels, and a cycle."""
    inner = package.StateGraph(State).add_node("draft", lambda state: state).add_edge(START, "draft").compile()
    builder = package.StateGraph(State).add_node("plan", lambda state: state).add_node(name, inner)
    builder.add_edge(START, "plan").add_edge("plan", name)
    builder.add_conditional_edges(name, lambda state: "again", {"again": "plan", "enough": END})
    return builder.compile(name="joke")


def svg(bundle: dict[str, str]) -> ET.Element:
    match = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', bundle["text/html"])
    assert match is not None
    return ET.fromstring(base64.b64decode(match[1]))


def words(root: ET.Element) -> set[str]:
    return {element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")}


PACKAGES = pytest.mark.parametrize("package", [lgstream.graph, langgraph.graph], ids=["lgstream", "langgraph"])


@PACKAGES
def test_the_picture_contains_all_nodes_and_labels(package: Any):
    bundle = lgstream.draw(graph(package))._repr_mimebundle_()
    assert words(svg(bundle)) == {"START", "END", "plan", "write", "draft", "again", "enough"}


@PACKAGES
def test_without_xray_a_subgraph_is_a_box(package: Any):
    assert "draft" not in words(svg(lgstream.draw(graph(package), xray=False)._repr_mimebundle_()))


@PACKAGES
def test_the_picture_needs_no_network(package: Any, monkeypatch: pytest.MonkeyPatch):
    compiled = graph(package)
    monkeypatch.delattr(socket, "socket")
    assert "http" not in lgstream.draw(compiled).svg.replace("http://www.w3.org/2000/svg", "")


def test_a_graph_at_the_end_of_a_cell_is_shown_as_its_picture():
    compiled = graph(lgstream.graph)
    assert compiled._repr_mimebundle_() == lgstream.draw(compiled)._repr_mimebundle_()


def test_the_text_alternative_describes_the_graph():
    bundle = graph(lgstream.graph)._repr_mimebundle_()
    assert "write ⇢ plan  (again)" in bundle["text/plain"] and "write is a graph:" in bundle["text/plain"]
    assert 'alt="joke&#10;' in bundle["text/html"] and "<svg" not in bundle["text/html"]


def test_names_cannot_add_markup():
    picture = lgstream.draw(graph(lgstream.graph, "<script>&\"'"))
    assert "<script>" not in picture._repr_mimebundle_()["text/html"]
    assert "<script>&\"'" in words(svg(picture._repr_mimebundle_()))


@pytest.mark.parametrize(
    ("value", "message"),
    [(lgstream.StateGraph(State), "Compile it first"), ("graph", r"a str\.$")],
    ids=["builder", "text"],
)
def test_an_object_that_is_not_a_compiled_graph_is_rejected(value: Any, message: str):
    with pytest.raises(TypeError, match=message):
        lgstream.draw(value)
