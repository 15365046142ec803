"""The command line: parses, asks the factory, prints; one file for each group of commands."""
