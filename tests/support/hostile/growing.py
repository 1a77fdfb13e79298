"""Hostile files of any size: the core's time must grow linearly with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.hostile.matter import ARTICLE, PROSE, linked_data, page

if TYPE_CHECKING:
    from collections.abc import Callable


def _text(unit: str, *, prose: bool = True) -> Callable[[int], bytes]:
    return lambda count: (ARTICLE * prose + unit * count).encode()


def _body(unit: str, close: str = "", before: str = "", after: str = "") -> Callable[[int], bytes]:
    return lambda count: page(before + unit * count + after + close * count)


def _numbered(unit: str) -> Callable[[int], bytes]:
    return lambda count: page("".join(unit.format(number) for number in range(count)))


def _objects(thing: dict[str, Any]) -> Callable[[int], bytes]:
    return lambda count: page("", linked_data([{**thing, "@id": f"#{number}"} for number in range(count)]))


def _article(key: str, value: Any) -> Callable[[int], bytes]:
    return lambda count: page("", linked_data({"@type": "NewsArticle", key: [value] * count}))


def _script(unit: str, before: str = "") -> Callable[[int], bytes]:
    return lambda count: page("", linked_data(before + unit * count))


GROWING: dict[str, tuple[Callable[[int], bytes], int, int]] = {
    # name: (maker, count for the tests, count for --large)
    "line-words.txt": (_text("many words in one line "), 5_000, 450_000),
    "line-solid.txt": (_text("x"), 125_000, 10_000_000),
    "line-sentences.txt": (_text("A sentence ends here. "), 5_000, 450_000),
    "line-brackets.txt": (_text("(["), 50_000, 5_000_000),
    "line-quotes.txt": (_text('."'), 50_000, 5_000_000),
    "line-dashes.txt": (_text("- "), 50_000, 5_000_000),
    "line-separator.txt": (lambda count: (ARTICLE + "- " * count + "x").encode(), 50_000, 5_000_000),
    "line-dates.txt": (_text("2024-01-01 "), 10_000, 900_000),
    "line-rights.txt": (_text("© 2024 Copyright Reuters. All rights reserved. "), 2_500, 200_000),
    "line-credits.txt": (_text("Photo: (Kyodo) "), 5_000, 600_000),
    "line-marks.txt": (_text("\u0301\u0316"), 5_000, 2_500_000),
    "line-ligatures.txt": (_text("\ufdfa"), 5_000, 3_000_000),
    "line-hangul.txt": (_text("\u1100\u1161\u11a8"), 5_000, 1_000_000),
    "line-chinese.txt": (_text("新华社北京电。"), 5_000, 450_000),
    "line-tail-spaces.txt": (lambda count: (ARTICLE + "x" + " " * count + "y").encode(), 125_000, 10_000_000),
    "lines-empty.txt": (_text("\n"), 125_000, 10_000_000),
    "lines-short.txt": (_text("a\n"), 5_000, 1_000_000),
    "lines-separators.txt": (_text("-----\n"), 5_000, 500_000),
    "lines-headings.txt": (_text("# # #\n"), 5_000, 500_000),
    "lines-quoted.txt": (lambda count: (">" * count + "\n" + "> " * 50 + PROSE + "\n").encode() * 20, 1_250, 200_000),
    "lines-read-also.txt": (_text("Read also: Council approves budget for the year\n"), 2_500, 200_000),
    "lines-list.txt": (lambda count: (ARTICLE + "Read also:\n" + "Another title of a story\n" * count).encode(), 2_500, 200_000),
    "lines-rights.txt": (_text("© 2024 Reuters. All rights reserved.\n"), 2_500, 200_000),
    "lines-rest.txt": (_text("About Us\nRelated Articles\nComments\nNewsletter\nShare this article\n"), 500, 50_000),
    "lines-by.txt": (_text("By Jane Doe\nPhoto: Jane Doe\nUpdated: 2024-01-01\n"), 1_250, 100_000),
    "lines-same.txt": (_text("Council approves budget\n"), 5_000, 400_000),
    "lines-carriage.txt": (_text("a\r"), 5_000, 1_000_000),
    "deep-div.html": (_body("<div>", "</div>", after=PROSE), 5_000, 1_000_000),
    "deep-bold.html": (_body("<b>", "</b>", after=PROSE), 5_000, 1_000_000),
    "deep-bold-breaks.html": (lambda count: page("<b>" * 1_900 + "word<br><br>" * count), 1_250, 100_000),
    "deep-table.html": (_body("<table><tr><td>x"), 1_250, 100_000),
    "deep-list.html": (_body("<ul><li>x"), 2_500, 300_000),
    "deep-quote.html": (_body("<blockquote>x"), 2_500, 300_000),
    "deep-figure.html": (_body("<figure class=credit>x", after="<figcaption class=credit>x</figcaption>" * 1_000), 500, 50_000),
    "deep-related.html": (lambda count: page("<div class=related>" * 1_900 + "<a href=/x>one two three four</a>" * count), 1_250, 100_000),
    "deep-author.html": (lambda count: page("<div class='author tags date subtitle'>" * 1_900 + "<i>By Jane</i>" * count), 1_250, 300_000),
    "deep-class.html": (_body("<div class='article-body news-text a{0}b'>x"), 1_250, 100_000),
    "tags-p.html": (_body("<p>x"), 2_500, 1_000_000),
    "tags-br.html": (_body("<br>"), 7_500, 1_000_000),
    "tags-b.html": (_body("<b>x</b>"), 7_500, 1_000_000),
    "tags-a.html": (_body("<a href=/x>x</a> "), 2_500, 500_000),
    "tags-a-open.html": (_body("<a href=/x>x"), 2_500, 500_000),
    "tags-img.html": (_body("<img src=data:image/png;base64,AAAA alt=x>"), 2_500, 200_000),
    "tags-td.html": (lambda count: page("<table><tr>" + "<td>x" * count), 2_500, 500_000),
    "tags-li.html": (lambda count: page("<ul>" + "<li>a list line here" * count), 2_500, 300_000),
    "tags-time.html": (_body("<time datetime=2024-01-01T00:00Z>x</time>"), 1_250, 200_000),
    "tags-figure.html": (_numbered("<figure><img src=/{0}.jpg><figcaption>A caption number {0} (Kyodo)</figcaption></figure>"), 250, 50_000),
    "tags-credit.html": (lambda count: page("<figure>" + "<span class=credit>Photo: Reuters</span>" * count + "</figure>"), 500, 50_000),
    "tags-script.html": (_body("<script>x</script>"), 2_500, 300_000),
    "tags-ld.html": (lambda count: page("", linked_data("{}") * count), 1_250, 100_000),
    "tags-meta.html": (lambda count: page("", "".join(f"<meta name=author content='Jane Doe {n}'>" for n in range(count))), 1_250, 100_000),
    "tags-h1.html": (_body("<h1>Council approves budget</h1>"), 1_250, 200_000),
    "tags-own.html": (_numbered("<x-{0}>x</x-{0}>"), 2_500, 200_000),
    "tags-comments.html": (_body("<!-- x -->"), 5_000, 800_000),
    "tags-nav.html": (_numbered("<li class=nav><a href=/{0}>Section {0}</a>"), 1_250, 100_000),
    "tags-iframe.html": (_body("<iframe srcdoc='<p>x'></iframe>"), 1_250, 100_000),
    "tags-input.html": (_body("<form><input value=x><option>x<select>"), 1_250, 100_000),
    "attributes.html": (lambda count: page("<p " + " ".join(f"a{n}=1" for n in range(count)) + ">x</p>"), 750, 10_000),
    "attribute-long.html": (lambda count: page(f"<p class='{'author ' * count}' id='{'Xy' * count}' style='{'a:b;' * count}'>{PROSE}</p>"), 5_000, 500_000),
    "classes.html": (_numbered("<p class='c{0} author-x{0} Tag{0}'>By x {0}</p>"), 1_250, 100_000),
    "entities.html": (_body("&amp;amp;"), 12_500, 1_000_000),
    "ampersands.html": (_body("&"), 25_000, 2_000_000),
    "less-than.html": (_body("<"), 25_000, 2_000_000),
    "less-than-letter.html": (_body("<a"), 12_500, 1_000_000),
    "end-tags.html": (_body("</p></div></b>"), 5_000, 500_000),
    "title-long.html": (lambda count: page("", f"<title>{'<b> &lt;b ' * count}</title>"), 5_000, 500_000),
    "data-url.html": (lambda count: page(f"<img src='data:image/png;base64,{'A' * count}'>"), 125_000, 8_000_000),
    "paragraph-long.html": (lambda count: page(f"<p>{'Photo: By © 2024 (Kyodo) ' * count}</p>"), 2_500, 300_000),
    "caption-long.html": (lambda count: page(f"<figure><img src=/x><figcaption>{'Photo: © [a (b. ' * count}</figcaption></figure>"), 2_500, 300_000),
    "byline-long.html": (lambda count: page(f"<p class=author>{'By Jane and John, ' * count}</p>"), 2_500, 300_000),
    "misnested.html": (_body("<b><p></b><i><div></i>"), 750, 50_000),
    "formatting.html": (_body("<p><font><i><b>"), 750, 100_000),
    "ld-objects.html": (_objects({"@type": "NewsArticle", "headline": "x", "author": {"name": "Jane Doe"}}), 1_250, 100_000),
    "ld-images.html": (
        lambda count: page("", linked_data([
            {"@type": "NewsArticle", "image": [{"caption": f"Caption {n} {m}", "url": f"https://x.org/{n}-{m}"} for m in range(50)]}
            for n in range(count)
        ])), 20, 2_000,
    ),
    "ld-authors.html": (lambda count: page("", linked_data({"@type": "NewsArticle", "author": [{"name": f"Jane Doe {n}"} for n in range(count)]})), 2_500, 100_000),
    "ld-no-names.html": (_article("author", {"name": "12:30 " * 90}), 250, 10_000),
    "ld-author-long.html": (lambda count: page("", linked_data({"@type": "NewsArticle", "author": "By Jane, " * count, "keywords": "a, " * count, "headline": "x" * count})), 2_500, 300_000),
    "ld-keywords.html": (_article("keywords", "x, y; z"), 1_250, 100_000),
    "ld-graph.html": (lambda count: page("", linked_data('{"@graph":[' * count + "]}" * count)), 225, 100_000),
    "ld-quotes.html": (_script('\\"'), 750, 1_900_000),
    "ld-comments.html": (_script("/*"), 1_250, 1_900_000),
    "ld-comments-html.html": (_script("<!--"), 1_250, 900_000),
    "ld-commas.html": (_script(", "), 1_250, 1_900_000),
    "ld-spaces.html": (_script(" ", '{"a": 1,'), 12_500, 3_900_000),
    "ld-backslashes.html": (_script("\\", '{"a": "'), 12_500, 3_900_000),
    "ld-several.html": (_script('{"@type":"NewsArticle"};'), 1_250, 150_000),
    "ld-digits.html": (_script("9", '{"a": '), 1_000, 3_900_000),
}  # fmt: skip
"""Name → (maker of a file, how many for the tests, how many with --large)."""
