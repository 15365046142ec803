"""What a factory never forgets: machines, outcomes, windows, epoch, events, in SQLite with one writer."""
