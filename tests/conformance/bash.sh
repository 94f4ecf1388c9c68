#!/bin/bash
# In the guest: runs bash's own tests (/conformance/bash) with /bin/bash, as a user who is not root, as their author wants.  Names from
# standard input; a test passes if what it prints is what its author says (NAME.right): then run-NAME is silent, and its status 0.
# Prints a line for each: NAME VERDICT [what differs first].
rm -rf /tmp/bashtest
cp -R /conformance/bash /tmp/bashtest
mkdir /tmp/bashtest/home
chown -R 1000:1000 /tmp/bashtest
cd /tmp/bashtest/tests || exit 2
export HOME=/tmp/bashtest/home TMPDIR=/tmp THIS_SH=/bin/bash BUILD_DIR=/tmp/bashtest BASH_TSTOUT=/tmp/bashtest/out PATH=.:$PATH:/tmp/bashtest/tests
unset BASH_ENV
while read -r name; do
    rm -f $BASH_TSTOUT
    # In deterministic time what computes is what takes the build machine's time: each process may for 5 s.
    /conformance/run 120 -- setpriv --reuid 1000 --regid 1000 --clear-groups sh -c 'ulimit -t 5; exec sh "$0"' "./run-$name" \
        </dev/null >/tmp/bash.said 2>/dev/null
    status=$?
    if [ $status = 137 ]; then
        echo "$name TIMEOUT"
    elif [ $status != 0 ] || [ -s /tmp/bash.said ]; then
        echo "$name FAIL status $status $(grep -m 1 '^[<>]' /tmp/bash.said | tr -c ' -~\n' '?')"
    else
        echo "$name PASS"
    fi
done
