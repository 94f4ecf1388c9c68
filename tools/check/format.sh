#!/bin/sh
# All C files are as clang-format writes them (.clang-format); whole tree, build and cache left out.
set -eu
cd "$(dirname "$0")/../.."
files=$(find . \( -path ./build -o -path ./.cache -o -path ./.git \) -prune -o \( -name '*.c' -o -name '*.h' \) -print)
[ "$files" ] || exit 1
# shellcheck disable=SC2086 # no name has a blank
bad=$(clang-format --dry-run --ferror-limit=1 $files 2>&1 | sed -n 's/^\([^ :]*\):[0-9]*:[0-9]*: .*/\1/p' | sort -u)
for file in $bad; do
    echo "$file: not formatted; run: clang-format -i $file"
done
[ ! "$bad" ]
