"""A run that is over, explored: one page for all, which each test leaves as it found it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import new_page
from tests.support.openai_server import OpenAIServer
from tools.jupyterlab.lab import Lab, Notebook

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
CELLS = [
    "from graphs import *",
    "run = watch(survey(), {'topic': 'the sea'})\nrun.widget()",
    "said = watch(talk, {'messages': ['What of eels?']})\nsaid.widget()",
]
SERIOUS = """view => axe.run(view, {resultTypes: ["violations"]}).then(({violations}) => violations
    .filter(({impact}) => impact === "serious" || impact === "critical")
    .map(({id, nodes}) => id + ": " + nodes[0].html + " " + nodes[0].failureSummary))"""


@pytest.fixture(scope="module")
def notebook(lab: Lab, browser: Browser, served: OpenAIServer) -> Iterator[Notebook]:
    served.pace = 0.01
    page = new_page(browser)
    notebook = Notebook(page, lab, lab.write(CELLS))
    notebook.run()
    served.pace = 0.0
    yield notebook
    page.close()
    lab.end_kernels()


@pytest.fixture
def survey(notebook: Notebook) -> Iterator[Locator]:
    """The view of three researchers who worked at the same time."""
    view = notebook.view(1)
    expect(view.locator(".lgs-status")).to_have_text("done")
    expect(view.locator(".lgs-card")).to_have_count(3)
    yield view
    if (slider := view.get_by_role("slider")).is_visible():
        slider.press("0")
        slider.press("End")
    view.press("Escape")
    expect(view.locator(".lgs-card")).to_have_count(3)


@pytest.fixture
def said(notebook: Notebook) -> Locator:
    """The view of a model that thinks, paints and means harm."""
    view = notebook.view(2)
    expect(view.locator(".lgs-status")).to_have_text("done")
    return view


def texts(found: Locator) -> list[str]:
    return [text.strip() for text in found.all_text_contents()]


def test_everything_has_a_name_and_nothing_a_uuid(survey: Locator):
    names = texts(survey.locator(".lgs-row-name"))
    assert names == ["survey", "plan", *(n for at in "123" for n in (f"research #{at}", "look", "write")), "sum_up"]
    assert sorted(texts(survey.locator(".lgs-card .lgs-path"))) == [f"research #{at} › write" for at in "123"]
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", survey.inner_text())


def test_parallel_calls_stand_side_by_side(survey: Locator):
    first, second = (card.bounding_box() for card in survey.locator(".lgs-card").all()[:2])
    assert first is not None and second is not None
    assert first["y"] == second["y"] and first["x"] + first["width"] < second["x"]


def test_arrow_keys_walk_the_tree(survey: Locator):
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


def test_a_selected_row_filters_every_other_part(survey: Locator):
    survey.locator(".lgs-row", has_text="research #2").click()
    expect(survey.locator(".lgs-card")).to_have_count(1)
    expect(survey.locator(".lgs-card")).to_contain_text("research #2 › write")
    assert texts(survey.locator(".lgs-lane-name")) == ["research #2", "look", "write"]
    expect(survey.locator(".lgs-where")).to_contain_text("research #2")


def test_the_timeline_marks_supersteps_waits_and_retries(survey: Locator):
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
    begins = "field => Number(field.style.getPropertyValue('--lgs-t0'))"
    survey.get_by_role("button", name="Zoom in").click()
    expect(timeline).to_have_class(re.compile("lgs-zoomed"))
    began = field.evaluate(begins)
    assert began > 0
    slider = survey.get_by_role("slider").bounding_box()
    assert slider is not None
    mouse, y = survey.page.mouse, slider["y"] - 3
    mouse.move(slider["x"] + 100, y)
    mouse.down()
    mouse.move(slider["x"] + 200, y, steps=3)
    mouse.up()
    assert field.evaluate(begins) < began


def test_a_task_at_the_very_end_has_a_bar_to_see(survey: Locator):
    lane = survey.locator(".lgs-lane", has_text="sum_up")
    bar, track = (lane.locator(part).bounding_box() for part in (".lgs-bar", ".lgs-track"))
    assert bar is not None and track is not None
    assert bar["x"] + bar["width"] <= track["x"] + track["width"] + 0.5


def test_a_long_value_leaves_room_for_what_it_became(survey: Locator):
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


def test_the_state_is_told_with_what_each_node_changed(survey: Locator, said: Locator):
    survey.get_by_role("button", name="state", exact=True).click()
    sheet = survey.locator(".lgs-sheet")
    expect(sheet.locator(".lgs-changer")).to_have_text("sum_up")
    expect(sheet.locator(".lgs-changes")).to_contain_text('"the sea"')
    sheet.get_by_role("button", name="State one step before").click()
    expect(sheet.locator(".lgs-changer")).to_have_count(3)
    survey.get_by_role("button", name="state", exact=True).click()
    said.get_by_role("button", name="state", exact=True).click()
    expect(said.locator(".lgs-bubble.lgs-human")).to_contain_text("What of eels?")
    said.get_by_role("button", name="state", exact=True).click()


def test_the_drawing_shows_visits_and_the_edges_taken(survey: Locator):
    survey.get_by_role("button", name="graph").click()
    drawing = survey.locator(".lgs-graph")
    expect(drawing.get_by_role("button", name="write, done, 3 visits")).to_be_visible()
    expect(drawing.locator(".lgs-edge.lgs-taken")).to_have_count(7)
    survey.get_by_role("button", name="tree").click()


def test_every_part_follows_the_scrubber(survey: Locator):
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


def test_a_message_that_is_streamed_and_returned_twice_is_one_card(said: Locator):
    expect(said.locator(".lgs-card")).to_have_count(1)
    expect(said.locator(".lgs-card-head")).to_contain_text("2 repeats left out")


def test_reasoning_is_folded_and_other_content_usage_and_cost_are_named(said: Locator):
    expect(said.locator(".lgs-reasoning")).not_to_have_attribute("open", "")
    expect(said.locator(".lgs-reasoning")).to_contain_text("Hmm, eels.")
    expect(said.locator(".lgs-tags")).to_have_text("image/png")
    expect(said.locator(".lgs-card-head")).to_contain_text("12 in, 34 out")
    expect(said.locator(".lgs-card-head")).to_contain_text("$0.0021")


def test_what_a_model_says_does_no_harm(said: Locator):
    text = said.locator(".lgs-card .lgs-text")
    expect(text.locator("pre")).to_have_text("print('code')\n")
    assert text.locator("img, script, iframe").count() == 0
    links: list[str] = text.locator("a[href]").evaluate_all("links => links.map(link => link.href)")
    assert links == ["https://evil.example/p.png", "https://example.org/"]
    assert said.page.evaluate("window.hurt") is None


@pytest.mark.parametrize("width", [360, 900, 1600])
def test_nothing_is_cut_off_at_any_width(survey: Locator, width: int):
    survey.evaluate("(view, width) => { view.parentElement.style.width = `${width}px`; }", width)
    overflowing: list[str] = survey.evaluate(
        """view => ["header", "bar-row", "main", "tree", "scroller", "summary-row"]
            .filter(part => (part = view.querySelector(`.lgs-${part}`)).scrollWidth > part.clientWidth + 1)"""
    )
    survey.evaluate("view => { view.parentElement.style.width = ''; }")
    assert overflowing == []


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing_serious(notebook: Notebook, survey: Locator, said: Locator, theme: str):
    page: Any = notebook.page
    page.evaluate("theme => lab.command('apputils:change-theme', {theme})", f"JupyterLab {theme}")
    page.wait_for_selector(f"body[data-jp-theme-name='JupyterLab {theme}']", state="attached")
    page.evaluate(AXE.read_text())
    found = {name: view.evaluate(SERIOUS) for name, view in (("survey", survey), ("said", said))}
    assert found == {"survey": [], "said": []}


def test_on_paper_a_dark_theme_is_dark_on_white_and_bars_are_printed(notebook: Notebook, survey: Locator):
    page: Any = notebook.page
    page.evaluate("lab.command('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    page.wait_for_selector("body[data-jp-theme-name='JupyterLab Dark']", state="attached")
    page.emulate_media(media="print")
    ground = survey.evaluate("view => getComputedStyle(view).backgroundColor")
    ink = survey.evaluate("view => getComputedStyle(view).color")
    bar = survey.locator(".lgs-bar").first.evaluate("bar => getComputedStyle(bar).printColorAdjust")
    page.emulate_media(media="screen")
    page.evaluate("lab.command('apputils:change-theme', {theme: 'JupyterLab Light'})")
    page.wait_for_selector("body[data-jp-theme-name='JupyterLab Light']", state="attached")
    assert (ground, ink, bar) == ("rgb(255, 255, 255)", "rgb(27, 31, 36)", "exact")


def test_forced_colours_tell_the_chosen_tab_apart(notebook: Notebook, survey: Locator):
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
