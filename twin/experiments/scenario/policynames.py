"""Policies of a scenario, by name."""

from __future__ import annotations

from dataclasses import dataclass

from twin.domain.errors import UnknownPolicy
from twin.experiments.fields import Problems
from twin.experiments.scenario.shapes import Choice, Json, Key, Section
from twin.experiments.yamlnodes import Node, Scalar
from twin.policies import chosen, registry
from twin.policies.fetching import fetch


@dataclass(frozen=True, slots=True)
class PolicyName:
    """The name of a policy that is registered when the file is read, or where its class is."""

    decision: str

    def read(self, node: Node, name: str, problems: Problems) -> str | None:
        """See ``Shape``."""
        if not isinstance(node, Scalar) or not registry.is_address(node.text):
            return self._names().read(node, name, problems)
        try:
            return fetch(self.decision, node.text, problems.folder)
        except UnknownPolicy as refusal:
            problems.add(node.mark, f"{name}: {refusal}")
            return None

    def plain(self, value: str) -> str:
        """See ``Shape``."""
        return value

    def schema(self) -> Json:
        """See ``Shape``."""
        return {"anyOf": [self._names().schema(), {"type": "string", "pattern": f"^{registry.ADDRESS}$"}]}

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
