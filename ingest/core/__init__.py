"""Raw bytes → Record: pure functions, without clock, disk, network or environment."""
