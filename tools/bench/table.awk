# Makes the benchmark's table from the plugin's records (tools/bench/plugin/count.c).
#     awk -v json=FILE -v misses=FILE -f table.awk rows facts el=1 RECORDS el=2 RECORDS
# facts: lines "text BYTES" and "lines N".  Writes the table to stdout, the rows as JSON to `json`, one line for each
# row that misses its target, is missing or unsteady to `misses`.
BEGIN {
    COLUMNS = 15
    split("user kernel msr mrs pstate dsb isb dmb tlbi at cache eret atomic load store", column, " ")
    PEERS = 4
    split("seL4 EL1|seL4 EL1 MCS|seL4 hyp MCS|seL4 SMP hyp MCS", peer_name, "|")
    WARM = 8   # the first samples of a row are not taken: caches of the kernel's own decisions are cold
    LEAST = 20 # samples wanted after those
}

function trim(s)
{
    gsub(/^[ \t]+|[ \t]+$/, "", s)
    return s
}

FILENAME == ARGV[1] {
    if ($0 ~ /^#/ || split($0, f, "|") < 8) {
        next
    }
    id = ++rows
    key[id] = trim(f[1])
    how[id] = trim(f[2])
    target[id] = trim(f[3])
    for (p = 1; p <= PEERS; p++) {
        peer[id, p] = trim(f[3 + p])
    }
    text[id] = trim(f[8])
    id_of[key[id]] = id
    next
}

FILENAME == ARGV[2] {
    fact[$1] = $2
    next
}

$1 == "I" {
    n = ++samples[el, $2]
    for (c = 1; c <= COLUMNS; c++) {
        sample[el, $2, c, n] = $(c + 2)
    }
}
$1 == "B" { fact["boot", el] = $2 + $3 }
$1 == "S" && $2 > fact["stretch", el] { fact["stretch", el] = $2 }

# Sets typical, least and most of column c of row id; 0: too few samples.
function statistics(el, id, c,    n, i, j, v, sorted)
{
    n = 0
    for (i = WARM + 1; i <= samples[el, id]; i++) {
        v = sample[el, id, c, i]
        for (j = n++; j > 0 && sorted[j - 1] > v; j--) {
            sorted[j] = sorted[j - 1]
        }
        sorted[j] = v
    }
    if (n < LEAST) {
        return 0
    }
    least = sorted[0]
    typical = sorted[int((n - 1) / 2)]
    most = sorted[n - 1]
    return 1
}

# Typical count of a column, "" when there is none.
function count(el, id, c)
{
    return statistics(el, id, c) ? typical : ""
}

# The id of the marks of a row: its own, or the one that it names.
function mark_of(id,    h)
{
    return split(how[id], h, " ") > 1 && how[id] ~ /^(count|user|mean) / ? h[2] : id
}

# User and kernel instructions, mean of all samples, up to a tenth; "" when there are too few.
function mean(el, id,    i, sum, n)
{
    n = samples[el, id]
    if (n < LEAST) {
        return ""
    }
    for (i = 1; i <= n; i++) {
        sum += sample[el, id, 1, i] + sample[el, id, 2, i]
    }
    sum = sum / n * 10
    return (sum > int(sum) ? int(sum) + 1 : int(sum)) / 10
}

function row_value(el, id,    h, n, i, v, sum, low, high)
{
    n = split(how[id], h, " ")
    if (h[1] == "mean") {
        return mean(el, mark_of(id))
    }
    if (h[1] == "count" || h[1] == "user" || h[1] == "guest") {
        v = count(el, mark_of(id), h[1] == "user" ? 1 : 2)
        if (v != "" && least != v) {
            unsteady[el, id] = least ".." most
        }
        return v
    }
    if (h[1] == "boot" || h[1] == "stretch") {
        return fact[h[1], el]
    }
    if (h[1] == "text" || h[1] == "lines" || h[1] == "fact") {
        return fact[h[n]]
    }
    for (i = 2; i <= n - (h[1] == "slope"); i++) {
        v = value[el, id_of[h[i]]]
        if (v == "") {
            return ""
        }
        sum += v
        low = low == "" || v < low ? v : low
        high = high == "" || v > high ? v : high
    }
    if (h[1] == "sum") {
        return sum
    }
    if (h[1] == "spread") {
        return high - low
    }
    v = (value[el, id_of[h[2]]] - value[el, id_of[h[3]]]) / h[4] * 10
    return (v > int(v) ? int(v) + 1 : int(v)) / 10
}

function per_machine(id)
{
    return how[id] != "text" && how[id] != "lines" && how[id] !~ /^fact /
}

# Counts beside the instructions: MSR / MRS / DSB + ISB; of sums, their parts'.
function beside(el, id,    h, n, i, msr, mrs, barriers)
{
    if (el < first_level(id)) {
        return ""
    }
    n = split(how[id] ~ /^(count|guest)/ ? "count " key[id] : how[id], h, " ")
    if (h[1] != "count" && h[1] != "sum") {
        return ""
    }
    for (i = 2; i <= n; i++) {
        msr += count(el, mark_of(id_of[h[i]]), 3)
        mrs += count(el, mark_of(id_of[h[i]]), 4)
        barriers += count(el, mark_of(id_of[h[i]]), 6) + count(el, mark_of(id_of[h[i]]), 7)
    }
    return msr "/" mrs "/" barriers
}

function judge(el, id,    name, limit)
{
    name = key[id] (per_machine(id) ? " at EL" el : "")
    limit = target[id]
    if (value[el, id] == "") {
        print name ": not measured" >misses
    } else if (unsteady[el, id] != "") {
        print name ": unsteady, " unsteady[el, id] >misses
    } else if (limit ~ /^=/) {
        if (value[el, id] != substr(limit, 2) + 0) {
            print name ": " value[el, id] ", must be " substr(limit, 2) + 0 >misses
        }
    } else if (limit != "-" && value[el, id] > limit + 0) {
        print name ": " value[el, id] ", target " limit >misses
    }
}

function unit(id)
{
    return how[id] == "text" ? "bytes" : how[id] ~ /^(lines|fact )/ ? "lines" : "instructions"
}

function json_row(el, id,    name, limit, p, peers)
{
    name = text[id] (per_machine(id) ? " (EL" el ")" : "")
    limit = target[id]
    sub(/^= */, "", limit)
    for (p = 1; p <= PEERS; p++) {
        if (peer[id, p] != "-") {
            peers = peers (peers == "" ? "" : ", ") "\"" peer_name[p] "\": " peer[id, p]
        }
    }
    printf "%s  {\"name\": \"%s\", \"value\": %s, \"unit\": \"%s\", \"target\": %s, \"peers\": {%s}}",
           json_rows++ ? ",\n" : "[\n", name, value[el, id] == "" ? "null" : value[el, id], unit(id),
           limit == "-" ? "null" : limit, peers >json
}

# The first exception level that has the row.
function first_level(id)
{
    return how[id] == "guest" ? 2 : 1
}

function mark(el, id)
{
    return el < first_level(id) ? "-" : value[el, id] == "" ? "?" : value[el, id] (unsteady[el, id] != "" ? "~" : "")
}

END {
    printf "" >misses
    form = "%-58s %9s %9s %8s %7s %7s %8s %8s  %-12s %-12s %5s\n"
    printf form, "kernel instructions unless stated otherwise", "EL1", "EL2", "target", "seL4", "MCS", "hyp MCS",
           "SMP hyp", "msr/mrs/bar", "at EL2", "user"
    for (id = 1; id <= rows; id++) {
        for (el = 1; el <= 2; el++) {
            value[el, id] = row_value(el, id)
        }
        printf form, text[id], mark(1, id), per_machine(id) ? mark(2, id) : "", target[id], peer[id, 1],
               peer[id, 2], peer[id, 3], peer[id, 4], beside(1, id), beside(2, id),
               how[id] ~ /^(count|guest)/ ? count(first_level(id), mark_of(id), 1) : ""
        for (el = first_level(id); el <= 1 + per_machine(id); el++) {
            judge(el, id)
            json_row(el, id)
        }
    }
    print "\n]" >json
}
