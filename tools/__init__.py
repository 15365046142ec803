"""Tools for people who work on vacnet; nothing of vacnet imports them."""
