/*
 * link.c - frames between keeper and worker, written and read.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/link.h"

enum { HEAD_BYTES = 28, TEXT_HEAD_BYTES = 2 };

static void put(char *dst, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		dst[i] = (char)(v >> (8 * i));
}

static uint64_t get(const char *p, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t)(unsigned char)p[i] << (8 * i);
	return v;
}

size_t link_write(const struct link_frame *f, char *dst)
{
	size_t len = HEAD_BYTES;

	dst[0] = LINK_VERSION;
	dst[1] = (char)f->kind;
	put(dst + 2, f->n_texts, 2);
	put(dst + 4, f->id, 8);
	put(dst + 12, (uint64_t)f->time_ms, 8);
	put(dst + 20, (uint64_t)f->value, 8);
	for (size_t i = 0; i < f->n_texts; i++) {
		struct str t = f->texts[i];

		if (t.len > LINK_MAX_BYTES - len || LINK_MAX_BYTES - len - t.len < TEXT_HEAD_BYTES)
			return 0;
		put(dst + len, t.len, TEXT_HEAD_BYTES);
		len += TEXT_HEAD_BYTES;
		if (t.len != 0)
			memcpy(dst + len, t.p, t.len);
		len += t.len;
	}
	return len;
}

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return utf8_is_valid(s);
}

bool link_read(struct str packet, struct link_frame *ret)
{
	struct link_frame f = { 0 };

	if (packet.len < HEAD_BYTES || packet.len > LINK_MAX_BYTES || packet.p[0] != LINK_VERSION)
		return false;
	uint64_t kind = get(packet.p + 1, 1);
	f.n_texts = get(packet.p + 2, 2);
	if (kind == 0 || kind >= LINK_N_KINDS || f.n_texts > LINK_MAX_TEXTS)
		return false;
	f.kind = (enum link_kind)kind;
	f.id = get(packet.p + 4, 8);
	f.time_ms = (int64_t)get(packet.p + 12, 8);
	f.value = (int64_t)get(packet.p + 20, 8);
	packet = str_skip(packet, HEAD_BYTES);
	for (size_t i = 0; i < f.n_texts; i++) {
		if (packet.len < TEXT_HEAD_BYTES)
			return false;
		size_t len = get(packet.p, TEXT_HEAD_BYTES);
		packet = str_skip(packet, TEXT_HEAD_BYTES);
		if (len > packet.len)
			return false;
		f.texts[i] = (struct str){ packet.p, len };
		if (!is_plain(f.texts[i]))
			return false;
		packet = str_skip(packet, len);
	}
	if (packet.len != 0)
		return false;
	*ret = f;
	return true;
}

struct str link_text(const struct link_frame *f, size_t i)
{
	return i < f->n_texts ? f->texts[i] : STR("");
}
