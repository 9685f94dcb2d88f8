"""Object storage that speaks S3 with conditional writes, by boto3 (an extra).

Address, keys and region come from where boto3 looks for them: `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID` and so on.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from warehouse.sharing.storage import ObjectMissingError, Stamped, StorageError, SwapRefusedError

ATTEMPTS = 6
"""So often boto3 tries what the network or the server failed at, with growing pauses."""
_REFUSED = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}
"""Codes of a conditional write whose condition does not hold, or may not hold any more."""
_MISSING = {"NoSuchKey", "404"}
_AT_ONCE = 1000
"""Names that one call may remove."""


class S3Storage:
    """The objects below a prefix of a bucket. Raises `ModuleNotFoundError` without boto3."""

    def __init__(self, bucket: str, prefix: str = "") -> None:
        import boto3
        from boto3.s3.transfer import TransferConfig
        from botocore.config import Config

        patient = Config(retries={"mode": "standard", "total_max_attempts": ATTEMPTS}, connect_timeout=10)
        self._client: Any = boto3.client("s3", config=patient)
        self._one_thread = TransferConfig(use_threads=False)  # many files go at once
        self._bucket, self._prefix = bucket, f"{prefix}/" if prefix else ""

    def read(self, name: str) -> Stamped | None:
        try:
            with _told(f"reading {name}"):
                found = self._client.get_object(**self._object(name))
                return Stamped(found["Body"].read(), found["ETag"])
        except ObjectMissingError:
            return None

    def stamp(self, name: str) -> str | None:
        try:
            with _told(f"looking at {name}"):
                return str(self._client.head_object(**self._object(name))["ETag"])
        except ObjectMissingError:
            return None

    def swap(self, name: str, content: bytes, stamp: str | None) -> str:
        condition = {"IfNoneMatch": "*"} if stamp is None else {"IfMatch": stamp}
        try:
            with _told(f"replacing {name}"):
                return str(self._client.put_object(**self._object(name), Body=content, **condition)["ETag"])
        except StorageError:
            # An answer got lost, or a second attempt met the success of the first: what stands there tells.
            now = self.read(name)
            if now is not None and now.content == content:
                return now.stamp
            raise

    def store(self, name: str, source: Path) -> None:
        with _told(f"storing {name}"):
            self._client.upload_file(str(source), *self._object(name).values(), Config=self._one_thread)

    def fetch(self, name: str, target: Path) -> None:
        with _told(f"fetching {name}"):
            self._client.download_file(*self._object(name).values(), str(target), Config=self._one_thread)

    def names(self, prefix: str) -> dict[str, float]:
        now, found = time.time(), {}
        with _told(f"listing {prefix}"):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix):
                for one in page.get("Contents", ()):
                    found[one["Key"].removeprefix(self._prefix)] = now - one["LastModified"].timestamp()
        return found

    def remove(self, names: Iterable[str]) -> None:
        keys = [{"Key": self._prefix + name} for name in names]
        for begin in range(0, len(keys), _AT_ONCE):
            with _told("removing objects"):
                gone = {"Objects": keys[begin : begin + _AT_ONCE], "Quiet": True}
                refused = self._client.delete_objects(Bucket=self._bucket, Delete=gone).get("Errors", ())
            if refused:
                raise StorageError(f"removing objects: {refused[0].get('Code')}")

    def _object(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + name}


@contextmanager
def _told(doing: str) -> Iterator[None]:
    """Raise what the libraries raise as errors of the storage, without the request, which may hold keys."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if doing.startswith("replacing") and code in _REFUSED:
            raise SwapRefusedError(doing) from None
        if code in _MISSING:
            raise ObjectMissingError(doing) from None
        raise StorageError(f"{doing}: {code}") from None
    except (BotoCoreError, HTTPClientError, Boto3Error) as error:
        raise StorageError(f"{doing}: {type(error).__name__}") from None
