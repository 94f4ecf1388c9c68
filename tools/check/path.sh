#!/bin/sh
# The message path (kernel/ipc/path.c) leaves the user's registers alone: its object code has no call, and touches none
# of x10..x30 but where it stores message word 0 (x10) for a foreign system call.
set -eu
build=${BUILD:-build}
object=$(ls "$build"/kernel/*kernel-path*.p/ipc_path.c.o | grep -v debug)
${OBJDUMP:-aarch64-linux-gnu-objdump} -d --no-show-raw-insn "$object" | awk '
    /^[0-9a-f]+ <.*>:$/ { name = $2; next }
    !/^ *[0-9a-f]+:/ { next }
    {
        n++
        text = $0
        sub(/^ *[0-9a-f]+:[ \t]*/, "", text)
        sub(/[ \t]*(\/\/|<).*/, "", text)
        if (text ~ /^blr? / || text ~ /^blr?\t/ || text ~ /^br[ \t]/) {
            print name " calls: " text; bad++
        }
        if (text ~ /(^|[^0-9a-z])[xw](1[0-9]|2[0-9]|30)([^0-9]|$)/ && text !~ /^str[ \t]+x10, \[x[0-9]\]/) {
            print name " touches a register of the user: " text; bad++
        }
    }
    END {
        if (n < 100) { print "only " n " instructions found"; bad++ }
        exit bad > 0
    }'
