#!/bin/sh
# conformance.sh [SUITE...] [--short] [--native] [--only NAMES]: test suites that others wrote, run on Tessera's devbox
# and on Debian's own kernel in the same QEMU, compared verdict by verdict.  See docs/conformance.md.
#     SUITE        posix, python, busybox, bash, selftests, gnulib, coreutils; if none is named, those of which there are verdicts of Debian
#     --short      only what tests/conformance/SUITE.short selects
#     --native     Debian's kernel only: renews its verdicts, tests/conformance/SUITE.debian
#     --only NAME  only the tests whose names match this pattern of grep -E, and nothing is said about the others
# Status 1: a test that passes on Debian does not pass here and is not in tests/conformance/differences, or is in it and does pass.
# Prints "N passed, N failed, N skipped": passed are those that pass on both, skipped the listed differences.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
BUILD=${BUILD:-$top/build}
here=$top/tests/conformance
cache=$top/.cache/conformance
out=$BUILD/conformance
rootfs=$top/tools/rootfs.sh
PATH=$PATH:/usr/sbin:/sbin

fail() {
    echo "conformance: $*" >&2
    exit 2
}

say() {
    echo "conformance: $*" >&2
}

suites= short= native= only=
while [ $# -gt 0 ]; do
    case $1 in
    posix | python | busybox | bash | selftests | gnulib | coreutils) suites="$suites $1" ;;
    --short) short=1 ;;
    --native) native=1 ;;
    --only)
        [ $# -ge 2 ] || fail "--only needs a value"
        only=$2
        shift
        ;;
    *) fail "unknown argument $1; ./tessera help conformance" ;;
    esac
    shift
done
if [ ! "$suites" ]; then
    for suite in posix python busybox bash selftests gnulib coreutils; do
        [ -f "$here/$suite.debian" ] || continue
        [ ! "$short" ] || [ -f "$here/$suite.short" ] || continue
        suites="$suites $suite"
    done
fi
[ ! "$native$short" = 11 ] || fail "--native renews the verdicts of all tests: not with --short"

# guest SIDE IMAGE SECONDS COMMAND...: runs the command on that side, in deterministic time; what it prints is kept.
guest() {
    side=$1 image=$2 limit=$3
    shift 3
    if [ "$side" = debian ]; then
        "$top/tools/linux.sh" --icount --timeout "$limit" --disk "$image" -- "$@"
    else
        cp --sparse=always "$image" "$image.run"
        # The copy is thrown away: what the guest flushes need not reach this machine's disk.
        sed 's/cache=writeback/cache=unsafe/' "$top/systems/devbox/devbox.qemu" >"$out/devbox.qemu"
        status=0
        "$top/tools/devbox.sh" run "$BUILD/systems/devbox/image.img" "$out/devbox.qemu" --el2 --icount \
            --timeout "$limit" --disk "$image.run" -- "$@" || status=$?
        return $status
    fi
}

# with_list SIDE IMAGE SECONDS LIST RESULTS COMMAND...: as guest; the command reads the names in LIST and prints a line for each,
# NAME VERDICT [...], to RESULTS, and before it lines NAME:PART VERDICT [...] if it has parts.  When the system ends in between, the name that it was at is told so and the rest is run anew.
with_list() {
    wl_side=$1 wl_image=$2 wl_limit=$3 wl_list=$4 wl_results=$5
    shift 5
    cp "$wl_list" "$out/left"
    : >"$wl_results"
    ends=0
    while [ -s "$out/left" ]; do
        rm -rf "$out/put.list"
        mkdir -p "$out/put.list/conformance"
        cp "$out/left" "$out/put.list/conformance/list"
        "$rootfs" put "$wl_image" "$out/put.list"
        status=0
        guest "$wl_side" "$wl_image" "$wl_limit" sh -c "$* </conformance/list" >"$out/said" 2>"$out/errors" || status=$?
        # A line counts if it begins with a name that was asked for.
        tr -d '\r' <"$out/said" | awk 'NR == FNR { name[$1]; next } { stem = $1; sub(/:[0-9]+$/, "", stem) }
            stem in name && $2 ~ /^[A-Z]+[0-9]*$/ && !seen[$1]++' \
            "$out/left" - >"$out/lines"
        awk -v lines="$out/lines" 'BEGIN { while ((getline line <lines) > 0) { split(line, word, " "); done[word[1]] } }
            !($1 in done)' "$out/left" >"$out/next"
        again=
        if [ $status = 124 ] && ! cmp -s "$out/left" "$out/next"; then
            # The limit of the whole run, and no fault of the name that it was at: that one is run anew, first of the rest.
            again=$(head -n 1 "$out/next")
            say "$wl_side: $wl_limit s are over at $again, which goes on in a new run"
        elif [ -s "$out/next" ]; then
            name=$(head -n 1 "$out/next")
            say "$wl_side ended (status $status) at $name"
            cat "$out/said" "$out/errors" >"$out/ended.$wl_side.$ends"
            echo "$name ENDED" >>"$wl_results"
            sed -i 1d "$out/next"
            ends=$((ends + 1))
            [ $ends -lt 40 ] || fail "$wl_side ended too often: $out/ended.*"
        fi
        awk -v again="$again:" 'index($1, again) != 1' "$out/lines" >>"$wl_results"
        mv "$out/next" "$out/left"
    done
}

# names_of SUITE: the names in Debian's verdicts, parts left out.
names_of() {
    cut -d ' ' -f 1 "$here/$1.debian" | grep -v ':[0-9]*$'
}

# The kernel's selftests: a program each, with parts; the names are the paths below tools/testing/selftests.
selftests_image() {
    source=$("$top/tools/fetch-source.sh" linux-source-6.1 tools/testing/selftests tools/include tools/arch) ||
        fail "the source of the kernel's selftests cannot be had"
    built=$cache/selftests
    if [ ! "$built.done" -nt "$here/selftests.build" ]; then
        say "building the kernel's selftests (once)"
        rm -rf "$built" "$out/libcap"
        mkdir -p "$built" "$out/cap/include/sys"
        "$rootfs" tree "$out/libcap" libcap-dev
        cp "$out/libcap/usr/lib/aarch64-linux-gnu/libcap.a" "$out/cap"
        cp "$out/libcap/usr/include/sys/capability.h" "$out/cap/include/sys"
        rm -rf "$out/libcap" "$out/libcap.owners"
        CAP=$out/cap sh "$here/selftests.build" "$source" "$built"
        touch "$built.done"
    fi
    image_of selftests "$built.done" "$BUILD/tests/conformance/run"
    if [ ! "$native" ]; then
        names_of selftests >"$out/selftests.all"
        return 0
    fi
    grep -v '^#' "$here/selftests.without" >"$out/without"
    (cd "$built" && find . -type f -perm -100 ! -path ./exec/script) | sed 's|^\./||' | grep -vxE -f "$out/without" |
        LC_ALL=C sort >"$out/selftests.all"
}

selftests_put() {
    cp -R "$built" "$1/selftests"
    cp "$BUILD/tests/conformance/run" "$1/run"
}

selftests_run() {
    with_list "$1" "$image" 3600 "$2" "$3" /conformance/run 60 /conformance/selftests kselftest
}

# The Open POSIX Test Suite: a program each; the names are the paths below conformance, interfaces/ left out.
posix_image() {
    source=$("$top/tools/fetch-source.sh" posixtestsuite) || fail "the source of posixtestsuite cannot be had"
    export source cache
    grep -v '^#' "$here/posix.without" >"$out/without"
    (cd "$source/conformance" && find . -name '*.c') | sed 's|^\./||; s|\.c$||' | LC_ALL=C sort >"$out/posix.sources"
    # Only what will be run is built.
    sed 's|^interfaces/||' "$out/posix.sources" >"$out/posix.names"
    if [ "$short" ]; then
        grep -nxE -f "$here/posix.short" "$out/posix.names"
    else
        grep -nE -e "${only:-.}" "$out/posix.names"
    fi | cut -d : -f 1 | awk 'NR == FNR { wanted[$1]; next } FNR in wanted' - "$out/posix.sources" >"$out/posix.wanted"
    # A test that is about compiling, or does not compile with this C library, makes no program: an empty file says so.
    mkdir -p "$cache/posix"
    while read -r name; do
        [ -e "$cache/posix/${name#interfaces/}" ] || echo "$name"
    done <"$out/posix.wanted" >"$out/posix.missing"
    if [ -s "$out/posix.missing" ]; then
        say "building $(wc -l <"$out/posix.missing") programs of the Open POSIX Test Suite (once)"
        xargs -P "$(nproc)" -n 16 sh -c '
            for name in "$@"; do
                program=$cache/posix/${name#interfaces/}
                mkdir -p "${program%/*}"
                aarch64-linux-gnu-gcc -std=gnu99 -O1 -w -s -D_GNU_SOURCE -D_POSIX_C_SOURCE=200112L -I "$source/include" \
                    -o "$program.new" "$source/conformance/$name.c" -lpthread -lrt -lm 2>/dev/null || : >"$program.new"
                mv "$program.new" "$program"
            done' sh <"$out/posix.missing"
        touch "$cache/posix.done"
    fi
    sed 's|^interfaces/||' "$out/posix.wanted" | while read -r name; do
        [ ! -s "$cache/posix/$name" ] || echo "$name"
    done | grep -vxF -f "$out/without" >"$out/posix.all" || fail "no test of posix matches"
    image_of posix "$cache/posix.done" "$BUILD/tests/conformance/run"
}

posix_put() {
    cp -R "$cache/posix" "$1/posix"
    cp "$BUILD/tests/conformance/run" "$1/run"
}

posix_run() {
    with_list "$1" "$image" 3600 "$2" "$3" /conformance/run 20 /conformance/posix
}

# Modules of Python's own suite, a verdict a method.  Their names are Debian's verdicts', or read by Python there.
python_modules="test_posix test_fcntl test_mmap test_select test_epoll test_poll test_pty test_signal test_fork1 test_wait4
    test_openpty test_popen test_resource"

python_image() {
    image_of python "$here/methods.py"
    if [ "$native" ]; then
        # shellcheck disable=SC2086 # one argument a module
        guest debian "$image" 300 python3 /conformance/methods.py --list $python_modules |
            tr -d '\r' | grep '^test_[a-z0-9_]*/' >"$out/python.all"
    else
        cut -d ' ' -f 1 "$here/python.debian" >"$out/python.all"
    fi
}

python_put() {
    "$rootfs" tree "$out/python" python3 libpython3.11-testsuite
    "$rootfs" put "$image.new" "$out/python"
    rm -rf "$out/python" "$out/python.owners"
    cp "$here/methods.py" "$1/methods.py"
}

python_run() {
    with_list "$1" "$image" 1800 "$2" "$3" python3 /conformance/methods.py 60
}

busybox_image() {
    source=$("$top/tools/fetch-source.sh" busybox) || fail "the source of busybox cannot be had"
    image_of busybox "$here/busybox.sh" "$BUILD/tests/conformance/run" "$cache/../source/busybox.done"
    {
        (cd "$source/testsuite" && ls -d -- *.tests */) | sed 's|\.tests$||; s|/$||'
        (cd "$source/shell/ash_test" && ls ash-*/*.tests) | grep -v z_slow/ | sed 's|\.tests$||'
    } | LC_ALL=C sort -u >"$out/busybox.all"
}

busybox_put() {
    cp -R "$source/testsuite" "$1/busybox"
    cp -R "$source/shell/ash_test" "$1/ash"
    for tool in recho zecho printenv; do
        aarch64-linux-gnu-gcc -w -O1 -s -o "$1/ash/$tool" "$source/shell/ash_test/$tool.c" ||
            fail "$tool.c of busybox does not compile"
    done
    cp "$source/debian/config/pkg/static" "$1/busybox.config"
    cp "$here/busybox.sh" "$BUILD/tests/conformance/run" "$1"
}

busybox_run() {
    with_list "$1" "$image" 1800 "$2" "$3" busybox sh /conformance/busybox.sh
}

bash_image() {
    source=$("$top/tools/fetch-source.sh" bash) || fail "the source of bash cannot be had"
    image_of bash "$here/bash.sh" "$BUILD/tests/conformance/run" "$cache/../source/bash.done"
    (cd "$source/tests" && ls run-*) | sed 's|^run-||' | grep -vxE 'all|minimal|gprof' | LC_ALL=C sort >"$out/bash.all"
}

bash_put() {
    mkdir "$1/bash"
    cp -R "$source/tests" "$source/y.tab.c" "$1/bash"
    # A test reads three files of a built bash, whatever is in them.
    cp "$source/config.h.in" "$1/bash/config.h"
    cp "$source/patchlevel.h" "$1/bash/version.h"
    : >"$out/config.h"
    for tool in recho zecho xcase printenv; do
        aarch64-linux-gnu-gcc -w -O1 -s -DHAVE_STRING_H -DHAVE_STDLIB_H -DHAVE_UNISTD_H -I "$out" -I "$source" \
            -I "$source/include" -o "$1/bash/tests/$tool" "$source/support/$tool.c" ||
            fail "$tool.c of bash does not compile"
    done
    cp "$here/bash.sh" "$BUILD/tests/conformance/run" "$1"
}

bash_run() {
    with_list "$1" "$image" 1800 "$2" "$3" bash /conformance/bash.sh
}

# What coreutils' source is built for, once: gnulib's tests, and a program that coreutils' own tests ask for the limits of types.
coreutils_built() {
    source=$("$top/tools/fetch-source.sh" coreutils) || fail "the source of coreutils cannot be had"
    built=$cache/gnulib
    [ ! "$built.done" -nt "$here/gnulib.build" ] || return 0
    say "building gnulib's tests (once)"
    rm -rf "$built"
    sh "$here/gnulib.build" "$source" "$built" >"$out/gnulib.log" 2>&1 || fail "gnulib does not build: $out/gnulib.log"
    touch "$built.done"
}

# gnulib's tests, as coreutils has them: a program or a script each.
gnulib_image() {
    coreutils_built
    image_of gnulib "$built.done" "$BUILD/tests/conformance/run"
    if [ "$native" ]; then
        grep -v '^#' "$here/gnulib.without" >"$out/without"
        LC_ALL=C sort -u "$built/list" | grep -vxE -f "$out/without" >"$out/gnulib.all"
    else
        names_of gnulib >"$out/gnulib.all"
    fi
}

gnulib_put() {
    cp -R "$built" "$1/gnulib"
    cp "$BUILD/tests/conformance/run" "$1/run"
}

# Locales other than C are not installed.  The limit is long for the test of deep folders, which waits for the disk 3,000 times.
gnulib_run() {
    with_list "$1" "$image" 3600 "$2" "$3" EXEEXT= srcdir=. abs_aux_dir=. LOCALE_FR=none LOCALE_FR_UTF8=none LOCALE_JA=none \
        LOCALE_ZH_CN=none LOCALE_TR_UTF8=none MAKE=make USE_ACL=0 /conformance/run 300 /conformance/gnulib automake
}

coreutils_image() {
    coreutils_built
    image_of coreutils "$here/coreutils.sh" "$built.done" "$BUILD/tests/conformance/run"
    if [ ! "$native" ]; then
        cut -d ' ' -f 1 "$here/coreutils.debian" >"$out/coreutils.all"
        return 0
    fi
    grep -v '^#' "$here/coreutils.without" >"$out/without"
    (cd "$source/tests" && find . -mindepth 2 -name '*.sh' -o -mindepth 2 -name '*.pl') | sed 's|^\./||; s|\.sh$||' |
        grep -vxE -f "$out/without" | LC_ALL=C sort >"$out/coreutils.all"
}

coreutils_put() {
    "$rootfs" tree "$out/tools" perl attr
    "$rootfs" put "$image.new" "$out/tools"
    rm -rf "$out/tools" "$out/tools.owners"
    mkdir -p "$1/coreutils"
    cp -R "$source/tests" "$source/init.cfg" "$1/coreutils"
    cp "$here/coreutils.sh" "$built/getlimits" "$BUILD/tests/conformance/run" "$1"
}

coreutils_run() {
    with_list "$1" "$image" 3600 "$2" "$3" bash /conformance/coreutils.sh
}

# image_of SUITE NEEDED...: the image of the base set and of what the function SUITE_put writes into the folder that it is given,
# made anew if a file NEEDED is younger; $image is its path.
image_of() {
    base=$("$rootfs" base)
    image=$out/$1.img
    suite_of=$1
    shift
    for needed in "$base" "$@"; do
        [ "$image" -nt "$needed" ] || rm -f "$image"
    done
    [ ! -f "$image" ] || return 0
    say "making the disk of $suite_of"
    rm -rf "$out/put" "$image.new"
    mkdir -p "$out/put/conformance"
    cp --sparse=always "$base" "$image.new"
    "${suite_of}_put" "$out/put/conformance"
    "$rootfs" put "$image.new" "$out/put"
    mv "$image.new" "$image"
    rm -rf "$out/put"
}

# listed SUITE: the names of its listed differences; each must stand below a line that says why.  NAME:1-3,7 are four parts of NAME.
listed() {
    awk -v suite="$1" '
        /^#/ { reason = 1; next }
        NF == 0 { reason = 0; next }
        !reason { print FILENAME ": no reason above " $0 >"/dev/stderr"; bad = 1 }
        $1 == suite && match($2, /:[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$/) {
            count = split(substr($2, RSTART + 1), ranges, ",")
            for (i = 1; i <= count; i++) {
                split(ranges[i] "-" ranges[i], ends, "-")
                for (part = ends[1] + 0; part <= ends[2] + 0; part++) print substr($2, 1, RSTART) part
            }
            next
        }
        $1 == suite { print $2 }
        END { exit bad }' "$here/differences"
}

# compare SUITE LIST RESULTS: prints what is not as it should be, and adds to the counts.
compare() {
    listed "$1" >"$out/listed" || exit 2
    awk -v suite="$1" -v debian="$here/$1.debian" -v listed="$out/listed" -v names="$2" -v counts="$out/counts" '
        BEGIN {
            while ((getline line <debian) > 0) { split(line, word, " "); native[word[1]] = word[2] }
            while ((getline line <listed) > 0) known[line]
            while ((getline line <names) > 0) {
                if (!(line in native)) { print suite ": " line ": Debian has no verdict (--native)"; failed++ }
                else stems[line]
            }
            for (name in native) { stem = name; sub(/:[0-9]+$/, "", stem); if (stem in stems) asked[name] }
        }
        { here[$1] = $2; detail[$1] = substr($0, length($1 $2) + 3) }
        END {
            for (name in asked) {
                if (native[name] == "DONE") continue # no test: the end of a file of them
                if (native[name] != "PASS") { other++; if (here[name] == "PASS") better++; continue }
                if (here[name] == "PASS") {
                    passed++
                    if (name in known) { print suite ": " name ": listed as a difference, and passes"; failed++; passed-- }
                } else if (name in known) skipped++
                else { print suite ": " name ": " (name in here ? here[name] " (" detail[name] ")" : "no verdict") " here, PASS on Debian"; failed++ }
            }
            total = passed + skipped + failed
            printf "%s: %d of %d that pass on Debian pass here (%.1f %%); %d do not pass on Debian, of which %d do here\n", suite,
                passed, total, total ? 100 * passed / total : 0, other, better
            print passed + 0, failed + 0, skipped + 0 >>counts
        }' "$3"
}

main() {
    mkdir -p "$out" "$cache"
    exec 9>"$out/lock"
    flock -n 9 || fail "another run is at work in $out"
    : >"$out/counts"
    if [ ! "$native" ]; then
        "$top/tools/system.sh" build "$top/systems/devbox/devbox.adl" >&2 || fail "the devbox does not build"
    fi
    for suite in $suites; do
        "${suite}_image"
        list=$out/$suite.all
        if [ ! "$native" ]; then
            # What hangs on Debian says nothing here, but takes its time.
            awk 'NR == FNR { if ($2 == "TIMEOUT") hangs[$1]; next } !($1 in hangs)' "$here/$suite.debian" "$list" >"$out/$suite.some"
            list=$out/$suite.some
        fi
        if [ "$short" ]; then
            grep -xE -f "$here/$suite.short" "$list" >"$out/$suite.names" || fail "$suite.short selects nothing"
            list=$out/$suite.names
        fi
        if [ "$only" ]; then
            grep -E -e "$only" "$list" >"$out/$suite.only" || fail "no test of $suite matches $only"
            list=$out/$suite.only
        fi
        if [ "$native" ]; then
            "${suite}_run" debian "$list" "$out/$suite.debian"
            if [ "$only" ]; then
                cat "$out/$suite.debian"
            else
                cut -d ' ' -f 1,2 "$out/$suite.debian" | LC_ALL=C sort >"$here/$suite.debian"
                cut -d ' ' -f 2 "$here/$suite.debian" | sort | uniq -c
            fi
        else
            "${suite}_run" tessera "$list" "$out/$suite.tessera"
            compare "$suite" "$list" "$out/$suite.tessera"
        fi
    done
    [ ! "$native" ] || exit 0
    awk '{ p += $1; f += $2; s += $3 } END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }' "$out/counts"
}

main
