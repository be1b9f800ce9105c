/*
 * password - argon2id with libsodium.
 *
 * 64 MiB and 2 passes are what libsodium calls interactive: 57 ms on the machine this was written on.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/login/password.h"

#include <errno.h>
#include <sodium.h>
#include <strings.h>

_Static_assert(crypto_pwhash_argon2id_STRBYTES <= PASSWORD_TEXT_SIZE, "stored form");

int password_init(struct err *err)
{
	return sodium_init() < 0 ? err_set(err, -EIO, "set up libsodium") : 0;
}

static size_t characters(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

int password_check(struct str name, struct str password, struct err *err)
{
	static const char *const common[] = { "password", "12345678", "123456789", "1234567890",
		                              "11111111", "88888888", "qwertyuiop" };

	if (characters(password) < PASSWORD_MIN)
		return err_set(err, -EINVAL, "a password needs at least %d characters",
		               (int)PASSWORD_MIN);
	if (password.len > PASSWORD_MAX)
		return err_set(err, -EINVAL, "a password has at most %d bytes", (int)PASSWORD_MAX);
	if (!utf8_is_valid(password) || str_find(password, '\0') < password.len)
		return err_set(err, -EINVAL, "a password is text");
	if (password.len == name.len && strncasecmp(password.p, name.p, name.len) == 0)
		return err_set(err, -EINVAL, "the password must not be the user's name");
	for (size_t i = 0; i < COUNT_OF(common); i++)
		if (str_is(password, common[i]))
			return err_set(err, -EINVAL,
			               "this password is among the first anyone would try");
	return 0;
}

int password_hash(struct str password, char dst[PASSWORD_TEXT_SIZE], struct err *err)
{
	if (crypto_pwhash_argon2id_str(dst, password.p, password.len,
	                               crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE,
	                               crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE) != 0)
		return err_set(err, -ENOMEM, "not enough memory to hash a password");
	return 0;
}

bool password_matches(struct str stored, struct str password)
{
	/* Nobody's: whatever matches it is refused all the same, after the same work. */
	static const char nobody[] = "$argon2id$v=19$m=65536,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
				     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	char text[PASSWORD_TEXT_SIZE];
	bool exists = stored.len > 0 && str_copy(stored, text, sizeof(text));
	int r = crypto_pwhash_argon2id_str_verify(exists ? text : nobody, password.p, password.len);

	return exists && r == 0;
}
