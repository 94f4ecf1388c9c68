#!/bin/bash
# In the guest: runs bash's own tests (/conformance/bash) with /bin/bash.  Names from standard input; a test passes if what it prints
# is what its author says (NAME.right): then run-NAME is silent.  Prints a line for each: NAME VERDICT [what differs first].
rm -rf /tmp/bash
cp -R /conformance/bash /tmp/bash
cd /tmp/bash || exit 2
export TMPDIR=/tmp THIS_SH=/bin/bash BUILD_DIR=/tmp/bash BASH_TSTOUT=/tmp/bash.out PATH=.:$PATH
unset BASH_ENV
while read -r name; do
    rm -f $BASH_TSTOUT
    /conformance/run 120 -- sh -c 'ulimit -t 5; exec sh "$0"' "./run-$name" </dev/null >/tmp/bash.said 2>/dev/null
    status=$?
    if [ $status = 137 ]; then
        echo "$name TIMEOUT"
    elif [ -s /tmp/bash.said ]; then
        echo "$name FAIL $(grep -m 1 '^[<>]' /tmp/bash.said | tr -c ' -~\n' '?')"
    else
        echo "$name PASS"
    fi
done
