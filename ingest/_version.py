"""The version, once: the package, its records (`ingest.version`) and its image take it from here.

It moves whenever a record may change, be it by the code, the packs or the models: CHANGELOG.md has the policy.
"""

__version__ = "0.4.0"
