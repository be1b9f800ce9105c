/*
 * gzip - bodies made for many readers, compressed once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <libdeflate.h>

#include "http/http.h"

/* On the roll of 10,000 hosts: 365 KB in 7 ms; level 1 410 KB in 4, level 6 324 KB in 14. */
enum { LEVEL = 3 };

struct http_blob *http_blob_gzip(struct str plain)
{
	struct libdeflate_compressor *z = libdeflate_alloc_compressor(LEVEL);

	assert(z != NULL);
	struct buf out = BUF(SIZE_MAX / 2);
	size_t room = libdeflate_gzip_compress_bound(z, plain.len);
	char *p = buf_room(&out, room);

	out.len = libdeflate_gzip_compress(z, plain.p, plain.len, p, room);
	assert(out.len > 0);
	libdeflate_free_compressor(z);
	return http_blob_new_take(&out);
}
