"""What we ask of a federation's metadata beyond TUF itself; pure.

TUF counts signatures by the names of keys, and a name may be given twice to one key: here
keys are told apart by their public halves, so that k of n means k cities.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from securesystemslib.signer import Key
from tuf.api.metadata import DelegatedRole, Root

from contracts.errors import KeyUnusable
from keys.trust.federation.standing import TOP_ROLES
from keys.trust.federation.tuf_keys import KINDS, public_jwk
from keys.trust.member import Member


def broken_root(root: Root) -> list[str]:
    """One sentence for each rule that `root` breaks."""
    found = [] if root.consistent_snapshot else ["files are not named by their version"]
    for name in TOP_ROLES:
        role = root.roles[name]
        keys = [root.keys[keyid] for keyid in role.keyids if keyid in root.keys]
        found += [f"{name}: {mistake}" for mistake in _of_keys(keys, role.threshold)]
    return found


def _of_keys(keys: Sequence[Key], threshold: int) -> Iterator[str]:
    if any((key.keytype, key.scheme) not in KINDS for key in keys):
        yield "a key is neither SM2 nor Ed25519 nor ECDSA on P-256"
    try:
        # By the points themselves: a key may be spelt in several ways, and counts once.
        publics = {tuple(sorted(public_jwk(key).items())) for key in keys}
    except KeyUnusable as error:
        yield error.detail
        return
    if len(publics) < len(keys):
        yield "one key stands under two names"
    if len(publics) < threshold:
        yield f"{threshold} signatures are asked for, and there are {len(publics)} keys"


def jurisdictions_given(role: DelegatedRole) -> tuple[str, ...]:
    """The regions that the founders let a member speak for; its own city when they say none."""
    given = role.unrecognized_fields.get("jurisdictions")
    if isinstance(given, list) and all(isinstance(each, str) for each in given):
        return tuple(given)
    return (role.name,)


def claimed_beyond(member: Member, given: Iterable[str]) -> list[str]:
    """The regions that a member's file names and that lie in none of `given`."""
    allowed = tuple(_prefix(region) for region in given)
    return [region for region in member.jurisdictions if not region.startswith(allowed)]


def _prefix(region: str) -> str:
    """`410100` is led by 4101, as all of its districts are; `410102` by itself."""
    while len(region) > 2 and region.endswith("00"):
        region = region[:-2]
    return region


def spoken_for_twice(members: Mapping[str, Member]) -> list[str]:
    """Regions that two members name: nobody could say which city has the power to decide."""
    seen: dict[str, str] = {}
    found = []
    for code, member in members.items():
        for region in member.jurisdictions:
            other = seen.setdefault(region, code)
            if other != code:
                found.append(f"{region}: {other}, {code}")
    return found
