"""Files that keep secrets out of git: one in each folder of the root that has secrets."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from posixpath import normpath

from watchkeeper import naming
from watchkeeper.emit.header import generated_from
from watchkeeper.model.stack_access import CLIENT_CONFIG
from watchkeeper.plan.plan import Plan

_DEFAULT = f"{naming.SECRETS}/slack_webhook"
# Folders that have rendered files too, which git must not ignore.
_SHARED = {naming.ALERTMANAGER, f"{naming.ALERTMANAGER}/templates"}


def render(plan: Plan) -> dict[str, str]:
    """Return the files by their paths; the usual folders have one even while no receiver names a secret there."""
    header = "".join(f"# {line}\n" for line in generated_from(plan.source).splitlines())
    named: dict[str, list[str]] = {}
    for secret in sorted({_DEFAULT, naming.GRAFANA_PASSWORD, *_inside(plan), *_of_scrapes(plan)}):
        folder, _, name = secret.rpartition("/")
        named.setdefault(folder, []).append(name)
    whole = named.keys() - _SHARED
    files = {
        f"{folder}/.gitignore": f"{header}*\n!.gitignore\n{_page(folder, named[folder])}"
        for folder in sorted(whole)
        if not _below(folder, whole)
    }
    for folder in sorted(_SHARED & named.keys()):
        files[f"{folder}/.gitignore"] = header + "".join(f"/{_literal(name)}\n" for name in named[folder])
    if plan.stack.access is not None:
        files[f"{naming.ACCESS}/.gitignore"] = f"{header}*\n!.gitignore\n!/{CLIENT_CONFIG}\n"
    if plan.stack.backup_every is not None:
        files[f"{naming.LAST_BACKUP}/.gitignore"] = f"{header}*\n!.gitignore\n"
    return files


def _page(folder: str, secrets: Collection[str]) -> str:
    """Return the line for the page that explains the secrets, unless a secret has its name."""
    return "!/README.md\n" if folder == naming.SECRETS and "README.md" not in secrets else ""


def _below(folder: str, others: Collection[str]) -> bool:
    return any(folder.startswith(f"{other}/") for other in others)


def _inside(plan: Plan) -> Iterator[str]:
    """Yield the paths below the root of the secrets that lie there."""
    for named in plan.routing.secret_files:
        path = normpath(named).removeprefix(f"{naming.ALERTMANAGER_MOUNT}/")
        if not path.startswith("/"):
            yield f"{naming.ALERTMANAGER}/{path}"


def _of_scrapes(plan: Plan) -> Iterator[str]:
    # The relative ones are all in one folder, which has nothing else.
    if plan.scrape_files:
        yield f"{naming.SCRAPE_SECRETS}/any"


def _literal(name: str) -> str:
    # A trailing space would be dropped, and the others make a pattern.
    return re.sub(r"([\\*?\[]| $)", r"\\\1", name)
