"""This factory's own machines count by what its processors are worth, like those of the others."""

from vacnet.agent.advance import standing_of
from vacnet.agent.effects import Ticket
from vacnet.agent.events import AgentSettings
from vacnet.agent.ledger import new_ledger
from vacnet.agent.others import Others
from vacnet.agent.own import OwnMachine
from vacnet.targets.model import Target


def test_own_processors_count_by_their_weight() -> None:
    ledger = new_ledger(Target(name="t", target_share=1.0), 0.0)
    ledger.add(OwnMachine("u", "t", 4, Ticket(0, "", 0), 0.0), 0.0)
    settings = AgentSettings(space="s", factory="f", processors=8, weight=2.5)
    standing = standing_of(ledger, settings, Others("t", "f"), 1.0)
    assert standing.processors == 4
    assert standing.work == 10.0
