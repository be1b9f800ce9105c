/*
 * api.c - finding the server and talking to it through libcurl.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/api.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/mem.h"

enum {
	REPLY_MAX = 64 << 20,
	CONNECT_TIMEOUT_MS = 5000,
	CALL_TIMEOUT_MS = 60000,
	SMALL_FILE = 16384
};

static int read_small(const char *dir, const char *name, struct buf *ret, struct err *err)
{
	AUTO_FREE char *text = xcalloc(1, SMALL_FILE);
	AUTO_BUF struct buf path = BUF(4096);

	if (dir != NULL)
		buf_printf(&path, "%s/", dir);
	buf_puts(&path, name);
	ssize_t n = fd_read_file(AT_FDCWD, buf_cstr(&path), text, SMALL_FILE);
	if (n < 0)
		return err_set(err, (int)n, "read %s: %s", buf_cstr(&path), strerror((int)-n));
	buf_add(ret, text, (size_t)n);
	return 0;
}

json_t *api_server_json(const char *dir, struct err *err)
{
	AUTO_BUF struct buf text = BUF(SMALL_FILE);

	if (read_small(dir, "server.json", &text, err) < 0)
		return NULL;
	json_t *j = json_parse(buf_as_str(&text), err);
	if (j == NULL)
		err_wrap(err, "read %s/server.json", dir);
	return j;
}

static int read_token(const char *dir, const char *name, struct api *ret, struct err *err)
{
	AUTO_BUF struct buf text = BUF(SMALL_FILE);
	int r = read_small(dir, name, &text, err);

	if (r < 0)
		return r;
	secret_set(&ret->token, str_trim(buf_as_str(&text)));
	explicit_bzero(text.p, text.len);
	return 0;
}

static int find_by_data(const char *dir, struct api *ret, struct err *err)
{
	AUTO_JSON json_t *j = api_server_json(dir, err);

	if (j == NULL)
		return err->code;
	const char *url = json_string_value(json_object_get(j, "url"));
	if (url == NULL)
		return err_set(err, -EBADMSG, "%s/server.json names no url", dir);
	int r = read_token(dir, "token", ret, err);
	if (r < 0)
		return r;
	ret->url = xstrdup(url);
	ret->found_in = xstrdup(dir);
	return 0;
}

int api_find(const char *server, const char *token_file, const char *data, struct api *ret,
             struct err *err)
{
	const char *env_data = getenv("MUSTER_DATA"), *env_token = getenv("MUSTER_TOKEN");
	const char *dirs[] = { data != NULL ? data : env_data, "data", "/var/lib/muster-server" };
	int r = -ENOENT;

	*ret = (struct api){ 0 };
	if (server != NULL) {
		ret->url = xstrdup(server);
		for (size_t n = strlen(ret->url); n != 0 && ret->url[n - 1] == '/'; n--)
			ret->url[n - 1] = '\0';
		if (token_file != NULL)
			return read_token(NULL, token_file, ret, err);
		secret_set(&ret->token, str_of(env_token));
		return 0;
	}
	/* A directory that was named is the only one looked at. */
	for (size_t i = dirs[0] != NULL ? 0 : 1; i < (dirs[0] != NULL ? 1 : COUNT_OF(dirs)); i++) {
		r = find_by_data(dirs[i], ret, err);
		if (r != -ENOENT)
			return r;
	}
	if (dirs[0] != NULL)
		return err_set(err, r,
		               "no server has its data in %s (start one with: muster up --data %s)",
		               dirs[0], dirs[0]);
	return err_set(err, r,
	               "no server found in ./data or /var/lib/muster-server: start one with "
	               "`muster up`, or name one "
	               "with --data DIR or --server URL");
}

void api_done(struct api *api)
{
	free(api->url);
	free(api->found_in);
	secret_done(&api->token);
	*api = (struct api){ 0 };
}

static size_t collect(char *p, size_t size, size_t n, void *arg)
{
	return buf_add(arg, p, size * n) ? size * n : 0;
}

static int curl_errno(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
		return -ECONNREFUSED;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
		return -EINVAL;
	case CURLE_WRITE_ERROR:
		return -EMSGSIZE;
	case CURLE_PEER_FAILED_VERIFICATION:
		return -EACCES;
	default:
		return -ECONNRESET;
	}
}

static int refusal_errno(long status)
{
	static const struct {
		long status;
		int code;
	} table[] = {
		{ 400, -EINVAL }, { 401, -EKEYREJECTED }, { 403, -EACCES }, { 404, -ENOENT },
		{ 409, -EBUSY },  { 413, -EMSGSIZE },     { 429, -EAGAIN }, { 503, -ENOTCONN }
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (table[i].status == status)
			return table[i].code;
	return -EIO;
}

static int refused(long status, const json_t *reply, struct err *err)
{
	const json_t *e = json_object_get(reply, "error");
	const char *message = json_string_value(json_object_get(e, "message"));
	const char *remedy = json_string_value(json_object_get(e, "remedy"));

	if (message == NULL)
		return err_set(err, refusal_errno(status), "the server answered with status %ld",
		               status);
	return err_set(err, refusal_errno(status), "%s%s%s", message, remedy != NULL ? ": " : "",
	               remedy != NULL ? remedy : "");
}

static struct curl_slist *headers_of(const struct api *api)
{
	AUTO_BUF struct buf line = BUF(8192);
	struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");

	buf_puts(&line, "Authorization: Bearer ");
	buf_str(&line, secret_reveal(&api->token));
	if (api->token.len != 0)
		list = curl_slist_append(list, buf_cstr(&line));
	explicit_bzero(line.p, line.len);
	return list;
}

static int perform(CURL *c, const struct api *api, struct buf *reply, long *ret_status,
                   struct err *err)
{
	char words[CURL_ERROR_SIZE] = "";

	(void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, words);
	(void)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
	(void)curl_easy_setopt(c, CURLOPT_TIMEOUT_MS,
	                       api->timeout_ms > 0 ? (long)api->timeout_ms : (long)CALL_TIMEOUT_MS);
	(void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	/* A server on this machine is not asked through somebody's proxy, who would read the token. */
	if (api->found_in != NULL)
		(void)curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
	(void)curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "gzip");
	(void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, collect);
	(void)curl_easy_setopt(c, CURLOPT_WRITEDATA, reply);
	CURLcode code = curl_easy_perform(c);
	if (code != CURLE_OK) {
		const char *why = words[0] != '\0' ? words : curl_easy_strerror(code);

		return err_set(err, curl_errno(code), "no answer from %s: %s%s", api->url, why,
		               api->found_in != NULL ? " (is `muster up` still running?)" : "");
	}
	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, ret_status);
	return 0;
}

int api_call(const struct api *api, const char *method, const char *path, const json_t *body,
             json_t **ret, struct err *err)
{
	AUTO_BUF struct buf url = BUF(16384);
	AUTO_BUF struct buf reply = BUF(REPLY_MAX);
	AUTO_FREE char *sent = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
	long status = 0;
	CURL *c = curl_easy_init();

	if (c == NULL)
		return err_set(err, -ENOMEM, "libcurl does not start");
	buf_printf(&url, "%s%s", api->url, path);
	struct curl_slist *headers = headers_of(api);
	(void)curl_easy_setopt(c, CURLOPT_URL, buf_cstr(&url));
	(void)curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
	(void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	if (sent != NULL || strcmp(method, "GET") != 0)
		(void)curl_easy_setopt(c, CURLOPT_POSTFIELDS, sent != NULL ? sent : "");
	int r = perform(c, api, &reply, &status, err);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	if (r < 0)
		return r;
	struct err why = { 0 };
	AUTO_JSON json_t *j = reply.len != 0 ? json_parse(buf_as_str(&reply), &why) : json_null();
	if (status >= 400)
		return refused(status, j, err);
	if (j == NULL)
		return err_set(err, -EBADMSG, "%s does not answer like a muster server: %s",
		               api->url, why.msg);
	if (ret != NULL)
		*ret = json_incref(j);
	return 0;
}

char *api_escape(const char *text)
{
	char *escaped = curl_easy_escape(NULL, text, 0);
	char *copy = xstrdup(escaped != NULL ? escaped : "");

	curl_free(escaped);
	return copy;
}

void api_add_query(struct buf *path, const char *name, const char *value)
{
	if (value == NULL)
		return;
	AUTO_FREE char *escaped = api_escape(value);
	buf_printf(path, "%c%s=%s", str_find(buf_as_str(path), '?') < path->len ? '&' : '?', name,
	           escaped);
}
