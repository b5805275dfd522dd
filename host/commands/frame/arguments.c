/* SPDX-License-Identifier: MIT
 * Values are checked while parsing and kept as text, so that the accessors cannot fail.
 */
#include "host/commands/frame/arguments.h"

#include "formats/memory.h"
#include "host/commands/frame/options.h"
#include "host/commands/frame/spelling.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const flx_option *option;
    const char *name; /* as it was typed: the option's name or its alias */
    const char *text; /* NULL for a flag */
} given_option;

struct flx_arguments {
    const flx_command *command;
    const flx_command *const *verbs; /* what flx_arguments_set_verbs gave */
    int n_given, n_positional;
    given_option *given;
    const char **positional;
};

/* What one step of the parser looks at. */
typedef struct {
    int count, next;
    char **words;
} word_list;

/* Bytes of the first form of a usage: an error is one line. */
static int first_line(const char *usage)
{
    return (int)strcspn(usage, "\n");
}

static void offer_names(flx_spelling *suggestion, const flx_option *options)
{
    for (const flx_option *option = options; option && option->name; option++) {
        flx_spelling_offer(suggestion, option->name);
        if (option->alias)
            flx_spelling_offer(suggestion, option->alias);
    }
}

static flx_status fail_unknown(const flx_command *command, const char *word,
                               flx_error *error)
{
    char name[64];
    bool is_long = word[1] == '-';
    snprintf(name, sizeof name, "%.*s", is_long ? (int)strcspn(word + 2, "=") : 0,
             word + 2);
    flx_spelling suggestion = flx_spelling_start(name);
    if (is_long) {
        offer_names(&suggestion, command->options);
        offer_names(&suggestion, flx_everywhere_options);
    }
    int length = (int)strcspn(word, "=");
    if (suggestion.best)
        return flx_fail(error, FLX_BAD_INPUT,
                        "'fluxion %s' has no option '%.*s': did you mean '--%s'?",
                        command->name, length, word, suggestion.best);
    return flx_fail(error, FLX_BAD_INPUT,
                    "'fluxion %s' has no option '%.*s': 'fluxion %s --help' lists them",
                    command->name, length, word, command->name);
}

static bool can_be_a_value(const char *word)
{
    double value;
    return word[0] != '-' || word[1] == '\0' || flx_reads_as_number(word, &value);
}

/* The value of an option that is no flag: `attached`, or the next word. */
static flx_status take_value(const flx_arguments *arguments, given_option *given,
                             const char *attached, word_list *list, flx_error *error)
{
    const char *verb = arguments->command->name;
    given->text = attached;
    if (!attached && list->next < list->count && can_be_a_value(list->words[list->next]))
        given->text = list->words[list->next++];
    if (!given->text)
        return flx_fail(error, FLX_BAD_INPUT,
                        "'fluxion %s': option '--%s' needs a value: --%s %s", verb,
                        given->name, given->name, given->option->argument);
    return flx_option_check(verb, given->name, given->option, given->text, error);
}

/* `attached` is the text that stood in the same word ("--name=value", "-ofile"), or NULL.
 */
static flx_status take_option(flx_arguments *arguments, given_option given,
                              const char *attached, word_list *list, flx_error *error)
{
    const char *verb = arguments->command->name;
    if (!given.option->is_repeatable && flx_is_set(arguments, given.option->name))
        return flx_fail(error, FLX_BAD_INPUT,
                        "'fluxion %s': option '--%s' is given twice", verb, given.name);
    if (given.option->type == FLX_FLAG && attached)
        return flx_fail(error, FLX_BAD_INPUT,
                        "'fluxion %s': option '--%s' takes no value, but got '%s'", verb,
                        given.name, attached);
    if (given.option->type != FLX_FLAG)
        FLX_TRY(take_value(arguments, &given, attached, list, error));
    arguments->given[arguments->n_given++] = given;
    return FLX_OK;
}

/* "--name", "--name=value", "-o", "-ofile" or "-o=file". */
static flx_status take_dashed(flx_arguments *arguments, const char *word, word_list *list,
                              flx_error *error)
{
    bool is_long = word[1] == '-';
    const char *end = is_long ? word + strcspn(word, "=") : word + 2;
    given_option given = {0};
    given.option = flx_option_find(arguments->command, is_long ? word + 2 : NULL,
                                   is_long ? (size_t)(end - word) - 2 : 0,
                                   is_long ? 0 : word[1], &given.name);
    if (!given.option)
        return fail_unknown(arguments->command, word, error);
    const char *attached = *end ? end + (*end == '=') : NULL;
    return take_option(arguments, given, attached, list, error);
}

static flx_status take_words(flx_arguments *arguments, word_list *list, flx_error *error)
{
    bool only_positional = false;
    while (list->next < list->count) {
        const char *word = list->words[list->next++];
        double value;
        bool is_option = !only_positional && word[0] == '-' && word[1];
        if (is_option && strcmp(word, "--") == 0)
            only_positional = true;
        else if (is_option &&
                 (word[1] == '-' || !flx_reads_as_number(word, &value) ||
                  flx_option_find(arguments->command, NULL, 0, word[1], NULL)))
            FLX_TRY(take_dashed(arguments, word, list, error));
        else
            arguments->positional[arguments->n_positional++] = word;
    }
    return FLX_OK;
}

static flx_status check_positional(const flx_arguments *arguments, flx_error *error)
{
    const flx_command *command = arguments->command;
    int count = arguments->n_positional, most = command->max_positional;
    if (count < command->min_positional)
        return flx_fail(
            error, FLX_BAD_INPUT, "'fluxion %s' needs more arguments: fluxion %s %.*s",
            command->name, command->name, first_line(command->usage), command->usage);
    if (most >= 0 && count > most)
        return flx_fail(error, FLX_BAD_INPUT,
                        "'fluxion %s' has no use for '%s': fluxion %s %.*s",
                        command->name, arguments->positional[most], command->name,
                        first_line(command->usage), command->usage);
    return FLX_OK;
}

static flx_status check_required(const flx_arguments *arguments, flx_error *error)
{
    const flx_command *command = arguments->command;
    for (const flx_option *option = command->options; option && option->name; option++)
        if (option->is_required && !flx_is_set(arguments, option->name))
            return flx_fail(error, FLX_BAD_INPUT,
                            "'fluxion %s' needs option '--%s': fluxion %s %.*s",
                            command->name, option->name, command->name,
                            first_line(command->usage), command->usage);
    return FLX_OK;
}

void flx_arguments_set_verbs(flx_arguments *arguments, const flx_command *const *verbs)
{
    arguments->verbs = verbs;
}

const flx_command *const *flx_verbs(const flx_arguments *arguments)
{
    return arguments->verbs;
}

static flx_status parse(flx_arguments *arguments, int count, char **words,
                        flx_error *error)
{
    word_list list = {count, 0, words};
    if (!FLX_NEW(arguments->given, count) || !FLX_NEW(arguments->positional, count))
        return flx_no_memory(error, "%d arguments", count);
    FLX_TRY(take_words(arguments, &list, error));
    FLX_TRY(check_positional(arguments, error));
    return check_required(arguments, error);
}

flx_status flx_arguments_parse(const flx_command *command, int count, char **words,
                               flx_arguments **out, flx_error *error)
{
    flx_arguments *arguments;
    *out = NULL;
    if (!FLX_NEW(arguments, 1))
        return flx_no_memory(error, "%d arguments", count);
    arguments->command = command;
    flx_status status = parse(arguments, count, words, error);
    if (status == FLX_OK)
        *out = arguments;
    else
        flx_arguments_destroy(arguments);
    return status;
}

void flx_arguments_destroy(flx_arguments *arguments)
{
    if (!arguments)
        return;
    free(arguments->positional);
    free(arguments->given);
    free(arguments);
}

bool flx_asks_for_help(int count, char **words)
{
    for (int i = 0; i < count && strcmp(words[i], "--") != 0; i++)
        if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0)
            return true;
    return false;
}

/* --- what the verbs ask --- */

int flx_positional_count(const flx_arguments *arguments)
{
    return arguments->n_positional;
}

const char *flx_positional(const flx_arguments *arguments, int index)
{
    return index >= 0 && index < arguments->n_positional ? arguments->positional[index]
                                                         : NULL;
}

/* The index-th time that an option is given; NULL: not so often. */
static const given_option *find_given(const flx_arguments *arguments, const char *name,
                                      int index)
{
    const flx_command *command = arguments->command;
    const flx_option *option = flx_option_find(command, name, strlen(name), 0, NULL);
    if (!option) {
        fprintf(stderr,
                "fluxion: bug: '%s' asks for an option '--%s' it does not declare\n",
                command->name, name);
        abort();
    }
    for (int i = 0; i < arguments->n_given; i++)
        if (arguments->given[i].option == option && index-- == 0)
            return &arguments->given[i];
    return NULL;
}

const char *flx_repeat(const flx_arguments *arguments, const char *name, int index)
{
    const given_option *given = find_given(arguments, name, index);
    return !given ? NULL : given->text ? given->text : "";
}

const char *flx_name_given(const flx_arguments *arguments, const char *name)
{
    const given_option *given = find_given(arguments, name, 0);
    return given ? given->name : name;
}

int flx_repeat_count(const flx_arguments *arguments, const char *name)
{
    int count = 0;
    while (flx_repeat(arguments, name, count))
        count++;
    return count;
}

bool flx_is_set(const flx_arguments *arguments, const char *name)
{
    return flx_repeat(arguments, name, 0) != NULL;
}

int64_t flx_integer(const flx_arguments *arguments, const char *name, int64_t fallback)
{
    const char *text = flx_repeat(arguments, name, 0);
    return text ? (int64_t)strtoll(text, NULL, 10) : fallback;
}

double flx_number(const flx_arguments *arguments, const char *name, double fallback)
{
    const char *text = flx_repeat(arguments, name, 0);
    return text ? strtod(text, NULL) : fallback;
}

const char *flx_text(const flx_arguments *arguments, const char *name,
                     const char *fallback)
{
    const char *text = flx_repeat(arguments, name, 0);
    return text ? text : fallback;
}

int flx_choice(const flx_arguments *arguments, const char *name)
{
    const given_option *given = find_given(arguments, name, 0);
    const flx_option *option =
        flx_option_find(arguments->command, name, strlen(name), 0, NULL);
    const char *word = given ? given->text : option->usual;
    return word ? flx_find_word(option->words, word) : -1;
}

int flx_threads(const flx_arguments *arguments)
{
    return (int)flx_integer(arguments, "threads", omp_get_max_threads());
}

uint64_t flx_seed(const flx_arguments *arguments)
{
    const char *text = flx_repeat(arguments, "seed", 0);
    return text ? (uint64_t)strtoull(text, NULL, 10) : 0;
}

const char *flx_backend_name(const flx_arguments *arguments)
{
    return flx_text(arguments, "backend", "auto");
}

bool flx_wants_json(const flx_arguments *arguments)
{
    return flx_is_set(arguments, "json");
}
