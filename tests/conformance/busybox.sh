#!/bin/busybox sh
# In the guest: runs busybox's own tests with /bin/busybox.  Names from standard input:
#     COMMAND     a file or folder of its testsuite (/conformance/busybox): prints a line for each test in it, COMMAND:NUMBER VERDICT
#                 TITLE, in their order, and COMMAND DONE at the end
#     ash-X/NAME  a script for its shell (/conformance/ash): prints NAME VERDICT [what differs first]
# In deterministic time what computes is what takes the build machine's time: each process may for 2 s.
rm -rf /tmp/busybox
mkdir -p /tmp/busybox
cp -R /conformance/busybox /tmp/busybox/testsuite
cp -R /conformance/ash /tmp/busybox/ash
cp /conformance/busybox.config /tmp/busybox/.config
cp /bin/busybox /tmp/busybox/busybox
# The suite would compile an echo of its own, since the shell's has neither -n nor -e.
export ECHO='/bin/busybox echo'
# It would make its 400 links anew for each name.
sed -i -e '/^rm -rf "$LINKSDIR"/d' -e 's|^for i in $implemented|[ -e "$LINKSDIR/sh" ] \|\| &|' /tmp/busybox/testsuite/runtest

command() {
    cd /tmp/busybox/testsuite || exit 2
    /conformance/run 120 -- sh -c 'ulimit -t 2; exec ./runtest "$0"' "$1" </dev/null >/tmp/busybox/said 2>/dev/null
    awk -v name="$1" '/^(PASS|FAIL|SKIPPED|UNTESTED): / {
        word = $1; sub(/:$/, "", word); sub(/^[A-Z]+: /, ""); gsub(/[^ -~]/, "?")
        print name ":" ++count, word, $0 }' /tmp/busybox/said
    echo "$1 DONE"
}

script() (
    cd "/tmp/busybox/ash/${1%/*}" || exit 2
    unset LANG ECHO
    set -a
    . /tmp/busybox/.config
    THIS_SH=/tmp/busybox/ash/ash PATH=/tmp/busybox/ash:$PATH
    set +a
    /conformance/run 120 -- "$THIS_SH" -c 'ulimit -t 2; exec "$THIS_SH" "./$0.tests"' "${1##*/}" </dev/null >/tmp/busybox/said 2>&1
    status=$?
    if [ $status = 137 ]; then
        echo "$1 TIMEOUT"
    elif diff /tmp/busybox/said "${1##*/}.right" >/tmp/busybox/differs; then
        echo "$1 PASS"
    else
        echo "$1 FAIL $(grep -m 1 '^[-+][^-+]' /tmp/busybox/differs | tr -c ' -~\n' '?')"
    fi
)

ln -s /bin/busybox /tmp/busybox/ash/ash
while read -r name; do
    case $name in
    */*) script "$name" ;;
    *) command "$name" ;;
    esac
done
