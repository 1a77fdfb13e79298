"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# Nothing here is timed: on a busy machine hypothesis' limit of 200 ms an example failed tests that were right.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
