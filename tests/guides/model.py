"""The answers of the scripted model, in the form in which the guides print them."""

from __future__ import annotations

import re

from tests.support.openai_server import Request, ToolCall, words

JOKE = "Why did the cat sit on the keyboard? To watch the mouse."
POEM = "Soft paws, still night."
ITEMS = "A bed to sleep in, a lamp to read by."

_ANSWERS = {"joke": JOKE, "poem": POEM, "kind of items": ITEMS}


def answer(request: Request) -> str | ToolCall:
    """Return the answer to the words of a request; if the request has tools, first a call of the only one."""
    last = request["messages"][-1]
    if last["role"] == "tool":
        return f"I found: {last['content']}"
    if request.get("tools"):
        return ToolCall(request["tools"][0]["function"]["name"], {"place": last["content"].split()[-1].rstrip("?")})
    return next(text for topic, text in _ANSWERS.items() if topic in last["content"])


def with_bars(*texts: str) -> str:
    """Return texts with a bar after each word, as the guides print tokens."""
    return "".join(f"{word}|" for text in texts for word in words(text))


def contents(printed: str) -> str:
    """Return the joined contents of the printed messages."""
    return "".join(re.findall(r"^content='(.*?)' ", printed, flags=re.MULTILINE))
