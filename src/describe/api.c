/*
 * api.c - docs/reference/api.md and web/src/api.gen.ts from the API's tables.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "describe/page.h"
#include "server/api/route.h"

static const char *verb_name(enum http_verb verb)
{
	switch (verb) {
	case VERB_GET:
		return "GET";
	case VERB_POST:
		return "POST";
	case VERB_PUT:
		return "PUT";
	case VERB_PATCH:
		return "PATCH";
	case VERB_DELETE:
		return "DELETE";
	default:
		return "?";
	}
}

static const char *place_name(enum field_place place)
{
	static const char *const names[] = {
		[IN_PATH] = "path", [IN_QUERY] = "query", [IN_BODY] = "body"
	};

	return names[place];
}

/* ---- Markdown ---- */

static const char *plain_type(enum field_type type)
{
	switch (type) {
	case FIELD_TEXT:
		return "text";
	case FIELD_INT:
		return "integer";
	case FIELD_NUMBER:
		return "number";
	case FIELD_BOOL:
		return "true or false";
	case FIELD_TIME:
		return "time (ms)";
	case FIELD_OBJECT:
		return "object";
	default:
		return "?";
	}
}

/* Renderers make an anchor of a heading by writing it small. */
static void print_link(FILE *out, const struct shape *s)
{
	(void)fprintf(out, "[%s](#", s->name);
	for (const char *p = s->name; *p != '\0'; p++)
		(void)fputc(tolower((unsigned char)*p), out);
	(void)fputc(')', out);
}

static void print_reference(FILE *out, const char *before, const struct field *f)
{
	(void)fputs(before, out);
	if (f->shape != NULL)
		print_link(out, f->shape);
	else
		(void)fputs(plain_type(f->of), out);
}

static void print_type(FILE *out, const struct field *f)
{
	switch (f->type) {
	case FIELD_WORD:
		for (size_t i = 0; f->words[i] != NULL; i++)
			(void)fprintf(out, "%s`%s`", i > 0 ? " " : "", f->words[i]);
		break;
	case FIELD_LIST:
		print_reference(out, "list of ", f);
		break;
	case FIELD_MAP:
		print_reference(out, "names to ", f);
		break;
	case FIELD_OBJECT:
		if (f->shape != NULL)
			print_link(out, f->shape);
		else
			(void)fputs(plain_type(f->type), out);
		break;
	default:
		(void)fputs(plain_type(f->type), out);
	}
	if (f->unit != NULL)
		(void)fprintf(out, ", %s", f->unit);
}

static void print_help(FILE *out, const struct field *f)
{
	describe_cell(out, f->help);
	if (f->nullable)
		(void)fputs(" May be null.", out);
}

static void print_limits(FILE *out, const struct field *f)
{
	if (f->type == FIELD_TEXT)
		(void)fprintf(out, ", %" PRId64 "-%" PRId64 " characters", f->min, f->max);
	if (f->type == FIELD_INT)
		(void)fprintf(out, ", %" PRId64 "-%" PRId64, f->min, f->max);
}

static void print_request(FILE *out, const struct route *r)
{
	if (r->n_request == 0)
		return;
	(void)fputs("\n| argument | in | type | meaning |\n|---|---|---|---|\n", out);
	for (size_t i = 0; i < r->n_request; i++) {
		const struct field *f = &r->request[i];

		(void)fprintf(out, "| `%s`%s | %s | ", f->name, f->optional ? " (optional)" : "",
		              place_name(f->place));
		print_type(out, f);
		print_limits(out, f);
		(void)fputs(" | ", out);
		print_help(out, f);
		(void)fputs(" |\n", out);
	}
}

static void print_route(FILE *out, const struct route *r)
{
	(void)fprintf(out, "\n### `%s %s`\n\n%s. ", verb_name(r->verb), r->path, r->summary);
	if (r->role == ROLE_NOBODY)
		(void)fputs("Without login.", out);
	else
		(void)fprintf(out, "Role: %s.", user_role_name((enum user_role)r->role));
	if (r->reply != NULL) {
		(void)fputs(" Reply: ", out);
		print_link(out, r->reply);
		(void)fputs(".\n", out);
	} else {
		(void)fputs(r->n_events > 0 ? " Reply: events.\n" : " Reply: `{}`.\n", out);
	}
	print_request(out, r);
	if (r->n_events > 0)
		(void)fputs("\n| event | data | meaning |\n|---|---|---|\n", out);
	for (size_t i = 0; i < r->n_events; i++)
		(void)fprintf(out, "| `%s` | [%s](#%s) | %s |\n", r->events[i].name,
		              r->events[i].shape->name, r->events[i].shape->name,
		              r->events[i].help);
}

static void print_shape(FILE *out, const struct shape *s)
{
	(void)fprintf(out, "\n### %s\n\n%s", s->name, s->help);
	if (s->base != NULL) {
		(void)fputs(" Has all of ", out);
		print_link(out, s->base);
		(void)fputs(", and:", out);
	}
	(void)fputs("\n\n| member | type | meaning |\n|---|---|---|\n", out);
	for (size_t i = 0; i < s->n_fields; i++) {
		const struct field *f = &s->fields[i];

		(void)fprintf(out, "| `%s`%s | ", f->name, f->optional ? " (optional)" : "");
		print_type(out, f);
		(void)fputs(" | ", out);
		print_help(out, f);
		(void)fputs(" |\n", out);
	}
}

void describe_api(FILE *out)
{
	size_t n_routes = 0, n_shapes = 0;
	const struct route *routes = api_routes(&n_routes);
	const struct shape *const *shapes = api_shapes(&n_shapes);

	(void)fputs(
		"# The HTTP API\n\n"
		"Printed from the tables the server decodes requests with (`src/server/api/`). All "
		"addresses are below\n`" API_PREFIX
		"`. Requests and replies are JSON; times are UTC "
		"milliseconds since 1970 unless said otherwise.\n\n"
		"**Login.** Programs send `Authorization: Bearer mst_...` with a token from `POST "
		"/tokens`. Browsers have\na session cookie from `POST /login`, and send the `csrf` "
		"of "
		"`GET /session` as `X-CSRF-Token` with everything\nbut GET. A role may do what "
		"those "
		"before it may: visitor, developer, admin.\n\n"
		"**Errors** have a status of 4xx or 5xx and the body `{\"error\": {...}}`, see "
		"[ApiError](#apierror). Arguments the tables\ndo not name are refused. 400 the "
		"request is wrong, 401 nobody is logged in, 403 the role or the\nCSRF token is "
		"wrong, 404 it is not there, 409 it cannot be done in this state, 413 too long, "
		"415 "
		"not JSON,\n429 too many wrong logins (`Retry-After`), 503 a part of the server is "
		"down.\n\n"
		"```\ncurl -H \"Authorization: Bearer $(cat data/token)\" "
		"http://127.0.0.1:8470" API_PREFIX "/hosts\n```\n\n## Addresses\n",
		out);
	for (size_t i = 0; i < n_routes; i++)
		print_route(out, &routes[i]);
	(void)fputs("\n## Objects\n", out);
	for (size_t i = 0; i < n_shapes; i++)
		print_shape(out, shapes[i]);
}

/* ---- TypeScript ---- */

static const char *ts_plain(enum field_type type)
{
	switch (type) {
	case FIELD_TEXT:
		return "string";
	case FIELD_INT:
	case FIELD_NUMBER:
	case FIELD_TIME:
		return "number";
	case FIELD_BOOL:
		return "boolean";
	default:
		return "Record<string, unknown>";
	}
}

static void print_ts_type(FILE *out, const struct field *f)
{
	const char *inner = f->shape != NULL ? f->shape->name : ts_plain(f->of);

	switch (f->type) {
	case FIELD_WORD:
		for (size_t i = 0; f->words[i] != NULL; i++)
			(void)fprintf(out, "%s\"%s\"", i > 0 ? " | " : "", f->words[i]);
		break;
	case FIELD_LIST:
		(void)fprintf(out, "%s[]", inner);
		break;
	case FIELD_MAP:
		(void)fprintf(out, "Record<string, %s>", inner);
		break;
	case FIELD_OBJECT:
		(void)fputs(f->shape != NULL ? f->shape->name : ts_plain(f->type), out);
		break;
	default:
		(void)fputs(ts_plain(f->type), out);
	}
	if (f->nullable)
		(void)fputs(" | null", out);
}

static void print_ts_field(FILE *out, const struct field *f)
{
	(void)fprintf(out, "  /** %s%s%s%s */\n  %s%s: ", f->help, f->unit != NULL ? " (" : "",
	              f->unit != NULL ? f->unit : "", f->unit != NULL ? ")" : "", f->name,
	              f->optional ? "?" : "");
	print_ts_type(out, f);
	(void)fputs(";\n", out);
}

static void print_ts_shape(FILE *out, const struct shape *s)
{
	(void)fprintf(out, "\n/** %s */\nexport interface %s ", s->help, s->name);
	if (s->base != NULL)
		(void)fprintf(out, "extends %s ", s->base->name);
	(void)fputs("{\n", out);
	for (size_t i = 0; i < s->n_fields; i++)
		print_ts_field(out, &s->fields[i]);
	(void)fputs("}\n", out);
}

void describe_types(FILE *out)
{
	size_t n_routes = 0, n_shapes = 0;
	const struct route *routes = api_routes(&n_routes);
	const struct shape *const *shapes = api_shapes(&n_shapes);

	(void)fputs(
		"// api.gen.ts - the wire: what " API_PREFIX " gives. Printed from the server's "
		"tables by `describe`; not to be changed by hand.\n"
		"//\n// SPDX-License-Identifier: Apache-2.0\n//\n"
		"// Times are UTC milliseconds since 1970 unless the name says otherwise; a number "
		"the server does not know is null.\n",
		out);
	for (size_t i = 0; i < n_shapes; i++)
		print_ts_shape(out, shapes[i]);
	(void)fputs("\n/** Server-sent events of GET /events, by their names. */\n"
	            "export interface StreamEvents {\n",
	            out);
	for (size_t i = 0; i < n_routes; i++)
		for (size_t k = 0; k < routes[i].n_events; k++)
			(void)fprintf(out, "  /** %s */\n  %s: %s;\n", routes[i].events[k].help,
			              routes[i].events[k].name, routes[i].events[k].shape->name);
	(void)fputs("}\n", out);
}
