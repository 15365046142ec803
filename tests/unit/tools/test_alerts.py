"""The texts of the alerts: whoever is woken by one finds commands that there are, and where to type them."""

from __future__ import annotations

import re

import pytest

from tools.monitoring.alerts import ALERTS, TEMPLATES, Alert, rules_page
from vacnet.cli.app import build

OTHERS = {"systemctl", "journalctl", "df", "dmesg", "uptime", "free"}
OUTSIDE = {"VacnetFactorySilent": "on any host", "VacnetNoWork": "vacnet why TARGET"}
"""Alerts of the whole space: no host is named, for any will do."""
APP = build(whole=True)


def _commands(alert: Alert) -> list[list[str]]:
    return [quoted.split() for quoted in re.findall(r"`([^`]+)`", alert.runbook)]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_a_runbook_begins_with_a_command_and_says_where(alert: Alert) -> None:
    assert alert.runbook.startswith("`")
    first, rest = alert.runbook[1:].split("`", 1)
    assert rest.lstrip().startswith("on HOST") or OUTSIDE.get(alert.name, "-") in first + rest, rest


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_command_is_one_that_there_is_with_options_it_has(alert: Alert) -> None:
    for command in _commands(alert):
        if command[0] == "vacnet":
            words = [re.sub(r"^\.\.\.$", "why", word) for word in command[1:]]
            found, *_ = APP.parse_args(words, exit_on_error=False, print_error=False)
            assert callable(found)
        else:
            assert command[0] in OTHERS, command


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_a_text_asks_prometheus_for_labels_that_its_query_leaves(alert: Alert) -> None:
    whole = re.search(r"\bby \(([^)]*)\)", alert.expression)
    for word in re.findall("|".join(TEMPLATES), alert.summary + alert.runbook):
        label = TEMPLATES[word].removeprefix("{{ $labels.").removesuffix(" }}")
        assert word == "COUNT" or whole is None or label in whole[1], word


def test_no_word_that_stands_for_something_is_left_in_the_rules() -> None:
    for alert, rule in zip(ALERTS, rules_page().split("- alert: ")[1:], strict=True):
        assert rule.startswith(alert.name)
        texts = rule.split("annotations:")[1]
        assert not re.search(rf"\b(?:{'|'.join(TEMPLATES)})\b", texts)


def test_a_summary_is_short_enough_for_the_head_of_a_message() -> None:
    assert all(len(alert.summary) <= 110 for alert in ALERTS)
