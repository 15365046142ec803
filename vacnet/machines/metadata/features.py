"""Machine/Job Features over HTTP, as Vac served them: a listing, and a page for each key.

Rules of this file: values are read at the moment of the question, for `shutdowntime` changes while a
machine runs.

Source: HSF-TN-2016-02 section 4 (a directory or an HTTP server, read in the same way).
"""

from __future__ import annotations

from vacnet.machines.metadata.pages import HTML, OK, TEXT, Answer, Told, missing


def listing(told: Told, folder: str) -> Answer:
    """Return the keys as links."""
    items = "".join(
        f'<li><a href="{told.base}/{folder}/{key}">{key}</a></li>\n' for key in sorted(told.features(folder))
    )
    return Answer(OK, f"<html><body>\n<ul>\n{items}</ul>\n</body></html>\n".encode(), HTML)


def value(told: Told, folder: str, key: str) -> Answer:
    """Return one value, as it stands in its file."""
    found = told.feature(folder, key)
    return missing() if found is None else Answer(OK, found, TEXT)
