/*
 * A guest's memory and machine on a disk of the monitor's, and back.
 *
 *      NOTHING --save--> DRAIN --devices idle--> WRITE --all written--> SEAL --header written, flushed--> NOTHING, done
 *      NOTHING --load--> HEAD --it fits--> CHECK --its sum is right--> READ --all read--> apply --> NOTHING, done
 *                                                                      '--fails--> NOTHING, and the machine is reset: half of it is gone
 *
 * The header is written last, and made invalid first: what can be loaded is whole.  It is read twice, first for its checksum alone: a
 * damaged one is refused before anything is touched.  The guest's CPUs are stopped all the time.
 */
#ifndef VMM_SNAPSHOT_H
#define VMM_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

enum snapshot_result {
    SNAPSHOT_OK,
    SNAPSHOT_NO_STORE,
    SNAPSHOT_NOT_SAVED,
    SNAPSHOT_FAILED,
    SNAPSHOT_DAMAGED
};

/* Begin; snapshot_over (host.h) is called once, perhaps before this returns.  False: one is under way. */
bool snapshot_begin(bool saves);
bool snapshot_is_busy(void);
/* A request of the store is over. */
void snapshot_done(uint64_t cookie, bool is_error);
/* Something has been completed: perhaps the devices are idle now. */
void snapshot_look(void);

#endif
