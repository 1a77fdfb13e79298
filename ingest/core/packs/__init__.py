"""What is known of publishers, as files: TOML becomes packs, packs become the rulebook of one article.

    publishers/*.toml, the user's folder ──read──▶ Pack, Rule ──prefilter──▶ Packs ──rulebook(article)──▶ Rulebook ──hits──▶ Hit

A pack holds no code and carries its own proof: `validate_packs` holds every one of them to the laws.
"""

from ingest.core.packs.loader import COMMON, Dateline, Pack, PackError, PublisherMark, Rule
from ingest.core.packs.matcher import Hit, Packs, Rulebook, load_packs, pack_files, publisher_of, read_packs
from ingest.core.packs.validate import validate_packs

__all__ = [
    "COMMON",
    "Dateline",
    "Hit",
    "Pack",
    "PackError",
    "Packs",
    "PublisherMark",
    "Rule",
    "Rulebook",
    "load_packs",
    "pack_files",
    "publisher_of",
    "read_packs",
    "validate_packs",
]
