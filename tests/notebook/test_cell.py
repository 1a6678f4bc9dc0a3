"""Call watch and awatch in the cells of a real kernel."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest

from lgstream.notebook.cell import FIRST_CONCURRENT_IPYKERNEL
from lgstream.views.saved.run_data import read_operations

if TYPE_CHECKING:
    from tests.notebook.conftest import Cell, Kernel

WIDGET = "application/vnd.jupyter.widget-view+json"
RUN = "application/vnd.lgstream.run.v1+json"
STATIC = {"text/html", "text/markdown", "text/plain", RUN}

AWAITED = ["watch(", "await awatch("]

# Without one, the view says what its button and form can do: see the test with an ipykernel before version 7 below.
needs_concurrent_kernel = pytest.mark.skipif(
    int(version("ipykernel").partition(".")[0]) < FIRST_CONCURRENT_IPYKERNEL,
    reason="messages of a view arrive at the end of the cell",
)


def only_view(cell: Cell) -> dict[str, Any]:
    """Return the output that remains in the cell."""
    assert cell.error is None, cell.messages
    return cell.outputs[0]


@pytest.mark.parametrize("call", AWAITED)
def test_the_widget_is_shown_first_and_the_static_output_remains(kernel: Kernel, call: str):
    cell = kernel.run(f"run = {call}graph(write), {{'log': ['in']}})")
    (first,) = cell.contents("display_data")
    assert WIDGET in first["data"]
    assert only_view(cell).keys() == STATIC
    whole = only_view(cell).pop(RUN)
    assert all("joke" in form and "a note" in form for form in only_view(cell).values())
    assert any(op[-1].get("text") == "a note" for op in read_operations(whole) if op[1] == "note")


@pytest.mark.parametrize("call", AWAITED)
def test_the_run_has_result_events_and_status(kernel: Kernel, call: str):
    cell = kernel.run(
        f"run = {call}graph(write), {{'log': ['in']}})\n"
        "print(run.result, run.status, run.error, run.interrupts, [type(e).__name__ for e in run.events])"
    )
    assert cell.text.startswith("{'log': ['in', 'written']} done None () ['RunStarted', 'Values', 'TaskStarted',")


@pytest.mark.parametrize("call", AWAITED)
def test_frames_reach_the_front_end_while_the_run_is_in_progress(kernel: Kernel, call: str):
    code = f"""
def slow(state, writer):
    writer("first")
    time.sleep(0.5)
    writer("second")
    return None

run = {call}graph(slow), {{'log': []}})
"""
    frames = kernel.run(code).frames()
    assert [frame["seq"] for frame in frames] == list(range(1, len(frames) + 1))
    texts = [str(frame["ops"]) for frame in frames]
    first = next(n for n, text in enumerate(texts) if "first" in text)
    assert "second" not in texts[first]
    assert any("second" in text for text in texts[first + 1 :])


@pytest.mark.parametrize("call", AWAITED)
def test_an_exception_is_raised_after_the_view_has_shown_it(kernel: Kernel, call: str):
    cell = kernel.run(
        f"def bad(state, writer):\n    writer('before')\n    raise ValueError('boom')\n{call}graph(bad), {{'log': []}})"
    )
    assert cell.error == "ValueError"
    kinds = [message["header"]["msg_type"] for message in cell.messages]
    assert kinds.index("update_display_data") < kinds.index("error")
    (view,) = cell.outputs
    assert "boom" in view["text/html"] and "before" in view["text/html"]


@pytest.mark.parametrize("call", AWAITED)
def test_a_run_that_fails_before_its_first_event_is_shown_as_failed(kernel: Kernel, call: str):
    cell = kernel.run(f"{call}graph(write), {{'log': []}}, {{'recursion_limit': 0}})")
    assert cell.error == "ValueError"
    assert "recursion_limit" in cell.outputs[0]["text/plain"]


@pytest.mark.parametrize("call", AWAITED)
def test_as_the_last_line_of_a_cell_the_run_is_not_shown_twice(kernel: Kernel, call: str):
    cell = kernel.run(f"{call}graph(write), {{'log': []}})")
    view, result = cell.outputs
    assert "text/html" in view
    assert result["text/plain"].startswith("<Run done") and "text/html" not in result


def test_a_later_cell_shows_a_run_as_static_output(kernel: Kernel):
    kernel.run("run = watch(graph(write), {'log': []})")
    (result,) = kernel.run("run").outputs
    assert result.keys() == STATIC and "joke" in result["text/html"]


def test_the_live_view_can_be_shown_again_with_its_whole_content(kernel: Kernel):
    kernel.run("run = watch(graph(write), {'log': []})")
    cell = kernel.run("run.widget()")
    assert WIDGET in cell.outputs[0]
    states = [
        content["data"]["state"] for content in cell.contents("comm_msg") if content["data"]["method"] == "update"
    ]
    assert any("a note" in state.get("ops_final", "") for state in states)


def test_persist_widget_keeps_the_widget_with_the_static_output(kernel: Kernel):
    cell = kernel.run("run = watch(graph(write), {'log': []}, persist='widget')")
    assert only_view(cell).keys() == STATIC | {WIDGET}


def test_interrupting_the_kernel_stops_a_sync_run_and_shows_it_up_to_then(kernel: Kernel):
    running = kernel.start(
        "def endless(state, writer):\n    writer('got this far'); print('begun')\n    time.sleep(60)\n"
        "watch(graph(endless), {'log': []})"
    )
    cell = kernel.finish(running, until="begun")
    kernel.interrupt()
    kernel.finish(running, cell=cell)
    assert cell.error == "KeyboardInterrupt"
    assert "stopped" in cell.outputs[0]["text/plain"] and "got this far" in cell.outputs[0]["text/html"]


def test_interrupting_the_kernel_stops_an_async_run_too(kernel: Kernel):
    running = kernel.start(
        "async def endless(state, writer):\n    writer('got this far'); print('begun')\n    await asyncio.sleep(60)\n"
        "await awatch(graph(endless), {'log': []})"
    )
    cell = kernel.finish(running, until="begun")
    kernel.interrupt()
    kernel.finish(running, cell=cell)
    assert cell.error in ("KeyboardInterrupt", "CancelledError")
    assert "stopped" in cell.outputs[0]["text/plain"] and "got this far" in cell.outputs[0]["text/html"]


@needs_concurrent_kernel
def test_the_stop_button_ends_an_async_run_and_returns_the_run(kernel: Kernel):
    running = kernel.start(
        "async def endless(state, writer):\n    writer('got this far'); print('begun')\n    await asyncio.sleep(60)\n"
        "run = await awatch(graph(endless), {'log': []})\n"
        "print(run.status, run.result, type(run.error).__name__)"
    )
    cell = kernel.finish(running, until="begun")
    (view,) = [content for content in cell.contents("comm_open") if "ops_final" in content["data"]["state"]]
    changes = [content["data"].get("state", {}) for content in cell.contents("comm_msg")]
    assert [change["stop_mode"] for change in changes if "stop_mode" in change] == ["button"]
    kernel.send(view["comm_id"], {"kind": "stop"})
    kernel.finish(running, cell=cell)
    assert cell.error is None and "stopped None CancelledError" in cell.text
    assert "stopped" in cell.outputs[0]["text/plain"]


def test_a_graph_of_langgraph_is_shown_in_the_same_way(kernel: Kernel):
    cell = kernel.run("""
from langgraph.graph import StateGraph as Theirs
from langgraph.types import StreamWriter

def theirs(state, writer: StreamWriter):
    writer("a note")
    return {"log": ["written"]}

run = watch(Theirs(State).add_node(theirs).add_edge(START, "theirs").compile(name="joke"), {"log": []})
print(run.result, run.status)
""")
    assert cell.text == "{'log': ['written']} done\n"
    assert only_view(cell).keys() == STATIC
    whole = only_view(cell).pop(RUN)
    assert all("joke" in form and "a note" in form for form in only_view(cell).values())
    assert any(op[-1].get("text") == "a note" for op in read_operations(whole) if op[1] == "note")


def test_an_interrupted_run_has_its_questions(kernel: Kernel):
    cell = kernel.run("""
from lgstream.types import interrupt

def ask(state):
    return {"log": [interrupt("sure?")]}

run = watch(graph(ask), {"log": []})
print(run.status, [question.value for question in run.interrupts])
""")
    assert cell.text == "interrupted ['sure?']\n"
    assert "sure?" in only_view(cell)["text/html"]


ASKS = """
from lgstream.types import interrupt
from langgraph.checkpoint.memory import InMemorySaver

def ask(state):
    return {"log": [interrupt({"question": "sure?", "choices": ["yes", "no"]})]}

asks = StateGraph(State).add_node(ask).add_edge(START, "ask").compile(name="asks", checkpointer=InMemorySaver())
def thread(name): return {"configurable": {"thread_id": name}}
"""


def puts(cell: Cell, table: str) -> list[dict[str, Any]]:
    """Return the fields that were sent to the front end for rows of this table, in order."""
    return [op[3] for frame in cell.frames() for op in frame["ops"] if op[1] == table and len(op) == 4]


@pytest.fixture
def asking(kernel: Kernel) -> Kernel:
    assert kernel.run(ASKS).error is None
    return kernel


@needs_concurrent_kernel
def test_an_async_cell_waits_for_the_form_and_continues_in_the_same_view(asking: Kernel):
    running = asking.start("print('begun')\nrun = await awatch(asks, {'log': []}, thread('a'))\nprint(run.result)")
    cell = asking.finish(running, until="begun")
    while not any(row.get("asks") for row in puts(cell, "run")):
        asking.next_message(running, cell)
    (asked,) = [row["ask"] for row in puts(cell, "task") if row.get("ask")]
    assert asked[0]["value"] == {"question": "sure?", "choices": ["yes", "no"]}
    (view,) = [content for content in cell.contents("comm_open") if "ops_final" in content["data"]["state"]]
    asking.send(view["comm_id"], {"kind": "answer", "id": "of something else", "value": "no"})
    asking.send(view["comm_id"], {"kind": "answer", "id": asked[0]["id"], "value": "yes"})
    asking.finish(running, cell=cell)
    assert cell.error is None and "{'log': ['yes']}" in cell.text
    assert len(cell.contents("display_data")) == 1
    assert [row["asks"] for row in puts(cell, "run") if "asks" in row] == [True, False]
    assert [row["ask"] for row in puts(cell, "task") if "ask" in row][-1] == []
    assert "asks: done" in cell.outputs[0]["text/plain"]


@needs_concurrent_kernel
def test_the_stop_button_ends_the_wait_for_a_form(asking: Kernel):
    running = asking.start("print('begun')\nrun = await awatch(asks, {'log': []}, thread('b'))\nprint(run.status)")
    cell = asking.finish(running, until="begun")
    while not any(row.get("asks") for row in puts(cell, "run")):
        asking.next_message(running, cell)
    (view,) = [content for content in cell.contents("comm_open") if "ops_final" in content["data"]["state"]]
    asking.send(view["comm_id"], {"kind": "stop"})
    asking.finish(running, cell=cell)
    assert cell.error is None and cell.text.endswith("interrupted\n")
    assert "waiting for an answer" in cell.outputs[0]["text/plain"]


def test_a_cell_that_a_program_runs_does_not_wait_for_a_form(asking: Kernel):
    cell_id = asking.client.execute(
        "run = await awatch(asks, {'log': []}, thread('c'))\nprint(run.status)", allow_stdin=False
    )
    assert asking.finish(cell_id).text == "interrupted\n"


def test_a_cell_does_not_wait_if_the_kernel_cannot_receive_the_form(asking: Kernel):
    cell = asking.run(
        "import ipykernel\n"
        "newest, ipykernel.version_info = ipykernel.version_info, (6, 31, 0)\n"
        "run = await awatch(asks, {'log': []}, thread('older'))\n"
        "ipykernel.version_info = newest\n"
        "print(run.status)"
    )
    assert cell.text == "interrupted\n"
    modes = [
        content["data"]["state"].get("stop_mode") for content in cell.contents("comm_msg") if "state" in content["data"]
    ]
    assert "kernel" in modes and "button" not in modes


def test_a_sync_run_and_its_view_continue_in_a_later_cell(asking: Kernel):
    first = asking.run("run = watch(asks, {'log': []}, thread('d'))\nprint(run.status)")
    assert first.text == "interrupted\n" and "sure?" in first.outputs[0]["text/html"]
    later = asking.run("run.resume('yes')\nprint(run.result)")
    assert later.error is None and later.text == "{'log': ['yes']}\n"
    assert WIDGET in later.contents("display_data")[0]["data"]
    assert "asks: done" in later.outputs[0]["text/plain"] and "sure?" in later.outputs[0]["text/html"]
