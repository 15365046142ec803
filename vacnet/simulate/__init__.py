"""The second shell: many agents in one process, a virtual clock, a faulty network, toy machines."""
