"""Every setting, declared once: its name in the environment, its default and what it is for."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from search.engines import opensearch_client

WEAK_KEYS = frozenset({"secret", "changeme", "dev", "development", "password", "praxis", "test"})


class BadSetting(Exception):
    """A setting has a value the program cannot or must not run with; says what to do."""


def _setting(default: Any, about: str) -> Any:
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True)
class Settings:
    """The settings of one site; `from_environment` reads each from PRAXIS_<NAME>."""

    data_dir: str = _setting("var", "folder for the database, the index and the secret key")
    database_url: str = _setting("", "SQLAlchemy URL; empty for SQLite in the data folder")
    search_url: str = _setting(
        "", "search engine: `whoosh:FOLDER`, `memory:` or `opensearch+https://HOST,HOST/INDEX`; empty for Whoosh"
    )
    secret_key: str = _setting("", "signs cookies, at least 32 characters; empty to make one and keep it (mode 0600)")
    files_url: str = _setting(
        "", "where files are kept: `s3://bucket/prefix?endpoint=https://host`; empty for a folder in the data folder"
    )
    files_per_person: int = _setting(500, "megabytes of files that one person may add")
    host: str = _setting("127.0.0.1", "address to listen on")
    port: int = _setting(8000, "port to listen on")
    threads: int = _setting(4, "requests served at the same time; more than cores only make each wait for the others")
    base_url: str = _setting("", "public address of the site, for links in feeds; empty for http://HOST:PORT")
    proxies: int = _setting(0, "how many trusted proxies stand in front and set X-Forwarded-For and -Proto")
    database_timeout: float = _setting(5.0, "seconds to wait for a locked database before answering 503")
    sweep_seconds: float = _setting(2.0, "how often to look for index work that was left behind")
    sign_in_limit: str = _setting("10 per 15 minutes", "failed sign-ins per account and address before a pause")
    register_limit: str = _setting("20 per hour", "registrations per address")
    link_limit: str = _setting("10 per hour", "mails with links (new password, address) asked for, per address")
    smtp_url: str = _setting(
        "", "mail server: `smtp://user:password@host:587/?starttls` or `smtps://...`; empty to write mails to files"
    )
    mail_worker: int = _setting(1, "1: `praxis run` sends mails itself; 0: a process `praxis worker` does")
    mail_from: str = _setting("", "address that mails come from; empty for praxis@ the host of the public address")
    mail_reply: str = _setting(
        "",
        "address for answers to mails, like `reply@example.org`: what comes to reply+…@ is piped to `praxis mail-in`",
    )
    call_links: int = _setting(0, "1: addresses that records link to are called up, and what leads nowhere is advice")
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read PRAXIS_* settings. Raises BadSetting for a value that cannot be used or an unknown name."""
        given = os.environ if environment is None else environment
        known = {f"PRAXIS_{f.name.upper()}": f for f in fields(cls)}
        allowed = {"PRAXIS_REQUIRE_SERVICES", "PRAXIS_TEST_POSTGRES"}  # read by the tests
        for name in given:
            if name.startswith("PRAXIS_") and name not in known and name not in allowed:
                raise BadSetting(f"{name} is not a setting. `praxis doctor` lists them all.")
        values: dict[str, Any] = {}
        for name, f in known.items():
            if given.get(name):
                values[f.name] = _converted(name, given[name], type(f.default))
        _check(values)
        return cls(**values)

    @property
    def data(self) -> Path:
        """The data folder, absolute."""
        return Path(self.data_dir).resolve()

    @property
    def database(self) -> str:
        """The database URL to use."""
        return self.database_url or f"sqlite:///{self.data / 'praxis.db'}"

    @property
    def files(self) -> Path:
        """The folder of files, when they are not kept elsewhere."""
        return self.data / "files"

    @property
    def search(self) -> str:
        """The search engine's URL to use."""
        return self.search_url if self.search_url not in ("", "whoosh:") else f"whoosh:{self.data / 'index'}"

    @property
    def address(self) -> str:
        """The public address, without a slash at the end."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def host_name(self) -> str:
        """The host of the public address: the name that mails carry."""
        return urlsplit(self.address).hostname or "localhost"

    @property
    def sender(self) -> str:
        """The address that mails come from."""
        return self.mail_from or f"praxis@{self.host_name}"

    def key(self) -> str:
        """The secret key: the given one, or one made on the first run and kept. Raises BadSetting for a weak one."""
        if self.secret_key:
            if len(self.secret_key) < 32 or self.secret_key.casefold() in WEAK_KEYS or len(set(self.secret_key)) < 8:
                raise BadSetting(
                    "PRAXIS_SECRET_KEY is too weak: give at least 32 random characters, or leave it empty to have "
                    "one made and kept."
                )
            return self.secret_key
        path = self.data / "secret_key"
        if not path.exists():
            self.data.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f"secret_key.{os.getpid()}")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(fresh, path)  # of two first starts at once, one key wins and both use it
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        key = path.read_text().strip()
        if len(key) < 32:
            raise BadSetting(
                f"{path} does not hold a usable key. Delete it to have a new one made (signs everyone out)."
            )
        return key


def described() -> list[tuple[str, str, str]]:
    """Name, default and purpose of every setting, for `praxis doctor` and the README."""
    return [(f"PRAXIS_{f.name.upper()}", str(f.default), f.metadata["about"]) for f in fields(Settings)]


def templates() -> Path:
    """The templates: beside the package in a checkout, inside it in an installed wheel."""
    here = Path(__file__).parent
    inside = here / "templates"
    return inside if inside.is_dir() else here.parent / "templates"


def _check(values: Mapping[str, Any]) -> None:
    """Refuse a value of the right kind that cannot work."""
    bounds: dict[str, tuple[float, float]] = {"port": (1, 65535), "threads": (1, 1000), "proxies": (0, 10)}
    bounds["files_per_person"] = (1, 1_000_000)
    bounds |= {"database_timeout": (0.1, 600), "sweep_seconds": (0.1, 3600)}
    for name, (low, high) in bounds.items():
        if name in values and not low <= values[name] <= high:
            raise BadSetting(f"PRAXIS_{name.upper()} must be between {low} and {high}, not {values[name]}.")
    if values.get("log_level", "INFO") not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise BadSetting(f"PRAXIS_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not {values['log_level']!r}.")
    if "://" not in values.get("database_url", "://"):
        raise BadSetting("PRAXIS_DATABASE_URL must be an address like postgresql://user:password@host/praxis.")
    files = urlsplit(values.get("files_url", "s3://-"))
    if files.scheme != "s3" or not files.netloc:
        raise BadSetting("PRAXIS_FILES_URL must be an address like s3://bucket/prefix?endpoint=https://host.")
    if urlsplit(values.get("smtp_url", "smtp://-")).scheme not in ("smtp", "smtps"):
        raise BadSetting("PRAXIS_SMTP_URL must be an address like smtp://user:password@host:587/?starttls.")
    if "mail_from" in values and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", values["mail_from"]):
        raise BadSetting("PRAXIS_MAIL_FROM must be an e-mail address like praxis@example.org.")
    if "mail_reply" in values and not re.fullmatch(r"[^@\s<>+]{1,24}@[^@\s<>]+", values["mail_reply"]):
        raise BadSetting("PRAXIS_MAIL_REPLY must be an e-mail address like reply@example.org, short and without a +.")
    _check_search(values.get("search_url", "memory:"))


def _check_search(url: str) -> None:
    scheme = url.partition(":")[0]
    if scheme in opensearch_client.SCHEMES:
        try:
            opensearch_client.address(url)
        except ValueError as error:
            raise BadSetting(f"PRAXIS_SEARCH_URL: {error}.") from None  # without the address: it holds a password
    elif scheme not in ("memory", "whoosh"):
        raise BadSetting("PRAXIS_SEARCH_URL must be whoosh:FOLDER, memory: or opensearch+https://HOST,HOST/INDEX.")


def _converted(name: str, text: str, kind: type) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise BadSetting(f"{name} must be a number, not {text!r}.") from None
