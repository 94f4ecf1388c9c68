#!/bin/bash
# In the guest: runs coreutils' own tests (/conformance/coreutils/tests) with Debian's binaries: GROUP/NAME is a shell script, GROUP/NAME.pl
# one of perl, as in its tests/local.mk.  Names from standard input; a test's exit status is its verdict (tests/init.sh: 77 skips).
# Prints a line for each: NAME VERDICT [its last words].
cd /conformance/coreutils || exit 2
mkdir -p src /tmp/coreutils
cp /conformance/getlimits src
# What the tests ask of the configuration, as Debian's is.
for name in HAVE_CAP HAVE_INOTIFY HAVE_LINKAT HAVE_LUTIMES HAVE_PTHREAD_T HAVE_UTIMENSAT USE_ACL USE_XATTR; do
    echo "#define $name 1"
done >config.h
export LC_ALL=C TMPDIR=/tmp/coreutils srcdir=$PWD top_srcdir=$PWD abs_srcdir=$PWD abs_top_srcdir=$PWD abs_top_builddir=$PWD
export CONFIG_HEADER=$PWD/config.h VERSION=9.1 PACKAGE_VERSION=9.1 EXEEXT= MAKE=make CC=false AWK=awk EGREP='grep -E' PERL=perl
export SHELL=/bin/sh host_os=linux-gnu host_triplet=aarch64-unknown-linux-gnu fail=0
export built_programs="[ arch b2sum base32 base64 basename basenc cat chgrp chmod chown chroot cksum comm cp csplit cut date dd df dir
    dircolors dirname du echo env expand expr factor false fmt fold ginstall groups head hostid id install join link ln logname ls md5sum mkdir
    mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste pathchk pinky pr printenv printf ptx pwd readlink realpath rm rmdir
    runcon seq sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty sum sync tac tail tee
    test timeout touch tr true truncate tsort tty uname unexpand uniq unlink users vdir wc who whoami yes"
built_programs=$(echo $built_programs) # they look for " NAME "
# Some look for them where they would have been built, or begin there: ginstall is the name of install among the tests.
for program in $built_programs; do
    ln -sf "$(type -P "$program" || type -P "${program#g}")" "src/$program"
done
export PATH=$PWD/src:$PATH
# Groups that the tests may give files to; a test that has to be no root runs as another user.
export COREUTILS_GROUPS="1 2"
user="setpriv --reuid 1000 --regid 1 --groups 1,2"
mkdir -p /tmp/coreutils.home
chmod 1777 . /tmp/coreutils /tmp/coreutils.home
while read -r name; do
    seconds=5
    case $name in
    *.pl) seconds=60 && set -- perl -w -I./tests -MCuSkip -MCoreutils "-MCuTmpdir qw($TMPDIR/${name##*/})" "tests/$name" ;;
    *) set -- sh "tests/$name.sh" ;;
    esac
    ! grep -q '^skip_if_root_' "tests/$name.sh" 2>/dev/null || set -- $user env HOME=/tmp/coreutils.home "$@"
    stdin=/dev/null
    case $name in
    misc/stty*) stdin=/dev/tty ;; # that the runner gives it
    esac
    # In deterministic time what computes is what takes the build machine's time: each process may for 5 s, one that starts hundreds for 60.
    CU_TEST_NAME=coreutils,${name//\//-} /conformance/run 300 -- sh -c 'ulimit -t $1; stdin=$2; shift 2; exec "$@" 9>&2 <"$stdin"' \
        sh $seconds $stdin "$@" </dev/null >/tmp/coreutils.said 2>&1
    case $? in
    0) echo "$name PASS" ;;
    77) echo "$name SKIP $(grep -a 'skipped test' /tmp/coreutils.said | tail -n 1 | tr -c ' -~\n' '?')" ;;
    137) echo "$name TIMEOUT" ;;
    *) echo "$name FAIL $(tail -n 1 /tmp/coreutils.said | cut -c 1-150 | tr -c ' -~\n' '?')" ;;
    esac
    cd /conformance/coreutils || exit 2
    chmod -R u+rwX /tmp/coreutils 2>/dev/null
    rm -rf /tmp/coreutils/*
done
