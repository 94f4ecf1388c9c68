/* Where there are no guests: a vCPU is never bound, so none of this is reached. */
#include "../../arch.h"
#include "../../vm/vgic.h"

void arch_guest_init(const struct handoff *h)
{
    (void)h;
}

bool arch_vcpu_possible(void)
{
    return false;
}

void arch_vcpu_load(const struct vcpu *v)
{
    (void)v;
}

void arch_vcpu_save(struct vcpu *v)
{
    (void)v;
}

void arch_vcpu_take_fp(struct thread *t, struct cpu *cpu)
{
    cpu->fpu_owner = t;
}

void arch_vcpu_enter(const struct vcpu *v, word_t guest_word, uint32_t fp)
{
    (void)v, (void)guest_word, (void)fp;
}

word_t arch_vcpu_value(word_t number, word_t value)
{
    (void)number;
    return value;
}

word_t arch_guest_pstate(word_t pstate)
{
    return pstate & 0;
}

word_t arch_guest_leaf(word_t paddr, unsigned level, unsigned rights, unsigned attr)
{
    return arch_pte_leaf(paddr, level, rights, attr);
}

unsigned arch_guest_rights(word_t pte)
{
    return arch_pte_rights(pte);
}

word_t arch_guest_word(word_t level1_paddr, word_t number)
{
    return arch_space_word(level1_paddr, number);
}

void arch_guest_flush(word_t guest_word, bool dies)
{
    (void)guest_word, (void)dies;
}

void vcpu_advance(struct thread *t, word_t value)
{
    (void)t, (void)value;
}

word_t vgic_version(void)
{
    return 0;
}

bool vgic_map(struct vspace *space, word_t at)
{
    (void)space, (void)at;
    return false;
}

bool vgic_is_interface(word_t paddr)
{
    (void)paddr;
    return false;
}

void vgic_load(const struct vcpu *v)
{
    (void)v;
}

void vgic_save(struct vcpu *v)
{
    (void)v;
}

bool vgic_inject(struct vcpu *v, bool loaded, word_t intid, word_t priority, word_t line)
{
    (void)v, (void)loaded, (void)intid, (void)priority, (void)line;
    return false;
}

void switch_guest(word_t unused0, word_t tag, struct thread *to, word_t unused3,
                  struct thread *from, struct cpu *cpu)
{
    (void)unused0, (void)tag, (void)to, (void)unused3, (void)from, (void)cpu;
}
