/* Limits that /proc/sys shows (the values are Linux's defaults: fs/notify/inotify/inotify_user.c, net/unix/sysctl_net_unix.c). */
#ifndef LINUX_EVENT_LIMITS_H
#define LINUX_EVENT_LIMITS_H

#define INOTIFY_QUEUED_MAX    16384u
#define INOTIFY_INSTANCES_MAX 128u
#define INOTIFY_WATCHES_MAX   8192u

#endif
