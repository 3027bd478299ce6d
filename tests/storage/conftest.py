"""Servers for shared memories, and places that are empty."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import s3_server


@pytest.fixture(scope="session")
def chroma(chroma_url: str) -> str:
    return chroma_url


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture
def s3_keys(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a machine's environment says of a server with buckets."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place that is empty: in a folder that machines share, or in a bucket."""
    if request.param == "folder":
        return str(tmp_path / "shared")
    request.getfixturevalue("s3_keys")
    import s3fs

    bucket = f"memories-{uuid.uuid4().hex[:8]}"
    s3fs.S3FileSystem(skip_instance_cache=True).mkdir(bucket)
    return f"s3://{bucket}/team/memory"
