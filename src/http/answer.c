/*
 * answer - status line, headers and body on their way out, and what a handler may ask of its request.
 *
 * Every answer carries the same security headers: a page of ours loads nothing from elsewhere, runs no inline
 * script, is framed by nobody and leaks no address.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <time.h>

#include "base/jwrite.h"
#include "base/mem.h"
#include "http/http_int.h"

enum { FAULT_BYTES = 4096 };

static const char default_csp[] =
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
	"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

static const char security_headers[] = "X-Content-Type-Options: nosniff\r\n"
				       "X-Frame-Options: DENY\r\n"
				       "Referrer-Policy: no-referrer\r\n"
				       "Cross-Origin-Opener-Policy: same-origin\r\n"
				       "Cross-Origin-Resource-Policy: same-origin\r\n";

static const char *status_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} rows[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 303, "See Other" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 406, "Not Acceptable" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 417, "Expectation Failed" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].status == status)
			return rows[i].text;
	return "Status";
}

static const char *date_now(struct http_server *srv)
{
	time_t now = time(NULL);
	struct tm tm;

	if (now != srv->date_s && gmtime_r(&now, &tm) != NULL) {
		srv->date_s = now;
		(void)strftime(srv->date, sizeof(srv->date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	}
	return srv->date;
}

/* Whether the connection can go on although the body of this request was not read. */
static bool can_skip_body(const struct conn *c)
{
	const struct head *h = parser_head(c->parser);

	return c->phase != PHASE_ROUTE || !h->has_body ||
	       (!h->chunked && h->length <= DISCARD_BYTES && !h->expect_continue);
}

void answer_head(struct conn *c, struct buf *b, int status)
{
	if (!can_skip_body(c) || c->srv->stopping)
		c->keep_alive = false;
	buf_puts(b, "HTTP/1.1 ");
	buf_u64(b, (uint64_t)status);
	buf_char(b, ' ');
	buf_puts(b, status_text(status));
	buf_puts(b, "\r\nDate: ");
	buf_puts(b, date_now(c->srv));
	buf_puts(b, "\r\nContent-Security-Policy: ");
	buf_puts(b, c->srv->options.csp != NULL ? c->srv->options.csp : default_csp);
	buf_puts(b, "\r\n");
	buf_add(b, security_headers, sizeof(security_headers) - 1);
	if (!c->keep_alive)
		buf_puts(b, "Connection: close\r\n");
}

static void put_field(struct buf *b, const char *name, struct str value)
{
	assert(str_find(value, '\r') == value.len && str_find(value, '\n') == value.len);
	buf_puts(b, name);
	buf_puts(b, ": ");
	buf_str(b, value);
	buf_puts(b, "\r\n");
}

static void put_length(struct buf *b, size_t len)
{
	buf_puts(b, "Content-Length: ");
	buf_u64(b, len);
	buf_puts(b, "\r\n");
}

static struct conn *answering(struct http_req *req)
{
	struct conn *c = req->conn;

	assert(c->phase == PHASE_ROUTE || c->phase == PHASE_HANDLER);
	req->cancel = NULL;
	return c;
}

void http_reply(struct http_req *req, const struct http_answer *a)
{
	struct conn *c = answering(req);
	struct buf *b = &c->srv->scratch;
	bool bodyless = a->status == 204 || a->status == 304;

	assert(!bodyless || a->body.len == 0);
	buf_reset(b);
	answer_head(c, b, a->status);
	buf_puts(b, "Cache-Control: no-store\r\n");
	for (size_t i = 0; i < a->n_fields; i++)
		put_field(b, a->fields[i].name, a->fields[i].value);
	if (!bodyless) {
		put_field(b, "Content-Type",
		          str_of(a->type != NULL ? a->type : "application/json"));
		put_length(b, a->body.len);
	}
	buf_puts(b, "\r\n");
	assert(!b->over);

	struct evbuffer *out = bufferevent_get_output(c->bev);
	size_t len = b->len + (req->head_only ? 0 : a->body.len);

	(void)evbuffer_expand(out, len);
	(void)evbuffer_add(out, b->p, b->len);
	if (!req->head_only)
		(void)evbuffer_add(out, a->body.p, a->body.len);
	conn_wrote(c, len);
	conn_answered(c);
}

/* ---- errors ---- */

static void put_html(struct buf *b, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '<':
			buf_puts(b, "&lt;");
			break;
		case '>':
			buf_puts(b, "&gt;");
			break;
		case '&':
			buf_puts(b, "&amp;");
			break;
		default:
			buf_char(b, *text);
		}
	}
}

static void fault_page(struct buf *b, const struct http_fault *f)
{
	buf_puts(b, "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>");
	buf_u64(b, (uint64_t)f->status);
	buf_puts(b, " ");
	buf_puts(b, status_text(f->status));
	buf_puts(b, "</title>\n<h1>");
	buf_puts(b, status_text(f->status));
	buf_puts(b, "</h1>\n<p>");
	put_html(b, f->message);
	buf_puts(b, ".</p>\n");
	if (f->remedy != NULL) {
		buf_puts(b, "<p>");
		put_html(b, f->remedy);
		buf_puts(b, ".</p>\n");
	}
}

static void fault_json(struct buf *b, const struct http_fault *f)
{
	struct jw j = JW(b);

	jw_obj(&j);
	jw_key(&j, "error");
	jw_obj(&j);
	jw_kstr(&j, "code", str_of(f->code));
	jw_kstr(&j, "message", str_of(f->message));
	if (f->field != NULL)
		jw_kstr(&j, "field", str_of(f->field));
	if (f->remedy != NULL)
		jw_kstr(&j, "remedy", str_of(f->remedy));
	jw_end_obj(&j);
	jw_end_obj(&j);
	buf_char(b, '\n');
}

static bool wants_json(const struct http_req *req)
{
	const struct head *h = parser_head(req->conn->parser);
	const char *prefix = req->conn->srv->options.json_prefix;

	/* Before the path is decoded, the target as sent has to do. */
	return prefix == NULL ||
	       str_starts(head_str(h, h->path.len > 0 ? h->path : h->target), str_of(prefix));
}

void answer_fault(struct http_req *req, const struct http_fault *fault,
                  const struct http_field *field)
{
	AUTO_BUF struct buf b = BUF(FAULT_BYTES);
	bool json = wants_json(req);

	(json ? fault_json : fault_page)(&b, fault);
	http_reply(req, &(struct http_answer){
				.status = fault->status,
				.type = json ? NULL : "text/html; charset=utf-8",
				.body = buf_as_str(&b),
				.fields = field,
				.n_fields = field != NULL ? 1 : 0,
			});
}

void http_reply_error(struct http_req *req, const struct http_fault *fault)
{
	answer_fault(req, fault, NULL);
}

void http_reply_retry(struct http_req *req, const struct http_fault *fault, unsigned retry_s)
{
	AUTO_BUF struct buf b = BUF(32);

	buf_u64(&b, retry_s);
	answer_fault(req, fault, &(struct http_field){ "Retry-After", buf_as_str(&b) });
}

/* ---- prepared bodies ---- */

struct http_blob *http_blob_new_take(struct buf *b)
{
	struct http_blob *blob = xcalloc(1, sizeof(*blob));

	blob->refs = 1;
	blob->len = b->len;
	blob->p = buf_give(b);
	return blob;
}

struct http_blob *http_blob_ref(struct http_blob *blob)
{
	blob->refs++;
	return blob;
}

void http_blob_unref(struct http_blob *blob)
{
	if (blob == NULL || --blob->refs > 0)
		return;
	free(blob->p);
	free(blob);
}

static void blob_sent(const void *p, size_t len, void *arg)
{
	(void)p;
	(void)len;
	http_blob_unref(arg);
}

void answer_add_blob(struct evbuffer *out, struct http_blob *blob)
{
	if (blob->len == 0)
		return;
	(void)http_blob_ref(blob);
	if (evbuffer_add_reference(out, blob->p, blob->len, blob_sent, blob) < 0)
		http_blob_unref(blob);
}

bool http_takes_gzip(const struct http_req *req)
{
	struct str value;

	return http_header(req, "accept-encoding", &value) && accepts_gzip(value);
}

static bool peer_has_it(const struct http_req *req, struct str etag)
{
	struct str value;

	return etag.len > 0 && http_header(req, "if-none-match", &value) &&
	       etag_matches(value, etag);
}

void http_reply_doc(struct http_req *req, const struct http_doc *d)
{
	bool has_gzip = d->gzip_blob != NULL || d->gzip.len > 0;
	bool zipped = has_gzip && http_takes_gzip(req);
	struct http_blob *blob = zipped ? d->gzip_blob : d->plain_blob;
	struct str body = zipped ? d->gzip : d->plain;
	AUTO_BUF struct buf etag = BUF(256);
	struct conn *c = answering(req);
	struct buf *b = &c->srv->scratch;

	if (blob != NULL)
		body = (struct str){ blob->p, blob->len };
	if (d->etag != NULL) {
		/* "x" plain, "x-gz" zipped: two forms, two names. */
		buf_add(&etag, d->etag, strlen(d->etag) - 1);
		buf_puts(&etag, zipped ? "-gz\"" : "\"");
	}
	bool same = peer_has_it(req, buf_as_str(&etag));

	buf_reset(b);
	answer_head(c, b, same ? 304 : 200);
	put_field(b, "Cache-Control", str_of(d->cache != NULL ? d->cache : "no-store"));
	if (has_gzip)
		put_field(b, "Vary", STR("Accept-Encoding"));
	if (etag.len > 0)
		put_field(b, "ETag", buf_as_str(&etag));
	if (!same) {
		put_field(b, "Content-Type", str_of(d->type));
		if (zipped)
			put_field(b, "Content-Encoding", STR("gzip"));
		put_length(b, body.len);
	}
	buf_puts(b, "\r\n");

	struct evbuffer *out = bufferevent_get_output(c->bev);
	size_t len = same || req->head_only ? 0 : body.len;

	(void)evbuffer_add(out, b->p, b->len);
	if (len > 0 && blob != NULL)
		answer_add_blob(out, blob);
	else if (len > 0)
		(void)evbuffer_add_reference(out, body.p, len, NULL, NULL);
	conn_wrote(c, b->len + len);
	conn_answered(c);
}
