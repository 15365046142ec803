"""What the control socket takes and answers: the JSON that every command and the dashboard read.

Rules of this folder: values only, a file for each question. Each answer carries `schema`, raised when a field
changes meaning or goes away (new fields do not raise it). Durations are seconds, times Unix seconds, sizes
bytes.
"""
