"""The names of events: what the source tells is what the page lists."""

from __future__ import annotations

import ast

from tools import events_page


def test_the_page_lists_every_event_of_the_source_and_no_other() -> None:
    assert set(events_page.WORDS) == events_page.names_in_source()


def test_names_are_found_however_they_are_told() -> None:
    told = ('A = "a.b"', "notify(Notify(A))", 'log.info("c.d-e")', 'tell("f.g" if x else "h.i")')
    tree = ast.parse("\n".join(told))
    constants = dict(events_page._constants(tree))
    found = {name for node in events_page._first_words(tree) for name in events_page._named(node, constants)}
    assert found == {"a.b", "c.d-e", "f.g", "h.i"}
