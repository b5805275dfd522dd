/* SPDX-License-Identifier: MIT
 * The verbs `help` and `version`, and the help text of every verb, made from its table of
 * options: text and parser cannot disagree. */
#include "host/commands/frame/help.h"

#include "host/commands/frame/options.h"
#include "host/commands/frame/spelling.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

flx_status flx_find_command(const flx_command *const *verbs, const char *name,
                            const flx_command **out, flx_error *error)
{
    flx_spelling suggestion = flx_spelling_start(name);
    for (int i = 0; verbs[i]; i++) {
        if (strcmp(verbs[i]->name, name) == 0) {
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

static void print_verbs(const flx_command *const *verbs)
{
    printf("Fluxion trains modular performance models of microservice systems and tunes\n"
           "their settings.\n\nUsage: fluxion VERB [ARGUMENTS] [OPTIONS]\n\nVerbs:\n");
    for (int i = 0; verbs[i]; i++)
        printf("  %-10s %s\n", verbs[i]->name, verbs[i]->summary);
    printf("\n'fluxion VERB --help' shows what a verb takes. Exit status: 0 done, 1 the "
           "work\n"
           "failed, 2 the call or an input is wrong.\n");
}

static void print_options(const flx_option *options)
{
    for (const flx_option *option = options; option && option->name; option++) {
        char left[64], letter[] = "    ";
        if (option->letter)
            snprintf(letter, sizeof letter, "-%c, ", option->letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, option->name,
                 option->argument ? " " : "", option->argument ? option->argument : "");
        printf("  %-28s %s%s\n", left, option->help,
               option->is_repeatable ? " (may be repeated)" : "");
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
    printf("\n%s\n", command->summary);
    if (command->details)
        printf("\n%s%s", command->details,
               command->details[strlen(command->details) - 1] == '\n' ? "" : "\n");
    if (command->options && command->options->name) {
        printf("\nOptions:\n");
        print_options(command->options);
    }
    printf("\nUnderstood by every verb:\n");
    print_options(flx_everywhere_options);
}

static flx_status print_verbs_json(const flx_command *const *verbs, flx_error *error)
{
    json_t *list = json_array();
    for (int i = 0; verbs[i]; i++) {
        const flx_command *command = verbs[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", command->name,
                                              "summary", command->summary, "usage",
                                              command->usage));
    }
    return flx_print_json(json_pack("{s:o}", "verbs", list), error);
}

static flx_status run_help(const flx_arguments *arguments, flx_error *error)
{
    const flx_command *const *verbs = flx_verbs(arguments);
    if (flx_positional_count(arguments) == 0) {
        if (flx_wants_json(arguments))
            return print_verbs_json(verbs, error);
        print_verbs(verbs);
        return FLX_OK;
    }
    const flx_command *command;
    FLX_TRY(flx_find_command(verbs, flx_positional(arguments, 0), &command, error));
    if (flx_wants_json(arguments))
        return flx_print_json(json_pack("{s:s, s:s, s:s}", "name", command->name,
                                        "summary", command->summary, "usage",
                                        command->usage),
                              error);
    flx_print_command(command);
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
    .summary = "say which version this is",
    .usage = "[--json]",
    .run = run_version,
};
