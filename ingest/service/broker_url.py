"""URLs of brokers: whether one can be used, and its forms with and without the password."""

from __future__ import annotations

from urllib.parse import urlsplit


def check_broker_url(given: str) -> None:
    """Raises ValueError for a URL that cannot be used, in words that do not repeat it."""
    scheme = given.partition("://")[0]
    if scheme not in {"redis", "rediss", "redis+socket", "sentinel"}:
        raise ValueError(
            "must begin with redis://, rediss://, redis+socket:// or sentinel://; other brokers are not supported"
        )
    try:
        urls = [urlsplit(url) for url in each_url(given)]
        whole = scheme == "redis+socket" or all(url.hostname and url.port != 0 and url.scheme == scheme for url in urls)
    except ValueError:
        whole = False
    if not whole:
        raise ValueError(
            "has no readable host and port; characters such as / ? # @ in a password must be written as %XX, "
            "or the password given by INGEST_BROKER_PASSWORD"
        )


def each_url(urls: str) -> list[str]:
    """The URLs of several sentinels; of Redis the one, in which a semicolon may be a part of the password."""
    return urls.split(";") if urls.startswith("sentinel://") else [urls]


def with_password(url: str, quoted: str) -> str:
    """The URL with this password in it, whose special characters are quoted."""
    scheme, _, rest = url.partition("://")
    user, _, address = rest.rpartition("@")
    return f"{scheme}://{user}:{quoted}@{address}"


def without_password(url: str) -> str:
    """The URL without its password and its parameters."""
    scheme, _, rest = url.partition("?")[0].partition("://")
    user, _, address = rest.rpartition("@")
    return f"{scheme}://" + (f"{user.partition(':')[0]}:***@" if user else "") + address
