"""A stored address as it goes into the header `Location`."""

from urllib.parse import quote, urlsplit

_KEPT = "%/:=&?~#+!$,;'@()*[]"
"""What has a meaning in an address or is encoded already."""


def location(url: str) -> str | None:
    """The address in ASCII, or None for what a browser must not be sent to."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    except ValueError:  # No address at all, or a host that has no name in ASCII.
        return None
    said = quote(parts._replace(netloc=host).geturl(), safe=_KEPT)
    return said if said.isprintable() else None
