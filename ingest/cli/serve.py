"""`ingest serve`: the dashboard."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import Any

import click

from ingest.cli.options import refuse_object_store, settings_of, with_settings


@click.command()
@with_settings
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen on; whoever reaches it can read all articles.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8321, show_default=True, help="The port; 0 picks a free one."
)
def serve(host: str, port: int, **flags: Any) -> None:
    """Serve the dashboard: status, records with explanations, quarantine, and metrics for Prometheus.

    It is read-only unless INGEST_DASHBOARD_TOKEN is set: whoever knows the token may retry and purge. Needs the extra: pip install 'news-ingest[dashboard]'
    """
    settings = settings_of(**flags)
    refuse_object_store(settings)
    try:
        import uvicorn

        from ingest.web.dashboard.app import make_app
        from ingest.web.dashboard.explainer import Explainer
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] in {"uvicorn", "starlette", "prometheus_client"}:
            raise click.UsageError(
                "the dashboard is an extra; to have it, run: pip install 'news-ingest[dashboard]'"
            ) from None
        raise
    try:
        [(*kind, _, address), *_] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        listening = socket.socket(*kind)  # with its protocol, or responses would wait 40 ms for acknowledgements
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
    except OSError as error:
        raise click.UsageError(
            f"cannot listen on {host}, port {port}: {error.strerror}; choose another --host or --port"
        ) from None
    with contextlib.suppress(OSError):
        os.nice(10)  # cleaning comes first
    explainer = Explainer(settings)
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"The dashboard: http://{shown}:{listening.getsockname()[1]}/ (Ctrl-C ends it)", err=True)
    config = uvicorn.Config(
        make_app(settings, explainer), log_config=None, access_log=False, server_header=False, proxy_headers=False,
        limit_concurrency=200, timeout_graceful_shutdown=5, ws="none",
    )  # fmt: skip
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        raise click.Abort from None
    finally:
        explainer.close()
