"""Settings, targets and pipes: from bytes to checked values, each with its file and line."""
