"""What all factories know: rows, their table, the wire, the seal, and the gossip that keeps tables equal."""
