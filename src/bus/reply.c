/*
 * reply.c - hiredis' reader with objects of ours, in an arena, under caps.
 *
 * The reader of hiredis 0.14 believes what a header says: it would allocate 8 GiB for "*1073741824" and
 * buffer a bulk of 512 MiB. So the create functions refuse above the caps (a NULL makes the reader fail), and
 * after each look the head of the unfinished part is examined before more bytes are taken.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bus/reply.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/read.h>

#include "base/mem.h"

enum {
	ELEMENTS_DEFAULT = 100000,
	TEXT_DEFAULT = 8 << 20,
	TOTAL_DEFAULT = 32 << 20,
	LINE_MAX_BYTES = 64 << 10, /* statuses, errors, numbers and headers end within this */
	BLOCK_BYTES = 16 << 10,
	SHOWN = 40, /* of a peer's nonsense in a sentence */
};

/* One block of the arena; the answer's objects lie in it one behind the other. */
struct block {
	struct block *next;
	size_t size, used;
	max_align_t bytes[];
};

struct reply_reader {
	redisReader *reader;
	struct reply_limits limits;
	struct block *blocks;   /* the newest first; the first one made (standard size) is kept */
	size_t elements, total; /* of the answer being read */
	bool capped;            /* a create function refused */
	uint64_t answers;       /* whole ones so far */
};

static void *arena_take(struct reply_reader *rr, size_t size)
{
	struct block *b = rr->blocks;

	size = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	if (b == NULL || b->size - b->used < size) {
		size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;

		b = xrealloc(NULL, 1, sizeof(*b) + room);
		*b = (struct block){ .next = rr->blocks, .size = room };
		rr->blocks = b;
	}
	void *p = (char *)b->bytes + b->used;

	b->used += size;
	return p;
}

/* Forgets the last answer; one block of the usual size stays for the next. */
static void arena_reset(struct reply_reader *rr)
{
	struct block *keep = NULL;

	for (struct block *b = rr->blocks, *next; b != NULL; b = next) {
		next = b->next;
		if (keep == NULL && b->size == BLOCK_BYTES)
			keep = b;
		else
			free(b);
	}
	if (keep != NULL) {
		keep->next = NULL;
		keep->used = 0;
	}
	rr->blocks = keep;
	rr->elements = 0;
	rr->total = 0;
}

/* The object for a task: the root's own, or the slot in its parent's array. NULL past a cap. */
static struct reply *place(const redisReadTask *task)
{
	if (task->parent == NULL)
		return arena_take(task->privdata, sizeof(struct reply));

	struct reply *parent = task->parent->obj;
	/* Ours to write while the answer is being read. */
	const union {
		const struct reply *shown;
		struct reply *own;
	} items = { parent->items };

	/* cppcheck-suppress returnDanglingLifetime ; what is returned is the pointer's, not the union's */
	return &items.own[task->idx];
}

static void *create_string(const redisReadTask *task, char *p, size_t len)
{
	struct reply_reader *rr = task->privdata;

	if (len > rr->limits.text_bytes || rr->total + len > rr->limits.total_bytes) {
		rr->capped = true;
		return NULL;
	}
	rr->total += len;
	char *copy = arena_take(rr, len + 1);
	struct reply *r = place(task);

	if (len > 0)
		memcpy(copy, p, len);
	copy[len] = '\0';
	*r = (struct reply){ .type = REPLY_TEXT, .text = { copy, len } };
	if (task->type == REDIS_REPLY_STATUS)
		r->type = REPLY_STATUS;
	else if (task->type == REDIS_REPLY_ERROR)
		r->type = REPLY_ERROR;
	return r;
}

static void *create_array(const redisReadTask *task, int n)
{
	struct reply_reader *rr = task->privdata;

	if (n < 0 || (size_t)n > rr->limits.elements ||
	    rr->elements + (size_t)n > rr->limits.elements) {
		rr->capped = true;
		return NULL;
	}
	rr->elements += (size_t)n;
	struct reply *items = arena_take(rr, (size_t)n * sizeof(*items));
	struct reply *r = place(task);

	memset(items, 0, (size_t)n * sizeof(*items)); /* NIL until they are read */
	*r = (struct reply){ .type = REPLY_ARRAY, .n = (size_t)n, .items = items };
	return r;
}

static void *create_integer(const redisReadTask *task, long long v)
{
	struct reply *r = place(task);

	*r = (struct reply){ .type = REPLY_INT, .integer = v };
	return r;
}

static void *create_nil(const redisReadTask *task)
{
	struct reply *r = place(task);

	*r = (struct reply){ .type = REPLY_NIL };
	return r;
}

/* Called for half-read trees; the arena has them. */
static void free_object(void *object)
{
	(void)object;
}

static redisReplyObjectFunctions *functions(void)
{
	static const redisReplyObjectFunctions ours = {
		.createString = create_string,
		.createArray = create_array,
		.createInteger = create_integer,
		.createNil = create_nil,
		.freeObject = free_object,
	};
	/* hiredis 0.14 takes them without const and only reads them. */
	const union {
		const redisReplyObjectFunctions *own;
		redisReplyObjectFunctions *theirs;
	} view = { &ours };

	return view.theirs;
}

struct reply_reader *reply_reader_new(const struct reply_limits *limits)
{
	struct reply_reader *rr = xcalloc(1, sizeof(*rr));

	if (limits != NULL)
		rr->limits = *limits;
	if (rr->limits.elements == 0)
		rr->limits.elements = ELEMENTS_DEFAULT;
	if (rr->limits.text_bytes == 0)
		rr->limits.text_bytes = TEXT_DEFAULT;
	if (rr->limits.total_bytes == 0)
		rr->limits.total_bytes = TOTAL_DEFAULT;
	rr->reader = redisReaderCreateWithFunctions(functions());
	if (rr->reader == NULL)
		abort(); /* out of memory, as in base/mem.c */
	rr->reader->privdata = rr;
	return rr;
}

void reply_reader_free(struct reply_reader *rr)
{
	if (rr == NULL)
		return;
	redisReaderFree(rr->reader);
	for (struct block *b = rr->blocks, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(rr);
}

void reply_reader_feed(struct reply_reader *rr, const void *p, size_t len)
{
	if (rr->reader->err == 0 && len > 0 && redisReaderFeed(rr->reader, p, len) != REDIS_OK)
		abort();
}

static struct str held(const struct reply_reader *rr)
{
	const redisReader *r = rr->reader;

	return (struct str){ r->buf + r->pos, r->len - r->pos };
}

size_t reply_reader_held(const struct reply_reader *rr)
{
	return rr->reader->err != 0 ? 0 : rr->reader->len - rr->reader->pos;
}

static int too_much(const struct reply_reader *rr, struct err *err)
{
	return err_set(
		err, -EMSGSIZE,
		"sends more than our limits allow (%zu elements, %zu bytes a text, %zu in all)",
		rr->limits.elements, rr->limits.text_bytes, rr->limits.total_bytes);
}

/*
 * What the unfinished part announces must be within the caps, before its bytes are awaited. The reader takes
 * the byte that tells the type at once, and the head of a bulk only together with its text.
 */
static int check_unfinished(const struct reply_reader *rr, struct err *err)
{
	const redisReader *r = rr->reader;
	struct str s = held(rr), head;
	uint64_t n;

	if (str_find(s, '\n') == s.len)
		return s.len > LINE_MAX_BYTES ? err_set(err, -EPROTO, "sends a line without an end")
		                              : 0;
	if (r->ridx >= 0 && r->rstack[r->ridx].type == REDIS_REPLY_STRING &&
	    str_cut(&s, '\n', &head) && str_u64(str_trim(head), &n) && n > rr->limits.text_bytes)
		return too_much(rr, err);
	return s.len > rr->limits.text_bytes + LINE_MAX_BYTES ? too_much(rr, err) : 0;
}

/* The first bytes of what could not be read, as text for a sentence. */
static void show(struct str s, char dst[SHOWN + 4])
{
	size_t n = 0;

	while (n < s.len && n < SHOWN && s.p[n] != '\r' && s.p[n] != '\n') {
		dst[n] = s.p[n] < ' ' || s.p[n] == 0x7f ? '?' : s.p[n];
		n++;
	}
	memcpy(dst + n, n == SHOWN ? "..." : "", n == SHOWN ? 4 : 1);
}

int reply_reader_next(struct reply_reader *rr, const struct reply **ret, struct err *err)
{
	void *reply = NULL;
	struct str before = held(rr);
	char head[SHOWN + 4];

	if (rr->reader->err != 0)
		return err_set(err, -EPROTO, "has broken the Redis protocol");
	if (rr->reader->ridx == -1)
		arena_reset(rr);
	show(before, head); /* a failing reader drops its buffer */
	if (redisReaderGetReply(rr->reader, &reply) != REDIS_OK) {
		if (rr->capped)
			return too_much(rr, err);
		if (rr->answers == 0)
			return err_set(err, -EPROTO, "does not speak Redis (answered '%s')", head);
		return err_set(err, -EPROTO, "breaks the Redis protocol (%s)", rr->reader->errstr);
	}
	if (reply == NULL)
		return check_unfinished(rr, err);
	rr->answers++;
	*ret = reply;
	return 1;
}

bool reply_is(const struct reply *r, const char *s)
{
	return r != NULL && (r->type == REPLY_STATUS || r->type == REPLY_TEXT) &&
	       str_is(r->text, s);
}

struct str reply_text(const struct reply *r)
{
	if (r == NULL || (r->type != REPLY_STATUS && r->type != REPLY_TEXT))
		return (struct str){ NULL, 0 };
	return r->text;
}

bool reply_i64(const struct reply *r, int64_t *ret)
{
	if (r == NULL)
		return false;
	if (r->type == REPLY_INT) {
		*ret = r->integer;
		return true;
	}
	return r->type == REPLY_TEXT && str_i64(r->text, ret);
}

const struct reply *reply_item(const struct reply *r, size_t i)
{
	return r != NULL && r->type == REPLY_ARRAY && i < r->n ? &r->items[i] : NULL;
}
