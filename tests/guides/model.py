"""The answers of the scripted model, and how the guides print them."""

from __future__ import annotations

import re

from tests.support.openai_server import Request, ToolCall, words

JOKE = "Why did the cat sit on the keyboard? To watch the mouse."
POEM = "Soft paws, still night."
ITEMS = "A bed to sleep in, a lamp to read by."

_ANSWERS = {"joke": JOKE, "poem": POEM, "kind of items": ITEMS}


def answer(request: Request) -> str | ToolCall:
    """By the words of the request, which the guides fix; with tools at hand, first a call of the only one."""
    last = request["messages"][-1]
    if last["role"] == "tool":
        return f"I found: {last['content']}"
    if request.get("tools"):
        return ToolCall(request["tools"][0]["function"]["name"], {"place": last["content"].split()[-1].rstrip("?")})
    return next(text for said, text in _ANSWERS.items() if said in last["content"])


def barred(*texts: str) -> str:
    """``texts`` word by word, each followed by the bar that the guides put behind a token."""
    return "".join(f"{word}|" for text in texts for word in words(text))


def contents(printed: str) -> str:
    """The contents of the messages that were printed, joined."""
    return "".join(re.findall(r"^content='(.*?)' ", printed, flags=re.MULTILINE))
