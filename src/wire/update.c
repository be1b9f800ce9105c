/*
 * update.c - messages of update:info, to and from JSON.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/update.h"

#include <errno.h>

#include "base/jread.h"
#include "base/jwrite.h"

/* The largest stamp that is believed to be one: the year 5138. */
#define LATEST_MS 100000000000000
#define DAY_MS    86400000

static const char *const kinds[] = {
	[UPDATE_ALIVE] = "alive",
	[UPDATE_WORKLOAD] = "workload",
	[UPDATE_WAITING] = "waiting",
	[UPDATE_EVENT] = "event",
};

static const char *const levels[] = { "info", "warn", "error" };

const char *event_level_name(enum event_level level)
{
	return levels[level];
}

/* Members a message may have; which of them count is up to its type. */
enum member { TYPE, IP, ID, ALIVE, SEQ, TS, INTERVAL, INFO, EVENT, N_MEMBERS };

static const char *const names[N_MEMBERS] = { "type", "ip",       "id",   "alive", "seq",
	                                      "ts",   "interval", "info", "event" };

enum event_member { KIND, LEVEL, TEXT, DATA, N_EVENT_MEMBERS };

static const char *const event_names[N_EVENT_MEMBERS] = { "kind", "level", "text", "data" };

static void write_event(struct jw *j, const struct update_event *ev)
{
	jw_key(j, "event");
	jw_obj(j);
	jw_kstr(j, "kind", str_of(ev->kind));
	jw_kstr(j, "level", str_of(event_level_name(ev->level)));
	jw_kstr(j, "text", str_of(ev->text));
	jw_key(j, "data");
	jw_raw(j, ev->data.len != 0 ? ev->data : STR("{}"));
	jw_end_obj(j);
}

static void write_fixed(struct jw *j, const char *key, int64_t ms)
{
	if (ms == 0)
		return;
	jw_key(j, key);
	jw_fixed(j, ms, 3);
}

static struct jw write_head(struct buf *b, enum update_kind kind, struct str ip, struct str id)
{
	struct jw j = JW(b);

	jw_obj(&j);
	jw_kstr(&j, "type", str_of(kinds[kind]));
	jw_kstr(&j, "ip", ip);
	if (id.len != 0)
		jw_kstr(&j, "id", id);
	return j;
}

bool update_write_workload(struct buf *b, struct str ip, struct str id)
{
	struct jw j = write_head(b, UPDATE_WORKLOAD, ip, id);

	jw_key(&j, "info");
	return !b->over;
}

bool update_write(struct buf *b, const struct update *u)
{
	struct jw j = write_head(b, u->kind, str_of(u->ip), str_of(u->id));

	if (u->kind == UPDATE_ALIVE) {
		jw_kstr(&j, "alive", u->alive ? STR("1") : STR("0"));
		if (u->seq != 0) {
			jw_key(&j, "seq");
			jw_u64(&j, u->seq);
		}
	}
	write_fixed(&j, "ts", u->ts_ms);
	write_fixed(&j, "interval", u->interval_ms);
	if (u->kind == UPDATE_WORKLOAD) {
		jw_key(&j, "info");
		jw_raw(&j, u->info);
	}
	if (u->kind == UPDATE_EVENT)
		write_event(&j, &u->event);
	jw_end_obj(&j);
	return !b->over;
}

/* Takes the members called `want` out of an object as raw JSON; {NULL, 0} = not there. */
static bool read_members(struct jread *j, const char *const want[], size_t n, struct str ret[])
{
	struct str key;

	for (size_t i = 0; i < n; i++)
		ret[i] = (struct str){ 0 };
	if (!jr_obj(j))
		return false;
	while (jr_key(j, &key)) {
		size_t i = 0;

		while (i < n && !str_is(key, want[i]))
			i++;
		if (!(i < n ? jr_raw(j, &ret[i]) : jr_skip(j)))
			return false;
	}
	return jr_ok(j);
}

static enum jr_type type_of(struct str raw)
{
	struct jread j = JREAD(raw);

	return raw.p != NULL ? jr_type(&j) : JR_BAD;
}

/* A string of the message into a fixed array: whole, or (`cut`) as much as fits. */
static bool copy_text(struct str raw, char *dst, size_t size, bool cut)
{
	AUTO_BUF struct buf room = BUF(UPDATE_MAX_BYTES);
	struct jread j = JREAD(raw);
	struct str s;

	if (raw.p == NULL || !jr_str(&j, &s))
		return false;
	if (str_find(s, '\\') != s.len) {
		if (!jr_unescape(s, &room))
			return false;
		s = buf_as_str(&room);
	}
	if (cut && s.len >= size) {
		s.len = size - 1;
		while (s.len != 0 && ((unsigned char)s.p[s.len] & 0xc0) == 0x80)
			s.len--;
	}
	return str_copy(s, dst, size);
}

/* A number, also in quotes, as thousandths; missing or null is 0. */
static bool read_thousandths(struct str raw, int64_t most, int64_t *ret)
{
	enum jr_type type = type_of(raw);

	*ret = 0;
	if (raw.p == NULL || type == JR_NULL)
		return true;
	if (type == JR_STR)
		raw = (struct str){ raw.p + 1, raw.len - 2 };
	else if (type != JR_NUM)
		return false;
	return str_fixed(raw, 3, ret) && *ret >= 0 && *ret <= most;
}

static bool read_seq(struct str raw, uint64_t *ret)
{
	*ret = 0;
	return raw.p == NULL || type_of(raw) == JR_NULL || str_u64(raw, ret);
}

static bool read_id(struct str raw, char id[UPDATE_ID_SIZE])
{
	uint8_t bytes[(UPDATE_ID_SIZE - 1) / 2];

	if (raw.p == NULL || type_of(raw) == JR_NULL)
		return true;
	if (!copy_text(raw, id, UPDATE_ID_SIZE, false) ||
	    !hex_decode(str_of(id), bytes, sizeof(bytes)))
		return false;
	hex_encode(bytes, sizeof(bytes), id);
	return true;
}

/* The documents say "1" and "0" in quotes; the bare numbers do no harm. */
static bool read_alive(struct str raw, bool *ret)
{
	*ret = str_is(raw, "\"1\"") || str_is(raw, "1");
	return *ret || str_is(raw, "\"0\"") || str_is(raw, "0");
}

static bool is_kind(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') &&
		    s.p[i] != '.' && s.p[i] != '_' && s.p[i] != '-')
			return false;
	return s.len != 0;
}

static const char *read_event(struct str raw, struct update_event *ret)
{
	struct str m[N_EVENT_MEMBERS];
	struct jread j = JREAD(raw);
	char level[8];

	if (raw.p == NULL || !read_members(&j, event_names, N_EVENT_MEMBERS, m))
		return "no event";
	if (!copy_text(m[KIND], ret->kind, sizeof(ret->kind), false) || !is_kind(str_of(ret->kind)))
		return "bad kind of event";
	if (!copy_text(m[LEVEL], level, sizeof(level), false))
		return "bad level of event";
	size_t i = 0;
	while (i < COUNT_OF(levels) && strcmp(level, levels[i]) != 0)
		i++;
	if (i == COUNT_OF(levels))
		return "bad level of event";
	ret->level = (enum event_level)i;
	if (!copy_text(m[TEXT], ret->text, sizeof(ret->text), true))
		return "bad text of event";
	if (m[DATA].p != NULL && (type_of(m[DATA]) != JR_OBJ || m[DATA].len > EVENT_DATA_MAX))
		return "bad data of event";
	ret->data = m[DATA];
	return NULL;
}

/* What is wrong with the message, or NULL. */
static const char *read_all(struct str m[N_MEMBERS], struct update *u)
{
	char type[16] = "";
	uint64_t seq;

	if (!copy_text(m[TYPE], type, sizeof(type), true))
		return "no type";
	for (enum update_kind k = UPDATE_ALIVE; k <= UPDATE_EVENT; k++)
		if (strcmp(type, kinds[k]) == 0)
			u->kind = k;
	if (u->kind == UPDATE_OTHER)
		return NULL;
	if (!copy_text(m[IP], u->ip, sizeof(u->ip), false) || !key_ip_is_valid(str_of(u->ip)))
		return "bad ip";
	if (!read_id(m[ID], u->id))
		return "bad id";
	if (!read_thousandths(m[TS], LATEST_MS, &u->ts_ms) ||
	    !read_thousandths(m[INTERVAL], DAY_MS, &u->interval_ms) || !read_seq(m[SEQ], &seq))
		return "bad number";
	if (u->kind == UPDATE_ALIVE) {
		u->seq = seq;
		return read_alive(m[ALIVE], &u->alive) ? NULL : "alive is neither \"1\" nor \"0\"";
	}
	if (u->kind == UPDATE_EVENT)
		return read_event(m[EVENT], &u->event);
	u->ts_ms = u->interval_ms = 0;
	if (u->kind == UPDATE_WORKLOAD) {
		u->info = m[INFO];
		return type_of(m[INFO]) == JR_OBJ ? NULL : "no info";
	}
	return NULL;
}

int update_read(struct str text, struct update *ret, struct err *err)
{
	struct update u = { .kind = UPDATE_OTHER };
	struct jread j = JREAD(text);
	struct str m[N_MEMBERS];

	if (text.len > UPDATE_MAX_BYTES)
		return err_set(err, -EMSGSIZE, "a message of %zu bytes", text.len);
	if (!read_members(&j, names, N_MEMBERS, m) || !jr_end(&j))
		return err_set(err, -EBADMSG, "not a message: %s",
		               j.fault != NULL ? j.fault : "something behind it");
	const char *fault = read_all(m, &u);
	if (fault != NULL)
		return err_set(err, -EBADMSG, "not a message: %s", fault);
	*ret = u;
	return 0;
}
