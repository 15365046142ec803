"""The daemon: the shell of real clocks, sockets and engines round one agent; `client` talks to it."""
