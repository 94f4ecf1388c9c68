#!/bin/sh
# run.sh         checks every model of this folder with Spin, exhaustively, and that each of its BUG_ variants is found
# run.sh WORD    only the variants whose line contains WORD; prints what Spin says, and the trail of each error
# Ends with "N passed, N failed" and, when there is no Spin, "N skipped".  Exit status 1 if anything failed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=${BUILD:-$here/../../build}/models
limit=60   # seconds of one variant
memory=400 # MiB of one variant

# expected outcome, model, definitions
variants() {
    cat <<'END'
holds ring
holds ring -DQUARTER=3
fails ring -DBUG_NO_RECHECK
fails ring -DBUG_SLEEP_FLAG_LATE
fails ring -DBUG_NO_ROOM_RECHECK
fails ring -DBUG_ROOM_FLAG_LATE
fails ring -DBUG_QUARTER_ONLY -DQUARTER=3
fails ring -DBUG_NO_WAKE_AT_ATTACH
fails ring -DBUG_WOKEN_FOR_GOOD
fails ring -DBUG_ADVANCE_FIRST
fails ring -DBUG_NO_DEDUPE
holds supervisor -DFAULTS=3 -DTAKEOVERS=1
holds supervisor -DFAULTS=2 -DTAKEOVERS=2
holds supervisor -DRESTART_MAX=0 -DFAULTS=3 -DTAKEOVERS=1
holds supervisor -DFAULTS=12 -DTAKEOVERS=0
holds supervisor -DFAULTS=2 -DTAKEOVERS=1 -DKILLER
fails supervisor -DFAULTS=2 -DTAKEOVERS=1 -DBUG_REVOKE_EARLY
fails supervisor -DFAULTS=2 -DTAKEOVERS=1 -DBUG_NO_JOURNAL
fails supervisor -DFAULTS=2 -DTAKEOVERS=1 -DBUG_NO_RELEASE
fails supervisor -DRESTART_MAX=0 -DFAULTS=2 -DTAKEOVERS=1 -DBUG_NO_CLOSE_AGAIN
fails supervisor -DFAULTS=2 -DTAKEOVERS=1 -DBUG_ONE_BY_ONE
fails supervisor -DFAULTS=12 -DTAKEOVERS=0 -DBUG_NO_LIMIT
fails supervisor -DFAULTS=2 -DTAKEOVERS=1 -DKILLER -DBUG_NO_POISON
holds gates
holds gates -DPARKS
holds gates -DDEATHS=3 -DTAKEOVERS=2
fails gates -DBUG_NO_WAIT
fails gates -DBUG_NO_RESET
fails gates -DBUG_ANSWER_EARLY
fails gates -DBUG_STEP_EARLY
fails gates -DBUG_NO_SIGNAL
fails gates -DBUG_START_CLOSES
fails gates -DPARKS -DBUG_PARKED_GOES_ON
holds swap
holds swap -DSWAPS=3 -DTAKEOVERS=1
holds swap -DSWAPS=1 -DTAKEOVERS=4
fails swap -DBUG_STOP_EARLY
fails swap -DBUG_SERVE_IN_TRIAL
fails swap -DBUG_NO_RESTORE
fails swap -DBUG_GO_FIRST
fails swap -DBUG_NO_SECOND_LOOK
holds mirror
holds mirror -DWRITES=3 -DDEATHS=0
holds mirror -DWRITES=1 -DDEATHS=1 -DLEAVES=2
fails mirror -DWRITES=1 -DBUG_LABEL_NOT_FLUSHED
fails mirror -DBUG_NOTE_LATER
fails mirror -DBUG_COPY_NOT_FLUSHED
fails mirror -DBUG_LEAVES_UNSETTLED
fails mirror -DBUG_LOSS_NOT_NOTED
fails mirror -DBUG_NOT_SETTLED
fails mirror -DBUG_LEAVES_WITHOUT_NOTE
holds call -DIDEMPOTENT
holds call -DONCE
holds call -DDEDUPE
holds call -DIDEMPOTENT -DKILLS -DDEATHS=0
fails call -DONCE -DBUG_ONCE_AGAIN
fails call -DDEDUPE -DBUG_NO_NUMBER
holds journal
holds journal -DTRANSACTIONS=3 -DDEATHS=1
fails journal -DDEATHS=0 -DBUG_START_WITH_FLAG
fails journal -DDEATHS=0 -DBUG_FLAG_WITH_EMPTY
fails journal -DDEATHS=0 -DBUG_NO_FLUSH_OF_CONTENT
fails journal -DDEATHS=0 -DBUG_NO_FLUSH_OF_COMMIT
fails journal -DDEATHS=0 -DBUG_NO_FLUSH_OF_HOME
fails journal -DBUG_NO_FLUSH_BEFORE_REPLAY
fails journal -DBUG_CLEAR_EARLY
holds heads
holds heads -DPOSTS=6 -DDEATHS=2
fails heads -DBUG_NEXT_FIRST
fails heads -DBUG_CLEAR_FIRST
fails heads -DBUG_COUNT_FIRST
fails heads -DBUG_NO_LOOK_AT_USED
fails heads -DBUG_NO_LOOK_AT_AVAILABLE
fails call -DDEDUPE -DBUG_EFFECT_THEN_NUMBER
fails call -DDEDUPE -DBUG_NUMBER_AGAIN
fails call -DIDEMPOTENT -DBUG_NO_POISON
fails call -DIDEMPOTENT -DBUG_NO_RESTARTED
fails call -DIDEMPOTENT -DBUG_FLUSH_QUEUE
END
}

# check expected model definitions...: holds, fails or broken
check() {
    optimize=-O0 # what fails does so soon: compiling takes longer
    [ "$1" = fails ] || optimize=-O1
    model=$2
    shift 2
    rm -rf "$work" && mkdir -p "$work" && cd "$work" || return
    if ! spin -a "$@" "$here/$model.pml" >spin.log 2>&1 || [ ! -f pan.c ] ||
        ! cc "$optimize" -w -DSAFETY "-DMEMLIM=$memory" -o pan pan.c >>spin.log 2>&1; then
        echo broken
        return
    fi
    timeout $limit ./pan -m100000 >pan.log 2>&1
    if grep -q 'errors: 1$' pan.log && [ -f "$model.pml.trail" ]; then
        echo fails
    elif grep -q 'errors: 0$' pan.log && ! grep -qE 'not completed|reached -DMEMLIM|max search depth' pan.log; then
        echo holds
    else
        echo broken
    fi
}

word=${1-}
total=$(variants | grep -c -e "$word")
if ! command -v spin >/dev/null; then
    echo "no spin here (Debian package spin)"
    echo "0 passed, 0 failed, $total skipped"
    exit 0
fi
passed=0
while read -r expected model definitions; do
    # shellcheck disable=SC2086 # definitions are words
    outcome=$(check "$expected" "$model" $definitions)
    states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$work/pan.log" 2>/dev/null)
    if [ "$outcome" = "$expected" ]; then
        passed=$((passed + 1))
        echo "passed  $model $definitions  $expected, ${states:-?} states"
    else
        echo "FAILED  $model $definitions  should be: $expected; is: $outcome, ${states:-?} states"
    fi
    if [ -n "$word" ]; then
        cat "$work/spin.log" "$work/pan.log"
        # shellcheck disable=SC2086
        [ "$outcome" != fails ] || (cd "$work" && spin -t -p -g $definitions "$here/$model.pml")
    fi
done <<END
$(variants | grep -e "$word")
END
echo "$passed passed, $((total - passed)) failed"
[ "$passed" = "$total" ]
