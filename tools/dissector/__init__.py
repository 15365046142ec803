"""A dissector for Wireshark from the message tables: `python -m tools.dissector > protocol/vacnet.lua`."""
