/* The marks (tess/mark.h) of the rows of the benchmark's table; `row` is an enum bench_row constant. */
#ifndef TESTS_BENCH_MARKER_H
#define TESTS_BENCH_MARKER_H

#include <bench_rows.h>
#include <tess/mark.h>

#define BENCH_BEGIN(row) TESS_MARK_BEGIN(row)
#define BENCH_END(row)   TESS_MARK_END(row)
#define BENCH_POINT(id)  TESS_MARK_POINT(id)

/* Point that says that all rows have been measured. */
#define BENCH_DONE 1

#endif
