/*
 * tls.c - TLS towards Redis: always verified, chain and name.
 *
 * The context is made anew for each attempt, so that a replaced CA or certificate is used without a restart.
 * OpenSSL's configuration file is not read: a portable agent must not depend on it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "bus/bus_int.h"

/* Where distributions keep their bundle: Red Hat, Alpine, openSUSE. Debian's folder is OpenSSL's default. */
static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/cert.pem",
	"/etc/ssl/ca-bundle.pem",
};

/* The innermost words of OpenSSL's error queue, which is emptied. */
static const char *openssl_words(void)
{
	unsigned long first = ERR_get_error();
	const char *words = first != 0 ? ERR_reason_error_string(first) : NULL;

	ERR_clear_error();
	return words != NULL ? words : "unknown TLS error";
}

static int load_system(SSL_CTX *ctx, struct err *err)
{
	struct stat st;

	/* A folder is looked into by hash when it is needed; a bundle costs its whole size in memory. */
	if (stat("/etc/ssl/certs/ca-certificates.crt", &st) == 0 &&
	    SSL_CTX_load_verify_dir(ctx, "/etc/ssl/certs") == 1)
		return 0;
	for (size_t i = 0; i < COUNT_OF(bundles); i++)
		if (stat(bundles[i], &st) == 0 && SSL_CTX_load_verify_file(ctx, bundles[i]) == 1)
			return 0;
	ERR_clear_error();
	if (SSL_CTX_set_default_verify_paths(ctx) == 1)
		return 0;
	return err_set(
		err, -ENOENT,
		"cannot be trusted: this system has no CA certificates (%s); name a file of them",
		openssl_words());
}

static int load_files(const struct bus_options *o, SSL_CTX *ctx, struct err *err)
{
	if (o->ca_file == NULL) {
		int r = load_system(ctx, err);

		if (r < 0)
			return r;
	} else if (SSL_CTX_load_verify_file(ctx, o->ca_file) != 1) {
		return err_set(err, -EKEYREJECTED, "cannot be trusted: read CA file '%s': %s",
		               o->ca_file, openssl_words());
	}
	if (o->cert_file == NULL)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(ctx, o->cert_file) != 1)
		return err_set(err, -EKEYREJECTED, "cannot be tried: read certificate '%s': %s",
		               o->cert_file, openssl_words());
	const char *key = o->key_file != NULL ? o->key_file : o->cert_file;

	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		return err_set(err, -EKEYREJECTED, "cannot be tried: read key '%s': %s", key,
		               openssl_words());
	return 0;
}

/* The certificate must be for this name, or for this address; a name is also sent (SNI). */
static bool set_name(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	uint8_t ip[16];

	if (inet_pton(AF_INET, host, ip) == 1)
		return X509_VERIFY_PARAM_set1_ip(param, ip, 4) == 1;
	if (inet_pton(AF_INET6, host, ip) == 1)
		return X509_VERIFY_PARAM_set1_ip(param, ip, 16) == 1;
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	/* The macro of SSL_set_tlsext_host_name() casts const away. */
	char name[BUS_HOST_SIZE];

	return str_copy(str_of(host), name, sizeof(name)) && SSL_set1_host(ssl, name) == 1 &&
	       SSL_set_tlsext_host_name(ssl, name) == 1;
}

struct ssl_st *tls_new(const struct bus *bus, struct err *err)
{
	(void)OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	ERR_clear_error();
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = NULL;

	if (ctx == NULL) {
		(void)err_set(err, -EIO, "cannot be tried, TLS does not start: %s",
		              openssl_words());
		return NULL;
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	    load_files(&bus->options, ctx, err) == 0) {
		ssl = SSL_new(ctx);
		if (ssl == NULL || !set_name(ssl, bus->address.host)) {
			(void)err_set(err, -EIO, "cannot be tried, TLS does not start: %s",
			              openssl_words());
			SSL_free(ssl);
			ssl = NULL;
		}
	}
	SSL_CTX_free(ctx); /* the stream holds its own reference */
	return ssl;
}

int tls_failure(struct bufferevent *bev, int sys, struct err *err)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);
	long verdict = ssl != NULL ? SSL_get_verify_result(ssl) : X509_V_OK;
	unsigned long code = bufferevent_get_openssl_error(bev);

	ERR_clear_error();
	if (verdict != X509_V_OK)
		return err_set(err, -EKEYREJECTED, "shows a certificate that does not hold: %s",
		               X509_verify_cert_error_string(verdict));
	/* A refused connection shows as an OpenSSL "error 5", so errno goes first. */
	if (sys == ECONNREFUSED || sys == ETIMEDOUT || sys == EHOSTUNREACH || sys == ENETUNREACH)
		return err_set(err, -sys, "cannot be reached: %s", strerror(sys));
	if (code != 0 && ERR_GET_LIB(code) == ERR_LIB_SSL) {
		int reason = ERR_GET_REASON(code);

		if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST)
			return err_set(err, -EPROTO, "does not speak TLS on this port");
		if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
			return err_set(err, -ECONNRESET, "hung up");
		if (reason >= SSL_AD_REASON_OFFSET)
			return err_set(err, -EKEYREJECTED, "refuses our TLS: %s",
			               ERR_reason_error_string(code));
		return err_set(err, -EPROTO, "fails at TLS: %s", ERR_reason_error_string(code));
	}
	if (sys != 0)
		return err_set(err, -sys, "broke the connection: %s", strerror(sys));
	return err_set(err, -ECONNRESET, "broke the TLS connection");
}
