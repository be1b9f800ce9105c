/*
 * facts.h - what seldom changes about this host: names, numbers, makes. For server:info:{ip}.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_FACTS_H
#define AGENT_WORKER_FACTS_H

#include <stdint.h>

#include "base/str.h"

struct facts {
	char hostname[256]; /* the full name if /etc/hosts knows it, else the short one */
	char sn[128];       /* serial number; "" = unknown, as below */
	char macs[512];     /* of the hardware's network cards, with commas */
	char os[128];       /* "Debian GNU/Linux 12 (bookworm)" */
	char kernel[128];   /* "6.1.0-13-amd64" */
	char arch[68];      /* "x86_64" */
	char cpu[128];      /* the first processor's model */
	int64_t cores;      /* processors online; 0 = unknown */
	int64_t mem_kb;     /* 0 = unknown */
	int64_t boot_ms;    /* UTC, when the kernel started; 0 = unknown */
};

/** Reads all of them below the directory `root`; `sn` is what is known from elsewhere ("" = nothing). */
void facts_read(int root, const char *sn, struct facts *ret);

/** The full name of the host `name` as the text of /etc/hosts gives it, else `name` itself. Borrowed. */
struct str facts_full_name(struct str hosts, struct str name);

/** The system's name from the text of os-release, unquoted, into `dst`; "" when it has none. */
void facts_os_name(struct str release, char *dst, size_t size);

/** The hardware address of the network card `name` below `root`, "" when it has none. */
void facts_mac_of(int root, const char *name, char dst[18]);

#endif
