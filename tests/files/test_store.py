"""The five methods of a store, held by a folder and by a bucket on a real server."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from knowledge.files.store import FilesUnavailable, Folder, NoSuchFile, Store, open_store

pytest.importorskip("moto.server")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A server that speaks S3 on the loopback, with an empty bucket."""
    import boto3
    from moto.server import ThreadedMotoServer

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ.setdefault(name, "test")
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=address, region_name="us-east-1").create_bucket(Bucket="praxis")
    yield address
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return open_store("", tmp_path / "files")
    address = request.getfixturevalue("s3")
    return open_store(f"s3://praxis/{tmp_path.name.replace('_', '-').lower()}?endpoint={address}", tmp_path)


def put(store: Store, name: str, content: bytes) -> None:
    store.put(name, io.BytesIO(content))


def test_what_is_put_is_there_whole_and_in_pieces(store: Store) -> None:
    content = os.urandom(300_000)
    put(store, "abc/480", content)
    assert b"".join(store.read("abc/480")) == content
    assert b"".join(store.read("abc/480", 100_000)) == content[100_000:]
    assert b"".join(store.read("abc/480", 100_000, 150_000)) == content[100_000:250_000]
    assert b"".join(store.read("abc/480", 0, 1)) == content[:1] and b"".join(store.read("abc/480", 7, 0)) == b""
    assert store.size("abc/480") == len(content)


def test_what_is_not_there_is_said_at_once(store: Store) -> None:
    assert store.size("abc/480") is None
    with pytest.raises(NoSuchFile):
        store.read("abc/480")
    store.drop("abc/480")
    put(store, "abc/480", b"x")
    store.drop("abc/480")
    assert store.size("abc/480") is None


def test_names_are_listed_with_their_moment_below_a_path_or_all(store: Store) -> None:
    for name in ("a/1", "a/2", "parts/u/0-10"):
        put(store, name, b"x")
    assert sorted(name for name, _ in store.names()) == ["a/1", "a/2", "parts/u/0-10"]
    assert [name for name, _ in store.names("parts")] == ["parts/u/0-10"]
    assert all(abs(datetime.now(UTC) - at) < timedelta(minutes=5) for _, at in store.names())


@pytest.mark.case("U5")
@pytest.mark.parametrize(
    "name", ["", "../x", "/etc/passwd", "a//b", "a/../b", "A", "a b", "a\0", "a/b/c/d/e", ".", "~"]
)
def test_U5_a_name_that_leads_elsewhere_is_no_name(store: Store, name: str) -> None:
    with pytest.raises(ValueError):
        put(store, name, b"x")
    with pytest.raises(ValueError):
        store.read(name)


def test_putting_again_does_no_harm(store: Store) -> None:
    put(store, "a/1", b"first")
    put(store, "a/1", b"second")
    assert b"".join(store.read("a/1")) == b"second"


def test_a_source_that_breaks_leaves_nothing_to_be_seen(store: Store) -> None:
    class Broken(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise OSError(5, "broken")

    with pytest.raises((FilesUnavailable, OSError)):
        store.put("a/1", Broken(b"x" * 100))
    assert store.size("a/1") is None and list(store.names()) == []


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("a file where the folder should be")
    with pytest.raises(FilesUnavailable):
        put(Folder(tmp_path / "files"), "a/1", b"x")


def test_a_bucket_that_is_away_or_not_there_says_so(s3: str, tmp_path: Path) -> None:
    with pytest.raises(FilesUnavailable):
        put(open_store(f"s3://nobody?endpoint={s3}", tmp_path), "a/1", b"x")


def test_a_folder_syncs_the_bytes_before_they_have_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (told.append(Path(f"/proc/self/fd/{fd}").resolve().name), fsync(fd))[1])
    monkeypatch.setattr(Path, "replace", lambda self, to: (told.append("named"), replace(self, to))[1])
    put(Folder(tmp_path / "files"), "a/1", b"x")
    named = told.index("named")
    assert len(told[named - 1]) == 24  # the file that lies aside
    assert told[named + 1 :] == ["a"]  # and then the folder it got its name in
