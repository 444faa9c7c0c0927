"""Compare what a target would get with what it accepts: the real figures in the message, and nothing written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from watchkeeper.model.finding import Finding
from watchkeeper.model.position import Position
from watchkeeper.targets.placed_groups import PlacedGroup
from watchkeeper.targets.target_profile import Profile


class DoesNotFit(Exception):
    """A target would refuse what is rendered for it; `findings` has every reason."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(one.message for one in findings))


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that stores files: its kind and name, their bytes, what in the spec it is for, and how it becomes smaller."""

    name: str
    size: int
    where: Position
    remedy: str


def too_large(groups: Sequence[PlacedGroup], profile: Profile, stored: Iterable[Stored] = ()) -> None:
    """Raise DoesNotFit for a group with too many rules or bytes, for too many groups, and for too large an object."""
    found = [*_groups(groups, profile), *_count(groups, profile), *_stored(stored, profile)]
    if found:
        raise DoesNotFit(found)


def _groups(groups: Sequence[PlacedGroup], profile: Profile) -> Iterator[Finding]:
    for one in groups:
        rules, name = len(one.group.rules), one.group.name
        if profile.max_rules is not None and rules > profile.max_rules:
            message = f"the group {name} has {rules} rules, and {profile.name} accepts {profile.max_rules}"
            yield Finding(where=one.where, code="WK251", message=message, remedy="remove alerts or windows")
        if profile.max_bytes is not None and one.size > profile.max_bytes:
            message = f"the group {name} has {one.size} bytes, and {profile.name} accepts {profile.max_bytes} an object"
            yield Finding(
                where=one.where, code="WK251", message=message, remedy="remove alerts, or shorten texts"
            )


def _count(groups: Sequence[PlacedGroup], profile: Profile) -> Iterator[Finding]:
    if profile.max_groups is not None and len(groups) > profile.max_groups:
        message = f"{len(groups)} rule groups, and {profile.name} accepts {profile.max_groups} a tenant"
        remedy = "render a spec for each tenant, or raise the tenant's limit"
        yield Finding(where=groups[profile.max_groups].where, code="WK251", message=message, remedy=remedy)


def _stored(stored: Iterable[Stored], profile: Profile) -> Iterator[Finding]:
    for one in stored:
        if profile.max_values is not None and one.size > profile.max_values:
            message = (
                f"the {one.name} has {one.size} bytes, and Kubernetes accepts {profile.max_values} an object"
            )
            yield Finding(where=one.where, code="WK251", message=message, remedy=one.remedy)
