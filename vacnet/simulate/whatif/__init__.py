"""What if: a site that need not exist, run by the real rules, and what comes of it.

Rules of this package: a scenario is read, run and summed up here, without a file, a terminal or a factory;
the command that asks for it brings the bytes and shows the result. `vacnet`, the rule, is the agent itself;
`vac3` is the rule of Vac, written from its description, to be laid beside it.
"""
