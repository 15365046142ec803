#!/bin/busybox sh
# get PATH: what the metadata service has there, on stdout.
exec wget -q -O - "$base$1"
