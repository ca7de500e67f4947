"""Reading JSON the way a node does: lenient about numbers, missing members take a default.

Source: fc, `variant.cpp`, `string.cpp`, `hex.cpp`; bitshares-core, `object_id.hpp`, `types.cpp`.
Every function raises `RefusedError` with the node's own code for what it cannot read.
"""

from __future__ import annotations

import math
from typing import Any

from chains.bitshares.keys import decode_base58, decode_key
from chains.bitshares.transactions import parse_time
from chains.errors import MalformedDataError, MalformedKeyError
from devnet.refusals import Frame, RefusedError, failed_at
from devnet.values import Json

_BINARY_KEY = "graphene::protocol::public_key_type::binary_key"
_KEY_BYTES, _CHECKSUM_BYTES = 33, 4
_LONGEST_64 = 20
_RANGES = {"int64": (-(1 << 63), (1 << 63) - 1), "uint64": (0, (1 << 64) - 1)}
_LAST_TIME = (1 << 32) - 1


def to_object(value: Any) -> Json:
    """Return a JSON object."""
    if isinstance(value, dict):
        return value
    raise _bad_cast("Invalid cast from type '${type}' to Object", value, "get_object")


def to_list(value: Any) -> list[Any]:
    """Return a JSON array."""
    if isinstance(value, list):
        return value
    raise _bad_cast("Invalid cast from ${type} to Array", value, "get_array")


def to_text(value: Any) -> str:
    """Return a string; numbers and truth values become their text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    raise _bad_cast("Invalid cast from ${type} to string", value, "as_string")


def to_whole(value: Any, *, signed: bool = False) -> int:
    """Return a 64-bit integer, from a number or its decimal text."""
    kind = "int64" if signed else "uint64"
    if isinstance(value, str):
        return _parse_whole(value, kind)
    if value is None or isinstance(value, bool | int):
        return _within_64_bits(int(value or 0), kind)
    if isinstance(value, float) and math.isfinite(value):
        return _within_64_bits(int(value), kind)
    raise _bad_cast(f"Invalid cast from ${{type}} to {kind}", value, f"as_{kind}")


def to_object_id(value: Any, kind: str | None = None) -> str:
    """Return an object id such as "1.6.1"; `kind` ("1.6") is the type that it must have."""
    text = to_text(value)
    remark = Frame("", {"var": value}, "object_id.hpp", "from_variant")
    first, second = text.find("."), text.rfind(".")
    if first == -1:
        missing = failed_at(
            remark.file, remark.method, "first_dot != std::string::npos", "Missing the first dot"
        )
        raise missing.within(remark)
    if second == first:
        missing = failed_at(
            remark.file, remark.method, "second_dot != std::string::npos", "Missing the second dot"
        )
        raise missing.within(remark)
    try:
        parts = [_parse_whole(part, "uint64") for part in text.split(".", 2)]
    except RefusedError as refusal:
        raise refusal.within(remark) from refusal
    found = ".".join(str(part) for part in parts)
    if kind is not None and not found.startswith(f"{kind}."):
        wrong = failed_at(remark.file, remark.method, "is_type", f"{found} is not a {kind} object")
        raise wrong.within(remark)
    return found


def to_time(value: Any) -> int:
    """Return the seconds since the epoch of a chain time."""
    try:
        seconds = parse_time(to_text(value))
    except MalformedDataError:
        seconds = -1
    if not 0 <= seconds <= _LAST_TIME:
        raise RefusedError(
            0, [Frame("unable to convert ISO-formatted string to fc::time_point_sec")]
        )
    return seconds


def to_bytes(value: Any, size: int) -> bytes:
    """Return bytes from hex digits, cut or filled with zeros to `size` as a fixed array is."""
    text = to_text(value)
    for character in text:
        if character not in "0123456789abcdefABCDEF":
            invalid = Frame("Invalid hex character '${c}'", {"c": character}, "hex.cpp", "from_hex")
            raise RefusedError(0, [invalid])
    raw = bytes.fromhex(text[: len(text) // 2 * 2])
    return raw[:size].ljust(size, b"\0")


def to_public_key(value: Any, prefix: str) -> str:
    """Return the text of a public key."""
    text = to_text(value)
    if len(text) <= len(prefix):
        raise _key_failed("base58str.size() > prefix_len")
    if not text.startswith(prefix):
        raise _key_failed("base58str.substr( 0, prefix_len ) == prefix", {"base58str": text})
    try:
        raw = decode_base58(text[len(prefix) :])
    except MalformedKeyError as error:
        undecoded = Frame("Unable to decode base58 string ${base58_str}", {"base58_str": text})
        raise RefusedError(4, [undecoded]) from error
    if len(raw) < _KEY_BYTES + _CHECKSUM_BYTES:
        raise _too_short(len(raw))
    try:
        decode_key(text, prefix)
    except MalformedKeyError as error:
        raise _key_failed(
            "fc::ripemd160::hash( (char*) key_data.data(), key_data.size() )._hash[0].value()"
            " == bin_key.check"
        ) from error
    return text


def _parse_whole(text: str, kind: str) -> int:
    digits = text.removeprefix("-") if kind == "int64" else text
    if digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_64:
        return _within_64_bits(int(text), kind)
    frames = [
        Frame(f"Couldn't parse {kind}_t", {}, "string.cpp", f"to_{kind}"),
        Frame("", {"i": text}, "string.cpp", f"to_{kind}"),
    ]
    raise RefusedError(4, frames)


def _within_64_bits(value: int, kind: str) -> int:
    lowest, highest = _RANGES[kind]
    if lowest <= value <= highest:
        return value
    if kind == "uint64" and -(1 << 63) <= value < 0:
        return value % (1 << 64)
    raise RefusedError(4, [Frame(f"Couldn't parse {kind}_t", {}, "string.cpp", f"to_{kind}")])


def _bad_cast(text: str, value: Any, method: str) -> RefusedError:
    return RefusedError(7, [Frame(text, {"type": _type_name(value)}, "variant.cpp", method)])


def _type_name(value: Any) -> str:
    if value is None:
        return "null_type"
    if isinstance(value, bool):
        return "bool_type"
    if isinstance(value, int):
        return "uint64_type" if value >= 0 else "int64_type"
    names = {float: "double_type", str: "string_type", list: "array_type", dict: "object_type"}
    return names[type(value)]


def _key_failed(condition: str, data: Json | None = None) -> RefusedError:
    return failed_at("types.cpp", "public_key_type", condition, "", data)


def _too_short(length: int) -> RefusedError:
    range_data = {"method": "read", "len": length, "over": -1}
    range_format = "${method} datastream of length ${len} over by ${over}"
    unpacking = Frame("error unpacking ${type}", {"type": _BINARY_KEY}, "raw.hpp", "unpack")
    size = {"length": _KEY_BYTES}
    frames = [
        Frame(range_format, range_data, "datastream.cpp", "throw_datastream_range_error"),
        Frame("std::array<unsigned char,${length}>", size, "raw.hpp", "unpack"),
        Frame(
            "zero_initialized_array<unsigned char,${length}>", size, "zeroed_array.hpp", "unpack"
        ),
        Frame("Error unpacking field ${field}", {"field": "data"}, "raw.hpp", "operator()"),
        unpacking,
        unpacking,
    ]
    return RefusedError(8, frames)
