"""A PostgreSQL server of the tests' own: in a temporary folder, on a socket in it, gone when they are done."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ACCOUNTS = ("postgres", "nobody")
"""Accounts to run the server under where the tests run as root, which PostgreSQL refuses to."""


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs; Debian keeps most of them off the PATH."""
    found = shutil.which(name) or next(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), None)
    assert found, f"PostgreSQL's {name} is missing: install the server, on Debian with `apt-get install postgresql`."
    return found


def account() -> pwd.struct_passwd | None:
    """Who runs the server: another account where this one is root."""
    if os.geteuid():
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(names[name] for name in ACCOUNTS if name in names)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """How to reach a fresh server, as libpq's connection string."""
    folder = Path(tempfile.mkdtemp(prefix="lgstream-postgres-"))
    who = account()
    if who is not None:
        os.chown(folder, who.pw_uid, who.pw_gid)

    def run(*command: str) -> None:
        user = {} if who is None else {"user": who.pw_uid, "group": who.pw_gid}
        log = folder / "log.txt"
        with log.open("a") as file:
            done = subprocess.run(command, cwd=folder, stdout=file, stderr=file, timeout=120, check=False, **user)  # type: ignore[call-overload]
        assert done.returncode == 0, log.read_text()

    data = str(folder / "data")
    try:
        run(program("initdb"), "-D", data, "-U", "lgstream", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        run(program("pg_ctl"), "-D", data, "-w", "-o", options, "start")
        try:
            yield f"host={folder} user=lgstream dbname=postgres"
        finally:
            run(program("pg_ctl"), "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
