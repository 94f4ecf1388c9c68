#!/bin/bash
# In the guest: runs coreutils' own tests (/conformance/coreutils/tests, the shell scripts) with Debian's binaries.  Names from standard
# input; a test's exit status is its verdict (tests/init.sh: 77 skips).  Prints a line for each: NAME VERDICT [its last words].
cd /conformance/coreutils || exit 2
mkdir -p src /tmp/coreutils
: >config.h
export LC_ALL=C TMPDIR=/tmp/coreutils srcdir=$PWD top_srcdir=$PWD abs_srcdir=$PWD abs_top_srcdir=$PWD abs_top_builddir=$PWD
export CONFIG_HEADER=$PWD/config.h VERSION=9.1 PACKAGE_VERSION=9.1 EXEEXT= MAKE=make CC=false AWK=awk EGREP='grep -E' PERL=perl
export SHELL=/bin/sh host_os=linux-gnu host_triplet=aarch64-unknown-linux-gnu fail=0
export built_programs="[ arch b2sum base32 base64 basename basenc cat chgrp chmod chown chroot cksum comm cp csplit cut date dd df dir
    dircolors dirname du echo env expand expr factor false fmt fold groups head hostid id install join link ln logname ls md5sum mkdir
    mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste pathchk pinky pr printenv printf ptx pwd readlink realpath rm rmdir
    runcon seq sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty sum sync tac tail tee
    test timeout touch tr true truncate tsort tty uname unexpand uniq unlink users vdir wc who whoami yes"
while read -r name; do
    CU_TEST_NAME=coreutils,${name//\//-} timeout -s KILL 30 setsid sh -c 'ulimit -t 10; exec sh "$0" 9>&2' "tests/$name.sh" \
        </dev/null >/tmp/coreutils.said 2>&1
    case $? in
    0) echo "$name PASS" ;;
    77) echo "$name SKIP" ;;
    137) echo "$name TIMEOUT" ;;
    *) echo "$name FAIL $(tail -n 1 /tmp/coreutils.said | tr -c ' -~\n' '?')" ;;
    esac
    cd /conformance/coreutils || exit 2
    chmod -R u+rwX /tmp/coreutils 2>/dev/null
    rm -rf /tmp/coreutils/*
done
