#!/bin/sh
# The kernel for aarch64 has less than 8000 lines of code (cloc, without blank lines and comments; loader included, the
# debug kernel's checks, the ports to other CPUs and the tests beside the code not), and what makes it a hypervisor,
# kernel/vm, less than 1500 beside them.
set -eu
cd "$(dirname "$0")/../.."
count() { # NOT-MATCHING FOLDER
    cloc --quiet --csv --include-lang='C,C/C++ Header,Assembly' --fullpath --not-match-d="$1" "$2" |
        awk -F, '$2 == "SUM" { print $5 }'
}
lines=$(count 'kernel/(debug|vm|arch/none|.*/test)' kernel)
guests=$(count none kernel/vm)
echo "$lines lines of code, limit 8000; virtual machines $guests, limit 1500"
[ "$lines" -gt 1000 ] && [ "$lines" -lt 8000 ] && [ "$guests" -gt 100 ] && [ "$guests" -lt 1500 ]
