"""What comes over HTTP or from files: pipes, user_data, images; conditional, cached, bounded."""

from vacnet.fetch.fetched import Fetched, UnavailableError
from vacnet.fetch.fetcher import Fetcher
from vacnet.fetch.images import ImageCache
from vacnet.fetch.pipes import PipeKeeper
from vacnet.fetch.user_data import UserDataSource

__all__ = ["Fetched", "Fetcher", "ImageCache", "PipeKeeper", "UnavailableError", "UserDataSource"]
