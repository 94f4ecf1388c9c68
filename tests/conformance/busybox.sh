#!/bin/busybox sh
# In the guest: runs busybox's own testsuite (/conformance/busybox) with /bin/busybox.  Names of commands from standard input; prints
# a line for each of their tests, COMMAND:NUMBER VERDICT TITLE, in their order, and COMMAND DONE at the end.
rm -rf /tmp/busybox
mkdir -p /tmp/busybox
cp -R /conformance/busybox /tmp/busybox/testsuite
cp /conformance/busybox.config /tmp/busybox/.config
cp /bin/busybox /tmp/busybox/busybox
# The suite would compile an echo of its own, since the shell's has neither -n nor -e.
export ECHO='/bin/busybox echo'
cd /tmp/busybox/testsuite || exit 2
while read -r name; do
    timeout -s KILL 60 setsid ./runtest "$name" </dev/null >/tmp/busybox/said 2>/dev/null
    awk -v name="$name" '/^(PASS|FAIL|SKIPPED|UNTESTED): / {
        word = $1; sub(/:$/, "", word); sub(/^[A-Z]+: /, ""); gsub(/[^ -~]/, "?")
        print name ":" ++count, word, $0 }' /tmp/busybox/said
    echo "$name DONE"
done
