"""No message of a real kernel to the page contains a secret of a run that it shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.notebook.conftest import Kernel

GRAPH = """
%load_ext lgstream
key = "plan" + "ted-1"
def log_in(state, writer):
    writer({"headers": [("authorization", key)]})
    return {"log": [{"api_key": key, "shown": "yes"}, f"https://ada:{key}@example.org"]}

login = graph(log_in)
"""


@pytest.mark.parametrize(
    "call",
    ["%%watch\nlogin.invoke({'log': [{'password': key}]});", "run = watch(login, {'log': [{'password': key}]})",
     "run = await awatch(login, {'log': [{'password': key}]})"],
)  # fmt: skip
def test_no_message_to_the_page_contains_a_secret(kernel: Kernel, call: str):
    assert kernel.run(GRAPH).error is None
    cell = kernel.run(call)
    assert cell.error is None, cell.messages
    sent = json.dumps([message["content"] for message in cell.messages])
    assert "planted-1" not in sent
    assert "yes" in sent and "<redacted>" in sent and cell.frames()


def test_a_hook_of_the_cell_applies_to_its_views(kernel: Kernel):
    assert kernel.run(GRAPH).error is None
    code = """%%watch
from lgstream.redaction import redacting
with redacting(lambda name, value: "hidden" if name == "shown" else value):
    login.invoke({"log": []});
"""
    cell = kernel.run(code)
    sent = json.dumps(cell.outputs)
    assert "hidden" in sent and "planted-1" in sent
