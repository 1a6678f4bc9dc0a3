"""Whether a function can be seen to stream nothing and to wait for nothing, by the instructions it is compiled to.

What calls nothing but what only computes cannot reach a model, a writer, a lock or a socket. Such a node needs no
thread beside the consumer's, no task of the event loop and no context: nobody could tell the difference, but by the
time it takes. Nor does it change anything, so it may be called again.
Instructions and functions that are not listed here count as heard, so a Python that has others is only slower.
"""

from __future__ import annotations

import builtins
import dis
from types import CodeType, FunctionType
from typing import Any, Final

from lgstream.types import Send

_COMPUTES: Final = frozenset((
    abs, all, any, bool, dict, divmod, enumerate, float, int, isinstance, len, list, max, min, range, reversed, round,
    set, sorted, str, sum, tuple, zip, Send,
))  # fmt: skip
"""They call nothing that they are given: ``key=`` would be a keyword, and functions with keywords count as heard."""

_OF_STATE: Final = frozenset(("copy", "get", "items", "keys", "values"))
"""Methods of the state, a dict that the run has made."""

_INSTRUCTIONS: Final = """
    BINARY_OP BINARY_SLICE BINARY_SUBSCR BUILD_CONST_KEY_MAP BUILD_LIST BUILD_MAP BUILD_SET BUILD_SLICE BUILD_STRING
    BUILD_TUPLE CALL COMPARE_OP CONTAINS_OP CONVERT_VALUE COPY COPY_FREE_VARS DELETE_FAST DICT_MERGE DICT_UPDATE
    END_FOR EXTENDED_ARG FORMAT_SIMPLE FORMAT_VALUE FORMAT_WITH_SPEC FOR_ITER GET_ITER IS_OP JUMP_BACKWARD JUMP_FORWARD
    JUMP_IF_FALSE_OR_POP JUMP_IF_TRUE_OR_POP LIST_APPEND LIST_EXTEND LOAD_ATTR LOAD_CLOSURE LOAD_CONST LOAD_DEREF
    LOAD_FAST LOAD_FAST_AND_CLEAR LOAD_FAST_CHECK LOAD_FAST_LOAD_FAST LOAD_GLOBAL MAKE_CELL MAKE_FUNCTION MAP_ADD NOP
    POP_JUMP_BACKWARD_IF_FALSE POP_JUMP_BACKWARD_IF_TRUE POP_JUMP_FORWARD_IF_FALSE POP_JUMP_FORWARD_IF_NONE
    POP_JUMP_FORWARD_IF_NOT_NONE POP_JUMP_FORWARD_IF_TRUE POP_JUMP_IF_FALSE POP_JUMP_IF_NONE POP_JUMP_IF_NOT_NONE
    POP_JUMP_IF_TRUE POP_TOP PRECALL RESUME RETURN_CONST RETURN_GENERATOR RETURN_VALUE SET_ADD SET_FUNCTION_ATTRIBUTE
    SET_UPDATE STORE_FAST STORE_FAST_LOAD_FAST STORE_FAST_STORE_FAST SWAP TO_BOOL UNARY_INVERT
    UNARY_NEGATIVE UNARY_NOT UNARY_POSITIVE UNPACK_EX UNPACK_SEQUENCE
"""
_SILENT: Final = frozenset(_INSTRUCTIONS.split())
_ENDS_COROUTINE: Final = frozenset(("CALL_INTRINSIC_1", "RERAISE"))


def is_silent(function: Any) -> bool:
    """Whether a call of it only computes. False for whatever is no function written in Python."""
    if type(function) is not FunctionType:
        return False
    return _computes(function.__code__, function)


def _computes(code: CodeType, function: FunctionType, inner: bool = False) -> bool:
    state = code.co_varnames[:1]
    before: dis.Instruction | None = None
    for each in dis.get_instructions(code):
        name = each.opname
        if (name == "LOAD_GLOBAL" and each.argrepr.startswith("NULL + ")) or each.argrepr.endswith(" + NULL"):
            silent = _global(function, each.argval) in _COMPUTES
        elif name == "LOAD_METHOD" or (name == "LOAD_ATTR" and "NULL|self" in each.argrepr):
            on_state = before is not None and before.opname == "LOAD_FAST" and (before.argval,) == state
            silent = on_state and each.argval in _OF_STATE and not inner
        elif isinstance(each.argval, CodeType):
            silent = _computes(each.argval, function, inner=True)
        else:
            silent = name in _SILENT or name in _ENDS_COROUTINE or (inner and name == "YIELD_VALUE")
        if not silent:
            return False
        before = each
    return True


def _global(function: FunctionType, name: str) -> Any:
    found = function.__globals__.get(name, getattr(builtins, name, None))
    return found if getattr(found, "__hash__", None) else None
