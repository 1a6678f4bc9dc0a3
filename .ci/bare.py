"""Check an installed lgstream that has only its own dependencies, away from its sources."""

import json
import sys
from pathlib import Path

import lgstream

loaded = {"langchain_core", "ipywidgets", "langgraph"} & set(sys.modules)
assert not loaded, f"`import lgstream` loads {loaded}"

from lgstream.graph import START, StateGraph  # noqa: E402 - after the look at what the first import loads

graph = StateGraph(dict).add_node("double", lambda state: {"n": state["n"] * 2}).add_edge(START, "double").compile()
print(f"lgstream {lgstream.__version__} in {lgstream.__path__[0]}")
assert list(graph.stream({"n": 21}, stream_mode="updates")) == [{"double": {"n": 42}}]

extension = Path(sys.prefix, "share", "jupyter", "labextensions", "lgstream")
load = json.loads((extension / "package.json").read_text())["jupyterlab"]["_build"]["load"]
extension_is_there = all((extension / name).exists() for name in (load, "runview.js", "runview.css"))
assert extension_is_there, f"JupyterLab would not find its extension in {extension}"
