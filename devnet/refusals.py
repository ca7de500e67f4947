"""The errors that a node answers with: numeric code, name, and a stack of reasons.

Clients match the code and the message; the stack is there because real answers have one. Codes and
texts are those of the recorded nodes (core 7.0.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from chains.bitshares.transactions import format_time
from devnet.values import Json

METHOD_NOT_FOUND = -32601
_PLACE = re.compile(r"\$\{([^}]*)\}")
_NAMES = {
    0: ("exception", "unspecified"),
    4: ("parse_error_exception", "Parse Error"),
    7: ("bad_cast_exception", "Bad Cast"),
    8: ("out_of_range_exception", "Out of Range"),
    10: ("assert_exception", "Assert Exception"),
    3030001: ("duplicate_transaction", "duplicate transaction"),
    4010001: ("tx_missing_active_auth", "missing required active authority"),
    4010004: ("tx_irrelevant_sig", "irrelevant signature included"),
    4010005: ("tx_duplicate_sig", "duplicate signature included"),
    4010007: ("insufficient_fee", "insufficient fee"),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """One reason of the stack: `format` with the members of `data` filled in is its text."""

    format: str
    data: Json = field(default_factory=dict)
    file: str = "db_block.cpp"
    method: str = "_apply_transaction"

    @property
    def text(self) -> str:
        """The format with its data filled in."""
        return _PLACE.sub(lambda place: str(self.data.get(place[1], place[0])), self.format)

    def json(self, level: str, now: int) -> Json:
        """Return the frame as it stands in `data.stack`."""
        return {
            "context": {
                "level": level,
                "file": self.file,
                "line": 0,
                "method": self.method,
                "hostname": "",
                "thread_name": "th_a",
                "timestamp": format_time(now),
            },
            "format": self.format,
            "data": self.data,
        }


class RefusedError(Exception):
    """A node's refusal of a call, with its numeric code and its reasons, innermost first."""

    def __init__(self, code: int, frames: Iterable[Frame]) -> None:
        self.code = code
        self.frames = tuple(frames)
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The stable text: "Execution error: <what>: <reasons>"."""
        texts = " ".join(frame.text for frame in self.frames if frame.format)
        return f"Execution error: {_NAMES[self.code][1]}: {texts}"

    def within(self, *frames: Frame) -> RefusedError:
        """Return the same refusal with further frames of the callers around it."""
        return RefusedError(self.code, (*self.frames, *frames))

    def json(self, now: int) -> Json:
        """Return the member `error` of the answer; `now` is in seconds since the epoch."""
        name, what = _NAMES[self.code]
        return error_json(
            self.code, self.message, (self.code, name, what), stack_json(self.frames, now)
        )


class MethodNotFoundError(RefusedError):
    """There is no such method, or no such API by name."""

    def __init__(self, name: str, methods: Iterable[str]) -> None:
        listed = [[method, index] for index, method in enumerate(sorted(methods))]
        frame = Frame(
            "No method with name '${name}'",
            {"name": name, "api": listed},
            "api_connection.hpp",
            "call",
        )
        super().__init__(METHOD_NOT_FOUND, [frame])

    @property
    def message(self) -> str:
        """The stable text."""
        return "Method not found"

    def json(self, now: int) -> Json:
        """Return the member `error` of the answer."""
        inner = (22, "method_not_found_exception", "Method Not Found")
        return error_json(self.code, self.message, inner, stack_json(self.frames, now))


def stack_json(frames: Iterable[Frame], now: int) -> list[Json]:
    """Return the frames as `data.stack`: the innermost is an error, the rest are remarks."""
    return [frame.json("warn" if index else "error", now) for index, frame in enumerate(frames)]


def error_json(code: int, message: str, inner: tuple[int, str, str], stack: list[Json]) -> Json:
    """Return an error object; `inner` is the code, name and message of the node's exception."""
    return {
        "code": code,
        "message": message,
        "data": {"code": inner[0], "name": inner[1], "message": inner[2], "stack": stack},
    }


def failed(condition: str, detail: str = "", data: Json | None = None) -> RefusedError:
    """Return an assertion's refusal (code 10): "<condition>: <detail>"."""
    return RefusedError(10, [Frame(f"{condition}: {detail}", data or {})])


def failed_at(
    file: str, method: str, condition: str, detail: str = "", data: Json | None = None
) -> RefusedError:
    """Return an assertion's refusal that names where in the node's source it was."""
    return RefusedError(10, [Frame(f"{condition}: {detail}", data or {}, file, method)])
