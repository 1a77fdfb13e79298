"""Pages of our own for the tests of adapters: texts and pages in several encodings, and some that are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PARAGRAPHS = (
    "The harbour of Nordvik was closed for the third day on Tuesday, and the ferries stayed where the storm had found them.",
    "“We have counted {n} boats that will not sail again,” said Mara Lindqvist, who runs the small shipyard by the old mole.",
    "The council has promised {n} thousand crowns for a new breakwater, but the money will not come before the spring.",
    "Fishermen asked on Monday why the warning had come so late; the weather office answered that its buoy had failed.",
)
PAGE = """<!doctype html><html lang="en"><head><meta charset="{charset}"><title>Storm closes harbour, day {n} - Nordvik Post</title>
<meta property="article:published_time" content="2026-02-{day:02}T08:00:00+01:00"><meta property="og:site_name" content="Nordvik Post"></head>
<body><nav><a href="/">Home</a> <a href="/sea">Sea</a></nav><article><h1>Storm closes harbour, day {n}</h1><p class="byline">By Mara Holm</p>
{body}</article><footer>© 2026 Nordvik Post. All rights reserved.</footer></body></html>"""


def write_pages(folder: Path, count: int) -> list[Path]:
    """Files of which every eighth is refused and every fifth is in windows-1252."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for n in range(count):
        charset = "windows-1252" if n % 5 == 1 else "utf-8"
        said = [text.format(n=n) for text in PARAGRAPHS]
        if n % 8 == 7:
            name, text = f"{n}.html", "<html><body></body></html>" if n % 16 == 7 else "\x00\x01\x02" * 40
        elif n % 3:
            body = "".join(f"<p>{each}</p>" for each in said)
            name, text = f"{n}.html", PAGE.format(charset=charset, n=n, day=n % 28 + 1, body=body)
        else:
            name, text = f"{n}.txt", f"Storm closes harbour, day {n}\n\n" + "\n\n".join(said) + "\n"
        made.append(folder / name)
        made[-1].write_bytes(text.encode(charset))
    return made


def read_part(data: Any, rank: int, world_size: int, *, folder: str) -> Any:
    """A reader of datatrove: the files of a folder as documents, with their bytes as a medium."""
    from datatrove.data import Document, Media, MediaType

    del data
    for path in sorted(Path(folder).iterdir())[rank::world_size]:
        medium = Media(id="0", type=MediaType.DOCUMENT, url="", media_bytes=path.read_bytes())
        yield Document("", path.name, [medium], {"file_name": path.name})
