/* The message path and its exits (arch/<cpu>/entry.S).  All are tail calls: none returns. */
#ifndef KERNEL_IPC_PATH_H
#define KERNEL_IPC_PATH_H

#include "ipc.h"

/* From the vectors: arguments of the system call in their registers, nothing saved, SP = struct cpu. */
void path_call(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self,
               struct cpu *cpu);
void path_reply_recv(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self,
                     struct cpu *cpu);
void path_signal(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self,
                 struct cpu *cpu);
void path_yield(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self,
                struct cpu *cpu);
void path_recv(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self,
               struct cpu *cpu);
void path_ack_recv(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self,
                   struct cpu *cpu);
void path_nop(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self,
              struct cpu *cpu);

/* Nothing has changed yet: save all, do it in C (trap_syscall). */
void path_slow(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self,
               struct cpu *cpu);
/* Invoke the kernel object behind c; only what an invocation can change is saved. */
void path_invoke(word_t slot, word_t tag, word_t unused, struct cap *c, struct thread *self,
                 struct cpu *cpu);
/* self goes on. */
void exit_same(word_t badge, word_t tag, struct thread *self, struct cpu *cpu);
/* from has been put where its state says, to is current: it gets badge, tag and the words in the registers. */
void switch_native(word_t badge, word_t tag, struct thread *to, word_t unused, struct thread *from);
/* Likewise, but from stays ready, the result of its system call is 0, and the message has no words. */
void switch_signal(word_t bits, word_t tag, struct thread *to, word_t unused, struct thread *from);
/* Likewise, and all registers of to come from its register block. */
void switch_yield(word_t unused0, word_t unused1, struct thread *to, word_t unused3,
                  struct thread *from);
/* As switch_native, but all registers of to come from its register block.  (Unused arguments keep the others where they are.) */
void switch_full(word_t unused0, word_t unused1, struct thread *to, word_t unused3,
                 struct thread *from);

#endif
