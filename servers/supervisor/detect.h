/* What goes wrong with domains, noticed in three ways: fault messages, pings, what the pulse pages say. */
#ifndef SUPERVISOR_DETECT_H
#define SUPERVISOR_DETECT_H

#include "supervisor.h"

/* A fault message of a domain (answered already). */
void detect_fault(uint32_t domain, const struct tess_msg *m);

/* Ping whom it is time to ping, judge who does not answer.  The tick at which the next is due, or until. */
uint64_t detect_pings(uint64_t until);

/* Look at the pulse pages of all connections (domain DIST_NONE) or those of a domain. */
void detect_strikes(uint32_t domain);

/* Domains want attention: bits of SLOT_NOTE. */
void detect_attention(uint64_t bits);

/* Once a beat: those who wanted too much of it may again. */
void detect_unmute(void);

/* All domains of DIST_UNTIL have finished. */
bool detect_finished(void);

#endif
