/* What the monitor needs of the component around it: its connections.  vmm.c has it for real, the tests have stand-ins. */
#ifndef VMM_HOST_H
#define VMM_HOST_H

#include <stdbool.h>
#include <stdint.h>

/* Text that the guest writes. */
void host_console(const uint8_t *text, uint32_t bytes);
/* Seconds since 1970; 0: nobody knows. */
uint64_t host_seconds(void);

/* Call watchdog_look in so many seconds, or a little later; 0: never mind. */
void host_alarm(uint64_t seconds);

/* ---- disk ---- */

enum host_disk { HOST_READ, HOST_WRITE, HOST_FLUSH };
#define HOST_SECTOR   512u
#define HOST_DISK_MAX 65536u /* bytes of one request */

/* The buffer that requests go through; NULL: there is no disk. */
uint8_t *host_disk_buffer(uint64_t *bytes);
uint64_t host_disk_sectors(void);
/* Start one; its end is told by virtio_blk_done.  False: not now, try again after the next end. */
bool host_disk_start(uint64_t cookie, enum host_disk what, uint64_t sector, uint32_t sectors,
                     uint64_t buffer);

/* ---- random numbers ---- */

#define HOST_RANDOM_MAX 4080u
/* As for the disk: up to HOST_RANDOM_MAX bytes into the buffer; its end is told by virtio_rng_done. */
uint8_t *host_random_buffer(void);
bool host_random_start(uint32_t bytes);

/* ---- snapshots: a disk of the monitor's own ---- */

uint8_t *host_store_buffer(uint64_t *bytes);
uint64_t host_store_sectors(void);
/* As host_disk_start; its end is told by snapshot_done. */
bool host_store_start(uint64_t cookie, enum host_disk what, uint64_t sector, uint32_t sectors,
                      uint64_t buffer);
/* From here on, until snapshot_over, the machine is half that of the snapshot. */
void snapshot_overwrites(void);
/* What was begun with snapshot_begin is over (enum snapshot_result). */
void snapshot_over(int result);

/* ---- a device of the guest's own ---- */

#define HOST_BARS 6u

struct host_device {
    uint32_t id, class, subsystem; /* words 0, 2, 11 of its configuration space */
    struct host_bar {
        uint32_t offset, bytes; /* in its registers; 0 bytes: there is none */
    } bar[HOST_BARS];
};

/* It may answer at its registers; it may ask for memory. */
void host_device_enable(bool memory, bool master);
/* It asks for nothing any more, has forgotten all, and is there again. */
void host_device_reset(void);

/* ---- network ---- */

#define HOST_FRAME_MAX 1536u

/* First byte of the card's address in the lowest eight bits. */
uint64_t host_net_address(void);
/* Where the frame of send `cookie`, 0 .. 7, lies. */
uint8_t *host_net_frame(uint64_t cookie);
/* Send it; virtio_net_sent tells when its place is free again.  False: not now. */
bool host_net_send(uint64_t cookie, uint32_t bytes);

/* ---- sockets ---- */

#define HOST_VSOCK_MAX      4608u /* bytes of a packet; a stream's buffer is 4,096 */
#define HOST_VSOCK_RECEIVES 8u

/* As for the network; there is one place more, PACKETS_PLACES. */
uint8_t *host_vsock_packet(uint64_t cookie);
bool host_vsock_send(uint64_t cookie, uint32_t bytes);
/* What came lies here until it is asked for the next; then virtio_vsock_received tells. */
uint8_t *host_vsock_received(uint64_t cookie);
void host_vsock_receive(uint64_t cookie);

#endif
