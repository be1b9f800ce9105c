/*
 * fuzz_jread.c - any bytes as JSON: walking a value member by member and skipping it whole must agree.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/jread.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

static void take_string(struct jread *j)
{
	AUTO_BUF struct buf plain = BUF((size_t)1 << 20);
	struct str raw;

	if (jr_str(j, &raw) && jr_unescape(raw, &plain))
		check(utf8_is_valid(buf_as_str(&plain)));
}

/* Depth is bounded by the reader itself. */
static void take_value(struct jread *j)
{
	struct str key, text;
	bool flag;

	switch (jr_type(j)) {
	case JR_OBJ:
		(void)jr_obj(j);
		while (jr_key(j, &key))
			take_value(j);
		break;
	case JR_ARR:
		(void)jr_arr(j);
		while (jr_item(j))
			take_value(j);
		break;
	case JR_STR:
		take_string(j);
		break;
	case JR_NUM:
		(void)jr_num(j, &text);
		break;
	case JR_TRUE:
	case JR_FALSE:
		(void)jr_bool(j, &flag);
		break;
	case JR_NULL:
	case JR_BAD:
		(void)jr_skip(j);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct jread whole = JREAD(text), steps = JREAD(text), raw = JREAD(text);
	struct str value;

	(void)jr_skip(&whole);
	take_value(&steps);
	check(jr_end(&whole) == jr_end(&steps));
	if (jr_raw(&raw, &value) && jr_end(&raw)) {
		struct jread again = JREAD(value);

		check(jr_skip(&again) && jr_end(&again));
	}
	return 0;
}
