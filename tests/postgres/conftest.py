"""A PostgreSQL server for the tests, in a temporary folder, reached through a socket in this folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVER_ACCOUNTS = ("postgres", "nobody")
"""Accounts for the server if the tests run as root, which PostgreSQL does not accept."""


def postgres_program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs; Debian does not have most of them on the PATH."""
    path = shutil.which(name) or next(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), None)
    assert path, f"PostgreSQL's {name} is missing: install the server, on Debian with `apt-get install postgresql`."
    return path


def server_account() -> pwd.struct_passwd | None:
    """Return the account for the server if the tests run as root, else None."""
    if os.geteuid():
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(names[name] for name in SERVER_ACCOUNTS if name in names)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The connection string of a new server."""
    folder = Path(tempfile.mkdtemp(prefix="lgstream-postgres-"))
    account = server_account()
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)

    def run(*command: str) -> None:
        user = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid}
        log = folder / "log.txt"
        with log.open("a") as file:
            process = subprocess.run(command, cwd=folder, stdout=file, stderr=file, timeout=120, check=False, **user)  # type: ignore[call-overload]
        assert process.returncode == 0, log.read_text()

    data = str(folder / "data")
    try:
        run(
            postgres_program("initdb"),
            "-D",
            data,
            "-U",
            "lgstream",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        )
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        run(postgres_program("pg_ctl"), "-D", data, "-w", "-o", options, "start")
        try:
            yield f"host={folder} user=lgstream dbname=postgres"
        finally:
            run(postgres_program("pg_ctl"), "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
