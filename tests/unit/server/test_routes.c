/*
 * test_routes.c - the tables of the API are whole: what they leave out would be neither checked nor printed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <ctype.h>

#include "server/api/routes.c" /* the table; its handlers are not wanted here */

#define HANDLER(name)                                                                              \
	void handle_##name(struct call *call)                                                      \
	{                                                                                          \
		(void)call;                                                                        \
	}

HANDLER(version)
HANDLER(health)
HANDLER(setup)
HANDLER(login)
HANDLER(logout)
HANDLER(session)
HANDLER(hosts)
HANDLER(host)
HANDLER(host_sample)
HANDLER(host_recent)
HANDLER(host_watch)
HANDLER(host_accept)
HANDLER(host_forget)
HANDLER(events_log)
HANDLER(events)
HANDLER(checkstate)
HANDLER(tokens)
HANDLER(token_make)
HANDLER(token_remove)

static bool is_sentence(const char *s)
{
	return s != NULL && strlen(s) > 3 &&
	       (isupper((unsigned char)s[0]) || !isalpha((unsigned char)s[0])) &&
	       s[strlen(s) - 1] == '.';
}

static size_t shape_index(const struct shape *shape)
{
	size_t n = 0;
	const struct shape *const *all = api_shapes(&n);

	for (size_t i = 0; i < n; i++)
		if (all[i] == shape)
			return i;
	return SIZE_MAX;
}

/* `before`: only shapes of smaller index may be used; -1: any. */
static void check_field(const char *where, const struct field *f, size_t before)
{
	bool starts_fine = f->help != NULL && f->help[strlen(f->help) - 1] == '.';

	if (f->name == NULL || !starts_fine)
		fail_msg("%s.%s: wants a name and a sentence", where, f->name);
	if ((f->type == FIELD_WORD) != (f->words != NULL))
		fail_msg("%s.%s: words belong to FIELD_WORD", where, f->name);
	if (f->shape != NULL && shape_index(f->shape) >= before)
		fail_msg("%s.%s: its shape comes later or not at all", where, f->name);
	if (f->shape != NULL && f->type != FIELD_OBJECT && f->type != FIELD_LIST &&
	    f->type != FIELD_MAP)
		fail_msg("%s.%s: a shape on a scalar", where, f->name);
}

static void every_shape_is_listed_after_those_it_needs(void **state)
{
	(void)state;
	size_t n = 0;
	const struct shape *const *all = api_shapes(&n);

	for (size_t i = 0; i < n; i++) {
		assert_true(is_sentence(all[i]->help) || all[i]->help[0] != '\0');
		assert_true(all[i]->n_fields > 0);
		assert_true(all[i]->base == NULL || shape_index(all[i]->base) < i);
		for (size_t k = 0; k < all[i]->n_fields; k++)
			check_field(all[i]->name, &all[i]->fields[k], i);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(all[i]->name, all[k]->name);
	}
}

static void check_request_field(const struct route *r, const struct field *f)
{
	check_field(r->path, f, SIZE_MAX - 1);
	if (f->type == FIELD_TEXT && (f->max <= 0 || f->max < f->min))
		fail_msg("%s: %s has no limit", r->path, f->name);
	if (f->type == FIELD_INT && f->max <= f->min)
		fail_msg("%s: %s has no range", r->path, f->name);
	if (f->place == IN_BODY && r->body_max == 0)
		fail_msg("%s: %s is in a body that may not be there", r->path, f->name);
	if (f->place == IN_PATH && (f->optional || strchr(r->path, '{') == NULL))
		fail_msg("%s: %s is not in the path", r->path, f->name);
}

static void every_route_says_what_it_takes_and_gives(void **state)
{
	(void)state;
	size_t n = 0;
	const struct route *all = api_routes(&n);

	for (size_t i = 0; i < n; i++) {
		const struct route *r = &all[i];

		assert_non_null(r->handler);
		assert_true(r->path[0] == '/' && strlen(r->summary) > 5);
		assert_true(r->role >= ROLE_NOBODY && r->role <= (int)ROLE_ADMIN);
		assert_true(r->n_request <= ROUTE_MAX_FIELDS);
		assert_int_equal((r->flags & ROUTE_STREAM) != 0, r->n_events > 0);
		/* Whatever changes something is not a GET. */
		assert_true(r->verb != VERB_GET || r->body_max == 0);
		assert_true(r->reply == NULL || shape_index(r->reply) != SIZE_MAX);
		for (size_t k = 0; k < r->n_request; k++)
			check_request_field(r, &r->request[k]);
		for (size_t k = 0; k < r->n_events; k++)
			assert_true(shape_index(r->events[k].shape) != SIZE_MAX);
		for (size_t k = 0; k < i; k++)
			assert_false(all[k].verb == r->verb && strcmp(all[k].path, r->path) == 0);
	}
}

static void only_what_must_be_is_open_to_everybody(void **state)
{
	(void)state;
	size_t n = 0, open = 0;
	const struct route *all = api_routes(&n);

	for (size_t i = 0; i < n; i++)
		if (all[i].role == ROLE_NOBODY) {
			open++;
			assert_true(strcmp(all[i].path, "/version") == 0 ||
			            strcmp(all[i].path, "/login") == 0 ||
			            strcmp(all[i].path, "/setup") == 0);
		}
	assert_int_equal(open, 3);
}

RUN_TESTS(cmocka_unit_test(every_shape_is_listed_after_those_it_needs),
          cmocka_unit_test(every_route_says_what_it_takes_and_gives),
          cmocka_unit_test(only_what_must_be_is_open_to_everybody))
