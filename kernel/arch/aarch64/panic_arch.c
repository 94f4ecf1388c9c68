/* What only this architecture knows about a kernel bug: the exception registers, and which words of a stack are return
 * addresses.  The kernel keeps no frame pointers, so a backtrace shows every word of the stack that points behind a
 * call instruction: the true chain, and now and then an address left over from an earlier call. */
#include "start.h"
#include "../../dev/dev.h"
#include "../../panic.h"
#include "../../sched/cpu.h"

#define STACK_WORDS_MAX (KERNEL_STACK / 8)
#define CALLS_MAX       32u
#define BL_MASK         0xfc000000u /* Arm ARM C6.2.33 */
#define BL              0x94000000u
#define BLR_MASK        0xfffffc1fu /* Arm ARM C6.2.34 */
#define BLR             0xd63f0000u

/* Where the exception was, if the panic began with one: else all 0. */
static struct {
    word_t sp, pc, lr;
} at;

static bool is_return_address(word_t pc)
{
    if (pc % 4 != 0 || pc <= (word_t)kernel_first || pc >= (word_t)kernel_text_end) {
        return false;
    }
    uint32_t before = ((const uint32_t *)pc)[-1];
    return (before & BL_MASK) == BL || (before & BLR_MASK) == BLR;
}

void arch_backtrace(void (*print)(word_t pc))
{
    word_t sp = at.sp, top = (word_t)cpu_boot;
    if (at.pc != 0) {
        print(at.pc);
        if (is_return_address(at.lr)) {
            print(at.lr);
        }
    } else {
        __asm__("mov %0, sp" : "=r"(sp));
    }
    if (sp % 8 != 0 || sp > top || sp < top - KERNEL_STACK) {
        return; /* not the kernel stack: nothing there can be believed */
    }
    uint32_t calls = 0;
    for (uint32_t i = 0; sp + i * 8 < top && calls < CALLS_MAX; i++) {
        LOOP_BOUND(STACK_WORDS_MAX);
        word_t pc = ((const word_t *)sp)[i];
        if (is_return_address(pc)) {
            print(pc);
            calls++;
        }
    }
}

_Noreturn void trap_kernel(word_t vector, word_t sp, word_t esr, word_t elr, word_t far, word_t x30,
                           word_t x29)
{
    (void)x29;
    at.sp = sp;
    at.pc = elr;
    at.lr = x30;
    uart_print("\nexception in the kernel: vector ");
    panic_hex(vector);
    uart_print(" ESR ");
    panic_hex(esr);
    uart_print(" ELR ");
    panic_symbol(elr);
    uart_print(" FAR ");
    panic_hex(far);
    uart_print(" SP ");
    panic_hex(sp);
    panic("unexpected exception");
}
