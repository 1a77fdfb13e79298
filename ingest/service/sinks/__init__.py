"""Sinks: records go from the journal to a database, a search engine, files, a stream or a webhook."""
