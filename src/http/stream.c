/*
 * stream - server-sent events: an answer that does not end, with a bounded queue.
 *
 * The body is delimited by the end of the connection, so an event goes out without framing and one blob can
 * be queued on thousands of streams. A peer whose queue is full, or who takes nothing for write_ms, is
 * dropped: it reconnects and reloads, which costs less than remembering everything it missed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/http_int.h"

enum { QUEUE_BYTES = 1 << 20, PING_MS = 15000, UNSENT_BYTES = 65536 };

struct http_stream {
	struct conn *conn;
	bool dropped; /* the loop is about to close it */
	struct http_stream_options options;
};

struct http_stream *http_stream_start(struct http_req *req,
                                      const struct http_stream_options *options)
{
	struct conn *c = req->conn;
	struct http_stream *s = xcalloc(1, sizeof(*s));
	struct buf *b = &c->srv->scratch;

	assert((c->phase == PHASE_ROUTE || c->phase == PHASE_HANDLER) && !req->head_only);
	s->conn = c;
	s->options = *options;
	if (s->options.queue_bytes == 0)
		s->options.queue_bytes = QUEUE_BYTES;
	if (s->options.ping_ms == 0)
		s->options.ping_ms = PING_MS;

	/* What waits should wait here, where it is counted, not in the kernel. */
	int fd = bufferevent_getfd(c->bev), unsent = UNSENT_BYTES;

	if (fd >= 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));

	req->cancel = NULL;
	c->keep_alive = false;
	buf_reset(b);
	answer_head(c, b, 200);
	buf_puts(b, "Content-Type: text/event-stream\r\nCache-Control: no-store\r\n"
	            "X-Accel-Buffering: no\r\n\r\n");
	(void)bufferevent_write(c->bev, b->p, b->len);
	conn_wrote(c, b->len);
	c->srv->stats.streams++;
	c->stream = s;
	parser_free(c->parser);
	c->parser = NULL;
	conn_enter(c, PHASE_STREAM, s->options.ping_ms);
	return s;
}

void stream_gone(struct http_stream *s)
{
	struct http_stream_options o = s->options;

	s->conn->srv->stats.streams--;
	free(s);
	if (o.on_close != NULL)
		o.on_close(o.arg);
}

void stream_end(struct conn *c)
{
	struct http_stream *s = c->stream;

	c->stream = NULL;
	stream_gone(s);
	conn_finish(c);
}

size_t http_stream_backlog(const struct http_stream *s)
{
	return evbuffer_get_length(bufferevent_get_output(s->conn->bev));
}

/* Whether `len` more bytes may be queued; if not, the peer is dropped from the loop. */
static bool has_room(struct http_stream *s, size_t len)
{
	struct conn *c = s->conn;

	if (s->dropped)
		return false;
	if (http_stream_backlog(s) + len <= s->options.queue_bytes)
		return true;
	s->dropped = true;
	conn_expire(c);
	return false;
}

static void sent(struct http_stream *s, size_t len)
{
	struct conn *c = s->conn;

	if (c->write_by_ms == 0)
		conn_wrote(c, len);
	conn_enter(c, PHASE_STREAM, s->options.ping_ms);
}

void http_stream_format(struct buf *b, const char *event, uint64_t id, struct str data)
{
	struct str line;

	if (id != 0) {
		buf_puts(b, "id: ");
		buf_u64(b, id);
		buf_char(b, '\n');
	}
	buf_puts(b, "event: ");
	buf_puts(b, event);
	buf_char(b, '\n');
	while (str_line(&data, &line)) {
		buf_puts(b, "data: ");
		buf_str(b, line);
		buf_char(b, '\n');
	}
	buf_char(b, '\n');
}

bool http_stream_send(struct http_stream *s, const char *event, uint64_t id, struct str data)
{
	AUTO_BUF struct buf b = BUF(s->options.queue_bytes);

	http_stream_format(&b, event, id, data);
	if (!has_room(s, b.over ? SIZE_MAX / 2 : b.len))
		return false;
	(void)bufferevent_write(s->conn->bev, b.p, b.len);
	sent(s, b.len);
	return true;
}

bool http_stream_send_blob(struct http_stream *s, struct http_blob *blob)
{
	if (!has_room(s, blob->len))
		return false;
	answer_add_blob(bufferevent_get_output(s->conn->bev), blob);
	sent(s, blob->len);
	return true;
}

void stream_ping(struct http_stream *s)
{
	static const char ping[] = ":\n\n";

	if (!has_room(s, sizeof(ping) - 1))
		return;
	(void)bufferevent_write(s->conn->bev, ping, sizeof(ping) - 1);
	sent(s, sizeof(ping) - 1);
}

void http_stream_close(struct http_stream *s)
{
	struct conn *c = s->conn;

	c->stream = NULL;
	c->srv->stats.streams--;
	free(s);
	conn_finish(c);
}
