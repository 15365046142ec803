"""Benchmarks: figures measured on real processes, as a table and as JSON (`make bench`).

Rules of this package: one file a figure; each says what it measures and against which limit; a bench
judges nothing and stops everything it started.
"""
