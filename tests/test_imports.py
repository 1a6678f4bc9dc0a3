"""Importing lgstream is cheap, and every exported name exists."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

import lgstream

HEAVY = ("langchain_core", "ipywidgets", "anywidget", "pydantic", "IPython", "openai", "langgraph")

LIGHT = [
    "import lgstream",
    "import lgstream.types",
    "import lgstream.errors",
    "import lgstream.events",
    "from lgstream import START, Event, Send, Sink, StateGraph, attach, events, interrupt, local, sinks",
    "from lgstream.graph import StateGraph, START",
    "from lgstream.config import get_stream_writer",
    "from lgstream.sinks import Collect, Console, Jsonl, attach",
]

MODULES = ["lgstream", *(module.name for module in pkgutil.walk_packages(lgstream.__path__, "lgstream."))]


@pytest.mark.parametrize("line", LIGHT)
def test_a_light_import_loads_no_heavy_package(line: str) -> None:
    program = f"{line}\nimport json, sys\nprint(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(process.stdout) == []


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_every_name_in_all_exists_or_the_package_to_install_is_named(name: str) -> None:
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        missing_package = name.replace("lgstream.", "langgraph.", 1)
        assert missing_package.startswith(str(error.name))
        assert str(error.name).startswith(("langgraph.checkpoint.", "langgraph.store."))
        return
    missing = [public for public in getattr(module, "__all__", ()) if not hasattr(module, public)]
    assert missing == []
