"""Files in an S3 bucket, for sites of several machines. boto3 learns who we are in its own way (AWS_… or a role)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from knowledge.files.store import BLOCK, FilesUnavailable, NoSuchFile, checked

_ABSENT = {"404", "NoSuchKey", "NotFound"}


class Bucket:
    """A bucket, or what in it lies under a prefix: `s3://bucket/prefix?endpoint=https://host&region=name`."""

    def __init__(self, url: str) -> None:
        parts, asked = urlsplit(url), parse_qs(urlsplit(url).query)
        self._bucket, self._prefix = parts.netloc, parts.path.strip("/") + "/" if parts.path.strip("/") else ""
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=asked.get("endpoint", [None])[0],
            region_name=asked.get("region", ["us-east-1"])[0],
            config=Config(
                connect_timeout=5,
                read_timeout=30,
                retries={"max_attempts": 3, "mode": "standard"},
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",  # other makers' servers do not know the newer ones
                response_checksum_validation="when_required",
            ),
        )

    def put(self, name: str, source: BinaryIO) -> None:
        """A bucket has an object whole or not at all, and answers when it is safe."""
        with _translated(name):
            self._client.put_object(Bucket=self._bucket, Key=self._key(name), Body=source)

    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Only the wanted bytes are fetched."""
        if length == 0:
            return iter(())
        end = "" if length is None else start + length - 1
        wanted = {"Range": f"bytes={start}-{end}"} if start or length is not None else {}
        with _translated(name):
            body = self._client.get_object(Bucket=self._bucket, Key=self._key(name), **wanted)["Body"]
        return _blocks(name, body)

    def size(self, name: str) -> int | None:
        """Asked without fetching."""
        try:
            with _translated(name):
                return int(self._client.head_object(Bucket=self._bucket, Key=self._key(name))["ContentLength"])
        except NoSuchFile:
            return None

    def drop(self, name: str) -> None:
        """A bucket does not mind what is not there."""
        with _translated(name):
            self._client.delete_object(Bucket=self._bucket, Key=self._key(name))

    def names(self, within: str = "") -> Iterator[tuple[str, datetime]]:
        """Page by page."""
        prefix = self._prefix + (checked(within) + "/" if within else "")
        with _translated(within):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                for found in page.get("Contents", ()):
                    yield found["Key"].removeprefix(self._prefix), found["LastModified"]

    def _key(self, name: str) -> str:
        return self._prefix + checked(name)


def _blocks(name: str, body: Any) -> Iterator[bytes]:
    with _translated(name):
        try:
            yield from body.iter_chunks(BLOCK)
        finally:
            body.close()


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _ABSENT:
            raise NoSuchFile(name) from None
        raise FilesUnavailable(f"the bucket answers {error.response.get('Error', {}).get('Code')}") from error
    except BotoCoreError as error:
        raise FilesUnavailable(f"the bucket does not answer ({type(error).__name__})") from error
