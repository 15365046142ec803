"""The full-screen dashboard of a space: `vacnet space` on a terminal.

The room's plan. A `Source` is asked, in threads, and never waited for by the screen. What comes back is
turned into rows by `kinds`, one table for targets, factories, machines and events; a `Listing` keeps what
is filtered, sorted and chosen of it; a `Pane` draws the rows that can be seen and no others. `grammar` is
the one table of keys. Only `screen` knows textual's application; only `pane` and the sheets its widgets.
Everything else is values and pure functions, tested without a terminal.
"""
