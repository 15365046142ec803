"""vacnet: a peer-to-peer cluster of factories that make machines for a site's targets."""

__version__ = "0.1.0"
