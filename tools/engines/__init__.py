"""The engines that tests run against: which there are, whether they answer, and how to bring them.

Rules of this package: an engine counts only if it answered (`probe`); what is brought is private to the
tests (own data, own socket, own network name space) and is gone after them; an engine that is there is
used as it is and left as it was. What differs between engines stands in one table, `table.ENGINES`.

Bringing is wanted where `CI` is set or with `ENGINES=install`. A missing engine is then a failure of the
tests that need it; elsewhere those tests are left out and the summary names them.
"""
