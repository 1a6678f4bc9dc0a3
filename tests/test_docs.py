"""The documentation is consistent with the repository: what it cites, links to and names exists, and its code runs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.support.openai_server import OpenAIServer

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
DECISIONS = DOCS / "decisions"
GOLDENS = ROOT / "tests" / "reference" / "goldens"
NO_TEXT = frozenset((".json", ".png", ".sha256", ".js", ".pyc"))
SKIPPED = frozenset(("node_modules", "__pycache__", "goldens", "static", "shots", "out"))
TOP_LEVEL = ("lgstream", "tests", "docs", "widgets", "tools", "benchmarks", "notebooks")


def text_files() -> Iterator[Path]:
    """Every file of the repository that people write, without recordings and built files."""
    for folder in (*TOP_LEVEL, ".ci", ".github"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix not in NO_TEXT and SKIPPED.isdisjoint(path.relative_to(ROOT).parts):
                yield path
    yield from sorted(ROOT.glob("*.md"))
    yield ROOT / "pyproject.toml"
    yield ROOT / "Makefile"


def unwrapped(path: Path) -> str:
    """The text of a file on one line, without the characters that begin the lines of a comment."""
    return re.sub(r"\s*\n[\s#*/]*", " ", path.read_text("utf-8"))


SOURCES = [path for path in text_files() if path != Path(__file__)]
TEXTS = {path.relative_to(ROOT).as_posix(): unwrapped(path) for path in SOURCES}
PAGES = [*sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("*.md")), ROOT / "widgets" / "README.md"]
PAGES += [ROOT / "tests" / "reference" / "README.md"]

NUMBERS = r"(\d+(?:(?:, | and |, and | to | or )\d+)*)\b"


def cited(word: str) -> dict[int, set[str]]:
    """The numbers that follow ``word`` or its plural anywhere, with the files that they stand in."""
    numbers: dict[int, set[str]] = {}
    for name, text in TEXTS.items():
        for match in re.findall(rf"\b{word}s? {NUMBERS}", text, re.IGNORECASE):
            for number in re.findall(r"\d+", match):
                numbers.setdefault(int(number), set()).add(name)
    return numbers


def rules() -> dict[int, str]:
    """The text of every rule, by its number."""
    page = (DOCS / "reference-rules.md").read_text("utf-8")
    _, *sections = re.split(r"^### Rule (?=\d)", page, flags=re.MULTILINE)
    return {int(section.split(":")[0]): section.split("\n## ")[0] for section in sections}


def decisions() -> dict[int, Path]:
    """The page of every decision, by the number in its file name."""
    return {int(path.name[:4]): path for path in sorted(DECISIONS.glob("[0-9]*.md"))}


# rules and decisions ------------------------------------------------------------------------------------------


def test_the_rules_are_numbered_from_1_to_57() -> None:
    assert list(rules()) == list(range(1, 58))


@pytest.mark.parametrize(("number", "text"), rules().items(), ids=str)
def test_a_rule_names_recorded_cases_that_exist(number: int, text: str) -> None:
    line = re.search(r"^Cases: (.*)", text, re.MULTILINE)
    assert line is not None, f"Rule {number} has no line that starts with 'Cases: '"
    cases = re.findall(r"`([a-z0-9-]+)`", line[1])
    missing = [case for case in cases if not (GOLDENS / f"{case}.json").exists()]
    assert not missing
    assert cases or line[1].startswith("none. "), "it names no case, and gives no reason ('Cases: none. ...')"


def test_every_rule_that_is_cited_exists() -> None:
    known = rules().keys()
    assert not {number: names for number, names in cited("rule").items() if number not in known}


def test_every_decision_that_is_cited_exists() -> None:
    known = decisions().keys()
    assert not {number: names for number, names in cited("decision").items() if number not in known}


def test_the_decisions_are_numbered_without_gaps() -> None:
    assert list(decisions()) == list(range(1, len(decisions()) + 1))


@pytest.mark.parametrize(("number", "path"), decisions().items(), ids=str)
def test_a_decision_has_its_number_and_four_parts(number: int, path: Path) -> None:
    page = path.read_text("utf-8")
    assert page.startswith(f"# Decision {number}: ")
    parts = [page.index(part) for part in ("**Status:** ", "## Context", "## Decision", "## Consequences")]
    assert parts == sorted(parts)


def test_the_index_lists_every_decision_in_order_under_its_title() -> None:
    index = re.findall(r"^- (\d+): \[(.*)\]\((.*)\)$", (DECISIONS / "README.md").read_text("utf-8"), re.MULTILINE)
    titles = {number: path.read_text("utf-8").splitlines()[0] for number, path in decisions().items()}
    assert [(int(number), f"# Decision {number}: {title}", name) for number, title, name in index] == [
        (number, titles[number], path.name) for number, path in decisions().items()
    ]


# paths and links ----------------------------------------------------------------------------------------------


def headings(path: Path) -> set[str]:
    """The anchors of a Markdown page's headings, as code hosts make them."""
    page = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(path: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        page = path.parent / place if place else path
        if not page.exists() or (anchor and anchor not in headings(page)):
            broken.append(target)
    assert not broken


def test_every_document_that_is_named_exists() -> None:
    missing = []
    for name, text in TEXTS.items():
        if name.startswith("tests/"):  # they write files of their own
            continue
        for document in re.findall(r"(?<![\w/.<>:-])((?:[\w-]+/)*[\w-]+\.md)\b", text):
            if not any((folder / document).exists() for folder in (ROOT, DOCS, (ROOT / name).parent)):
                missing.append((name, document))
    assert not missing


OF_TODAY = [path for path in PAGES if path.name != "CHANGELOG.md"]  # which also names what earlier versions had


@pytest.mark.parametrize("path", OF_TODAY, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_path_that_a_page_names_exists(path: Path) -> None:
    page = path.read_text("utf-8")
    paths = re.findall(rf"`((?:{'|'.join(TOP_LEVEL)})/[\w./-]*)`", page)
    assert not [place for place in paths if not (ROOT / place).exists()]


def test_every_test_that_the_page_on_reliability_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (DOCS / "reliability.md").read_text("utf-8"))
    assert named
    assert [(path, name) for path, name in named if f"def {name}(" not in (ROOT / path).read_text("utf-8")] == []


def test_the_architecture_names_every_package() -> None:
    page = (DOCS / "architecture.md").read_text("utf-8")
    packages = [path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "lgstream").rglob("__init__.py")]
    bare = {"lgstream", "lgstream/adapters"}
    assert not [package for package in packages if package not in bare and f"| `{package}` |" not in page]


def test_the_names_in_the_architecture_are_in_the_code() -> None:
    page = (DOCS / "architecture.md").read_text("utf-8")
    journeys = page[page.index("## How a node runs") :]
    names = set(re.findall(r"`(?:\w+\.)?(_?[A-Za-z]\w+)(?:\(\))?`", journeys))
    code = " ".join(text for name, text in TEXTS.items() if name.startswith(("lgstream/", "widgets/src/")))
    assert not [name for name in sorted(names) if not re.search(rf"\b{name}\b", code)]


def test_the_architecture_shows_the_layers_that_are_checked() -> None:
    page = (DOCS / "architecture.md").read_text("utf-8")
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    assert "```text\n" + "\n".join(layers) + "\n```" in page


def test_every_make_target_that_a_page_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = {target for path in PAGES for target in re.findall(r"`make ([a-z]+)", path.read_text("utf-8"))}
    assert not [target for target in sorted(targets) if not re.search(rf"^{target}:", makefile, re.MULTILINE)]


@pytest.mark.parametrize("path", OF_TODAY, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_python_name_that_a_page_names_exists(path: Path) -> None:
    names = re.findall(r"`(lgstream(?:\.\w+)+)(?:\([^`]*)?`", path.read_text("utf-8"))
    assert not [name for name in names if not exists(name)]


def exists(name: str) -> bool:
    """True if a dotted name is a module of the package, or an attribute of one."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            value: Any = import_module(".".join(parts[:count]))
        except ModuleNotFoundError as error:
            if str(error.name).startswith("langgraph."):
                return True  # the module is there, the package whose objects it exports is not installed
            continue
        return all((value := getattr(value, part, None)) is not None for part in parts[count:])
    return False


def test_the_glossary_is_sorted_and_defines_each_term_once() -> None:
    _, *sections = (DOCS / "glossary.md").read_text("utf-8").split("\n## ")
    terms = [re.findall(r"^\*\*(.+?)\*\*:", section, re.MULTILINE) for section in sections]
    assert terms == [sorted(section, key=str.lower) for section in terms]
    every = [term for section in terms for term in section]
    assert len(every) == len(set(every))


# code ---------------------------------------------------------------------------------------------------------


def python_blocks() -> Iterator[tuple[str, str, str]]:
    """The fenced Python of the pages in ``docs``: page, what follows ``python`` on the first line, and the code."""
    for path in sorted(DOCS.rglob("*.md")):
        page = path.read_text("utf-8")
        for words, code in re.findall(r"^```python *([^\n]*)\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
            yield path.relative_to(ROOT).as_posix(), words, code


BLOCKS = list(python_blocks())


@pytest.mark.parametrize(("page", "words", "code"), BLOCKS, ids=[page for page, *_ in BLOCKS])
def test_a_block_of_python_runs_unless_it_is_marked_no_run(
    page: str, words: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert words in ("", "no-run")
    program = compile(code, page, "exec")
    if words == "no-run":
        return
    with OpenAIServer(lambda request: f"An answer to: {request['messages'][-1]['content']}") as model:
        for name, value in model.environment.items():
            monkeypatch.setenv(name, value)
            monkeypatch.setenv(name.replace("OPENAI_", "LGSTREAM_"), value)  # lgstream.local then loads no model
        exec(program, {})


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_fenced_block_names_its_language(path: Path) -> None:
    fences = re.findall(r"^```(.*)$", path.read_text("utf-8"), re.MULTILINE)
    assert all(fences[::2]) and not any(fences[1::2])
