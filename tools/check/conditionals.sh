#!/bin/sh
# At most 2 conditional directives per 1000 lines of the kernel; include guards of headers do not count.
set -eu
cd "$(dirname "$0")/../.."
find kernel -name '*.[chS]' | LC_ALL=C sort | xargs awk '
    FNR == 1 { guard = 0 }
    { lines++ }
    /^[ \t]*#[ \t]*(if|ifdef|ifndef)([^a-z]|$)/ {
        if (!guard && FILENAME ~ /\.h$/ && /ifndef [A-Z0-9_]*_H$/) { guard = 1; next }
        print FILENAME ":" FNR ": " $0
        count++
    }
    END {
        printf "%d in %d lines: %.2f per 1000, limit 2\n", count, lines, count * 1000 / lines
        exit lines < 1000 || count * 1000 > 2 * lines
    }'
