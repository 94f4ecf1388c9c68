#!/bin/sh
# mkdisk FILE: a copy of the disk that root.sh made.
exec cp --sparse=always "$(dirname "$0")/test-root.img" "$1"
