"""What comes over HTTP or from files: pipes, user_data, images; conditional, cached, bounded."""
