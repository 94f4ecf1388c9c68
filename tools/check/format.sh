#!/bin/sh
# All C files are as clang-format writes them (.clang-format); whole tree, build and cache left out.
set -eu
cd "$(dirname "$0")/../.."
files=$(find . \( -path ./build -o -path ./.cache -o -path ./.git \) -prune -o \( -name '*.c' -o -name '*.h' \) -print)
[ "$files" ] || exit 1
bad=0
for file in $files; do
    clang-format --style=file "$file" | cmp -s - "$file" || {
        echo "$file: not formatted; run: clang-format -i $file"
        bad=1
    }
done
exit $bad
