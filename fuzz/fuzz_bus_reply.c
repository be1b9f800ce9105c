/*
 * fuzz_bus_reply.c - any bytes as answers of a Redis: whole and in pieces they must mean the same, within the caps,
 * and the hello and the listening connection must take whatever they mean.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include <event2/event.h>

#include "base/mem.h"
#include "bus/bus_int.h"

enum { ELEMENTS = 1000, TEXT = 4096, TOTAL = 16384, ANSWERS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a stream came to: a sum over its answers, and how it ended. */
struct outcome {
	uint64_t sum;
	size_t answers;
	int end;
};

static void check(bool promise)
{
	if (!promise)
		abort();
}

static uint64_t mix(uint64_t sum, uint64_t v)
{
	return (sum ^ v) * 0x100000001b3U;
}

static uint64_t walk(const struct reply *r, uint64_t sum, size_t *elements, unsigned depth)
{
	check(depth < 10);
	sum = mix(sum, (uint64_t)r->type);
	sum = mix(sum, (uint64_t)r->integer);
	if (r->type == REPLY_TEXT || r->type == REPLY_STATUS || r->type == REPLY_ERROR) {
		check(r->text.len <= TEXT && r->text.p[r->text.len] == '\0');
		for (size_t i = 0; i < r->text.len; i++)
			sum = mix(sum, (unsigned char)r->text.p[i]);
	}
	*elements += r->n;
	check(*elements <= ELEMENTS);
	for (size_t i = 0; i < r->n; i++)
		sum = walk(reply_item(r, i), sum, elements, depth + 1);
	return sum;
}

/* The first words of a connection, and messages; whatever it says, it must be safe. */
static void take(struct bus *bus, const struct reply *r, size_t number)
{
	struct err err = { 0 };
	struct conn *c = &bus->command.conn;

	c->steps[0] = (enum hello_step)(number % HELLO_STEPS);
	c->at_step = 0;
	(void)hello_answer(c, r, &err);
	bus->listen.conn.owed = number % 3;
	(void)bus_conn_push(&bus->listen.conn, r, &err);
	check(bus->standing <= bus->channels.n);
}

static struct outcome run(const uint8_t *data, size_t size, size_t piece, struct bus *bus)
{
	const struct reply_limits limits = { .elements = ELEMENTS,
		                             .text_bytes = TEXT,
		                             .total_bytes = TOTAL };
	struct reply_reader *rr = reply_reader_new(&limits);
	struct outcome o = { 0 };
	struct err err = { 0 };

	for (size_t at = 0; at < size && o.end == 0; at += piece) {
		const struct reply *r;
		size_t n = size - at < piece ? size - at : piece;
		int got = 1;

		reply_reader_feed(rr, data + at, n);
		while (got > 0) {
			got = reply_reader_next(rr, &r, &err);
			if (got <= 0)
				break;
			size_t elements = 0;

			o.sum = walk(r, o.sum, &elements, 0);
			if (bus != NULL && o.answers < ANSWERS)
				take(bus, r, o.answers);
			o.answers++;
		}
		o.end = got < 0 ? got : 0;
	}
	if (o.end != 0)
		check(reply_reader_next(rr, &(const struct reply *){ NULL }, &err) < 0);
	reply_reader_free(rr);
	return o;
}

static void on_message(struct bus *bus, struct str channel, struct str message, void *arg)
{
	(void)bus;
	(void)arg;
	check(str_is(channel, "a") && message.len <= TEXT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_base *loop = event_base_new();
	struct bus_address address = { .scheme = BUS_TCP, .host = "h", .port = 1 };
	struct bus_options options = { .seed = 1 };
	struct err err = { 0 };
	struct bus *bus = bus_new(loop, &address, &options, NULL, &err);

	check(bus != NULL && bus_subscribe(bus, STR("a"), on_message, NULL) == 0);

	struct outcome whole = run(data, size, 1 << 16, bus);
	struct outcome bytes = run(data, size, 1, NULL);
	struct outcome odd = run(data, size, 7, NULL);

	check(bytes.answers == odd.answers && bytes.sum == odd.sum);
	/* A broken stream may be found broken a little earlier or later, never differently understood. */
	check(whole.answers == bytes.answers && whole.sum == bytes.sum);
	bus_free(bus);
	event_base_free(loop);
	return 0;
}
