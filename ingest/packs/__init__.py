"""What is known of publishers, as files: TOML becomes packs, packs become the rulebook of one article.

    publishers/*.toml, the user's folder ──read──▶ Pack, Rule ──net──▶ Packs ──rulebook(article)──▶ Rulebook ──hits──▶ Hit

A pack holds no code and carries its own proof: `check` holds every one of them to the laws.
"""

from ingest.packs.laws import check
from ingest.packs.read import COMMON, Dateline, Pack, PackError, Rule, Sign
from ingest.packs.rules import Hit, Packs, Rulebook, load_packs

__all__ = [
    "COMMON",
    "Dateline",
    "Hit",
    "Pack",
    "PackError",
    "Packs",
    "Rule",
    "Rulebook",
    "Sign",
    "check",
    "load_packs",
]
