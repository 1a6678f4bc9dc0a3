"""Tool calls that langchain's HumanInTheLoopMiddleware asks to review, as text."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from lgstream.types import Command
from lgstream.views.fold.interrupts import answer_texts, question_text
from lgstream.views.fold.tool_reviews import decisions_text, review_text


@tool
def send_mail(to: str, body: str) -> str:
    """Send a mail."""
    return "sent"


class Model(GenericFakeChatModel):
    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self


CALLS = [{"name": "send_mail", "args": {"to": to, "body": "Hello"}, "id": to} for to in ("ada", "bob")]


def questions(**options: Any) -> list[Any]:
    """Return the interrupts of an agent whose model calls ``send_mail`` twice."""
    middleware = HumanInTheLoopMiddleware(interrupt_on={"send_mail": options.pop("allowed", True)}, **options)
    model = Model(messages=iter([AIMessage("", tool_calls=CALLS)]))
    agent: Any = create_agent(model, [send_mail], middleware=[middleware], checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "1"}}
    return list(agent.invoke({"messages": [("user", "write")]}, config)["__interrupt__"])


def test_all_calls_of_a_model_are_shown_as_calls_with_the_allowed_decisions() -> None:
    (interrupt,) = questions()
    assert question_text(interrupt).splitlines() == [
        "Tool execution requires approval",
        'send_mail(to="ada", body="Hello")',
        "Tool execution requires approval",
        'send_mail(to="bob", body="Hello")',
        "(approve or edit or reject or respond)",
    ]


def test_each_call_may_be_a_question_of_its_own() -> None:
    texts = sorted(question_text(interrupt) for interrupt in questions(interrupt_mode="per_call"))
    assert ['send_mail(to="ada", body="Hello")' in texts[0], 'send_mail(to="bob"' in texts[1]] == [True, True]
    assert not any("{" in text for text in texts)


def test_a_description_of_the_program_is_shown() -> None:
    (interrupt,) = questions(allowed={"allowed_decisions": ["approve"], "description": "Mail leaves the house.\nOK?"})
    assert question_text(interrupt).startswith('Mail leaves the house.\nOK?\nsend_mail(to="ada"')


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"decisions": [{"type": "approve"}, {"type": "reject", "message": "too late"}]}, "approve\nreject: too late"),
        ({"type": "edit", "edited_action": {"name": "send_mail", "args": {"to": "eve"}}}, 'edit: send_mail(to="eve")'),
        ({"type": "respond", "message": "I did"}, "respond: I did"),
    ],
)
def test_decisions_are_shown_in_words(answer: Any, text: str) -> None:
    assert answer_texts(Command(resume=answer), ["q"]) == {"q": text}


@pytest.mark.parametrize(
    "value",
    ["?", 3, {}, {"action_requests": []}, {"action_requests": [1]}, {"type": "tool_approval"}, {"decisions": 1}],
)
def test_other_questions_and_answers_are_not_taken_for_reviews(value: Any) -> None:
    assert review_text(value) is None and decisions_text(value) is None
