"""What the keys at hand could do in the wrong hands, and whether they can do their work. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from chains.bitshares.accounts import Account, Authority
from chains.bitshares.keys import null_key
from chains.bitshares.objects import CORE_UNITS
from chains.bitshares.survey import Survey
from chains.settings import ChainSettings, WitnessSettings
from switcher.settings import SwitcherSettings
from understudy.doctor.finding import Finding, failure, warning

_DAYS = 365
_SHOWN = 3
_TO_REPLACE = "put an active key of its own in its place"


def judge_keys(
    said: Survey, keys: Collection[str], chain: ChainSettings, switcher: SwitcherSettings
) -> Iterator[Finding]:
    """Yield what each key at hand (public) can do, to which account, and what that holds."""
    own = {ids.account_id for ids in said.names.witnesses}
    for key in keys:
        what = f"key {key}"
        accounts = [said.accounts[each] for each in said.references.get(key, ())]
        if not accounts:
            text = "is a key of no account, so that it signs nothing"
            yield warning(what, f"{text}; remove it, or see whether it is the right one")
        for account in accounts:
            yield from _owning(what, key, account, switcher)
            yield from _spending(what, key, account, said, chain, switcher)
            if account.id not in own:
                text = f"is one of {account.name}'s, which is no witness in the configuration"
                yield warning(what, f"{text}; use a key that is good for the witness alone")


def judge_witnesses(
    said: Survey, keys: Collection[str], chain: ChainSettings, switcher: SwitcherSettings
) -> Iterator[Finding]:
    """Yield whether each witness is known, its key one of the ring, and its rotations possible."""
    missing = len(chain.witnesses) - len(said.names.witnesses)
    for position, sentence in enumerate(said.names.unknown):
        text = f"{sentence}; correct the name"
        yield failure("names", text) if position < missing else warning("names", text)
    for witness in chain.witnesses:
        if ids := said.names.witness(witness.account):
            yield from _on_chain(witness, said.signing_keys[witness.account], chain)
            yield from _able(said.accounts[ids.account_id], keys, said, chain, switcher)


def _owning(what: str, key: str, account: Account, switcher: SwitcherSettings) -> Iterator[Finding]:
    owner = account.authorities.owner
    if key not in owner.weights:
        return
    alone = "" if owner.satisfied_by([key]) else " together with others"
    text = f"is an owner key of {account.name}: who has it{alone} takes the account away for good"
    if switcher.signer.allow_owner_key:
        yield warning(what, f"{text}; {_TO_REPLACE}, though allow_owner_key puts up with it")
    else:
        remedy = f"{_TO_REPLACE}, or nothing is signed unless switcher.signer has allow_owner_key"
        yield failure(what, f"{text}; {remedy}: true")


def _spending(
    what: str,
    key: str,
    account: Account,
    said: Survey,
    chain: ChainSettings,
    switcher: SwitcherSettings,
) -> Iterator[Finding]:
    authorities = account.authorities
    spends = authorities.active.satisfied_by([key]) or authorities.owner.satisfied_by([key])
    if not spends:
        yield Finding(what, text=_less(key, account))
        return
    held = said.holdings[account.id]
    others = f" and {held.others} other assets" if held.others > 1 else ""
    others = " and another asset" if held.others == 1 else others
    amount = f"{_amount(held.core, chain)}{others}"
    reached = list(_reached(account, said))
    also = "".join(f"; {_through(each, account, said, chain)}" for each in reached)
    most = max(said.holdings[each.id].core for each in (account, *reached))
    text = (
        f"can spend all of {account.name}'s {amount}, vote for it and replace its active key{also}"
    )
    enough = (said.fee or 0) * switcher.policy.rotations_per_day * _DAYS
    if said.fee is not None and (most > enough or held.others):
        kept = f"the fees of a year of rotations would be {_amount(enough, chain)} at most"
        yield warning(what, f"{text}; {kept}: keep the rest in another account")
    else:
        yield Finding(what, text=text)


def _less(key: str, account: Account) -> str:
    active = account.authorities.active
    if weight := active.weights.get(key):
        return (
            f"has weight {weight} of the {active.threshold} that act for {account.name}, "
            "so that it spends nothing alone"
        )
    if key == account.memo_key:
        return f"reads {account.name}'s memos"
    return f"can't act for {account.name} alone"


def _reached(account: Account, said: Survey) -> Iterator[Account]:
    """Yield the further accounts that an account controls."""
    for each in said.controlled.get(account.id, ()):
        authorities = said.accounts[each].authorities
        if any(_is_enough(part, account.id) for part in (authorities.active, authorities.owner)):
            yield said.accounts[each]


def _through(reached: Account, account: Account, said: Survey, chain: ChainSettings) -> str:
    held = _amount(said.holdings[reached.id].core, chain)
    owns = _is_enough(reached.authorities.owner, account.id)
    taken = ", and can take that one away for good" if owns else ""
    return f"through it, {reached.name} ({held}) as well{taken}"


def _is_enough(authority: Authority, account_id: str) -> bool:
    return 0 < authority.threshold <= authority.accounts.get(account_id, 0)


def _on_chain(witness: WitnessSettings, key: str, chain: ChainSettings) -> Iterator[Finding]:
    what = f"witness {witness.account}"
    if producer := witness.producer_of(key):
        yield Finding(what, text=f"the key on the chain is that of {producer.name}")
    elif key == null_key(chain.prefix):
        text = "its owner has stopped it with the null key; nothing rotates it away"
        yield warning(what, f"{text}: to go on, put a key of the ring in force with the wallet")
    else:
        text = f"the key on the chain, {key}, is none of its producers', so that nothing is rotated"
        yield failure(what, f"{text}; add its producer, or put one of the ring's keys in force")


def _able(
    account: Account,
    keys: Collection[str],
    said: Survey,
    chain: ChainSettings,
    switcher: SwitcherSettings,
) -> Iterator[Finding]:
    what, authorities = f"witness {account.name}", account.authorities
    forced = switcher.signer.allow_owner_key and authorities.owner.satisfied_by(keys)
    if keys and not (authorities.active.satisfied_by(keys) or forced):
        shown = list(authorities.active.weights)[:_SHOWN]
        wanted = ", ".join(shown) or "only other accounts"
        text = f"no key at hand may sign its rotations; its active authority has {wanted}"
        yield failure(what, f"{text}: put the private key of that into {_place(switcher)}")
    elif keys and (switcher.signer.allow_owner_key or not authorities.owner.weight_of(keys)):
        yield Finding(what, text="a key at hand may sign its rotations")
    if said.fee is not None:
        yield _paid(what, said.holdings[account.id].core, said.fee, chain, switcher)


def _paid(
    what: str, held: int, fee: int, chain: ChainSettings, switcher: SwitcherSettings
) -> Finding:
    """Return for how many updates a witness can pay."""
    text = f"has {_amount(held, chain)}, and an update costs {_amount(fee, chain)}"
    if fee > switcher.policy.max_fee * CORE_UNITS:
        allowed = f"switcher.policy.max_fee allows {switcher.policy.max_fee:,}"
        why = "so that nothing is rotated; raise it if the chain does ask for that much"
        return failure(what, f"{text}, while {allowed}, {why}")
    if held < fee:
        return failure(what, f"{text}; send it some")
    daily = switcher.policy.rotations_per_day
    if held < fee * daily:
        return warning(what, f"{text}; {daily} a day are allowed, so send it some")
    return Finding(what, text=text)


def _place(switcher: SwitcherSettings) -> str:
    return str(switcher.signer.path)


def _amount(units: int, chain: ChainSettings) -> str:
    return f"{units / CORE_UNITS:,.12g} {chain.core_symbol}"
