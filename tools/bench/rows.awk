# Makes bench_rows.h from the rows: the id of each row, for markers.  Id 0 is no row.
BEGIN {
    FS = "|"
    print "/* Made from tools/bench/rows. */"
    print "#ifndef BENCH_ROWS_H\n#define BENCH_ROWS_H\n\nenum bench_row {\n    ROW_none,"
}
/^#/ || NF < 8 { next }
{
    gsub(/[ \t]/, "", $1)
    gsub(/\./, "_", $1)
    print "    ROW_" $1 ","
}
END { print "};\n\n#endif" }
