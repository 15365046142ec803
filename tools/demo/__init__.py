"""`make demo`: a space of factories on this host does real work before one's eyes.

It is a user of vacnet like any other: it serves a Vacuum Pipe and a queue over HTTP (`server`), starts
factories as a site would (`tools.space`), asks them over their control sockets what they see, and
reads their records in the end. No module of vacnet knows of it.
"""
