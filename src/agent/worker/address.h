/*
 * address.h - which of this host's addresses names it, and which card owns it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_ADDRESS_H
#define AGENT_WORKER_ADDRESS_H

#include <stdbool.h>

enum { ADDRESS_SIZE = 46, MAC_SIZE = 18 };

/**
 * The address this host goes by, into `dst`: `local`, our end of the connection to Redis, unless that is empty (a
 * unix socket) or a loopback, which every host has. Then the one the kernel would send from by its default
 * route, else the first that is no loopback, and on a host without any network 127.0.0.1.
 */
void address_choose(const char *local, char dst[ADDRESS_SIZE]);

/** Whether `text` is an IPv4 or IPv6 address as keys spell it (numeric, no zone). */
bool address_is_valid(const char *text);

/** The hardware address of the card that owns `ip`, "" when none does or it has none. `root` as everywhere. */
void address_mac(int root, const char *ip, char dst[MAC_SIZE]);

#endif
