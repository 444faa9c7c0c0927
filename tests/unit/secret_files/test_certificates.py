"""Certificates and keys: expired, not yet valid, swapped, damaged, encrypted, or of another certificate."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.certificates import LONG_AGO, Authority
from watchkeeper.secret_files.certificates import pair_faults, pem_faults, validity
from watchkeeper.secret_files.contents import content_faults


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def names(use: str, content: bytes, now: datetime | None = None) -> list[str]:
    return [fault.name for fault in pem_faults(use, content, now=now)]


def test_good_files_have_no_fault(authority: Authority) -> None:
    pair = authority.pair("good", "shop.test")
    for use, file in (("ca", authority.file), ("certificate", pair.certificate), ("key", pair.key)):
        assert names(use, file.read_bytes()) == []
    assert list(pair_faults(pair.certificate, pair.key)) == []


def test_an_expired_certificate_says_when(authority: Authority) -> None:
    pair = authority.pair("old", "shop.test", ends=LONG_AGO)
    (fault,) = pem_faults("certificate", pair.certificate.read_bytes())
    assert (fault.name, fault.message) == ("expired", "expired on 2020-01-31")
    assert validity(pair.certificate.read_text())[1] == LONG_AGO


def test_a_certificate_of_the_future_is_not_valid_yet(authority: Authority) -> None:
    content = authority.pair("good", "shop.test").certificate.read_bytes()
    begins = validity(content.decode())[0]
    assert names("certificate", content, begins - timedelta(seconds=1)) == ["not-yet-valid"]
    assert names("certificate", content, begins) == []
    far = datetime(9998, 1, 1, tzinfo=timezone.utc)
    assert names("certificate", content, far) == ["expired"]


def test_a_validity_after_2049_is_read(authority: Authority) -> None:
    ends = datetime(2061, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
    pair = authority.pair("long", "shop.test", ends=ends)
    assert validity(pair.certificate.read_text())[1] == ends


def test_any_expired_authority_of_a_bundle_is_found_but_a_chain_is_judged_by_its_first(
    authority: Authority,
) -> None:
    old = authority.pair("old", "shop.test", ends=LONG_AGO).certificate.read_bytes()
    good = authority.pair("good", "shop.test").certificate.read_bytes()
    assert names("ca", good + old) == ["expired"]
    assert names("certificate", good + old) == []


def test_swapped_files_are_told_apart(authority: Authority) -> None:
    pair = authority.pair("good", "shop.test")
    assert names("certificate", pair.key.read_bytes()) == ["not-pem"]
    assert names("key", pair.certificate.read_bytes()) == ["not-pem"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"hunter2", b"-----BEGIN CERTIFICATE-----\n"])
def test_files_without_a_block_are_no_pem(content: bytes) -> None:
    assert names("ca", content) == names("key", content) == ["not-pem"]


def test_a_damaged_certificate_is_found_at_every_length(authority: Authority) -> None:
    lines = authority.pair("good", "shop.test").certificate.read_text().splitlines()
    for kept in (2, 3, 5):
        cut = "\n".join([*lines[:kept], lines[-1]]).encode()
        assert names("certificate", cut) == ["not-pem"]


def test_an_encrypted_key_is_refused() -> None:
    block = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
    assert names("key", block) == ["encrypted"]


def test_a_key_of_another_certificate_is_found(authority: Authority, tmp_path: Path) -> None:
    one, other = authority.pair("one", "shop.test"), authority.pair("other", "shop.test")
    assert [fault.name for fault in pair_faults(one.certificate, other.key)] == ["wrong-key"]
    assert list(pair_faults(tmp_path / "missing", other.key)) == []


@pytest.mark.parametrize("text", ["Bearer abcdefghij", "https://vault.acme.io/v1/data"])
def test_a_token_is_written_alone(text: str) -> None:
    assert [fault.name for fault in content_faults("token", text.encode())] == ["wrong-kind"]
    assert list(content_faults("token", b"  Zm9vYmFy\r\n")) == []
    assert [fault.name for fault in content_faults("password", b"one\ntwo\n")] == ["lines"]
