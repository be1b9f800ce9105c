/*
 * address.c - looking at this host's own addresses.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/worker/facts.h"
#include "base/fd.h"

/* An address as text; false for other families and what goes no further than one cable. */
static bool to_text(const struct sockaddr *sa, char dst[ADDRESS_SIZE])
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (sa == NULL)
		return false;
	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		return inet_ntop(AF_INET, &in.sin_addr, dst, ADDRESS_SIZE) != NULL;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	memcpy(&in6, sa, sizeof(in6));
	return !IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr) &&
	       inet_ntop(AF_INET6, &in6.sin6_addr, dst, ADDRESS_SIZE) != NULL;
}

static bool is_loopback(const char *ip)
{
	return strncmp(ip, "127.", 4) == 0 || strcmp(ip, "::1") == 0;
}

bool address_is_valid(const char *text)
{
	struct in6_addr a;

	return inet_pton(AF_INET, text, &a) == 1 || inet_pton(AF_INET6, text, &a) == 1;
}

/* Connecting a datagram socket sends nothing, but chooses the source address. */
static bool by_route(int family, char dst[ADDRESS_SIZE])
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(9) };
	struct sockaddr_storage own = { 0 };
	socklen_t len = sizeof(own);
	AUTO_CLOSE int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	/* Addresses reserved for examples: nobody's. */
	if (fd < 0 || inet_pton(AF_INET, "192.0.2.1", &in.sin_addr) != 1 ||
	    inet_pton(AF_INET6, "2001:db8::1", &in6.sin6_addr) != 1)
		return false;
	const struct sockaddr *to = family == AF_INET ? (const struct sockaddr *)(const void *)&in
	                                              : (const struct sockaddr *)(const void *)&in6;
	if (connect(fd, to, family == AF_INET ? sizeof(in) : sizeof(in6)) < 0 ||
	    getsockname(fd, (struct sockaddr *)(void *)&own, &len) < 0)
		return false;
	return to_text((const struct sockaddr *)(const void *)&own, dst) && !is_loopback(dst);
}

/* Good on one wire only, and on many hosts the same. */
static bool is_link_local(const char *ip)
{
	struct in6_addr in6;

	return inet_pton(AF_INET6, ip, &in6) == 1 && IN6_IS_ADDR_LINKLOCAL(&in6);
}

static bool first_there_is(char dst[ADDRESS_SIZE])
{
	struct ifaddrs *list = NULL;
	bool found = false;

	if (getifaddrs(&list) < 0)
		return false;
	for (const struct ifaddrs *i = list; i != NULL && !found; i = i->ifa_next)
		found = (i->ifa_flags & IFF_UP) != 0 && to_text(i->ifa_addr, dst) &&
		        !is_loopback(dst);
	freeifaddrs(list);
	return found;
}

void address_choose(const char *local, char dst[ADDRESS_SIZE])
{
	bool is_own = local[0] != '\0' && !is_loopback(local);

	if (is_own && !is_link_local(local)) {
		(void)snprintf(dst, ADDRESS_SIZE, "%s", local);
		return;
	}
	if (is_own && !by_route(AF_INET, dst) && !by_route(AF_INET6, dst)) {
		(void)snprintf(dst, ADDRESS_SIZE, "%s", local); /* there is nothing better */
		return;
	}
	if (!is_own && !by_route(AF_INET, dst) && !by_route(AF_INET6, dst) && !first_there_is(dst))
		(void)snprintf(dst, ADDRESS_SIZE, "127.0.0.1");
}

void address_mac(int root, const char *ip, char dst[MAC_SIZE])
{
	struct ifaddrs *list = NULL;
	char text[ADDRESS_SIZE];

	dst[0] = '\0';
	if (getifaddrs(&list) < 0)
		return;
	for (const struct ifaddrs *i = list; i != NULL && dst[0] == '\0'; i = i->ifa_next)
		if (to_text(i->ifa_addr, text) && strcmp(text, ip) == 0)
			facts_mac_of(root, i->ifa_name, dst);
	freeifaddrs(list);
}
