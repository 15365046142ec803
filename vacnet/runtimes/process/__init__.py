"""Plain processes as machines.

Kept empty: keepers and their template import modules of this package and nothing else.
"""
