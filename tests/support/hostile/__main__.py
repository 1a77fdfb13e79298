"""Write the corpus to a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.support.hostile import __doc__ as usage
from tests.support.hostile import write

parser = argparse.ArgumentParser(description=usage, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("folder", type=Path)
parser.add_argument("--large", action="store_true")
asked = parser.parse_args()
print(f"{write(asked.folder, large=asked.large)} files in {asked.folder}")
