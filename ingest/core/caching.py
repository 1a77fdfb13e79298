"""Memory of the process while documents come and go.

What may be remembered from one to the next: answers about short texts, so many of them, and nothing that a sender made long.
"""

from __future__ import annotations

import threading
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

MAX_CACHED_CHARACTERS = 128
"""Characters of all arguments together, up to which an answer is kept: 98 % of class attributes are no longer, and a cache of 4,096
answers about such texts takes some 10 MB at the very most. Kept whole, those of 40 pages of 10 MB took 883 MiB."""

CACHED_ANSWERS = 4_096
"""Answers that one cache keeps: a site has some hundreds of class attributes."""


def cache_short_texts(function: Callable[..., T]) -> Callable[..., T]:
    """Remember the answers about short texts; `function` takes strings and tuples of strings, by position, and is asked again about long ones."""
    cached = lru_cache(maxsize=CACHED_ANSWERS)(function)

    def ask(first: str, *others: Any) -> T:
        if not others:
            return (cached if len(first) <= MAX_CACHED_CHARACTERS else function)(first)
        characters = len(first)
        for each in others:
            characters += len(each) if each.__class__ is str else len("".join(each))
        return (cached if characters <= MAX_CACHED_CHARACTERS else function)(first, *others)

    return wraps(function)(ask)


def in_own_thread(function: Callable[[], T]) -> T:
    """What a function gives, or raises, in a thread that ends with it.

    libxml2 keeps each name of a tag or attribute that it ever met in a table of the thread, and lets go of it with the thread: pages of
    10 MB, each of names of its own, leave 12 MB each behind in a thread that goes on.
    """
    given: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            given.append(function())
        except BaseException as error:
            raised.append(error)
            if not isinstance(error, Exception | MemoryError):
                raise

    thread = threading.Thread(target=run, name="parse")
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
    return given[0]
