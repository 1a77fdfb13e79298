"""Containers for the commands: a worker process that is asked for a member reads on to it, and keeps the container open."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.core.containers import Format, Member, RefusedMember
    from ingest.core.limits import Limits


def container_format(file: BinaryIO, limits: Limits) -> Format | None:
    """The format of a file that holds several articles, which is then at its beginning again."""
    from ingest.core.containers import HEAD_BYTES
    from ingest.core.containers.registry import sniff_packed

    found = sniff_packed(file.read(HEAD_BYTES), limits)
    file.seek(0)
    return found if found and found.holds_many else None


class OpenContainer:
    """A container that is read member by member. `opened` gives its stream, at the beginning, as often as it is called."""

    def __init__(self, opened: Callable[[], BinaryIO], found: Format, limits: Limits) -> None:
        self._opened, self._format, self._limits = opened, found, limits
        self._begin(0, 1)

    def _begin(self, offset: int, first: int) -> None:
        from ingest.core.containers.registry import read

        self._stream = self._opened()
        self._parts = read(self._format, self._stream, self._limits, start=offset)
        self._next, self._offset, self._first = first, -1, first

    def member(self, number: int, offset: int, first: int) -> Member | RefusedMember | None:
        """The member with this number; None if there are fewer. `offset`, `first`: as `ordered_map.split_request` gives them.

        Raises `Rejected` where it cannot be reached.
        """
        from ingest.core.containers import Skipped

        if number < self._next or (self._next < first <= number):  # asked for again, or another process is far ahead
            self._stream.close()
            self._begin(offset, first)
        for part in self._parts:
            if isinstance(part, Skipped):
                continue
            if part.offset != self._offset:
                self._offset, self._first = -1 if part.offset is None else part.offset, self._next
            self._next += 1
            if self._next > number:
                return part
        return None

    def position(self) -> dict[str, str]:
        """Where the last member is, for who goes on: its `offset`, the number of the `first` member there; and `at`: bytes read of the file."""
        begin = {"offset": str(self._offset), "first": str(self._first)} if self._offset >= 0 else {}
        return begin | {"at": str(self._stream.tell())}
