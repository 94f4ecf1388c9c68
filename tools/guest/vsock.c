/*
 * vsock PORT: joins standard input and output to a component, as nc does to a host: what is read goes to the port, what comes is written. Ends when the
 * component has closed; status 0 if that was in order.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

static int fail(const char *port, const char *what)
{
    fprintf(stderr, "vsock: port %s: %s: %s\n", port, what, strerror(errno));
    return 1;
}

/* One piece; false: there is no more, or (errno) it went wrong. */
static bool copy(int from, int to)
{
    char text[4096];
    ssize_t n = read(from, text, sizeof text);

    errno = n == 0 ? 0 : errno;
    for (ssize_t done = 0, step; done < n; done += step) {
        step = write(to, text + done, (size_t)(n - done));
        if (step < 0) {
            return false;
        }
    }
    return n > 0;
}

int main(int argc, char **argv)
{
    char *end = "";
    struct sockaddr_vm to = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST };
    struct pollfd poll_of[2] = { { .fd = 0, .events = POLLIN }, { .events = POLLIN } };

    to.svm_port = argc == 2 ? (unsigned)strtoul(argv[1], &end, 0) : 0;
    if (argc != 2 || *end || !*argv[1]) {
        fprintf(stderr, "usage: vsock PORT: joins standard input and output to a component\n");
        return 2;
    }
    int s = poll_of[1].fd = socket(AF_VSOCK, SOCK_STREAM, 0);
    if (s < 0 || connect(s, (struct sockaddr *)&to, sizeof to) != 0) {
        return fail(argv[1], s < 0 ? "this machine has no such sockets" : "not connected");
    }
    while (poll(poll_of, 2, -1) > 0) {
        if (poll_of[0].revents && !copy(0, s)) {
            if (errno) {
                return fail(argv[1], "broken");
            }
            (void)shutdown(s, SHUT_WR);
            poll_of[0].fd = -1;
        }
        if (poll_of[1].revents && !copy(s, 1)) {
            return errno ? fail(argv[1], "broken") : 0;
        }
    }
    return fail(argv[1], "poll");
}
