"""The command line. Commands are loaded, and import what they need, only when they are called: --help stays fast."""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import import_module

import click

from ingest.cli.files import EXIT_BROKEN_PIPE, EXIT_IO_ERROR, STDOUT, cannot_write, named_stdout
from ingest.core.text.characters import escape_for_display

COMMANDS = {
    "clean": ("ingest.cli.clean:clean", "Clean files and folders; records go to the terminal or a folder."),
    "explain": ("ingest.cli.explain:explain", "Show each line of a file with its label and the rule that decided."),
    "validate": ("ingest.cli.validate:validate", "Check records against the schema; one line for each invalid one."),
    "schema": ("ingest.cli.clean:schema", "Print the JSON Schema of a record."),
    "learn": ("ingest.cli.learn:learn", "Learn from files what publishers repeat over their articles."),
    "memory": ("ingest.cli.memory:memory", "What is known about publishers: show, export, reset."),
    "packs": ("ingest.cli.packs:packs", "List and check the publisher packs."),
    "up": ("ingest.cli.service:up", "Watch a folder and clean what is dropped; needs no server."),
    "watch": ("ingest.cli.service:watch", "Watch a folder and queue what is dropped for workers."),
    "worker": ("ingest.cli.service:worker", "Clean what is queued; the same as `celery -A worker worker`."),
    "enqueue": ("ingest.cli.service:enqueue", "Copy files into the spool and queue them."),
    "what-if": ("ingest.cli.what_if:what_if", "What other packs or another memory would change in the records."),
    "deliver": ("ingest.cli.deliver:deliver", "Deliver records to databases, search, files, streams, webhooks."),
    "delete": ("ingest.cli.deliver:delete", "Delete records and their sources, and tell the sinks."),
    "reclean": ("ingest.cli.quarantine:reclean", "Clean the kept sources again, replacing their records."),
    "settings": ("ingest.cli.service:settings", "List all settings with their current values."),
    "status": ("ingest.cli.status:status", "What is waiting, who is working, and what blocks them."),
    "serve": ("ingest.cli.serve:serve", "The dashboard: status, records, quarantine, metrics."),
    "failed": ("ingest.cli.quarantine:failed", "The quarantine: list, show, retry, purge."),
    "journal": ("ingest.cli.journal:journal", "Print what became of each source, one JSON line each."),
    "report": ("ingest.cli.report:report", "Write one page about a run: outcomes, publishers, labels, rules."),
    "health": ("ingest.cli.service:health", "Check that this container's watcher or worker is alive."),
}
"""Name → its module and its line in --help, so that --help need not load the module."""
SECTIONS = {"Files": "clean", "The service": "up", "Monitoring": "status"}
"""Headings in --help, and the first command under each."""


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; the reader of our output may close the pipe early (`| head`)."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _discard_unwritten()
            raise click.exceptions.Exit(EXIT_BROKEN_PIPE) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        first = {command: title for title, command in SECTIONS.items()}
        sections: dict[str, list[tuple[str, str]]] = {}
        title = ""
        for name, (_, line) in COMMANDS.items():
            title = first.get(name, title)
            sections.setdefault(title, []).append((name, line))
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows, col_max=10)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.version_option(package_name="news-ingest", prog_name="ingest")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Turn raw news files into clean records, and say why each line was removed.

    Start with `ingest clean article.html`, or `ingest up` to watch a folder. Each command has a --help.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """The console entry point. Exit 130 after Ctrl-C, as shells expect (click alone exits with 1); one line for a write error."""
    named_stdout()
    try:
        code = cli.main(standalone_mode=False)
    except click.Abort:
        _say("interrupted")
        code = 130
    except click.ClickException as error:
        code = error.exit_code
        with contextlib.suppress(OSError):
            error.show()
    except OSError as error:
        code = EXIT_IO_ERROR
        if error.filename == STDOUT:
            _say(f"Error: {cannot_write(STDOUT, error).message}")
        else:
            name = f"{escape_for_display(os.fsdecode(error.filename))}: " if error.filename else ""
            _say(f"Error: {name}{error.strerror or error}")
    _discard_unwritten()
    raise SystemExit(code if isinstance(code, int) else 0)


def _say(line: str) -> None:
    with contextlib.suppress(OSError):
        click.echo(line, err=True)


def _discard_unwritten() -> None:
    """Drop output that a full disk refused, or Python would retry at exit and print a traceback."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream:
                stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
