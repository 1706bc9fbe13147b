"""Policies of a scenario, by name."""

from __future__ import annotations

from dataclasses import dataclass

from twin.experiments.fields import Problems
from twin.experiments.scenario.shapes import Choice, Json, Key, Section
from twin.experiments.yamlnodes import Node
from twin.policies import chosen, registry


@dataclass(frozen=True, slots=True)
class PolicyName:
    """The name of a policy that is registered when the file is read."""

    decision: str

    def read(self, node: Node, name: str, problems: Problems) -> str | None:
        """See ``Shape``."""
        return self._names().read(node, name, problems)

    def plain(self, value: str) -> str:
        """See ``Shape``."""
        return value

    def schema(self) -> Json:
        """See ``Shape``."""
        return self._names().schema()

    def _names(self) -> Choice:
        return Choice(registry.names(self.decision))


POLICIES = Section(
    "policies",
    chosen.Choice,
    {
        decision: Key(PolicyName(decision), f"How the choice of {decision.replace('_', ' ')} is made.")
        for decision in registry.DECISIONS
    },
)
