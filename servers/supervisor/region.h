/*
 * The supervisor's memory of everything: one region, mapped into both incarnations, that outlives each of them.
 *
 * Records of domains are journals: what will be done is written before it is done, every step may be done twice, so
 * that the other incarnation can go on from any point.  A record is written between record_open() and record_close();
 * if its writer dies in between, its sum is wrong and the copy from before holds, which is as good: nothing of the
 * new state has been done yet.  What has no sum may be lost without harm.
 */
#ifndef SUPERVISOR_REGION_H
#define SUPERVISOR_REGION_H

#include "../../idl/failure.h"
#include "layout.h"

#include <stdbool.h>

#include <comp/dist.h>
#include <comp/gate.h>

enum domain_state {
    DOMAIN_DOWN, /* stopped on request; its endpoint does not exist */
    DOMAIN_STARTING,
    DOMAIN_RUNNING,
    DOMAIN_STOPPING,
    DOMAIN_BACKOFF, /* nothing of it exists but its memory; starts at `due` */
    DOMAIN_PARKED,  /* given up; its endpoint does not exist */
    DOMAIN_OPENING, /* as BACKOFF, but its devices may be open already; starts when they are */
    DOMAIN_STATES,
};

/* A swap in progress; service.c has the drawing. */
enum swap_phase {
    SWAP_NONE,
    SWAP_QUIETING, /* RUNNING: the old one has been asked to become quiet; until swap_due */
    SWAP_TRIAL,    /* from STOPPING to RUNNING: the new one, until its first beat or swap_due */
    SWAP_BACK,     /* the same, with the old one again: kept memory is as before the trial */
    SWAP_PHASES,
};

struct domain_record {
    uint64_t sum;
    uint32_t state; /* enum domain_state */
    uint32_t step;  /* STOPPING: enum stop_step */
    uint32_t goal;  /* STOPPING: the enum domain_state to come next */
    uint32_t why;   /* enum failure: of the last stop */
    uint32_t generation, failures;
    uint32_t
        closed; /* its endpoint was destroyed, and its clients have not all got the new one yet */
    uint32_t image;     /* alternative that it runs, or will at the next start */
    uint32_t other;     /* QUIETING: the one to come; TRIAL: the one before */
    uint32_t swap;      /* enum swap_phase */
    uint64_t swap_due;  /* tick */
    uint64_t detail[2]; /* of why; faults: address, pc */
    uint64_t due;       /* BACKOFF: tick of the start */
    uint64_t debt;      /* tick at which all its failures will be forgotten */
    uint64_t escalated; /* tick of the last escalation; 0: never */
    uint64_t failed_at; /* tick */
    uint64_t cpu;       /* ticks consumed by earlier generations */
};

struct domain_journal {
    struct domain_record now, before;
};

/* Per domain, without sum. */
struct domain_watch {
    uint64_t ping_at;  /* tick of the next ping; 0: none */
    uint64_t asked;    /* 1: it has been pinged */
    uint64_t beats;    /* at the last ping */
    uint64_t consumed; /* by its budget when the first ping was missed */
    uint64_t started;
    uint64_t missed; /* pings in a row */
    uint64_t lent;   /* passive: still runs on a budget of its own */
    uint64_t starved;
    uint64_t finished;  /* seen to be */
    uint64_t attention; /* how often it wanted any since the last beat */
};

/* Per connection, without sum: what was seen in the pulse pages last, and strikes so far. */
struct connection_watch {
    uint64_t timeouts, client_strikes, server_strikes;
    uint64_t struck; /* tick of the last strike for a call in flight too long */
    uint32_t against_server, against_client;
    uint32_t
        renewed; /* generation of the server that is believed: the one before accused the client, too */
    uint32_t blamed; /* times that the client was restarted because of what that generation says */
};

/* Without sum: who reads it knows who it is itself. */
struct roles {
    uint64_t primary;   /* incarnation; the other one is the standby */
    uint64_t takeovers; /* by a standby */
    uint64_t rebuilt;   /* standbys built */
    uint64_t taken_at;  /* tick of the last takeover */
};

enum log_event {
    LOG_STARTED,
    LOG_STOPPED,
    LOG_PARKED,
    LOG_STRIKE,
    LOG_STARVED,
    LOG_TAKEOVER,
    LOG_STANDBY,
    LOG_MUTED,
    LOG_SWAPPED,     /* detail: alternative */
    LOG_ROLLED_BACK, /* detail: enum failure */
    LOG_NOT_QUIET,   /* detail: the alternative that should have come */
};

#define LOG_ENTRIES 128u

struct log_entry {
    uint64_t tick;
    uint32_t domain; /* strikes: the connection */
    uint32_t event;  /* enum log_event */
    uint64_t detail;
};

struct counters {
    uint64_t starts, failures, hangs, strikes, parked, starved, calls, refused, log, swaps;
};

struct region {
    struct roles roles;
    volatile uint64_t beat[INCARNATIONS]; /* grow while they are well */
    uint64_t busy;                        /* 1 + the domain that is being worked at */
    uint64_t poison;                      /* 1 + the one that was when a primary died */
    uint64_t decay_at;                    /* tick at which strikes are halved */
    uint64_t kill_at; /* for tests: tick at which the standby kills the primary; 0: never */
    uint64_t ordered[GATES][GATE_FUNCTIONS]; /* tick of the last order */
    uint64_t faults;                         /* that the IOMMU has reported, and were looked at */
    struct counters counters;
    struct log_entry log[LOG_ENTRIES]; /* counters.log % LOG_ENTRIES is the next */
    struct domain_journal domain[DIST_DOMAINS_MAX];
    struct domain_watch watch[DIST_DOMAINS_MAX];
    struct connection_watch connection[]; /* as many as the distribution has */
};

/* Bytes of a region for that many connections, whole pages. */
uint64_t region_bytes(uint32_t connections);

/* Begin and end a change of the record of a domain. */
struct domain_record *record_open(struct region *r, uint32_t domain);
void record_close(struct region *r, uint32_t domain);

/* Make the record valid again after the death of its writer; false: neither copy was, and it says STARTING now. */
bool record_repair(struct region *r, uint32_t domain);

/* Note in the ring of the last events. */
void log_add(struct region *r, enum log_event event, uint32_t domain, uint64_t detail,
             uint64_t now);

#endif
