# Outcomes of faults: what the agent and the plugin said (lines B, A, R), joined with the plan.  One line a fault:
#     number outcome operator activated boot address old new noticed recovery gap why rest-of-the-record
#     awk -v boot=N -v rate=COMPLETIONS-PER-MS -f classify.awk PLAN OUT
# A fault that began and has no record is W: the machine did not live to say more.  docs/faults.md explains the rules.
function value(key,   i, part) {
    for (i = 3; i <= NF; i++) {
        split($i, part, "=")
        if (part[1] == key) return part[2] + 0
    }
    return 0
}
# First match.
function outcome(why, noticed) {
    if (value("dead") || value("bystander")) return "W"
    if (value("wrong")) return "S"
    if (value("stale")) return "L"
    if (value("failed") || value("others")) return "E"
    if (value("failures") == 0 && value("forced")) return "H0"
    if (value("forced")) return "C0"
    if (value("failures") && (why >= 17 && why <= 19 || why == 20 && noticed >= 400000)) return "H1"
    if (value("failures") && why == 20) return "P"
    if (value("failures")) return "C1"
    if (value("strikes")) return "P"
    if (rate && value("done") < 0.9 * rate * value("window") / 1000) return "D"
    return "N"
}
function put(number, result, active, noticed, recovery, gap, why, rest) {
    print number, result, operator[number], active, boot, address[number], old[number], new[number], noticed, recovery, gap, why, rest
}
FNR == NR { operator[$1] = $2; kind[$1] = $3; address[$1] = $4; old[$1] = $5; new[$1] = $6; next }
$1 == "B" { open = $2; active[$2] = kind[$2] != 1; next }
$1 == "A" { active[$2] = 1; next }
$1 == "R" && $2 == open {
    result = outcome(value("why"), value("noticed"))
    if (!active[open] && result == "N" || result == "D" && !active[open]) result = "I"
    rest = $3
    for (i = 4; i <= NF; i++) rest = rest " " $i
    put(open, result, active[open] || result != "I", value("noticed"), value("recovery"), value("gap"), value("why"), rest)
    open = ""
    next
}
END { if (open != "") put(open, "W", 1, 0, 0, 0, 0, "silent=1") }
