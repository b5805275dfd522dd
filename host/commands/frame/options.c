/* SPDX-License-Identifier: MIT
 * Values are checked against type and range while parsing, for all verbs alike. */
#include "host/commands/frame/options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const flx_option flx_everywhere_options[] = {
    OPT_INTEGER("threads", "N", 1, 1024, "CPU threads (default: all cores)"),
    OPT_CHOICE("backend", "NAME", "auto|cpu|cuda", "where to compute", .usual = "auto"),
    {.name = "seed",
     .type = FLX_SEED,
     .argument = "S",
     .help = "seed of all random numbers (default: 0)"},
    OPT_FLAG("json", "one JSON document on standard output"),
    OPT_FLAG("help", "this text", .letter = 'h'),
    {0}};

static bool is_name(const char *known, const char *name, size_t length)
{
    return known && name && strlen(known) == length && strncmp(known, name, length) == 0;
}

static const flx_option *find_in(const flx_option *options, const char *name,
                                 size_t length, char letter, const char **given)
{
    for (const flx_option *option = options; option && option->name; option++) {
        bool by_alias = is_name(option->alias, name, length);
        if (by_alias || is_name(option->name, name, length) ||
            (letter && option->letter == letter)) {
            if (given)
                *given = by_alias ? option->alias : option->name;
            return option;
        }
    }
    return NULL;
}

const flx_option *flx_option_find(const flx_command *command, const char *name,
                                  size_t length, char letter, const char **given)
{
    const flx_option *own = find_in(command->options, name, length, letter, given);
    return own ? own : find_in(flx_everywhere_options, name, length, letter, given);
}

int flx_find_word(const char *words, const char *text)
{
    size_t length = strlen(text);
    for (int i = 0; *words; i++) {
        size_t word = strcspn(words, "|");
        if (word == length && strncmp(words, text, length) == 0)
            return i;
        words += word + (words[word] == '|');
    }
    return -1;
}

void flx_list_words(const char *words, char *text, size_t size)
{
    size_t used = 0;
    for (const char *gap = ""; *words && used < size;) {
        int word = (int)strcspn(words, "|");
        used += (size_t)snprintf(text + used, size - used, "%s%.*s", gap, word, words);
        words += word + (words[word] == '|');
        gap = strchr(words, '|') ? ", " : " or ";
    }
}

bool flx_reads_as_number(const char *text, double *value)
{
    /* strtod also takes blanks, hexadecimal, "inf" and "nan": not numbers here. */
    if (!*text || text[strspn(text, "0123456789+-.eE")])
        return false;
    char *end;
    *value = strtod(text, &end);
    return *end == '\0' && end != text && isfinite(*value);
}

static bool reads_as_integer(const char *text, double *value)
{
    const char *digits = text + (*text == '-' || *text == '+');
    if (!*digits || digits[strspn(digits, "0123456789")])
        return false;
    errno = 0;
    *value = (double)strtoll(text, NULL, 10);
    return errno == 0;
}

static bool reads_as_seed(const char *text)
{
    if (text[strspn(text, "0123456789")])
        return false;
    errno = 0;
    strtoull(text, NULL, 10);
    return errno == 0;
}

static bool is_valid(const flx_option *option, const char *text)
{
    double value = 0;
    if (option->type == FLX_TEXT)
        return true;
    if (option->type == FLX_SEED)
        return reads_as_seed(text);
    if (option->type == FLX_CHOICE)
        return flx_find_word(option->words, text) >= 0;
    if (!(option->type == FLX_INTEGER ? reads_as_integer : flx_reads_as_number)(text,
                                                                                &value))
        return false;
    if (option->min == 0 && option->max == 0)
        return true;
    return value >= option->min && (value <= option->max || option->max < option->min);
}

/* "a number from 0 to 1", "cpu or cuda". */
static void write_need(const flx_option *option, char *text, size_t size)
{
    const char *what = option->type == FLX_NUMBER ? "a number" : "an integer";
    if (option->type == FLX_CHOICE)
        flx_list_words(option->words, text, size);
    else if (option->type == FLX_SEED)
        snprintf(text, size, "%s from 0 to %llu", what, (unsigned long long)UINT64_MAX);
    else if (option->min == 0 && option->max == 0)
        snprintf(text, size, "%s", what);
    else if (option->max < option->min)
        snprintf(text, size, "%s of at least %.15g", what, option->min);
    else
        snprintf(text, size, "%s from %.15g to %.15g", what, option->min, option->max);
}

flx_status flx_option_check(const char *verb, const char *name, const flx_option *option,
                            const char *text, flx_error *error)
{
    char need[256];
    if (!*text)
        return flx_fail(error, FLX_BAD_INPUT,
                        "'fluxion %s': the value of option '--%s' is empty", verb, name);
    if (is_valid(option, text))
        return FLX_OK;
    write_need(option, need, sizeof need);
    return flx_fail(error, FLX_BAD_INPUT,
                    "'fluxion %s': option '--%s' needs %s, not '%s'", verb, name, need,
                    text);
}
