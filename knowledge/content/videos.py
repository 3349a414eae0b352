"""Videos by link: the hosts that are known, and the address of their player, made anew from the video's id alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Host:
    """A host of videos. `path` finds the id in the path of an address; `query` names a parameter that holds it."""

    name: str
    domains: frozenset[str]
    path: str
    id: str
    page: str
    player: str
    query: str = ""


@dataclass(frozen=True)
class Video:
    """A video elsewhere: who shows it, the page to link to, and the address of its player."""

    host: str
    page: str
    player: str


HOSTS = (
    Host(
        "YouTube",
        frozenset({"youtube.com", "m.youtube.com", "youtube-nocookie.com", "youtu.be"}),
        r"/(?:embed/|shorts/|live/)?(?P<id>[^/]+)",
        r"[A-Za-z0-9_-]{11}",
        "https://www.youtube.com/watch?v={id}",
        "https://www.youtube-nocookie.com/embed/{id}?autoplay=1",
        query="v",
    ),
    Host(
        "Vimeo",
        frozenset({"vimeo.com", "player.vimeo.com"}),
        r"/(?:video/)?(?P<id>[^/]+)",
        r"\d{5,12}",
        "https://vimeo.com/{id}",
        "https://player.vimeo.com/video/{id}?dnt=1&autoplay=1",
    ),
    Host(
        "Dailymotion",
        frozenset({"dailymotion.com", "dai.ly"}),
        r"/(?:video/|embed/video/)?(?P<id>[^/]+)",
        r"x[a-z0-9]{4,9}",
        "https://www.dailymotion.com/video/{id}",
        "https://geo.dailymotion.com/player.html?video={id}",
    ),
    Host(
        "Internet Archive",
        frozenset({"archive.org"}),
        r"/(?:details|embed)/(?P<id>[^/]+)/?",
        r"[A-Za-z0-9][A-Za-z0-9._-]{2,99}",
        "https://archive.org/details/{id}",
        "https://archive.org/embed/{id}",
    ),
    Host(
        "TED",
        frozenset({"ted.com", "embed.ted.com"}),
        r"/talks/(?P<id>[^/]+)",
        r"[a-z0-9_]{3,120}",
        "https://www.ted.com/talks/{id}",
        "https://embed.ted.com/talks/{id}",
    ),
)
PLAYERS = tuple(dict.fromkeys(f"https://{urlsplit(host.player).netloc}" for host in HOSTS))


def video(url: str) -> Video | None:
    """The video an address leads to, if its host is known and the address is one of a video."""
    try:
        parts = urlsplit(url)
        name = (parts.hostname or "").removeprefix("www.")
        plain = parts.scheme in ("http", "https") and "@" not in parts.netloc and parts.port in (None, 80, 443)
    except ValueError:
        return None
    host = next((h for h in HOSTS if name in h.domains), None) if plain else None
    if host is None:
        return None
    found = re.fullmatch(host.path, parts.path, re.ASCII)
    asked = parse_qs(parts.query).get(host.query, [""])[0] if host.query and parts.path == "/watch" else ""
    video_id = asked or (found["id"] if found else "")
    if not re.fullmatch(host.id, video_id, re.ASCII):
        return None
    return Video(host.name, host.page.format(id=video_id), host.player.format(id=video_id))
