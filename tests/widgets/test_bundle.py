"""The committed bundle belongs to its sources. Needs no Node: ``widgets/build.mjs`` has recorded the hashes."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path

import lgstream
from lgstream.views.saved import run_data as saved

ROOT = Path(__file__).parents[2]
WIDGETS = ROOT / "widgets"
STATIC = ROOT / "lgstream" / "widgets" / "static"
REMEDY = "run `npm ci && npm run build` in widgets/ and commit lgstream/widgets/static"


def recorded() -> dict[Path, str]:
    """The hashes in ``sources.sha256``, by file. Its lines are as sha256sum writes them, from within ``widgets/``."""
    lines = (STATIC / "sources.sha256").read_text("utf-8").splitlines()
    pairs = (line.split("  ", 1) for line in lines)
    return {(WIDGETS / name).resolve(): digest for digest, name in pairs}


def test_the_bundle_was_built_from_these_sources() -> None:
    stale = [
        path.relative_to(ROOT).as_posix()
        for path, digest in recorded().items()
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != digest
    ]
    assert not stale, f"{stale} changed since the bundle was built: {REMEDY}"


def test_every_source_is_in_the_record() -> None:
    sources = {path.resolve() for path in (WIDGETS / "src").rglob("*") if path.is_file()}
    missing = sources - recorded().keys()
    assert not missing, f"{sorted(missing)} are not in the bundle's record: {REMEDY}"


def test_the_bundle_itself_is_in_the_record() -> None:
    built = {path for path in STATIC.iterdir() if path.name not in ("sources.sha256", "runview.js.LICENSE")}
    assert {path.name for path in built} == {
        "package.json",
        "remoteEntry.js",
        "runview.css",
        "runview.js",
        "savedRun.js",
    }
    assert built <= recorded().keys()


def test_the_bundle_stays_small_because_every_widget_sends_it() -> None:
    assert (STATIC / "runview.js").stat().st_size < 100_000


def test_the_module_that_jupyterlab_loads_at_startup_is_small() -> None:
    assert (STATIC / "remoteEntry.js").stat().st_size < 5_000


def test_jupyterlab_finds_the_renderer_of_saved_runs() -> None:
    extension = json.loads((STATIC / "package.json").read_text("utf-8"))
    assert extension["name"] == "lgstream" and extension["version"] == lgstream.__version__
    assert (STATIC / extension["jupyterlab"]["_build"]["load"]).exists()
    assert saved.RUN_MIME_TYPE in (STATIC / "remoteEntry.js").read_text("utf-8")


def test_the_wheel_installs_the_extension_where_jupyterlab_looks() -> None:
    shared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert shared["shared-data"] == {"lgstream/widgets/static": "share/jupyter/labextensions/lgstream"}


def test_the_lock_file_has_versions_and_hashes_of_packages_but_no_addresses() -> None:
    assert '"resolved"' not in (WIDGETS / "package-lock.json").read_text("utf-8")
