"""Exploring a finished run. All tests share one page, and each restores its state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import new_page
from tests.support.openai_server import OpenAIServer
from tools.jupyterlab.notebook import Notebook
from tools.jupyterlab.server import Lab

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
CELLS = [
    "from graphs import *",
    "run = watch(survey(), {'topic': 'the sea'})\nrun.widget()",
    "talk_run = watch(talk, {'messages': ['What of eels?']})\ntalk_run.widget()",
]
SERIOUS_VIOLATIONS = """view => axe.run(view, {resultTypes: ["violations"]}).then(({violations}) => violations
    .filter(({impact}) => impact === "serious" || impact === "critical")
    .map(({id, nodes}) => id + ": " + nodes[0].html + " " + nodes[0].failureSummary))"""


@pytest.fixture(scope="module")
def notebook(lab: Lab, browser: Browser, model_server: OpenAIServer) -> Iterator[Notebook]:
    model_server.pace = 0.01
    page = new_page(browser)
    notebook = Notebook(page, lab, lab.write_notebook(CELLS))
    notebook.run()
    model_server.pace = 0.0
    yield notebook
    page.close()
    lab.shut_down_kernels()


@pytest.fixture
def survey(notebook: Notebook) -> Iterator[Locator]:
    """The view of the run with three parallel researchers."""
    view = notebook.live_view(1)
    expect(view.locator(".lgs-status")).to_have_text("done")
    expect(view.locator(".lgs-card")).to_have_count(3)
    yield view
    if (slider := view.get_by_role("slider")).is_visible():
        slider.press("0")
        slider.press("End")
    view.press("Escape")
    expect(view.locator(".lgs-card")).to_have_count(3)


@pytest.fixture
def talk(notebook: Notebook) -> Locator:
    """The view of the run whose model answers with hostile text."""
    view = notebook.live_view(2)
    expect(view.locator(".lgs-status")).to_have_text("done")
    return view


def texts(locator: Locator) -> list[str]:
    return [text.strip() for text in locator.all_text_contents()]


def test_everything_has_a_name_and_no_uuid_is_shown(survey: Locator):
    names = texts(survey.locator(".lgs-row-name"))
    assert names == ["survey", "plan", *(n for at in "123" for n in (f"research #{at}", "look", "write")), "sum_up"]
    assert sorted(texts(survey.locator(".lgs-card .lgs-path"))) == [f"research #{at} › write" for at in "123"]
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", survey.inner_text())


def test_parallel_calls_are_side_by_side(survey: Locator):
    first, second = (card.bounding_box() for card in survey.locator(".lgs-card").all()[:2])
    assert first is not None and second is not None
    assert first["y"] == second["y"] and first["x"] + first["width"] < second["x"]


def test_arrow_keys_move_through_the_tree(survey: Locator):
    rows = survey.locator(".lgs-tree .lgs-row")
    rows.first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowLeft"):
        survey.locator(":focus").press(key)
    expect(rows.nth(2)).to_be_focused()
    expect(rows.nth(2)).to_have_attribute("aria-expanded", "false")
    expect(rows).to_have_count(10)
    rows.nth(2).press("ArrowRight")
    rows.nth(2).press("End")
    expect(rows.last).to_be_focused()
    expect(rows).to_have_count(12)


def test_selecting_a_row_filters_all_panels(survey: Locator):
    survey.locator(".lgs-row", has_text="research #2").click()
    expect(survey.locator(".lgs-card")).to_have_count(1)
    expect(survey.locator(".lgs-card")).to_contain_text("research #2 › write")
    assert texts(survey.locator(".lgs-lane-name")) == ["research #2", "look", "write"]
    expect(survey.locator(".lgs-where")).to_contain_text("research #2")


def test_the_timeline_shows_supersteps_waits_and_retries(survey: Locator):
    assert texts(survey.locator(".lgs-band")) == ["1", "2", "3"]
    retry = survey.locator(".lgs-retry")
    expect(retry).to_have_count(1)
    expect(retry).to_have_attribute("title", re.compile("ConnectionError: the archive is closed"))
    assert survey.locator(".lgs-wait").count() >= 1
    bar = survey.get_by_role("button", name=re.compile("^look, .*tried 2 times"))
    retry.click()
    expect(survey.locator(".lgs-sheet")).to_contain_text("tries that failed")
    bar.hover(position={"x": 3, "y": 6})
    expect(bar).to_have_attribute("title", re.compile('input: .*"topic": "eels"'))


def test_the_timeline_zooms_and_pans(survey: Locator):
    field, timeline = survey.locator(".lgs-field"), survey.locator(".lgs-timeline")
    start_of_axis = "field => Number(field.style.getPropertyValue('--lgs-t0'))"
    survey.get_by_role("button", name="Zoom in").click()
    expect(timeline).to_have_class(re.compile("lgs-zoomed"))
    start = field.evaluate(start_of_axis)
    assert start > 0
    slider = survey.get_by_role("slider").bounding_box()
    assert slider is not None
    mouse, y = survey.page.mouse, slider["y"] - 3
    mouse.move(slider["x"] + 100, y)
    mouse.down()
    mouse.move(slider["x"] + 200, y, steps=3)
    mouse.up()
    assert field.evaluate(start_of_axis) < start


def test_a_task_at_the_end_of_the_timeline_has_a_visible_bar(survey: Locator):
    lane = survey.locator(".lgs-lane", has_text="sum_up")
    bar, track = (lane.locator(part).bounding_box() for part in (".lgs-bar", ".lgs-track"))
    assert bar is not None and track is not None
    assert bar["x"] + bar["width"] <= track["x"] + track["width"] + 0.5


def test_a_long_old_value_leaves_room_for_the_new_one(survey: Locator):
    survey.get_by_role("button", name="state", exact=True).click()
    diff = survey.locator(".lgs-changes .lgs-diff").first
    columns = diff.evaluate(
        """diff => {
            const [was, is] = ["del", "ins"].map(tag => document.createElement(tag));
            diff.replaceChildren(document.createElement("span"), was, is);
            was.textContent = is.textContent = "word ".repeat(60);
            return [was, is].map(value => value.getBoundingClientRect().width);
        }"""
    )
    survey.get_by_role("button", name="state", exact=True).click()
    assert columns[1] >= columns[0]


def test_the_state_sheet_shows_what_each_node_changed(survey: Locator, talk: Locator):
    survey.get_by_role("button", name="state", exact=True).click()
    sheet = survey.locator(".lgs-sheet")
    expect(sheet.locator(".lgs-changer")).to_have_text("sum_up")
    expect(sheet.locator(".lgs-changes")).to_contain_text('"the sea"')
    sheet.get_by_role("button", name="State one step before").click()
    expect(sheet.locator(".lgs-changer")).to_have_count(3)
    survey.get_by_role("button", name="state", exact=True).click()
    talk.get_by_role("button", name="state", exact=True).click()
    expect(talk.locator(".lgs-bubble.lgs-human")).to_contain_text("What of eels?")
    talk.get_by_role("button", name="state", exact=True).click()


def test_the_graph_shows_visits_and_the_edges_taken(survey: Locator):
    survey.get_by_role("button", name="graph").click()
    drawing = survey.locator(".lgs-graph")
    expect(drawing.get_by_role("button", name="write, done, 3 visits")).to_be_visible()
    expect(drawing.locator(".lgs-edge.lgs-taken")).to_have_count(7)
    survey.get_by_role("button", name="tree").click()


def test_all_panels_follow_the_scrubber(survey: Locator):
    slider = survey.get_by_role("slider")
    box = slider.bounding_box()
    assert box is not None
    mouse = survey.page.mouse
    mouse.move(box["x"] + box["width"] - 2, box["y"] + 8)
    mouse.down()
    mouse.move(box["x"] + 1, box["y"] + 8, steps=5)
    mouse.up()
    expect(survey.locator(".lgs-status")).to_have_text("running")
    expect(survey.locator(".lgs-card")).to_have_count(0)
    expect(survey.locator(".lgs-row.lgs-is-pending")).not_to_have_count(0)
    slider.press("End")
    expect(survey.locator(".lgs-status")).to_have_text("done")


def test_a_message_that_is_streamed_and_returned_twice_has_one_card(talk: Locator):
    expect(talk.locator(".lgs-card")).to_have_count(1)
    expect(talk.locator(".lgs-card-head")).to_contain_text("2 repeats left out")


def test_reasoning_is_collapsed_and_content_types_usage_and_cost_are_shown(talk: Locator):
    expect(talk.locator(".lgs-reasoning")).not_to_have_attribute("open", "")
    expect(talk.locator(".lgs-reasoning")).to_contain_text("Hmm, eels.")
    expect(talk.locator(".lgs-tags")).to_have_text("image/png")
    expect(talk.locator(".lgs-card-head")).to_contain_text("12 in, 34 out")
    expect(talk.locator(".lgs-card-head")).to_contain_text("$0.0021")


def test_text_of_a_model_cannot_harm_the_page(talk: Locator):
    text = talk.locator(".lgs-card .lgs-text")
    expect(text.locator("pre")).to_have_text("print('code')\n")
    assert text.locator("img, script, iframe").count() == 0
    links: list[str] = text.locator("a[href]").evaluate_all("links => links.map(link => link.href)")
    assert links == ["https://evil.example/p.png", "https://example.org/"]
    assert talk.page.evaluate("window.hurt") is None


@pytest.mark.parametrize("width", [360, 900, 1600])
def test_nothing_is_cut_off_at_any_width(survey: Locator, width: int):
    survey.evaluate("(view, width) => { view.parentElement.style.width = `${width}px`; }", width)
    overflowing: list[str] = survey.evaluate(
        """view => ["header", "bar-row", "main", "tree", "scroller", "summary-row"]
            .filter(part => (part = view.querySelector(`.lgs-${part}`)).scrollWidth > part.clientWidth + 1)"""
    )
    survey.evaluate("view => { view.parentElement.style.width = ''; }")
    assert overflowing == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_violation(notebook: Notebook, survey: Locator, talk: Locator, theme: str):
    page: Any = notebook.page
    notebook.set_theme(theme)
    page.evaluate(AXE.read_text())
    violations = {name: view.evaluate(SERIOUS_VIOLATIONS) for name, view in (("survey", survey), ("talk", talk))}
    assert violations == {"survey": [], "talk": []}


def test_a_dark_theme_prints_dark_on_white_with_bars(notebook: Notebook, survey: Locator):
    page: Any = notebook.page
    notebook.set_theme("dark")
    page.emulate_media(media="print")
    ground = survey.evaluate("view => getComputedStyle(view).backgroundColor")
    ink = survey.evaluate("view => getComputedStyle(view).color")
    bar = survey.locator(".lgs-bar").first.evaluate("bar => getComputedStyle(bar).printColorAdjust")
    page.emulate_media(media="screen")
    notebook.set_theme("light")
    assert (ground, ink, bar) == ("rgb(255, 255, 255)", "rgb(27, 31, 36)", "exact")


def test_forced_colours_distinguish_the_selected_tab(notebook: Notebook, survey: Locator):
    notebook.page.emulate_media(forced_colors="active")
    tree, graph = (survey.get_by_role("button", name=name, exact=True) for name in ("tree", "graph"))
    grounds = [tab.evaluate("tab => getComputedStyle(tab).backgroundColor") for tab in (tree, graph)]
    inks = [tab.evaluate("tab => getComputedStyle(tab).color") for tab in (tree, graph)]
    notebook.page.emulate_media(forced_colors="none")
    assert grounds[0] != grounds[1] and inks[0] != inks[1]


def test_forced_colours_keep_bars_and_selection_visible(notebook: Notebook, survey: Locator):
    notebook.page.emulate_media(forced_colors="active")
    row = survey.locator(".lgs-row", has_text="research #2")
    row.click()
    expect(row).to_have_attribute("aria-selected", "true")  # the lanes are those of the row now
    bar = survey.locator(".lgs-bar").first
    ground = bar.evaluate("bar => getComputedStyle(bar).backgroundColor")
    outline = row.evaluate("row => getComputedStyle(row).outlineStyle")
    notebook.page.emulate_media(forced_colors="none")
    assert ground == bar.evaluate("bar => getComputedStyle(bar).backgroundColor")
    assert outline == "solid"
