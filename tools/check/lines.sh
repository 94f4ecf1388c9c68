#!/bin/sh
# The kernel for aarch64 has less than 8000 lines of code (cloc, without blank lines and comments; loader included, the
# debug kernel's checks, the ports to other CPUs and the tests beside the code not).
set -eu
cd "$(dirname "$0")/../.."
limit=8000
lines=$(cloc --quiet --csv --include-lang='C,C/C++ Header,Assembly' --fullpath \
    --not-match-d='kernel/(debug|arch/none|.*/test)' kernel | awk -F, '$2 == "SUM" { print $5 }')
echo "$lines lines of code, limit $limit"
[ "$lines" -gt 1000 ] && [ "$lines" -lt "$limit" ]
