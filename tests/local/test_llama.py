"""LlamaEngine: llama.cpp in this process."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lgstream.local.errors import MissingPackage, ModelRejected, RequestError
from lgstream.local.llama import LlamaEngine, LoadOptions, default_threads
from lgstream.local.model_files import find_model


def chat_request(text: str, **rest: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}], **rest}


def load_options(path: Path) -> LoadOptions:
    return LoadOptions(path, threads=1, context=1024, slots=2)


@pytest.fixture(scope="module")
def engine() -> Iterator[LlamaEngine]:
    engine = LlamaEngine(load_options(find_model()))
    yield engine
    engine.close()


def test_without_xllamacpp_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(MissingPackage, match=r'pip install "lgstream\[local\]"'):
        LlamaEngine(load_options(tmp_path))


def test_without_libgomp_the_system_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    message = "libgomp.so.1: cannot open shared object file: No such file or directory"
    (tmp_path / "xllamacpp.py").write_text(f"raise ImportError({message!r})")
    monkeypatch.delitem(sys.modules, "xllamacpp", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingPackage, match="apt-get install libgomp1"):
        LlamaEngine(load_options(tmp_path))


def test_the_error_for_a_file_that_cannot_be_loaded_names_it(tmp_path: Path):
    (tmp_path / "junk.gguf").write_bytes(b"GGUF" + b"\0" * 100)
    with pytest.raises(ModelRejected, match=r"junk\.gguf"):
        LlamaEngine(load_options(tmp_path / "junk.gguf"))


def test_one_core_is_left_free():
    assert 1 <= default_threads() <= 4


@pytest.mark.model
def test_an_answer_without_a_limit_ends(engine: LlamaEngine):
    chunks: list[dict[str, Any]] = []
    engine.chat(chat_request("hi", grammar='root ::= "on and " root'), chunks.append)
    assert chunks[-1]["choices"][0]["finish_reason"] == "length"


@pytest.mark.model
def test_the_error_for_a_prompt_that_is_too_long_has_the_sizes(engine: LlamaEngine):
    with pytest.raises(RequestError, match=r"too long: 9.* 512") as error:
        engine.chat(chat_request("word " * 900), print)
    assert (error.value.status, error.value.code) == (400, "context_length_exceeded")


@pytest.mark.model
@pytest.mark.parametrize("wrong", [{"temperature": "hot"}, {"grammar": "root ::= ("}])
def test_invalid_options_are_rejected(engine: LlamaEngine, wrong: dict[str, Any]):
    with pytest.raises(RequestError) as error:
        engine.chat(chat_request("hi", **wrong), print)
    assert error.value.status == 400


@pytest.mark.model
def test_an_invalid_schema_is_rejected(engine: LlamaEngine):
    form = {"type": "json_schema", "json_schema": {"name": "f", "schema": {"type": "frog"}}}
    with pytest.raises(RequestError, match="frog"):
        engine.chat(chat_request("hi", response_format=form), print)


@pytest.mark.model
def test_an_error_in_the_callback_ends_the_answer(engine: LlamaEngine):
    chunks: list[dict[str, Any]] = []

    def leave(chunk: dict[str, Any]) -> None:
        chunks.append(chunk)
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        engine.chat(chat_request("hi"), leave)
    assert len(chunks) == 1


@pytest.mark.model
def test_two_slots_answer_concurrently(engine: LlamaEngine):
    order: list[str] = []
    together = threading.Barrier(2)

    def chat(name: str) -> None:
        together.wait()
        engine.chat(chat_request("Tell me a story", max_tokens=60), lambda chunk: order.append(name))

    threads = [threading.Thread(target=chat, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = {name: len(order) - 1 - order[::-1].index(name) for name in "ab"}
    assert order.index("a") < last["b"] and order.index("b") < last["a"]


@pytest.mark.model
def test_more_requests_than_slots_are_all_answered(engine: LlamaEngine):
    ends: list[str] = []

    def chat() -> None:
        chunks: list[dict[str, Any]] = []
        engine.chat(chat_request("hi", max_tokens=8), chunks.append)
        ends.append(chunks[-1]["choices"][0]["finish_reason"])

    threads = [threading.Thread(target=chat) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ends) == 5 and set(ends) <= {"stop", "length"}


@pytest.mark.model
def test_closing_ends_answers_in_progress():
    engine = LlamaEngine(load_options(find_model()))
    started = threading.Event()
    errors: list[BaseException] = []

    def chat() -> None:
        try:
            engine.chat(chat_request("Tell me a very long story", max_tokens=400), lambda chunk: started.set())
        except RequestError as error:
            errors.append(error)

    thread = threading.Thread(target=chat)
    thread.start()
    assert started.wait(60)
    engine.close()
    thread.join()
    assert [str(error) for error in errors] == ["the local model was stopped: call lgstream.local.start() again"]
    with pytest.raises(RequestError, match="stopped"):
        engine.chat(chat_request("hi"), print)


@pytest.mark.model
def test_the_first_chunk_has_a_role_if_the_first_token_is_a_part_of_a_character(engine: LlamaEngine):
    chunks: list[dict[str, Any]] = []
    engine.chat(chat_request("hi", grammar='root ::= "🐦"'), chunks.append)
    assert [chunk["choices"][0]["delta"] for chunk in chunks] == [
        {"role": "assistant", "content": None},
        {"content": "🐦"},
        {},
    ]
