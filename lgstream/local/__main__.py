"""The local model on the command line: ``python -m lgstream.local fetch | serve | where``."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from lgstream.local.errors import FetchFailed, MissingPackage, ModelNotFound, ModelRejected, PortInUse
from lgstream.local.model_files import fetch, find_model


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "fetch":
            fetch()
        elif options.command == "where":
            print(find_model())
        else:
            _serve(options)
    except (FetchFailed, MissingPackage, ModelNotFound, ModelRejected, PortInUse) as error:
        print(f"lgstream.local: {error.strerror if isinstance(error, PortInUse) else error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lgstream.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("fetch", help="install the model file (98 MB) and verify it; does nothing if it is there")
    commands.add_parser("where", help="print the path of the model file")
    serve = commands.add_parser("serve", help="serve the model on loopback until Ctrl-C")
    serve.add_argument("--model", type=Path, help="a GGUF file; default: $LGSTREAM_MODEL, else the fetched model")
    serve.add_argument("--port", type=int, default=0, help="default: a free port")
    serve.add_argument("--threads", type=int, help="default: one less than there are cores, at most four")
    serve.add_argument("--context", type=int, default=8192, help="tokens, shared by the slots; default: 8192")
    serve.add_argument("--slots", type=int, default=2, help="answers generated at the same time; default: 2")
    serve.add_argument("--tools", choices=["constrained", "native"], default="constrained", help="author of tool calls")
    return parser


def _serve(options: argparse.Namespace) -> None:
    from lgstream.local.server import serve

    stop_requested = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop_requested.set())
    keywords = {name: getattr(options, name) for name in ("port", "threads", "context", "slots", "tools")}
    # The model is always given, so that this command serves one even if LGSTREAM_BASE_URL names another endpoint.
    with serve(options.model or find_model(), **keywords) as server:
        print(f"export OPENAI_BASE_URL={server.url}\nexport OPENAI_API_KEY={server.key}", flush=True)
        print(f"{server.model} answers until Ctrl-C", file=sys.stderr)
        stop_requested.wait()


if __name__ == "__main__":
    sys.exit(main())
