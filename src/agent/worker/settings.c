/*
 * settings.c - the options that need more than a range.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/settings.h"

#include <assert.h>
#include <errno.h>

#include "agent/worker/collect/collect.h"
#include "wire/keys.h"

static const struct collector *find_collector(struct str name)
{
	size_t n;
	const struct collector *const *all = collector_all(&n);

	for (size_t i = 0; i < n; i++)
		if (str_is(name, all[i]->name))
			return all[i];
	return NULL;
}

static int read_collectors(struct str list, struct settings *s, struct err *err)
{
	struct str name;
	bool more = list.len != 0;

	while (more) {
		more = str_cut(&list, ',', &name);
		name = str_trim(more ? name : list);
		const struct collector *c = find_collector(name);
		if (c == NULL)
			return err_set(err, -EINVAL,
			               "option 'collect': there is no collector '%.*s' "
			               "(muster-agent collect --list)",
			               name.len < 40 ? (int)name.len : 40, name.p);
		for (size_t i = 0; i < s->n_collectors; i++)
			if (s->collectors[i] == c->name)
				return err_set(err, -EINVAL,
				               "option 'collect': '%s' is named twice", c->name);
		assert(s->n_collectors < SETTINGS_COLLECTORS_MAX);
		s->collectors[s->n_collectors++] = c->name;
	}
	return 0;
}

/* User and password may stand in the address or on lines of their own, not in both. */
static int read_address(const struct agent_options *o, struct bus_address *a, struct err *err)
{
	if (bus_address_parse(str_of(o->redis), a, err) < 0)
		return err_wrap(err, "option 'redis'");
	if (o->user != NULL) {
		if (a->user[0] != '\0')
			return err_set(err, -EINVAL,
			               "option 'user': the address in 'redis' names one already");
		if (!str_copy(str_of(o->user), a->user, sizeof(a->user)))
			return err_set(err, -EINVAL, "option 'user': longer than %zu bytes",
			               sizeof(a->user) - 1);
	}
	if (secret_is_set(&o->password)) {
		if (secret_is_set(&a->password))
			return err_set(err, -EINVAL,
			               "option 'password': the address in 'redis' has one already");
		secret_copy(&a->password, &o->password);
	}
	return 0;
}

int settings_read(const struct agent_options *o, struct settings *ret, struct err *err)
{
	struct settings s = { 0 };
	int r = read_address(o, &s.address, err);

	if (r == 0)
		r = read_collectors(str_of(o->collect), &s, err);
	if (r == 0 && o->ip != NULL && !key_ip_is_valid(str_of(o->ip)))
		r = err_set(err, -EINVAL,
		            "option 'ip': '%.60s' is no address as keys spell it (10.0.0.7, "
		            "2001:db8::7)",
		            o->ip);
	if (r < 0)
		settings_done(&s);
	else
		*ret = s;
	return r;
}

void settings_done(struct settings *s)
{
	bus_address_done(&s->address);
	*s = (struct settings){ 0 };
}

int settings_check(const struct agent_options *o, struct err *err)
{
	struct settings s = { 0 };
	int r = settings_read(o, &s, err);

	settings_done(&s);
	return r;
}
