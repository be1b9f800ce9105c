/*
 * manual.c - the table as a manual page, as Markdown and as completion of a shell.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>

#include "base/mem.h"
#include "conf/print_int.h"

/* Text for roff: no command by accident, dashes that can be copied. */
static void roff(FILE *out, const char *text)
{
	bool line_begins = true;

	for (; *text != '\0'; text++) {
		if (line_begins && (*text == '.' || *text == '\''))
			(void)fputs("\\&", out);
		line_begins = *text == '\n';
		if (*text == '\\')
			(void)fputs("\\e", out);
		else if (*text == '-')
			(void)fputs("\\-", out);
		else
			(void)fputc(*text, out);
	}
}

static void roff_line(FILE *out, const char *macro, const char *text)
{
	(void)fputs(macro, out);
	roff(out, text);
	(void)fputc('\n', out);
}

static void manual_option(FILE *out, const struct option_def *def, bool on_line)
{
	AUTO_BUF struct buf help = BUF(DESCRIBE_MAX);
	AUTO_BUF struct buf spelled = BUF(DESCRIBE_MAX);

	if (on_line && def->letter != '\0')
		buf_printf(&spelled, "-%c, ", def->letter);
	if (on_line)
		spell_option(def, &spelled);
	else
		buf_printf(&spelled, "%s = %s", def->name,
		           def->type == OPT_BOOL ? "yes|no" : value_arg(def));
	(void)fputs(".TP\n", out);
	roff_line(out, ".B ", buf_cstr(&spelled));
	describe_option(def, true, &help);
	roff_line(out, "", buf_cstr(&help));
}

static void manual_exit(FILE *out)
{
	static const char *const rows[][2] = {
		{ "0", "Done." },
		{ "1", "Failed; a sentence on standard error says why." },
		{ "2", "Bad usage or bad settings." },
		{ "3", "A peer could not be reached." },
		{ "4", "Denied." },
	};

	(void)fputs(".SH EXIT STATUS\n", out);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		(void)fprintf(out, ".TP\n.B %s\n%s\n", rows[i][0], rows[i][1]);
}

void conf_print_manual(FILE *out, const struct program *program, int section)
{
	bool on_line = section != 5;
	AUTO_FREE char *title = xstrdup(program->name);

	for (char *c = title; *c != '\0'; c++)
		*c = *c == ' ' ? '-' : (char)toupper((unsigned char)*c);
	(void)fprintf(out, ".TH \"%s\" \"%d\" \"\" \"muster %s\"\n.SH NAME\n", title, section,
	              MUSTER_VERSION);
	AUTO_BUF struct buf name = BUF(DESCRIBE_MAX);
	buf_printf(&name, "%s - %s", program->name, program->summary);
	roff_line(out, "", buf_cstr(&name));
	if (on_line) {
		(void)fputs(".SH SYNOPSIS\n", out);
		roff_line(out, ".B ", program->name);
		(void)fputs("[OPTION...] ", out);
		roff_line(out, "", program->args);
	}
	if (program->text != NULL) {
		(void)fputs(".SH DESCRIPTION\n", out);
		roff_line(out, "", program->text);
	}
	(void)fputs(".SH OPTIONS\n", out);
	for (size_t i = 0; i < program->n_options; i++)
		if (is_shown(&program->options[i], on_line))
			manual_option(out, &program->options[i], on_line);
	if (on_line) {
		(void)fputs(".TP\n.B \\-h, \\-\\-help\nPrint a summary and stop.\n", out);
		(void)fputs(".TP\n.B \\-V, \\-\\-version\nPrint the version and stop.\n", out);
		manual_exit(out);
	}
	if (on_line && program->examples != NULL) {
		(void)fputs(".SH EXAMPLES\n.nf\n", out);
		roff(out, program->examples);
		(void)fputs(".fi\n", out);
	}
}

/* Text for a cell of a table. */
static void cell(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|' || *text == '<' || *text == '*')
			(void)fputc('\\', out);
		(void)fputc(*text == '\n' ? ' ' : *text, out);
	}
}

void conf_print_markdown(FILE *out, const struct program *program)
{
	(void)fputs("| option | where | default | meaning |\n|---|---|---|---|\n", out);
	for (size_t i = 0; i < program->n_options; i++) {
		const struct option_def *def = &program->options[i];
		AUTO_BUF struct buf help = BUF(DESCRIBE_MAX);
		bool on_line = is_shown(def, true), in_file = is_shown(def, false);

		if (!on_line && !in_file)
			continue;
		describe_option(def, false, &help);
		(void)fprintf(out, "| `%s` | %s%s%s | %s%s%s | ", def->name,
		              on_line ? "command line" : "", on_line && in_file ? ", " : "",
		              in_file ? "file" : "", def->dflt != NULL ? "`" : "",
		              def->dflt != NULL ? def->dflt : "", def->dflt != NULL ? "`" : "");
		cell(out, buf_cstr(&help));
		(void)fputs(" |\n", out);
	}
}

/* What completes the value: a word list, files or folders, nothing. */
static void complete_value(FILE *out, const struct option_def *def)
{
	const char *arg = value_arg(def);

	(void)fprintf(out, "\t\t--%s", def->name);
	if (def->letter != '\0')
		(void)fprintf(out, "|-%c", def->letter);
	(void)fputs(") ", out);
	if (def->choices != NULL) {
		(void)fputs("COMPREPLY=($(compgen -W '", out);
		for (size_t i = 0; def->choices[i] != NULL; i++)
			(void)fprintf(out, "%s%s", i != 0 ? " " : "", def->choices[i]);
		(void)fputs("' -- \"$cur\"))", out);
	} else if (strcmp(arg, "FILE") == 0) {
		(void)fputs("COMPREPLY=($(compgen -f -- \"$cur\"))", out);
	} else if (strcmp(arg, "DIR") == 0) {
		(void)fputs("COMPREPLY=($(compgen -d -- \"$cur\"))", out);
	} else {
		(void)fputs("COMPREPLY=()", out);
	}
	(void)fputs("; return ;;\n", out);
}

static void complete_program(FILE *out, const struct program *program)
{
	const char *word = strchr(program->name, ' ');

	/* The command as a whole is the row that matches when no other did. */
	(void)fprintf(out, "\t%s)\n\t\tcase \"$prev\" in\n", word != NULL ? word + 1 : "*");
	for (size_t i = 0; i < program->n_options; i++)
		if (is_shown(&program->options[i], true) && program->options[i].type != OPT_BOOL)
			complete_value(out, &program->options[i]);
	(void)fputs("\t\tesac\n\t\twords=\"$words", out);
	for (size_t i = 0; i < program->n_options; i++) {
		AUTO_BUF struct buf spelled = BUF(DESCRIBE_MAX);

		if (!is_shown(&program->options[i], true))
			continue;
		spell_option(&program->options[i], &spelled);
		struct str option = buf_as_str(&spelled);
		option.len = str_find(option, ' ');
		(void)fprintf(out, " " STR_FMT, STR_ARG(option));
	}
	(void)fputs(" --help --version\" ;;\n", out);
}

void conf_print_completion(FILE *out, const struct program *const *programs, size_t n)
{
	struct str command = str_of(programs[0]->name);

	command.len = str_find(command, ' ');
	(void)fprintf(out, "_" STR_FMT "()\n{\n", STR_ARG(command));
	(void)fputs(
		"\tlocal cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
		"\tlocal words=\"\" sub=\"${COMP_WORDS[1]}\"\n"
		"\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\tsub=\"\"\n\t\twords=\"",
		out);
	for (size_t i = 0; i < n; i++) {
		const char *word = strchr(programs[i]->name, ' ');

		if (word != NULL)
			(void)fprintf(out, "%s ", word + 1);
	}
	(void)fputs("\"\n\tfi\n\tcase \"$sub\" in\n", out);
	/* Subcommands first, the whole command as the last row. */
	for (size_t i = 0; i < n; i++)
		if (strchr(programs[i]->name, ' ') != NULL)
			complete_program(out, programs[i]);
	for (size_t i = 0; i < n; i++)
		if (strchr(programs[i]->name, ' ') == NULL)
			complete_program(out, programs[i]);
	(void)fprintf(out,
	              "\tesac\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n"
	              "complete -o default -F _" STR_FMT " " STR_FMT "\n",
	              STR_ARG(command), STR_ARG(command));
}
