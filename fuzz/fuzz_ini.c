/*
 * fuzz_ini.c - any bytes as an ini file: read or refused with a place, never cut, the same twice.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "conf/ini_int.h"
#include "tests/unit/conf/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

/* Every item lies on a line of the text, and no value is longer than its line. */
static void walk(struct str text)
{
	struct ini_item item;
	struct err err = { 0 };
	struct ini ini;
	unsigned lines = 0;

	for (size_t i = 0; i < text.len; i++)
		lines += text.p[i] == '\n';
	ini_init(&ini, text);
	while (ini_next(&ini, &item, &err) == 0 && item.kind != INI_END) {
		check(ini.line >= 1 && ini.line <= lines + 1);
		check(item.name.len != 0 && item.name.len + item.value.len <= text.len);
	}
	check((err.code == 0) == (err.msg[0] == '\0'));
	ini_done(&ini);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct settings a = { 0 }, b = { 0 };
	struct err err = { 0 }, again = { 0 };

	walk(text);
	conf_defaults(&CONF(&a));
	conf_defaults(&CONF(&b));
	int r = conf_ini(&CONF(&a), text, "f", "s", &err);
	check(r == conf_ini(&CONF(&b), text, "f", "s", &again));
	check(r == 0 || str_starts(str_of(err.msg), STR("f:")));
	check(a.count == b.count && a.size == b.size && a.every_ms == b.every_ms);
	check(a.count >= -5 && a.count <= 10 && a.every_ms >= 500 && a.every_ms <= 3600000);
	conf_done(&CONF(&a));
	conf_done(&CONF(&b));
	return 0;
}
