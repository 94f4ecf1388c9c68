#!/bin/sh
# ./tessera faults: fault campaigns (docs/faults.md).
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-$PWD/build}
export BUILD
here=tests/faults
out=$BUILD/faults
batch=100   # faults of one boot
limit=1500  # seconds of wall clock for one boot: what takes longer hangs

usage() {
    cat <<'TEXT'
usage: ./tessera faults [--driver D]... [--runs N] [--seed S] [--first N] [--resume] [--operators LIST] [--report] [--plot]

Changes drivers while they work, one fault at a time, and says what came of it.  Under deterministic time: a seed and a number
are always the same fault, at the same instruction.  Ctrl-C stops it.
    --driver D        one of those that --list shows; default: all, in turn
    --runs N          faults of each driver; default 100
    --seed S          default 1
    --first N         begin with fault N; a line of build/faults/D-S.log says in its fifth column with which one its boot began
    --resume          go on where the last campaign with that seed was stopped
    --operators LIST  names of operators, or of their groups text, kill, supervisor, interface
    --short           the 300 runs of ./tessera test: fails when the system fails, or data is wrong
    --report          only print the table of what was run with that seed
    --plot            throughput with a kill a second, and times of recovery with that seed: docs/pictures/faults-*.svg
    --list            the drivers
Results: build/faults/D-S.log, a line a fault; build/faults/S.json.
TEXT
}

fail() {
    echo "faults: $*" >&2
    exit 2
}

list() {
    for file in "$here"/*.qemu; do
        basename "$file" .qemu
    done
}

# machine DRIVER DIR PLUGIN-ARGUMENTS: one boot with DIR/plan.bin; the console's output is in DIR/console.
machine() {
    tools/qemu.sh "$2/image.img" --icount --timeout "$limit" --options "$here/$1.qemu" -- \
        -device loader,file="$2/plan.bin",addr=0x4000000,force-raw=on \
        -plugin "$BUILD/tests/faults/faults.so,elf=$2/driver.elf,out=$2/out,$3" >"$2/console" 2>&1
}

# prepare DRIVER: its system is built, its sites are known.
prepare() {
    dir=$out/$1
    mkdir -p "$dir"
    SYSTEM_DIR=${dir#"$PWD"/} tools/build-system.sh "$here/$1.adl" || fail "$1 does not build"
    [ -s "$dir/sites" ] && [ "$dir/sites" -nt "$dir/image.img" ] && cmp -s "$dir/image.img" "$dir/golden.img" && return
    "$BUILD/tests/faults/faults-plan" golden=50000000 binary="$dir/plan.bin"
    rm -f "$dir/sites"
    machine "$1" "$dir" "sites=$dir/sites" || :
    [ -s "$dir/sites" ] || fail "$1: the golden run came to nothing: $dir/console, $dir/out"
    sed -n 's/^G done=\([0-9]*\) window=\([0-9]*\).*/\1 \2/p' "$dir/out" | awk '{ print 1000 * $1 / $2 }' >"$dir/rate"
    cp "$dir/image.img" "$dir/golden.img"
}

# campaign DRIVER FIRST RUNS: appends to its log.
campaign() {
    driver=$1 next=$2 last=$(($2 + $3)) log=$out/$1-$seed.log idle=0
    dir=$out/$driver
    ops=${operators:-$(sed -n 's/^# operators: //p' "$here/$driver.qemu")}
    while [ "$next" -lt "$last" ]; do
        count=$((last - next))
        [ "$count" -le "$batch" ] || count=$batch
        "$BUILD/tests/faults/faults-plan" elf="$dir/driver.elf" sites="$dir/sites" seed="$seed" first="$next" count="$count" \
            plan="$dir/plan" binary="$dir/plan.bin" ${ops:+operators="$ops"}
        rm -f "$dir/out"
        status=0
        machine "$driver" "$dir" "plan=$dir/plan" || status=$?
        [ "$status" != 124 ] || slow "$dir/out"
        ! [ -x "$here/$driver.check" ] || "$here/$driver.check" "$dir"
        awk -v boot="$next" -v rate="$(cat "$dir/rate")" -f "$here/classify.awk" "$dir/plan" "$dir/out" >"$dir/new"
        keep "$dir/new"
        if [ -s "$dir/new" ]; then
            next=$(($(tail -n 1 "$dir/new" | cut -d' ' -f1) + 1)) idle=0
        else
            idle=$((idle + 1))
            [ "$idle" -lt 3 ] || fail "$driver: nothing begins: $dir/console, $dir/out"
        fi
        cat "$dir/new" >>"$log"
        progress "$driver" "$log" "$last"
    done
}

# slow OUT: the time limit was hit, but not because nothing happens any more: the machine that all this runs on is slow.  Then the fault that was
# being looked at is none.
slow() {
    if [ "$(find "$1" -mmin -2)" ] && [ "$(grep -c '^R' "$1")" -gt 0 ]; then
        sed -i '${/^A/d}' "$1"
        sed -i '${/^B/d}' "$1"
    fi
}

# keep NEW: console and messages of those that must not be.
keep() {
    awk '$2 == "W" || $2 == "S" || $2 == "L" { print $1 }' "$1" | while read -r number; do
        mkdir -p "$out/kept"
        cp "$dir/console" "$out/kept/$driver-$seed-$number.console"
        cp "$dir/out" "$out/kept/$driver-$seed-$number.out"
    done
}

progress() {
    [ ! "$quiet" ] || return 0
    awk -v driver="$1" -v all="$3" '
        { n++; if ($2 != "I") active++; count[$2]++ }
        END {
            printf "\r%s: fault %d of %d, %d activated:", driver, $1 + 1, all, active
            for (i = split("W S L E H0 H1 C0 C1 P D N I", o, " "); i >= 1; i--) { }
            for (i = 1; i in o; i++) if (count[o[i]]) printf " %s %d", o[i], count[o[i]]
            printf "  "
        }' "$2" >&2
}

# plot DRIVER: pictures of it.
plot() {
    prepare "$1"
    "$BUILD/tests/faults/faults-plan" plot=3 binary="$dir/plan.bin"
    machine "$1" "$dir" "plan=$dir/plan" || fail "$1: no plot: $dir/console"
    awk -v driver="$1" -f "$here/plot.awk" "$dir/out" >"docs/pictures/faults-$1.svg"
    ! [ -s "$out/$1-$seed.log" ] ||
        awk -v driver="$1" -f "$here/histogram.awk" "$out/$1-$seed.log" >"docs/pictures/faults-$1-recovery.svg"
}

# What ./tessera test runs: two drivers at a time, what fails is told by the report.
short() {
    drivers='rogue block nvme entropy clock console' seed=1
    printf '%s\n' $drivers | xargs -P 2 -n 1 sh -c "$here/faults.sh --driver \$1 --runs 50 --seed $seed >/dev/null" short ||
        fail "a campaign has not come to its end"
}

drivers='' runs=100 seed=1 first=0 resume='' operators='' short='' report='' plot='' quiet=''
while [ $# -gt 0 ]; do
    case $1 in
    --driver | --runs | --seed | --first | --operators) [ $# -ge 2 ] || fail "$1 needs a value" ;;
    esac
    case $1 in
    --driver) drivers="$drivers $2" && shift ;;
    --runs) runs=$2 && shift ;;
    --seed) seed=$2 && shift ;;
    --first) first=$2 && shift ;;
    --operators) operators=$2 && shift ;;
    --resume) resume=1 ;;
    --short) short=1 ;;
    --report) report=1 ;;
    --plot) plot=1 ;;
    --list) list && exit 0 ;;
    -h | --help) usage && exit 0 ;;
    *) fail "no option $1; --help lists them" ;;
    esac
    shift
done
for number in "$runs" "$seed" "$first"; do
    case $number in '' | *[!0-9]*) fail "not a number: $number" ;; esac
done
[ "$drivers" ] || drivers=$(list)
for driver in $drivers; do
    [ -f "$here/$driver.qemu" ] || fail "no driver $driver; --list shows them"
done
mkdir -p "$out"
[ -t 2 ] || quiet=1

if [ "$plot" ]; then
    for driver in $drivers; do
        plot "$driver"
    done
    exit 0
fi
if [ "$short" ]; then
    short
elif [ ! "$report" ]; then
    for driver in $drivers; do
        log=$out/$driver-$seed.log begin=$first
        if [ "$resume" ] && [ -s "$log" ]; then
            begin=$(($(tail -n 1 "$log" | cut -d' ' -f1) + 1))
        else
            rm -f "$log"
        fi
        [ "$begin" -lt $((first + runs)) ] || continue
        prepare "$driver"
        campaign "$driver" "$begin" $((first + runs - begin))
        [ "$quiet" ] || echo >&2
    done
fi
logs=
for driver in $drivers; do
    [ ! -s "$out/$driver-$seed.log" ] || logs="$logs $out/$driver-$seed.log"
done
[ "$logs" ] || fail "nothing was run with seed $seed"
strict=
[ ! "$short" ] || strict=$(cd "$here" && grep -l ' checksummed ' -- *.adl | sed 's/\.adl//' | tr '\n' ' ')
# shellcheck disable=SC2086 # one argument a file
awk -v json="$out/$seed.json" -v seed="$seed" -v strict="$strict" -f "$here/report.awk" $logs
