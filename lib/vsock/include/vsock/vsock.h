/*
 * Streams between a guest's programs and a component: the host's side of AF_VSOCK, over the two queues of idl/vsock.idl.
 *
 *      component Shout { provides Vsock guest async; provides VsockReceive to_guest async;
 *                        library "lib/vsock/libvsock.a"; include "lib/vsock/include"; ... }
 *
 *      guest_send_begin ------> vsock_packet ----> use->accept, use->ready ----> vsock_read, vsock_write, vsock_close
 *      to_guest_receive_begin > vsock_receive                                          |
 *      to_guest_receive_finish <---------------- use->give <---------------------------'
 *
 *                  REQUEST, accepted          vsock_close          all written is sent: SHUTDOWN         RST
 *      VSOCK_FREE -----------------> VSOCK_OPEN ----------> VSOCK_FLUSHING ----------------> VSOCK_SHUT -----> VSOCK_FREE
 *                                        |                        | RST, or the guest wants nothing any more: VSOCK_FREE
 *                                        | RST, or SHUTDOWN of both directions (answered by RST)
 *                                        v
 *                                    VSOCK_OVER ---- vsock_close ----> VSOCK_FREE       (what came may still be read)
 *
 * The guest is not trusted: a packet that makes no sense resets its stream, and one that belongs to none is answered by a reset.  One caller at a
 * time; handlers may call everything but vsock_init.
 */
#ifndef VSOCK_VSOCK_H
#define VSOCK_VSOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <vsock/packet.h>

#define VSOCK_STREAMS  8u    /* at once; a program that asks for one more is refused */
#define VSOCK_BUFFER   4096u /* bytes each way of a stream */
#define VSOCK_RECEIVES 32u   /* ids of outstanding receives are below COMP_QUEUE_DEPTH */
#define VSOCK_RESETS   16u

struct vsock;

struct vsock_bytes { /* first in, first out */
    uint32_t at, count;
    uint8_t byte[VSOCK_BUFFER];
};

enum vsock_state { VSOCK_FREE, VSOCK_OPEN, VSOCK_FLUSHING, VSOCK_SHUT, VSOCK_OVER };

/* What is not for the component is said so. */
struct vsock_stream {
    enum vsock_state state; /* its own */
    uint32_t guest_port;
    uint32_t port; /* that the program connected to */
    void *mine;    /* the component's; NULL at first */
    /* the library's */
    bool owes_response, owes_credit;
    bool guest_sends_no_more, guest_wants_no_more;
    uint32_t taken, told; /* of what the guest sent: read, and what it knows to be */
    uint32_t sent, guest_room, guest_taken;
    struct vsock_bytes in, out;
};

struct vsock_use {
    /* A program connects to s->port.  False: it is refused. */
    bool (*accept)(struct vsock *v, struct vsock_stream *s);
    /* There may be more to read or more room to write, or the stream has ended.  Who is done with it says vsock_close. */
    void (*ready)(struct vsock *v, struct vsock_stream *s);
    /* Complete the receive with this id: so many bytes. */
    void (*give)(struct vsock *v, uint32_t id, uint32_t bytes);
};

struct vsock {
    const struct vsock_use *use;
    void *owner; /* the component's */
    /* the library's */
    bool is_giving, owes_reset;
    uint32_t turn;
    struct vsock_stream stream[VSOCK_STREAMS];
    struct {
        uint32_t id, room;
        uint8_t *packet;
    } receive[VSOCK_RECEIVES];
    uint32_t receives;
    struct {
        uint32_t guest_port, port;
    } reset[VSOCK_RESETS];
    uint32_t resets;
};

/* First thing that the guest hears is that streams to an incarnation before are over. */
void vsock_init(struct vsock *v, const struct vsock_use *use, void *owner);

/* A packet of n bytes from the guest; it may change while it is looked at. */
void vsock_packet(struct vsock *v, const void *packet, uint32_t n);

/* Room for a packet to the guest; false: it is too small for any, or there are too many. */
bool vsock_receive(struct vsock *v, uint32_t id, void *packet, uint32_t room);

/* Receives with ids from `from` to `to` - 1 are over (to_guest_cancel). */
void vsock_cancel(struct vsock *v, uint32_t from, uint32_t to);

/* Take up to n bytes of what has come; how many there were. */
uint32_t vsock_read(struct vsock *v, struct vsock_stream *s, void *to, uint32_t n);

/* Send up to n bytes; for how many there was room.  Of a stream that the guest does not read any more all are taken, and lost. */
uint32_t vsock_write(struct vsock *v, struct vsock_stream *s, const void *from, uint32_t n);

/* Bytes that vsock_read and vsock_write would take. */
uint32_t vsock_readable(const struct vsock_stream *s);
uint32_t vsock_room(const struct vsock_stream *s);

/* All is read, and no more will come. */
bool vsock_ended(const struct vsock_stream *s);

/* No more of this stream, but for what is written and not sent yet.  s is not the component's any more. */
void vsock_close(struct vsock *v, struct vsock_stream *s);

#endif
