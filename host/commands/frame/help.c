/* SPDX-License-Identifier: MIT
 * The verbs `help` and `version`, and the help text of every verb, made from its table of
 * options: text and parser cannot disagree. */
#include "host/commands/frame/help.h"

#include "host/commands/frame/options.h"
#include "host/commands/frame/report.h"
#include "host/commands/frame/spelling.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 90, OPTION_INDENT = 31 };

flx_status flx_find_command(const flx_command *const *verbs, const char *name,
                            const flx_command **out, flx_error *error)
{
    flx_spelling suggestion = flx_spelling_start(name);
    for (int i = 0; verbs[i]; i++) {
        const char *alias = verbs[i]->alias;
        if (strcmp(verbs[i]->name, name) == 0 || (alias && strcmp(alias, name) == 0)) {
            *out = verbs[i];
            return FLX_OK;
        }
        flx_spelling_offer(&suggestion, verbs[i]->name);
    }
    *out = NULL;
    if (*name == '-')
        return flx_fail(
            error, FLX_BAD_INPUT,
            "a verb comes before '%s': fluxion VERB [OPTIONS]; 'fluxion help' "
            "lists the verbs",
            name);
    if (suggestion.best)
        return flx_fail(error, FLX_BAD_INPUT, "there is no verb '%s': did you mean '%s'?",
                        name, suggestion.best);
    return flx_fail(error, FLX_BAD_INPUT,
                    "there is no verb '%s': 'fluxion help' lists the verbs", name);
}

/* One line of a text, in as many lines as its words need. */
static void print_line(const char *line, const char *end, int indent)
{
    for (int column = indent; line < end;) {
        int blanks = (int)strspn(line, " "), word = (int)strcspn(line + blanks, " \n");
        if (column > indent && column + blanks + word > WIDTH) {
            printf("\n%*s", indent, "");
            column = indent;
        } else {
            column += printf("%*s", blanks, "");
        }
        column += printf("%.*s", word, line + blanks);
        line += blanks + word;
    }
    putchar('\n');
}

/* Prints a text from column `indent` on, at which the cursor stands. */
static void print_wrapped(const char *text, int indent)
{
    for (const char *line = text, *next; line; line = next) {
        size_t length = strcspn(line, "\n");
        if (line > text && length > 0)
            printf("%*s", indent, "");
        print_line(line, line + length, indent);
        next = line[length] && line[length + 1] ? line + length + 1 : NULL;
    }
}

static void print_verbs(const flx_command *const *verbs)
{
    printf("Fluxion trains modular performance models of microservice systems and tunes\n"
           "their settings.\n\nUsage: fluxion VERB [ARGUMENTS] [OPTIONS]\n\nVerbs:\n");
    for (int i = 0; verbs[i]; i++) {
        printf("  %-10s ", verbs[i]->name);
        print_wrapped(verbs[i]->summary, 13);
    }
    printf("\n'fluxion VERB --help' shows what a verb takes. Exit status: 0 done, 1 the "
           "work\n"
           "failed, 2 the call or an input is wrong.\n");
}

/* The option's own help, then what its other fields say. */
static void print_help(const flx_option *option)
{
    char words[160] = "", text[1024];
    if (option->type == FLX_CHOICE)
        flx_list_words(option->words, words, sizeof words);
    FILE *out = fmemopen(text, sizeof text, "w");
    if (!out)
        return;
    fprintf(out, "%s%s%s", option->help, *words ? ": " : "", words);
    if (option->usual)
        fprintf(out, " (default: %s)", option->usual);
    fputs(option->is_required ? " (required)" : "", out);
    fputs(option->is_repeatable ? " (may be repeated)" : "", out);
    if (option->alias)
        fprintf(out, " (also --%s)", option->alias);
    fclose(out);
    print_wrapped(text, OPTION_INDENT);
}

static void print_options(const flx_option *options)
{
    for (const flx_option *option = options; option && option->name; option++) {
        if (!option->help)
            continue;
        int used = option->letter ? printf("  -%c, --%s", option->letter, option->name)
                                  : printf("      --%s", option->name);
        if (option->argument)
            used += printf(" %s", option->argument);
        if (used > OPTION_INDENT - 2) {
            putchar('\n');
            used = 0;
        }
        printf("%*s", OPTION_INDENT - used, "");
        print_help(option);
    }
}

static void print_usage(const flx_command *command)
{
    /* A usage of several lines shows several forms of the call. */
    const char *line = command->usage;
    for (const char *lead = "Usage:"; line; lead = "      ") {
        int length = (int)strcspn(line, "\n");
        printf("%s fluxion %s %.*s\n", lead, command->name, length, line);
        line = line[length] ? line + length + 1 : NULL;
    }
}

void flx_print_command(const flx_command *command)
{
    print_usage(command);
    printf("\n");
    print_wrapped(command->summary, 0);
    if (command->details) {
        printf("\n");
        print_wrapped(command->details, 0);
    }
    if (command->options)
        printf("\nOptions:\n");
    print_options(command->options);
    printf("\nUnderstood by every verb:\n");
    print_options(flx_everywhere_options);
}

static json_t *describe(const flx_command *command)
{
    return json_pack("{s:s, s:s, s:s}", "name", command->name, "summary",
                     command->summary, "usage", command->usage);
}

static json_t *describe_all(const flx_command *const *verbs)
{
    json_t *list = json_array();
    for (int i = 0; verbs[i]; i++)
        json_array_append_new(list, describe(verbs[i]));
    return json_pack("{s:o}", "verbs", list);
}

static flx_status run_help(const flx_arguments *arguments, flx_error *error)
{
    const flx_command *const *verbs = flx_verbs(arguments);
    const flx_command *command = NULL;
    if (flx_positional_count(arguments) > 0)
        FLX_TRY(flx_find_command(verbs, flx_positional(arguments, 0), &command, error));
    if (flx_wants_json(arguments))
        return flx_print_json(command ? describe(command) : describe_all(verbs), error);
    if (command)
        flx_print_command(command);
    else
        print_verbs(verbs);
    return FLX_OK;
}

static flx_status run_version(const flx_arguments *arguments, flx_error *error)
{
    if (flx_wants_json(arguments))
        return flx_print_json(json_pack("{s:s}", "version", FLX_VERSION), error);
    printf("fluxion %s\n", FLX_VERSION);
    return FLX_OK;
}

const flx_command flx_help_command = {
    .name = "help",
    .summary = "list the verbs, or show what one of them takes",
    .usage = "[VERB]",
    .max_positional = 1,
    .run = run_help,
};

const flx_command flx_version_command = {
    .name = "version",
    .summary = "print the version of the program",
    .usage = "[--json]",
    .run = run_version,
};
