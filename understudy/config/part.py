"""What every section of the configuration is built of."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

SECTION = "keys and values, one a line"
LIST = "a list, each item after a dash or within [ ]"


class Part(BaseModel):
    """A section: unknown keys are refused, and nothing is taken for another kind of value."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    def given(self, *names: str) -> dict[str, Any]:
        """Return those of the named fields that the file sets; the settings know the defaults."""
        return {name: getattr(self, name) for name in names if name in self.model_fields_set}
