"""Find the RuntimeDefault that a resolved profile is, or is closest to: CRI-O release, capabilities and architecture."""

import json
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from scclint.limits import MAX_COMPARED_RULES
from scclint.profiles.diff import ProfileDiff, compare
from scclint.profiles.resolve import NATIVE, Profile
from scclint.profiles.runtime_default import VARIANTS, Variant, deciding_capabilities, resolve_variant
from scclint.profiles.schema import check_shape, valid_part
from scclint.record import record
from scclint.untyped import as_list

_OPTIONAL = ("flags", "listenerPath", "listenerMetadata")


@record
class Recognition:
    """The known RuntimeDefault that is closest to a profile.

    `exact` is True if they are equal; otherwise `diff` has the changes from it to the profile. `caps` are the capabilities of the
    bounding set that change the content, sorted. `variant.releases` names the releases.
    """

    exact: bool
    variant: Variant
    caps: tuple[str, ...]
    arch: str
    diff: ProfileDiff

    @property
    def distance(self) -> int:
        """The number of syscalls that are treated differently; another default counts as one."""
        return sum(len(c.syscalls) for c in self.diff.changes) + (self.diff.defaults[0] != self.diff.defaults[1])


def identify(profile: Mapping[str, Any]) -> Recognition | None:
    """Return the known RuntimeDefault that equals a profile in the OCI format, including the order of rules; None if none does."""
    if len(as_list(profile.get("syscalls"))) > MAX_COMPARED_RULES:
        return None
    observed = _plain(profile)
    for arch, variant, caps, candidate in _candidates(observed):
        if candidate == observed:
            return Recognition(True, variant, caps, arch, compare(candidate, candidate, arch))
    return None


def recognise(profile: Mapping[str, Any]) -> Recognition:
    """Return the known RuntimeDefault closest to a profile in the OCI format; the oldest of equally close ones."""
    return _recognised(json.dumps(profile))


@lru_cache(maxsize=256)
def _recognised(text: str) -> Recognition:
    """Return the result of `recognise`, cached by the profile's text: containers of a node mostly share a profile."""
    profile = json.loads(text)
    if exact := identify(profile):
        return exact
    observed = _plain(profile)
    valid = {"defaultAction": "", **valid_part(observed, list(check_shape(observed)))}
    recognitions = [
        Recognition(False, variant, caps, arch, compare(candidate, valid, arch))
        for arch, variant, caps, candidate in _candidates(observed)
    ]
    return min(recognitions, key=lambda recognition: recognition.distance)


def _candidates(observed: Profile) -> Iterator[tuple[str, Variant, tuple[str, ...], Profile]]:
    """Yield, per architecture and variant, the one RuntimeDefault that the profile could be, judging by its capability rules."""
    rules = as_list(observed.get("syscalls"))
    for arch in _arches(observed):
        for variant in VARIANTS:
            # The container has the capabilities whose additional rules are all in the profile.
            with_rules = (cap for cap, gained in _gained(variant, arch) if all(rule in rules for rule in gained))
            caps = tuple(sorted(with_rules))
            yield arch, variant, caps, _default(variant, caps, arch)


@lru_cache(maxsize=256)
def _default(variant: Variant, caps: tuple[str, ...], arch: str) -> Profile:
    """Return the same as `resolve_variant`, cached, because most comparisons need the same few. Callers must not change it."""
    return resolve_variant(variant, caps, arch)


@cache
def _gained(variant: Variant, arch: str) -> tuple[tuple[str, list[Profile]], ...]:
    """Return the rules that each capability adds to a RuntimeDefault. Capabilities that add none are left out."""
    without = _default(variant, (), arch)["syscalls"]
    gained = ((cap, _default(variant, (cap,), arch)["syscalls"]) for cap in deciding_capabilities(variant.crio))
    return tuple((cap, added) for cap, rules in gained if (added := [rule for rule in rules if rule not in without]))


def _arches(profile: Mapping[str, Any]) -> list[str]:
    """Return the architecture of the first token. Without tokens, return those for which RuntimeDefault lists none."""
    tokens = profile.get("architectures")
    if isinstance(tokens, list) and tokens:
        return [arch for arch, token in NATIVE.items() if token == tokens[0]] or ["amd64"]
    return ["ppc64le", "riscv64"]


def _plain(profile: Mapping[str, Any]) -> Profile:
    """Return the profile without what decoders drop: nulls, empty lists, a zero valueTwo. Malformed values stay and match nothing."""
    plain = {key: value for key, value in profile.items() if value not in (None, [], "") or key not in _OPTIONAL}
    rules = plain.get("syscalls")
    if isinstance(rules, list):
        plain["syscalls"] = [_plain_rule(rule) if isinstance(rule, dict) else rule for rule in rules]
    return plain


def _plain_rule(rule: Profile) -> Profile:
    plain = {key: value for key, value in rule.items() if value is not None and not (key == "args" and not value)}
    if isinstance(args := plain.get("args"), list):
        plain["args"] = [_plain_argument(arg) if isinstance(arg, dict) else arg for arg in args]
    return plain


def _plain_argument(arg: Profile) -> Profile:
    return {key: value for key, value in arg.items() if key != "valueTwo" or value}
