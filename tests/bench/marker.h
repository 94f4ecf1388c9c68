/*
 * Marks for the counting plugin: instructions that do nothing and that no compiler emits (tools/bench/plugin/decode.h).
 * Between BENCH_BEGIN(row) and BENCH_END(row) everything that runs is counted, whoever runs it; the marks themselves
 * are not.  `row` is an enum bench_row constant.  An END of a row that has not begun is nothing.
 */
#ifndef TESTS_BENCH_MARKER_H
#define TESTS_BENCH_MARKER_H

#include <bench_rows.h>

#define BENCH_BEGIN(row) __asm__ volatile("movz xzr, %0" : : "i"(row) : "memory")
#define BENCH_END(row)   __asm__ volatile("movz xzr, %0, lsl #16" : : "i"(row) : "memory")
/* Record what was counted since the machine started, under this number. */
#define BENCH_POINT(id) __asm__ volatile("movz xzr, %0, lsl #32" : : "i"(id) : "memory")

/* Point that says that all rows have been measured. */
#define BENCH_DONE 1

#endif
