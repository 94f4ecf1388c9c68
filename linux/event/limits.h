/* Limits that /proc/sys/fs/inotify shows and sets; in the beginning Linux's defaults (fs/notify/inotify/inotify_user.c). */
#ifndef LINUX_EVENT_LIMITS_H
#define LINUX_EVENT_LIMITS_H

extern unsigned inotify_queued_max;    /* events of one instance: more are an IN_Q_OVERFLOW */
extern unsigned inotify_instances_max; /* of one user: -EMFILE */
extern unsigned inotify_watches_max;   /* of one user: -ENOSPC */

#endif
