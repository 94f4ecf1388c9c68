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
# It would make its 400 links anew for each name.
sed -i -e '/^rm -rf "$LINKSDIR"/d' -e 's|^for i in $implemented|[ -e "$LINKSDIR/sh" ] \|\| &|' runtest
while read -r name; do
    # In deterministic time what computes is what takes the build machine's time: 2 s for each process.
    /conformance/run 120 -- sh -c 'ulimit -t 2; exec ./runtest "$0"' "$name" </dev/null >/tmp/busybox/said 2>/dev/null
    awk -v name="$name" '/^(PASS|FAIL|SKIPPED|UNTESTED): / {
        word = $1; sub(/:$/, "", word); sub(/^[A-Z]+: /, ""); gsub(/[^ -~]/, "?")
        print name ":" ++count, word, $0 }' /tmp/busybox/said
    echo "$name DONE"
done
