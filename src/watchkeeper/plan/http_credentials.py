"""Certificates and credentials of a request, in the form that Prometheus and Alertmanager share."""

from __future__ import annotations

from watchkeeper.emit.yaml import Value
from watchkeeper.model.scrape import ReceiverHttp, Scrape


def credentials(of: Scrape | ReceiverHttp) -> dict[str, Value]:
    """Return the keys for TLS and the login; paths stay as the spec has them."""
    entry: dict[str, Value] = {}
    if of.tls is not None:
        named = {
            "ca_file": of.tls.ca_file,
            "cert_file": of.tls.cert_file,
            "key_file": of.tls.key_file,
            "server_name": of.tls.server_name,
        }
        entry["tls_config"] = {key: value for key, value in named.items() if value is not None}
    if of.password_file is not None:
        entry["basic_auth"] = {"username": of.username, "password_file": of.password_file}
    if of.bearer_token_file is not None:
        entry["authorization"] = {"credentials_file": of.bearer_token_file}
    return entry
