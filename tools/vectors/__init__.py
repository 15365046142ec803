"""The vectors of the protocol: `python -m tools.vectors` writes `protocol/vectors/*.json`.

Rules of this package: everything in them follows from the tables of the codec (`tools.wire_tables`) and a
few fixed names, keys and nonces, so that a second run writes the same bytes; a message that is added to
the codec gets its vectors by itself. Three files: `keys.json` (what is derived from names and secrets),
`messages.json` (every message at its least, as usual, and at its most) and `stories.json` (what a
receiver makes of datagrams that arrive one after the other: every reason to refuse one has a story).

In the files bytes are hexadecimal text, and integers above 2^53 - 1 are decimal text: a reader whose
numbers are doubles loses nothing.
"""
