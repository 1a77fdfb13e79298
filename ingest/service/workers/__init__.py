"""Worker processes: forked from a warm parent, sandboxed, bounded in time and memory."""
