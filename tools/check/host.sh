#!/bin/sh
# The unit tests that run on the build machine (test() in the meson.build files), each test function counted.
set -u
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
log=$BUILD/logs/host-tests
meson test -C "$BUILD" --verbose --num-processes 1 >"$log" 2>&1
status=$?
cat "$log"
ok=$(grep -c '^\[       OK \]' "$log")
bad=$(grep '^\[  FAILED  \] [A-Za-z_0-9]*$' "$log" | sort -u | wc -l) # cmocka names each twice
# a program that breaks off counts once
programs=$(sed -n 's/^\(Fail\|Timeout\|Unexpected Pass\): *\([0-9]*\)$/\2/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
[ "$bad" -ge "$programs" ] || bad=$programs
echo "$ok passed, $bad failed"
[ "$status" = 0 ] && [ "$bad" = 0 ] && [ "$ok" != 0 ]
