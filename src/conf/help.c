/*
 * help.c - --help and the sample file, for a terminal of 80 columns.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/mem.h"
#include "conf/print_int.h"

enum { COLUMNS = 80, HELP_COLUMN = 26 };

void print_wrapped(FILE *out, const char *text, const char *lead, unsigned indent, unsigned column)
{
	struct str rest = str_of(text), line, word;

	while (str_line(&rest, &line)) {
		bool first = true;

		while (str_word(&line, &word)) {
			if (!first && column + 1 + word.len > COLUMNS - 1) {
				(void)fputc('\n', out);
				column = 0;
				first = true;
			}
			if (first && column < indent) {
				(void)fprintf(out, "%*s%s", (int)(indent - column), "", lead);
				column = indent + (unsigned)strlen(lead);
			} else if (!first) {
				(void)fputc(' ', out);
				column++;
			} else if (column == 0) {
				(void)fputs(lead, out);
				column = (unsigned)strlen(lead);
			}
			(void)fwrite(word.p, 1, word.len, out);
			column += (unsigned)word.len;
			first = false;
		}
		(void)fputc('\n', out);
		column = 0;
	}
}

void describe_option(const struct option_def *def, bool with_default, struct buf *b)
{
	AUTO_BUF struct buf allowed = BUF(DESCRIBE_MAX);

	buf_puts(b, def->help);
	if (def->type != OPT_BOOL)
		value_allowed(def, &allowed);
	if (allowed.len != 0) {
		buf_puts(b, " Allowed: ");
		buf_str(b, buf_as_str(&allowed));
		buf_char(b, '.');
	}
	if (with_default && def->dflt != NULL && def->dflt[0] != '\0')
		buf_printf(b, " Default: %s.", def->dflt);
	if ((def->flags & OPTION_REQUIRED) != 0)
		buf_puts(b, " Must be given.");
}

bool is_shown(const struct option_def *def, bool on_line)
{
	if ((def->flags & OPTION_HIDDEN) != 0)
		return false;
	if (on_line)
		return (def->flags & OPTION_NO_ARG) == 0 && def->type != OPT_SECRET;
	return (def->flags & OPTION_NO_INI) == 0;
}

void spell_option(const struct option_def *def, struct buf *b)
{
	if (def->type == OPT_BOOL && def->dflt != NULL && def->dflt[0] == 'y')
		buf_printf(b, "--no-%s", def->name);
	else if (def->type == OPT_BOOL)
		buf_printf(b, "--%s", def->name);
	else
		buf_printf(b, "--%s %s", def->name, value_arg(def));
}

static void print_row(FILE *out, char letter, const char *spelled, const char *help)
{
	int n = letter != '\0' ? fprintf(out, "  -%c, %s", letter, spelled)
	                       : fprintf(out, "      %s", spelled);
	unsigned column = n > 0 ? (unsigned)n : 0;

	if (column > HELP_COLUMN - 2) {
		(void)fputc('\n', out);
		column = 0;
	}
	print_wrapped(out, help, "", HELP_COLUMN, column);
}

static void print_option(FILE *out, const struct option_def *def)
{
	AUTO_BUF struct buf help = BUF(DESCRIBE_MAX);
	AUTO_BUF struct buf spelled = BUF(DESCRIBE_MAX);

	describe_option(def, true, &help);
	spell_option(def, &spelled);
	print_row(out, def->letter, buf_cstr(&spelled), buf_cstr(&help));
}

static bool has_letter(const struct program *program, char letter)
{
	for (size_t i = 0; i < program->n_options; i++)
		if (program->options[i].letter == letter)
			return true;
	return false;
}

/* Options of the file alone, secrets above all. */
static void print_file_only(FILE *out, const struct program *program)
{
	bool begun = false;

	for (size_t i = 0; i < program->n_options; i++) {
		const struct option_def *def = &program->options[i];
		AUTO_BUF struct buf help = BUF(DESCRIBE_MAX);

		if (!is_shown(def, false) || is_shown(def, true))
			continue;
		if (!begun)
			(void)fputs("\nIn the file only:\n", out);
		begun = true;
		describe_option(def, true, &help);
		print_row(out, '\0', def->name, buf_cstr(&help));
	}
}

void conf_print_help(FILE *out, const struct program *program)
{
	(void)fprintf(out, "%s - ", program->name);
	print_wrapped(out, program->summary, "", 0, (unsigned)strlen(program->name) + 3);
	(void)fprintf(out, "\nusage: %s [OPTION...]%s%s\n", program->name,
	              program->args[0] != '\0' ? " " : "", program->args);
	if (program->text != NULL) {
		(void)fputc('\n', out);
		print_wrapped(out, program->text, "", 0, 0);
	}
	(void)fputs("\nOptions:\n", out);
	for (size_t i = 0; i < program->n_options; i++)
		if (is_shown(&program->options[i], true))
			print_option(out, &program->options[i]);
	print_row(out, has_letter(program, 'h') ? '\0' : 'h', "--help", "Print this and stop.");
	print_row(out, has_letter(program, 'V') ? '\0' : 'V', "--version",
	          "Print the version and stop.");
	print_file_only(out, program);
	if (program->examples != NULL)
		(void)fprintf(out, "\nExamples:\n%s", program->examples);
}

void conf_print_sample(FILE *out, const struct program *program)
{
	(void)fprintf(out, "# Settings of %s. Lines that begin with '#' or ';' are comments.\n",
	              program->name);
	for (size_t i = 0; i < program->n_options; i++) {
		const struct option_def *def = &program->options[i];
		AUTO_BUF struct buf help = BUF(DESCRIBE_MAX);

		if (!is_shown(def, false))
			continue;
		describe_option(def, false, &help);
		(void)fputc('\n', out);
		print_wrapped(out, buf_cstr(&help), "# ", 0, 0);
		const char *value = def->dflt != NULL       ? def->dflt
		                    : def->type == OPT_BOOL ? "no"
		                                            : "";
		(void)fprintf(out, "#%s =%s%s\n", def->name, value[0] != '\0' ? " " : "", value);
	}
}
