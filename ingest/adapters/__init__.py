"""Steps for engines that process corpora (datatrove, Ray Data, Dask, Spark), on the public face of `ingest` alone.

A step cleans in the engine's own process, without the service's sandbox: a page that crashes or hangs the parser takes the engine's worker with
it, and the engine's own retries and time limits apply. Records are those of `ingest clean`, byte for byte.
"""
