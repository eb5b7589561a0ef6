"""Tokens: what they are kept as, how long they are good, and for what."""

import re

import pytest

from contracts.errors import Wrong
from gateway.officers.scopes import SCOPES
from gateway.officers.tokens import NewToken, Tokens, need
from tests.unit.gateway.officers.office import Town


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def tokens(town: Town) -> Tokens:
    return Tokens(town.store, lambda: town.now)


async def made(tokens: Tokens, *scopes: str, days: float = 30) -> NewToken:
    return await tokens.new("gov-desk", scopes or ("case.read",), days, "sec")


async def invalid(tokens: Tokens, text: str) -> str:
    with pytest.raises(Wrong) as caught:
        await tokens.check(text)
    assert caught.value.code == "access.invalid"
    return str(caught.value)


async def test_a_token_is_good_and_known_by_its_digest_alone(town: Town, tokens: Tokens) -> None:
    new = await made(tokens)
    assert re.fullmatch(r"tongban_[0-9a-f]{16}_[\w-]{43}", new.text)
    assert (await tokens.check(new.text)).owner == "gov-desk"
    secret = new.text.split("_", 2)[2]  # which may hold an underscore itself
    assert new.text not in repr(new)
    assert secret not in repr(await town.store.office())
    assert secret.encode() not in new.token.digest


async def test_two_tokens_are_never_the_same(tokens: Tokens) -> None:
    assert len({(await made(tokens)).text for _ in range(50)}) == 50


async def test_nothing_else_is_good_and_the_answer_is_the_same(tokens: Tokens) -> None:
    new, other = await made(tokens), await made(tokens)
    prefix, token_id, secret = new.text.split("_", 2)
    wrong = [
        "",
        new.text[:-1],
        new.text + "A",
        new.text.upper(),
        f"{prefix}_{token_id}_{'A' * 43}",
        f"{prefix}_{'0' * 16}_{secret}",
        f"{prefix}_{token_id}_{other.text.split('_', 2)[2]}",
        f" {new.text}",
        "tongban_" * 10_000,
    ]
    assert len({await invalid(tokens, text) for text in wrong}) == 1
    await tokens.check(new.text)


async def test_a_token_ends_by_itself(town: Town, tokens: Tokens) -> None:
    new = await made(tokens, days=2)
    town.later(2 * 86_400 - 1)
    await tokens.check(new.text)
    town.later(1)
    await invalid(tokens, new.text)


async def test_a_revoked_token_is_over_at_once(town: Town, tokens: Tokens) -> None:
    new = await made(tokens)
    await tokens.check(new.text)
    first = await tokens.revoke(new.token.id)
    await invalid(tokens, new.text)
    town.later(60)
    assert (await tokens.revoke(new.token.id)).revoked_at == first.revoked_at
    with pytest.raises(Wrong):
        await tokens.revoke("0" * 16)


async def test_its_last_use_is_noted_to_the_minute(town: Town, tokens: Tokens) -> None:
    new = await made(tokens)
    noted = []
    for _ in range(4):
        await tokens.check(new.text)
        noted.append((await town.store.office()).tokens[new.token.id].used_at)
        town.later(40)
    assert [None if at is None else (at - town.now) // 1000 for at in noted] == [
        -160,
        -160,
        -80,
        -80,
    ]


async def test_it_is_good_for_its_scopes_alone(tokens: Tokens) -> None:
    token = (await made(tokens, "case.submit", "case.read", "case.submit")).token
    assert token.scopes == ("case.submit", "case.read")
    need(token, "case.read")
    with pytest.raises(Wrong) as caught:
        need(token, "case.open")
    assert (caught.value.code, caught.value.where) == ("access.scope", {"scope": "case.open"})


@pytest.mark.parametrize("scopes", [(), ("case.burn",), ("case.read", "")])
async def test_a_scope_that_does_not_exist_is_given_to_nobody(
    tokens: Tokens, scopes: tuple[str, ...]
) -> None:
    with pytest.raises(Wrong) as caught:
        await tokens.new("gov-desk", scopes, 1, "sec")
    assert all(scope in caught.value.detail for scope in SCOPES)


@pytest.mark.parametrize(
    ("owner", "days"), [("", 1), ("a b", 1), ("张", 1), ("ok", 0), ("ok", 401)]
)
async def test_a_token_has_a_plain_owner_and_an_end(
    tokens: Tokens, owner: str, days: float
) -> None:
    with pytest.raises(Wrong):
        await tokens.new(owner, ("case.read",), days, "sec")
