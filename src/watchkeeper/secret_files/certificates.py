"""What is wrong with the files of a TLS connection: authorities, certificates and their keys, all as PEM."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

from watchkeeper.secret_files.fault import Fault

_BLOCK: Final = re.compile(r"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----", re.DOTALL)
_CERTIFICATE: Final = "CERTIFICATE"
_KEY: Final = re.compile(r"((RSA|EC) )?PRIVATE KEY")
_SEQUENCE, _UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x30, 0x17, 0x18, 0xA0
# Of a certificate's parts, validity is the fourth after the version: serial number, algorithm and issuer come before.
_BEFORE_VALIDITY: Final = 3
# OpenSSL's codes for a name and for an address that the certificate does not have.
_OTHER_NAME: Final = (62, 64)


def pem_faults(use: str, content: bytes, *, now: datetime | None = None) -> Iterator[Fault]:
    """Yield the faults of a file with certificates (`ca`, `certificate`) or with a private `key`."""
    blocks = [(match[1], match[0]) for match in _BLOCK.finditer(content.decode("latin-1"))]
    if use == "key":
        yield from _key_faults([kind for kind, _ in blocks])
        return
    certificates = [text for kind, text in blocks if kind == _CERTIFICATE]
    if not certificates:
        yield Fault("not-pem", "contains no certificate in the form PEM", "write it with BEGIN CERTIFICATE")
    for text in certificates[:1] if use == "certificate" else certificates:
        yield from _validity_faults(text, now or datetime.now(timezone.utc))


def pair_faults(certificate: Path, key: Path) -> Iterator[Fault]:
    """Yield a fault when a readable key is not the key of a readable certificate."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: "")
    except ssl.SSLError as error:
        if "MISMATCH" in str(error).upper():
            message = f"is not the key of {certificate.name}"
            yield Fault("wrong-key", message, "write the key with which the certificate was made")
    except OSError:
        return


def trust_faults(certificate: Path, key: Path, authority: Path | None, name: str) -> Iterator[Fault]:
    """Yield a fault when a client that trusts the authority would refuse a server of that name.

    Without an authority only the name is compared. The files are a readable pair.
    """
    try:
        _shake_hands(certificate, key, authority or certificate, name)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code in _OTHER_NAME:
            message = f"is not for {name}, the name with which clients reach the stack"
            yield Fault(
                "wrong-name", message, "write one for that name, or another `server_name` under `tls`"
            )
        else:
            signed = f"is not signed by {authority.name}" if authority else "is not trusted"
            yield Fault(
                "untrusted", f"{signed}: {error.verify_message}", "write the chain, and its authority"
            )
    except (ssl.SSLError, OSError) as error:
        yield Fault(
            "unusable", f"cannot be used by a server: {error}", "write the certificate and its key again"
        )


def _shake_hands(certificate: Path, key: Path, authority: Path, name: str) -> None:
    """Let a client and a server agree in memory, as they would over a network; raise ssl.SSLError or OSError."""
    client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client.load_verify_locations(authority)
    # As programs in Go do: each certificate of the authority's file is trusted, and only alternative names count.
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.hostname_checks_common_name = False
    server.load_cert_chain(certificate, key)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(back, there, server_hostname=name)
    answering = server.wrap_bio(there, back, server_side=True)
    for side in (asking, answering, asking):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()


def _key_faults(kinds: list[str]) -> Iterator[Fault]:
    if "ENCRYPTED PRIVATE KEY" in kinds:
        yield Fault(
            "encrypted", "is encrypted, and nobody can type its password", "write the key unencrypted"
        )
    elif not any(_KEY.fullmatch(kind) for kind in kinds):
        yield Fault("not-pem", "contains no private key in the form PEM", "write it with BEGIN PRIVATE KEY")


def _validity_faults(text: str, now: datetime) -> Iterator[Fault]:
    try:
        begins, ends = validity(text)
    except (ValueError, IndexError):
        yield Fault("not-pem", "contains a damaged certificate", "write the certificate again")
        return
    if now > ends:
        yield Fault("expired", f"expired on {ends:%Y-%m-%d}", "write a new certificate")
    elif now < begins:
        message = f"is valid from {begins:%Y-%m-%d %H:%M} UTC only"
        yield Fault("not-yet-valid", message, "check the clock of the machine that made it")


def validity(text: str) -> tuple[datetime, datetime]:
    """Return from when until when a PEM certificate is valid; raise ValueError or IndexError for a damaged one."""
    body, _ = _element(ssl.PEM_cert_to_DER_cert(text), _SEQUENCE)
    parts, _ = _element(body, _SEQUENCE)
    skipped = _BEFORE_VALIDITY + (parts[0] == _VERSION)
    for _ in range(skipped):
        _, parts = _element(parts, parts[0])
    times, _ = _element(parts, _SEQUENCE)
    begins, rest = _element(times, times[0])
    ends, _ = _element(rest, rest[0])
    return _moment(begins, times[0]), _moment(ends, rest[0])


def _element(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """Return the content of the first element of DER, and what follows it."""
    if data[0] != tag:
        raise ValueError("another element")
    size, start = data[1], 2
    if size & 0x80:
        start = 2 + (size & 0x7F)
        size = int.from_bytes(data[2:start], "big")
    if start + size > len(data):
        raise ValueError("cut off")
    return data[start : start + size], data[start + size :]


def _moment(content: bytes, tag: int) -> datetime:
    text = content.decode("ascii")
    if tag == _UTC_TIME:
        # Years of two digits are from 1950 to 2049.
        text = ("19" if text[0] >= "5" else "20") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("no time")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=timezone.utc)
