"""Loads models, packs and word lists before worker processes are forked, so that they share them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

CleanFunction = Callable[..., Any]
