"""Containers of Docker's Engine API (Docker, Podman) as machines, for model `docker`."""
