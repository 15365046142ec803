"""One factory without I/O: gossip, window ledger, claims and decisions; events in, effects out."""
