# The table of a campaign, from the lines of classify.awk; also as JSON, to the file named by json.
#     awk -v seed=S -v json=FILE [-v strict="D ..."] -f report.awk DRIVER-SEED.log...
# strict: drivers whose loads are checksummed; with it the last line counts who passed: the system has not failed, and their data was right.
function median(list, n, part,   i) {
    if (!n) return 0
    i = int(n * part)
    return list[i < n ? i + 1 : n]
}
function sort(list, n,   gap, i, j, x) {
    for (gap = int(n / 2); gap > 0; gap = int(gap / 2))
        for (i = gap + 1; i <= n; i++) {
            x = list[i]
            for (j = i; j > gap && list[j - gap] > x; j -= gap) list[j] = list[j - gap]
            list[j] = x
        }
}
FNR == 1 { driver = FILENAME; sub(/.*\//, "", driver); sub(/-[0-9]+\.log$/, "", driver); drivers[++nd] = driver }
{
    all++
    if (!($3 in seen)) { seen[$3] = 1; ops[++no] = $3 }
    count[$3, $2]++; total[$2]++; of[driver, $2]++
    ran[$3]++; driver_ran[driver]++
    if ($2 != "I") { active[$3]++; actives++; driver_active[driver]++ }
    if (($2 == "C1" || $2 == "P") && $10) recovery[++nr] = $10
    if ($2 == "W" || $2 == "S" && index(" " strict " ", " " driver " ")) failed++
    if ($2 == "H1" && $9) noticed[++nh] = $9
    if ($2 == "W" || $2 == "S" || $2 == "L" || $2 == "H0" || $2 == "C0")
        bad = bad sprintf("    %s %s %s: ./tessera faults --driver %s --seed %s --first %d --runs %d\n", $2, driver, $3, driver, seed, $5, $1 - $5 + 1)
}
function row(name, n, a, key, table,   i) {
    printf "%-16s %6d %6d ", name, n, a
    for (i = 1; i <= outcomes; i++) printf " %5s", (table == 1 ? count[key, o[i]] : table == 2 ? of[key, o[i]] : total[o[i]]) + 0
    print ""
}
END {
    outcomes = split("W S L E H0 H1 C0 C1 P D N", o, " ")
    printf "%-16s %6s %6s ", "operator", "runs", "active"
    for (i = 1; i <= outcomes; i++) printf " %5s", o[i]
    print ""
    for (i = 1; i <= no; i++) row(ops[i], ran[ops[i]], active[ops[i]], ops[i], 1)
    print ""
    for (i = 1; i <= nd; i++) row(drivers[i], driver_ran[drivers[i]], driver_active[drivers[i]], drivers[i], 2)
    row("all", all, actives, "", 3)
    sort(recovery, nr); sort(noticed, nh)
    manifest = actives - total["N"] - total["D"]
    visible = total["W"] + total["S"] + total["L"] + total["E"] + total["H0"] + total["C0"]
    printf "\nfailures: %d; invisible to programs: %.2f %% of them\n", manifest, manifest ? 100 * (manifest - visible) / manifest : 100
    printf "crash to next reply: median %.2f ms, 99 of 100 within %.2f ms; hang to verdict: median %.0f ms, longest %.0f ms\n",
        median(recovery, nr, 0.5) / 1000, median(recovery, nr, 0.99) / 1000, median(noticed, nh, 0.5) / 1000, nh ? noticed[nh] / 1000 : 0
    if (bad) printf "\nto be looked at:\n%s", bad
    print "\nW whole system failed  S silent corruption  L acknowledged work lost  E error visible  H0/H1 hang not/recovered"
    print "C0/C1 crash not/recovered invisibly  P protocol violation caught  D degraded  N no effect; active: executed"
    print "\npeers: MINIX 3: W = 0 of 3.4 M injected, network drivers only, 0.4 s to recover, a hang is seen after 5 to 11 s"
    print "       CuriOS: 87 to 100 %, ReHype: 90 % of the manifested errors recovered"
    printf "{\"seed\": %s, \"runs\": %d, \"activated\": %d, \"outcomes\": {", seed, all, actives >json
    for (i = 1; i <= outcomes; i++) printf("%s\"%s\": %d", (i > 1 ? ", " : ""), o[i], total[o[i]]) >json
    printf "}, \"failures\": %d, \"visible\": %d, \"recovery_us\": {\"median\": %d, \"p99\": %d}, \"operators\": {",
        manifest, visible, median(recovery, nr, 0.5), median(recovery, nr, 0.99) >json
    for (k = 1; k <= no; k++) {
        printf("%s\"%s\": {\"runs\": %d, \"activated\": %d", (k > 1 ? ", " : ""), ops[k], ran[ops[k]], active[ops[k]]) >json
        for (i = 1; i <= outcomes; i++) printf ", \"%s\": %d", o[i], count[ops[k], o[i]] >json
        printf "}" >json
    }
    print "}}" >json
    if (strict) printf "\n%d passed, %d failed\n", all - failed, failed
    exit strict && failed > 0
}
