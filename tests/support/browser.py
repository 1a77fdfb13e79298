"""A headless Chromium, if installed, in which pages are opened."""

from __future__ import annotations

import html
import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on PATH")


def opened(address: str, tmp_path: Path, *flags: str) -> str:
    """The page's tree as HTML, once its script has run."""
    assert CHROMIUM
    done = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *flags, "--dump-dom", address],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


def asked(page: str, script: str, tmp_path: Path, *, width: int = 360, height: int = 800) -> str:
    """The result of `script` for a page in a frame of a phone's width; the script has the frame's `view` and `dom`."""
    outer = tmp_path / "outer.html"
    outer.write_text(
        f"""<!doctype html><meta charset="utf-8"><title>-</title>
<iframe style="border:0;width:{width}px;height:{height}px" srcdoc="{html.escape(page)}"></iframe>
<script>
const frame = document.querySelector("iframe");
frame.addEventListener("load", () => {{
  const view = frame.contentWindow, dom = frame.contentDocument;
  document.title = JSON.stringify((() => {{ {script} }})());
}});
</script>""",
        encoding="utf-8",
    )
    tree = opened(outer.as_uri(), tmp_path)
    return html.unescape(tree[tree.index("<title>") + 7 : tree.index("</title>")])
