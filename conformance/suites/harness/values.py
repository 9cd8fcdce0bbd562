"""What a scenario remembers: texts may hold placeholders, and what a step saved comes back under its name.

A value that is nothing but a placeholder takes the saved value whole. Who saves what: `replay`, `commands`.
"""

import copy
import re
from dataclasses import dataclass

from . import expect

PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


class Fault(Exception):
    """A step did not hold; the rest of its scenario would only repeat it."""


@dataclass
class Merged:
    """A saved document with some members replaced: what a client sends that reads, changes and writes back."""

    saved: str
    changes: dict


class Values:
    """The variables of one scenario."""

    def __init__(self, values: dict):
        self.values = values

    def put(self, value):
        """A value with its placeholders filled in."""
        if isinstance(value, str):
            whole = PLACEHOLDER.fullmatch(value)
            if whole:
                return copy.deepcopy(self._saved(whole[1]))
            return PLACEHOLDER.sub(lambda found: str(self._saved(found[1])), value)
        if isinstance(value, Merged):
            return {**self.put(value.saved), **self.put(value.changes)}
        if isinstance(value, dict):
            return {self.put(name): self.put(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.put(inner) for inner in value]
        if isinstance(value, expect.Substituted):
            return value.again(self.put)
        return value

    def _saved(self, name: str):
        if name not in self.values:
            raise Fault(f"the scenario uses {name} before any step has saved it")
        return self.values[name]
