"""Converts events into the chunks that ``stream()`` yields, in LangGraph's shapes for every stream mode.

``modes`` has the events and payloads of each stream mode, ``projection`` is the sink that makes the chunks, and
``seen_messages`` makes sure that a stream yields each message once.
"""
