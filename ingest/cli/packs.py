"""`ingest packs list|check [DIR]`: publisher packs and their checks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.cli.files import LocalPath
from ingest.cli.sandboxed import name_links

if TYPE_CHECKING:
    from ingest.core.packs import Packs

_FOLDER = click.argument("folder", metavar="[DIR]", required=False, type=LocalPath(path_type=Path))


@click.group()
def packs() -> None:
    """Publisher packs: the built-in ones, and with DIR those in a folder of yours."""


@packs.command("list")
@_FOLDER
def list_packs(folder: Path | None) -> None:
    """List every pack, the domains it applies to, and how many rules it has."""
    for pack in _load(folder).all:
        serves = ", ".join(pack.domains) or ("recognised by its traces" if pack.name else "every article")
        rules = f"{len(pack.rules) + len(pack.selectors)} rules" + (
            f", {len(pack.datelines)} datelines" if pack.datelines else ""
        )
        click.echo(f"{pack.stem:<16} {pack.name or '-':<28} {rules:<24} {serves}")


@packs.command(short_help="Check every pack: examples, names, speed.")
@_FOLDER
@click.option(
    "--records",
    type=LocalPath(path_type=Path, exists=True, file_okay=False),
    help="Folder of records known to be right (one JSON file each): rules are also tried on them.",
)
def check(folder: Path | None, records: Path | None) -> None:
    """Check every pack: that examples prove the rules, names are unique, and no rule is slow; one line per problem, and exit 1.

    Rules that never win are named, and with --records also rules that would remove a paragraph from a record's body.
    """
    from ingest.cli.pack_audit import audit_rules, read_known_articles
    from ingest.core.packs import validate_packs as pack_problems

    loaded = _load(folder)
    try:
        golden = read_known_articles(records) if records else []
    except (ValueError, KeyError, TypeError) as error:
        raise click.UsageError(f"--records: a JSON file in this folder is not a record: {error!r}") from error
    problems = [*pack_problems(loaded), *audit_rules(loaded, golden)]
    for problem in problems:
        click.echo(problem, err=True)
    tested = [
        (*rule.hits, *rule.misses)
        for pack in loaded.all
        for rules in (pack.tested_patterns, pack.selectors)
        for rule in rules
    ]
    click.echo(
        f"{len(loaded.all)} packs, {len(tested)} rules, {sum(map(len, tested))} examples: {len(problems) or 'no'} problems"
    )
    if problems:
        raise click.exceptions.Exit(1)


@packs.command("import-ftr")
@click.argument("files", nargs=-1, required=True, type=LocalPath(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "-o", "--output", required=True, type=LocalPath(path_type=Path, file_okay=False), help="Folder of your packs."
)
def import_ftr(files: tuple[Path, ...], output: Path) -> None:
    """Make packs of ftr-site-config files (DOMAIN.txt), as FiveFilters and wallabag read them.

    Directives that no selector says are named on standard error; a pack that is there already is not overwritten. Check the result with
    `ingest packs check`, and add hits and misses from real pages.
    """
    from ingest.cli.files import make_folder, write_atomically
    from ingest.core.packs.ftr import import_ftr as pack_of

    make_folder(output)
    bad = 0
    for file in files:
        domain = file.name.removesuffix(".txt").removeprefix(".")
        target = output / f"{domain.replace('.', '-')}.toml"
        try:
            pack = pack_of(domain, file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            bad += 1
            click.echo(f"{file}: {error}", err=True)
            continue
        if target.exists():
            bad += 1
            click.echo(f"{file}: {target} is there already", err=True)
            continue
        write_atomically(target, pack.toml)
        click.echo(str(target))
        for line in pack.left_out:
            click.echo(f"{file}: left out: {line}", err=True)
    if bad:
        raise click.exceptions.Exit(1)


def _load(folder: Path | None) -> Packs:
    from ingest.core.packs import PackError, load_packs

    name_links(folder)
    try:
        return load_packs(folder)
    except PackError as error:
        click.echo(str(error), err=True)
        raise click.exceptions.Exit(1) from error
