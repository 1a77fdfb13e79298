"""What the service asks of the core: one function that cleans. `service.workers.ordered_map.warm` loads it before worker processes are forked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

CleanFunction = Callable[..., Any]
"""`pipeline.clean`, or what stands in for it in a test; a record, or `Rejected`."""
