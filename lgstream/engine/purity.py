"""Finds pure functions by their bytecode: functions that neither stream nor wait.

A function that calls only pure builtins cannot reach a model, a stream writer, a lock or a socket. Its node can run
in the consumer's thread, without an asyncio task and without a context of its own, because the difference would not be
observable. It has no side effects either, so it can be called again. Instructions and functions that are not listed
here count as impure: on a newer Python with other instructions, graphs are slower but still correct.
"""

from __future__ import annotations

import builtins
import dis
from types import CodeType, FunctionType
from typing import Any, Final

from lgstream.types import Send

_PURE_CALLABLES: Final = frozenset((
    abs, all, any, bool, dict, divmod, enumerate, float, int, isinstance, len, list, max, min, range, reversed, round,
    set, sorted, str, sum, tuple, zip, Send,
))  # fmt: skip
"""Callables that call none of their arguments: calls with keywords, such as ``key=``, count as impure."""

_STATE_METHODS: Final = frozenset(("copy", "get", "items", "keys", "values"))
"""Methods of the state, a dict that the run has created."""

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
_PURE_INSTRUCTIONS: Final = frozenset(_INSTRUCTIONS.split())
_COROUTINE_END_INSTRUCTIONS: Final = frozenset(("CALL_INTRINSIC_1", "RERAISE"))


def is_pure_function(function: Any) -> bool:
    """Return True if a call of the function only computes; always False for callables not written in Python."""
    if type(function) is not FunctionType:
        return False
    return _is_pure_code(function.__code__, function)


def _is_pure_code(code: CodeType, function: FunctionType, is_inner: bool = False) -> bool:
    state_parameter = code.co_varnames[:1]
    previous: dis.Instruction | None = None
    for instruction in dis.get_instructions(code):
        name = instruction.opname
        if (name == "LOAD_GLOBAL" and instruction.argrepr.startswith("NULL + ")) or instruction.argrepr.endswith(
            " + NULL"
        ):
            is_pure = _global_value(function, instruction.argval) in _PURE_CALLABLES
        elif name == "LOAD_METHOD" or (name == "LOAD_ATTR" and "NULL|self" in instruction.argrepr):
            is_state = previous is not None and previous.opname == "LOAD_FAST" and (previous.argval,) == state_parameter
            is_pure = is_state and instruction.argval in _STATE_METHODS and not is_inner
        elif isinstance(instruction.argval, CodeType):
            is_pure = _is_pure_code(instruction.argval, function, is_inner=True)
        else:
            is_pure = (
                name in _PURE_INSTRUCTIONS
                or name in _COROUTINE_END_INSTRUCTIONS
                or (is_inner and name == "YIELD_VALUE")
            )
        if not is_pure:
            return False
        previous = instruction
    return True


def _global_value(function: FunctionType, name: str) -> Any:
    """Return the global or builtin that a function's code names; None if it is unhashable or does not exist."""
    value = function.__globals__.get(name, getattr(builtins, name, None))
    return value if getattr(value, "__hash__", None) else None
