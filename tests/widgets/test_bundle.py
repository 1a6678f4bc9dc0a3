"""The committed front end belongs to its sources. Needs no node: ``widgets/build.mjs`` wrote the hashes down."""

from __future__ import annotations

import hashlib
from pathlib import Path

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
    assert {STATIC / "runview.js", STATIC / "runview.css"} <= recorded().keys()


def test_the_bundle_stays_small_since_every_widget_sends_it() -> None:
    assert (STATIC / "runview.js").stat().st_size < 100_000


def test_the_lock_file_names_packages_by_version_and_hash_not_by_where_they_came_from() -> None:
    assert '"resolved"' not in (WIDGETS / "package-lock.json").read_text("utf-8")
