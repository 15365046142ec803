"""The metrics of a factory: one table of names, each with what it means and where it is read.

Rules of this folder: numbers are read when they are asked for, from the same answers that the commands
print; nothing is kept for them but what the record and `tally` count. A scrape comes to the `server`, which
has somebody look (`looking`); what was `seen` then is read by the `table`, in the ways of `readings`.
"""
