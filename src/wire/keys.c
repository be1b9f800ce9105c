/*
 * keys.c - names of keys, made from the patterns of the table.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/keys.h"

#include <arpa/inet.h>
#include <assert.h>
#include <sys/socket.h>

static const struct str in_braces = { "{ip}", 4 }, in_brackets = { "[ip]", 4 };

/* Cuts a pattern at the place of the ip; false when it has none. */
static bool cut_pattern(const char *pattern, struct str *ret_head, struct str *ret_tail)
{
	struct str s = str_of(pattern);
	size_t at = str_search(s, in_braces);

	if (at == s.len)
		at = str_search(s, in_brackets);
	*ret_head = (struct str){ s.p, at };
	*ret_tail = str_skip(s, at + in_braces.len);
	return at != s.len;
}

bool key_ip_is_valid(struct str ip)
{
	char text[KEY_IP_SIZE], again[KEY_IP_SIZE];
	struct in6_addr a;

	if (!str_copy(ip, text, sizeof(text)))
		return false;
	int family = str_find(ip, ':') < ip.len ? AF_INET6 : AF_INET;

	return inet_pton(family, text, &a) == 1 &&
	       inet_ntop(family, &a, again, sizeof(again)) != NULL && strcmp(text, again) == 0;
}

static void put(struct key_name *k, struct str s)
{
	assert(s.len < sizeof(k->text) - k->len); /* patterns are ours and an ip is short */
	if (s.len != 0)
		memcpy(k->text + k->len, s.p, s.len);
	k->len += s.len;
	k->text[k->len] = '\0';
}

bool key_make(enum key_id id, struct str ip, struct key_name *ret)
{
	struct str head, tail;
	bool for_host = cut_pattern(key_def(id)->pattern, &head, &tail);

	ret->len = 0;
	ret->text[0] = '\0';
	if (for_host && !key_ip_is_valid(ip))
		return false;
	put(ret, head);
	if (for_host)
		put(ret, ip);
	put(ret, tail);
	return true;
}

struct str key_plain(enum key_id id)
{
	struct str head, tail;
	bool for_host = cut_pattern(key_def(id)->pattern, &head, &tail);

	assert(!for_host);
	(void)for_host;
	return head;
}

bool key_ip_of(enum key_id id, struct str name, struct str *ret_ip)
{
	struct str head, tail;

	if (!cut_pattern(key_def(id)->pattern, &head, &tail) || name.len < head.len + tail.len ||
	    !str_starts(name, head) || !str_ends(name, tail))
		return false;
	struct str ip = { name.p + head.len, name.len - head.len - tail.len };

	if (!key_ip_is_valid(ip))
		return false;
	*ret_ip = ip;
	return true;
}

void key_glob(enum key_id id, struct key_name *ret)
{
	struct str head, tail;
	bool for_host = cut_pattern(key_def(id)->pattern, &head, &tail);

	ret->len = 0;
	put(ret, head);
	if (for_host)
		put(ret, STR("*"));
	put(ret, tail);
}

const char *key_type_name(enum key_type type)
{
	static const char *const names[] = { "string", "hash", "sorted set", "channel" };

	return names[type];
}
