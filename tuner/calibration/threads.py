"""Linear algebra on one thread: the same bits on any number of cores.

Matrices are small: several threads would mostly wait for one another, most of all on a busy computer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def one_thread(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """`function`, with BLAS and LAPACK held to one thread in the whole process while it runs."""

    @wraps(function)
    def held(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Result:
        with threadpool_limits(limits=1, user_api="blas"):
            return function(*arguments, **named)

    return held
