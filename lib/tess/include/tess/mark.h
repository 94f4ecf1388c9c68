/*
 * Marks for tools that count instructions (tools/bench/plugin): instructions that do nothing and that no compiler emits.
 * Between TESS_MARK_BEGIN(id) and TESS_MARK_END(id), in whatever program, everything that runs is counted; the marks
 * themselves are not.  An END of an interval that has not begun is nothing.  id: a constant, 1 .. 4095.
 */
#ifndef TESS_MARK_H
#define TESS_MARK_H

#define TESS_MARK_BEGIN(id) __asm__ volatile("movz xzr, %0" : : "i"(id) : "memory")
#define TESS_MARK_END(id)   __asm__ volatile("movz xzr, %0, lsl #16" : : "i"(id) : "memory")
/* Record what was counted since the machine started, under this number. */
#define TESS_MARK_POINT(id) __asm__ volatile("movz xzr, %0, lsl #32" : : "i"(id) : "memory")

#endif
