"""What runs inside of a node: its first process, and the queue that delays its packets."""
