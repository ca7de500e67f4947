"""What a transaction does to the state, and why a node refuses it. Pure.

The checks come in the node's order: signatures, reference block, expiration, size, fee, evaluator,
balance. Source: bitshares-core, `db_block.cpp` (`_apply_transaction`), `evaluator.cpp`,
`witness_evaluator.cpp`, `transfer_evaluator.cpp`, `db_balance.cpp`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from chains.bitshares.transactions import WITNESS_UPDATE, format_time
from devnet.genesis import Genesis
from devnet.operations import Transaction
from devnet.parameters import MAX_TIME_UNTIL_EXPIRATION, MAX_TRANSACTION_SIZE, OPERATION_FEE
from devnet.refusals import Frame, RefusedError, failed, failed_at
from devnet.state import ChainState, Fees
from devnet.values import Json, pretty_amount

Tapos = Callable[[int], str]
"""From the low 16 bits of a block number to the id of the newest such block, zeros if none."""

CORE_ASSET = "1.3.0"


def apply_transaction(state: ChainState, transaction: Transaction, tapos: Tapos) -> ChainState:
    """Return the state with a transaction's effects.

    Raises:
        RefusedError: the node's own refusal, with code, message and stack.
    """
    try:
        _check_duplicate(state, transaction)
        verify_authority(state.genesis, transaction)
        _check_reference(state, transaction, tapos)
        for operation in transaction.operations:
            state = _apply_operation(state, operation)
    except RefusedError as refusal:
        raise refusal.within(Frame("", {"trx": transaction.json})) from refusal
    return replace(state, recent={**state.recent, transaction.id: transaction})


def required_fee(genesis: Genesis) -> Json:
    """Return the fee (amount and asset id) of either known operation."""
    del genesis
    return {"amount": OPERATION_FEE, "asset_id": CORE_ASSET}


def required_accounts(transaction: Transaction) -> tuple[str, ...]:
    """Return the ids of the accounts whose active authority a transaction needs."""
    ids = (_payer(operation) for operation in transaction.operations)
    return tuple(dict.fromkeys(ids))


def authority(key: str) -> Json:
    """Return a one-key authority as JSON; without a key, one that nobody can meet."""
    return {
        "weight_threshold": 1,
        "account_auths": [],
        "key_auths": [[key, 1]] if key else [],
        "address_auths": [],
    }


def verify_authority(genesis: Genesis, transaction: Transaction) -> None:
    """Check that exactly the needed keys signed.

    Raises:
        RefusedError: an account is unknown, an authority is missing, or a signature is not needed.
    """
    signers = set(transaction.signers)
    used: set[str] = set()
    try:
        for account_id in required_accounts(transaction):
            used.add(_approving_key(genesis, account_id, signers))
        _check_all_used(signers, used)
    except RefusedError as refusal:
        operations = {
            "rejected_custom_auths": [],
            "ops": transaction.json["operations"],
            "sigs": list(transaction.signers),
        }
        raise refusal.within(
            _authority_frame("", operations), _authority_frame("", {"*this": transaction.json})
        ) from refusal


def _approving_key(genesis: Genesis, account_id: str, signers: set[str]) -> str:
    account = genesis.accounts.get(account_id)
    if account is None:
        raise not_found(account_id)
    # The owner's signature is good for everything (bitshares-core, `transaction.cpp`).
    for key in (account.key, account.owner):
        if key and key in signers:
            return key
    missing = {
        "id": account_id,
        "auth": authority(account.key),
        "owner": authority(account.owner),
    }
    raise RefusedError(4010001, [_authority_frame("Missing Active Authority ${id}", missing)])


def _check_all_used(signers: set[str], used: set[str]) -> None:
    if signers - used:
        raise RefusedError(4010004, [_authority_frame("Unnecessary signature(s) detected")])


def _authority_frame(text: str, data: Json | None = None) -> Frame:
    return Frame(text, data or {}, "transaction.cpp", "verify_authority")


def _check_duplicate(state: ChainState, transaction: Transaction) -> None:
    if transaction.id in state.recent:
        twice = Frame("Transaction '${txid}' is already in the database", {"txid": transaction.id})
        raise RefusedError(3030001, [twice])


def _check_reference(state: ChainState, transaction: Transaction, tapos: Tapos) -> None:
    if state.number == 0:
        return
    referenced = bytes.fromhex(tapos(transaction.json["ref_block_num"]))
    if transaction.json["ref_block_prefix"] != int.from_bytes(referenced[4:8], "little"):
        raise failed("trx.ref_block_prefix == tapos_block_summary.block_id._hash[1].value()")
    expiration, now = format_time(transaction.expiration), format_time(state.time)
    if transaction.expiration > state.time + MAX_TIME_UNTIL_EXPIRATION:
        raise failed(
            "trx.expiration <= now + chain_parameters.maximum_time_until_expiration",
            "",
            {"trx.expiration": expiration, "now": now, "max_til_exp": MAX_TIME_UNTIL_EXPIRATION},
        )
    if state.time > transaction.expiration:
        raise failed(
            "now <= trx.expiration",
            "",
            {"now": now, "trx.exp": expiration},
        )
    if len(transaction.packed_signed) > MAX_TRANSACTION_SIZE:
        raise failed(
            "head_block_time() <= HARDFORK_CORE_1573_TIME || "
            "trx.get_packed_size() <= chain_parameters.maximum_transaction_size",
            "Transaction exceeds maximum transaction size.",
        )


def _apply_operation(state: ChainState, operation: tuple[int, Json]) -> ChainState:
    kind, body = operation
    try:
        _check_fee(state.genesis, body)
        effect = _witness_update if kind == WITNESS_UPDATE else _transfer
        changed = effect(state, body)
        return _pay_fee(changed, _payer(operation), int(body["fee"]["amount"]))
    except RefusedError as refusal:
        raise refusal.within(
            Frame("", {}, "evaluator.cpp", "start_evaluate"),
            Frame("", {"op": [kind, body]}, "db_block.cpp", "apply_operation"),
        ) from refusal


def _payer(operation: tuple[int, Json]) -> str:
    kind, body = operation
    return str(body["witness_account"] if kind == WITNESS_UPDATE else body["from"])


def _check_fee(genesis: Genesis, body: Json) -> None:
    fee = body["fee"]
    if fee["asset_id"] not in genesis.assets:
        raise not_found(fee["asset_id"])
    if fee["asset_id"] != CORE_ASSET:
        raise failed("fee asset is simulated", "the devnet takes fees in the core asset only")
    paid, required = int(fee["amount"]), required_fee(genesis)["amount"]
    if paid < required:
        figures = {"core_fee_paid": paid, "required": required}
        raise RefusedError(
            4010007, [Frame("Insufficient Fee Paid", figures, "evaluator.hpp", "evaluate")]
        )


def _witness_update(state: ChainState, body: Json) -> ChainState:
    source = ("witness_evaluator.cpp", "do_evaluate")
    witness = state.witnesses.get(body["witness"])
    try:
        if witness is None:
            raise not_found(body["witness"])
        if witness.account != body["witness_account"]:
            raise failed_at(*source, "db().get(op.witness).witness_account == op.witness_account")
    except RefusedError as refusal:
        raise refusal.within(Frame("", {"op": body}, *source)) from refusal
    changed = replace(
        witness,
        url=body.get("new_url", witness.url),
        signing_key=body.get("new_signing_key", witness.signing_key),
    )
    return replace(state, witnesses={**state.witnesses, witness.id: changed})


def _transfer(state: ChainState, body: Json) -> ChainState:
    amount, asset = int(body["amount"]["amount"]), body["amount"]["asset_id"]
    if body["to"] not in state.genesis.accounts:
        raise not_found(body["to"])
    if asset not in state.genesis.assets:
        raise not_found(asset)
    held = state.balances.get(body["from"], 0) if asset == CORE_ASSET else 0
    if held < amount:
        giver, taker = (state.genesis.accounts[body[end]].name for end in ("from", "to"))
        wanted = _pretty(state.genesis, amount, asset)
        names = {"a": giver, "t": taker, "total_transfer": wanted}
        raise failed_at(
            "transfer_evaluator.cpp",
            "do_evaluate",
            "insufficient_balance",
            "Insufficient Balance: ${balance}, unable to transfer '${total_transfer}'"
            " from account '${a}' to '${t}'",
            names | {"balance": _pretty(state.genesis, held, asset)},
        ).within(
            Frame(
                "Unable to transfer ${a} from ${f} to ${t}",
                {"a": wanted, "f": giver, "t": taker},
                "transfer_evaluator.cpp",
                "do_evaluate",
            )
        )
    return _pay(_pay(state, body["from"], -amount, asset), body["to"], amount, asset)


def _pay_fee(state: ChainState, account: str, amount: int) -> ChainState:
    state = _pay(state, account, -amount, CORE_ASSET)
    fees = state.fees.get(account, Fees())
    charged = replace(fees, pending=fees.pending + amount)
    return replace(state, fees={**state.fees, account: charged})


def _pay(state: ChainState, account: str, delta: int, asset: str) -> ChainState:
    held = state.balances.get(account, 0)
    if held + delta < 0:
        figures = {
            "a": state.genesis.accounts[account].name,
            "b": _pretty(state.genesis, held, asset),
            "r": _pretty(state.genesis, -delta, asset),
        }
        known = account in state.balances
        condition = "abo->get_balance() >= -delta" if known else "delta.amount > 0"
        text = "Insufficient Balance: ${a}'s balance of ${b} is less than required ${r}"
        change = {"account": account, "delta": {"amount": delta, "asset_id": asset}}
        raise failed_at("db_balance.cpp", "adjust_balance", condition, text, figures).within(
            Frame("", change, "db_balance.cpp", "adjust_balance")
        )
    balances: Mapping[str, int] = {**state.balances, account: held + delta}
    return replace(state, balances=balances)


def not_found(object_id: str) -> RefusedError:
    """Return the refusal for an object that isn't there."""
    return failed_at(
        "index.hpp",
        "get",
        "maybe_found != nullptr",
        "Unable to find Object ${id}",
        {"id": object_id},
    )


def _pretty(genesis: Genesis, amount: int, asset_id: str) -> str:
    asset = genesis.assets[asset_id]
    return pretty_amount(amount, asset.precision, asset.symbol)
