"""Random programs, which are deterministic except for the order of parallel tasks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.differential.program_data import Call, Graph, Node, Program, Route

START, END = "__start__", "__end__"
NAMES = ("a", "b", "c", "d")

WRITES = {
    "log": ("['{me}']", "['{me}', 'again']", "[]", "[size(state)]", "Overwrite(['{me}!'])"),
    "n": ("1", "size(state)", "None"),
    "total": ("1", "2"),
    "best": ("5", "size(state)"),
    "msgs": (
        "HumanMessage('hi')", "[AIMessage('fixed', id='m1')]", "('user', 'pair')", "[{'role': 'user', 'content': 'd'}]",
        "[RemoveMessage(id='m1')]", "[HumanMessage('{me}'), AIMessage('{me}', id='{me}')]",
    ),
    "other": ("AIMessage('plain')", "[AIMessage('in a list', id='l')]", "{'deep': AIMessage('deep')}", "'{me}'"),
    "flash": ("'{me}'",),
    "fixed": ("'same'",),
    "unseen": ("'{me}'",),
    "topic": ("'{me}'", "['{me}', 'more']"),
    "nokey": ("1",),
}  # fmt: skip
"""What a node may write to each key; ``{me}`` is the name of the node."""

STATEMENTS = (
    "writer('{me}')",
    "get_stream_writer()({'at': size(state)})",
    "replies.append(model.invoke('hi there'))",
    "replies.append(fixed_model.invoke('x'))",
    "replies.append(plain_model.invoke('whole'))",
    "replies.append(silent_model.invoke('quiet'))",
    "answers.append(interrupt('{me}?'))",
    "writer(['{me}', size(state)])",
)
"""What a node may do before it returns."""

FAILURES = ("boom('{me}', 1)", "boom('{me}', 9)")
INNER_CALLS = (
    "results.append(inner.invoke({'log': ['in {me}']}))",
    "results.append(inner.invoke({'log': [size(state)]}))",
    "results.extend(inner.stream({'log': ['in {me}']}))",
)
BAD_RESULTS = ("[]", "5", "'text'", "[{'log': ['x']}]", "{}", "('log', ['x'])")
NODE_OPTIONS = (
    "defer=True",
    "metadata={'mine': 1}",
    "retry_policy=RetryPolicy(max_attempts=2, initial_interval=0.001, jitter=False, retry_on=Boom)",
    "retry_policy=RetryPolicy(max_attempts=2, initial_interval=0.001, jitter=False, retry_on=KeyError)",
)
MODES = ("updates", "values", "messages", "custom", "tasks", "checkpoints", "debug")


def choose_some(draw: DrawFn, options: Any, most: int, weight: float = 0.3) -> tuple[Any, ...]:
    """Draw up to ``most`` of the options; none, with a probability of one minus ``weight``."""
    if draw(st.floats(0, 1)) >= weight:
        return ()
    return tuple(draw(st.lists(st.sampled_from(options), min_size=1, max_size=most, unique=True)))


def sometimes(draw: DrawFn, weight: float) -> bool:
    """Draw True with about this probability; shrinks to False."""
    return draw(st.floats(0, 1)) > 1 - weight


@st.composite
def updates(draw: DrawFn, me: str, collected: tuple[str, ...]) -> str:
    """Draw the source of a dict that a node returns."""
    keys = draw(st.lists(st.sampled_from(tuple(WRITES)), min_size=1, max_size=3, unique=True))
    if "log" not in keys and not sometimes(draw, 0.2):
        keys = ["log", *keys]
    values = {key: draw(st.sampled_from(WRITES[key])).replace("{me}", me) for key in keys}
    for name in collected:
        values[{"answers": "log", "results": "log", "replies": draw(st.sampled_from(("msgs", "other")))}[name]] = name
    return "{" + ", ".join(f"{key!r}: {value}" for key, value in values.items()) + "}"


@st.composite
def targets(draw: DrawFn, names: tuple[str, ...], depth: int) -> str:
    """Draw the source of one answer of a routing function, or of a goto."""
    one = st.sampled_from([*map(repr, names), "END"])
    sent = st.builds(
        lambda node, arg: f"Send({node!r}, {arg})",
        st.sampled_from(names),
        st.sampled_from(("{'log': ['sent']}", "{'total': 1}", "'bare'", "{'log': [size(state)], 'n': 7}")),
    )
    several = st.lists(st.one_of(one, sent), max_size=2).map(lambda all_: f"[{', '.join(all_)}]")
    answer = draw(st.one_of(one, sent, several))
    if sometimes(draw, 0.04):
        answer = draw(st.sampled_from(("'nowhere'", "None", "Send(END, 1)", "Send('nowhere', 1)", "5")))
    return answer


@st.composite
def results(draw: DrawFn, me: str, names: tuple[str, ...], collected: tuple[str, ...], depth: int) -> str:
    """Draw the source of what a node returns."""
    update = draw(updates(me, collected))
    kind = draw(st.integers(0, 19))
    if kind < 12:
        return update
    goto = draw(targets(names, depth)).replace("None", "()")
    if kind < 15:
        return f"Command(update={update}, goto={goto})"
    if kind == 15:
        return f"Command(goto={goto})"
    if kind == 16:
        return f"[Command(update={update}), {draw(updates(me, ()))}]"
    if kind == 17 and depth:
        return f"Command(graph=Command.PARENT, update={update})"
    if kind == 18:
        return draw(st.sampled_from(BAD_RESULTS)).replace("{me}", me)
    return "None"


@st.composite
def nodes(draw: DrawFn, me: str, names: tuple[str, ...], inner: bool, is_async: bool, depth: int) -> Node:
    """Draw a node named ``me`` of a graph with these names."""
    options = choose_some(draw, NODE_OPTIONS, 2, 0.2)
    if len([option for option in options if option.startswith("retry")]) == 2:
        options = options[:1]
    if inner and sometimes(draw, 0.4):
        return Node(me, is_graph=True, options=options)
    statements = STATEMENTS + (INNER_CALLS * 2 if inner else ())
    statements = choose_some(draw, statements, 3, 0.6) + choose_some(draw, FAILURES, 1, 0.1)
    body = tuple(statement.replace("{me}", me) for statement in statements)
    collected = tuple(name for name in ("answers", "replies", "results") if any(name in line for line in body))
    return Node(
        me,
        result=draw(results(me, names, collected, depth)),
        body=body,
        is_async=is_async and (any("inner" in line for line in body) or sometimes(draw, 0.6)),
        reads="Narrow" if sometimes(draw, 0.1) else "State",
        options=options,
    )


@st.composite
def edges(draw: DrawFn, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Draw plain edges, at least one of them from START."""
    pairs = [(START, name) for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))]
    for name in names:
        for target in draw(st.lists(st.sampled_from((*names, END)), max_size=2, unique=True)):
            pairs.append((name, target))
    return tuple(pairs)


@st.composite
def routes(draw: DrawFn, source: str, names: tuple[str, ...], is_async: bool) -> Route:
    """Draw a routing function that leads to the end sooner or later."""
    answers = [draw(targets(names, 0)) for _ in range(draw(st.integers(1, 3)))]
    body = choose_some(draw, ("get_stream_writer()('routing')", "model.invoke('route')"), 1, 0.2)
    return Route(source, (*answers, "END"), body, sometimes(draw, 0.2), is_async and sometimes(draw, 0.5))


@st.composite
def graphs(draw: DrawFn, is_async: bool = False, depth: int = 0) -> Graph:
    """Draw a graph of one to four nodes, which may have an inner graph."""
    names = NAMES[: draw(st.integers(1, 4 if depth == 0 else 2))]
    inner = draw(graphs(is_async, depth + 1)) if depth < 2 and sometimes(draw, 0.35) else None
    sources = choose_some(draw, (START, *names), 2, 0.5)
    options = []
    if sometimes(draw, 0.1):
        options.append(f"interrupt_{draw(st.sampled_from(('before', 'after')))}={draw(stops(names))}")
    if depth and sometimes(draw, 0.15):
        options.append(f"checkpointer={draw(st.sampled_from(('True', 'False')))}")
    keys = st.lists(st.sampled_from(tuple(WRITES)), min_size=1, max_size=3, unique=True).map(tuple)
    joined = tuple(draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)))
    return Graph(
        nodes=tuple(draw(nodes(name, names, inner is not None, is_async, depth)) for name in names),
        edges=draw(edges(names)),
        joins=((joined, draw(st.sampled_from(names))),) if sometimes(draw, 0.2) else (),
        routes=tuple(draw(routes(source, names, is_async)) for source in sources),
        schema=draw(st.sampled_from(("TypedDict", "TypedDict", "dataclass", "BaseModel"))),
        takes=draw(keys) if sometimes(draw, 0.15) else (),
        gives=draw(keys) if sometimes(draw, 0.15) else (),
        options=tuple(options),
        inner=inner,
    )


@st.composite
def stops(draw: DrawFn, names: tuple[str, ...]) -> str:
    """Draw the nodes of a static breakpoint, as source."""
    return draw(st.sampled_from(("'*'", *(repr([name]) for name in names))))


INPUTS = (
    "{'log': ['in']}",
    "{}",
    "{'log': [], 'n': 1, 'total': 1}",
    "{'msgs': [HumanMessage('question')], 'log': ['in']}",
    "{'log': ['in'], 'nokey': 1}",
    "{'log': ['x', 'y'], 'other': AIMessage('given', id='g'), 'best': 3}",
)
LATER = (
    "None",
    "Command(resume='yes')",
    "Command(resume='yes')",
    "Command(resume=to_all('ok'))",
    "Command(resume=to_first('one'))",
    "Command(resume='yes', **by_the_way())",
    "{'log': ['new']}",
    "{'total': 1}",
)
VALUES = ("{'log': ['put']}", "{'n': 3}", "None", "{'msgs': [HumanMessage('put')]}", "[Command(update={'log': ['c']})]")


@st.composite
def call_options(draw: DrawFn, method: str, has_saver: bool) -> tuple[str, ...]:
    """Draw keyword arguments of ``stream`` or ``invoke``."""
    options = []
    if method == "stream" or sometimes(draw, 0.2):
        several = st.lists(st.sampled_from(MODES), min_size=1, max_size=len(MODES), unique=True)
        every = st.just(list(MODES))
        mode = draw(st.one_of(st.sampled_from(MODES), several, every))
        options.append(f"stream_mode={mode!r}")
        if draw(st.booleans()):
            options.append("subgraphs=True")
    if sometimes(draw, 0.15):
        options.append("version='v2'")
    if sometimes(draw, 0.1):
        options.append(f"output_keys={draw(st.sampled_from((['log'], 'log', ['log', 'nope'])))!r}")
    if has_saver and sometimes(draw, 0.3):
        options.append(f"durability={draw(st.sampled_from(('sync', 'exit', 'async')))!r}")
    if sometimes(draw, 0.1):
        options.append(f"interrupt_{draw(st.sampled_from(('before', 'after')))}={draw(stops(NAMES[:2]))}")
    return tuple(options)


@st.composite
def calls(draw: DrawFn, has_saver: bool, is_first: bool) -> Call:
    """Draw one call of a graph."""
    at = draw(st.integers(0, 3)) if has_saver and not is_first and sometimes(draw, 0.25) else None
    if has_saver and not is_first and sometimes(draw, 0.2):
        names = draw(st.sampled_from((None, *NAMES, END, START, "__input__")))
        options = () if names is None else (f"as_node={names!r}",)
        return Call("update_state", draw(st.sampled_from(VALUES)), options, at=at)
    method: Any = draw(st.sampled_from(("stream", "stream", "stream", "invoke")))
    return Call(
        method,
        draw(st.sampled_from(INPUTS if is_first or not has_saver else LATER)),
        draw(call_options(method, has_saver)),
        limit=draw(st.sampled_from((6, 6, 6, 1, 2, 3))),
        at=at,
    )


def _without_version(options: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(option for option in options if "subgraphs=True" not in options or not option.startswith("version"))


@st.composite
def programs(draw: DrawFn) -> Program:
    """Draw a graph, and one to four calls of it."""
    is_async = draw(st.booleans())
    has_saver = draw(st.booleans())
    more = draw(st.integers(0, 3)) if has_saver else 0
    graph = draw(graphs(is_async))
    program_calls = [draw(calls(has_saver, True)), *(draw(calls(has_saver, False)) for _ in range(more))]
    if graph.schema != "TypedDict":  # langgraph converts values of subgraphs to the root's schema, too
        program_calls = [replace(call, options=_without_version(call.options)) for call in program_calls]
    return Program(
        graph=graph,
        calls=tuple(program_calls),
        has_saver=has_saver,
        is_async=is_async,
        is_ordered=not sometimes(draw, 0.15),
    )
