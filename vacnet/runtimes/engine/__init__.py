"""What runtimes whose engine is somebody else's daemon have in common; each keeps to itself beside this."""
