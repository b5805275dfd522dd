/* SPDX-License-Identifier: MIT
 * Values are checked against type and range while parsing, for all verbs alike. */
#include "host/commands/frame/options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const flx_option flx_everywhere_options[] = {
    {"threads", 0, FLX_INTEGER, false, 1, 1024, "N", "CPU threads (default: all cores)"},
    {"backend", 0, FLX_TEXT, false, 0, 0, "NAME", "auto, cpu or cuda (default: auto)"},
    {"seed", 0, FLX_TEXT, false, 0, 0, "S", "seed of all random numbers (default: 0)"},
    {"json", 0, FLX_FLAG, false, 0, 0, NULL, "one JSON document on standard output"},
    {"help", 'h', FLX_FLAG, false, 0, 0, NULL, "this text"},
    {NULL, 0, FLX_FLAG, false, 0, 0, NULL, NULL},
};

static const char *const backend_names[] = {"auto", "cpu", "cuda"};

static const flx_option *find_in(const flx_option *options, const char *name,
                                 size_t length, char letter)
{
    for (const flx_option *option = options; option && option->name; option++) {
        bool same_name = name && strlen(option->name) == length &&
                         strncmp(option->name, name, length) == 0;
        if (same_name || (letter && option->letter == letter))
            return option;
    }
    return NULL;
}

const flx_option *flx_option_find(const flx_command *command, const char *name,
                                  size_t length, char letter)
{
    const flx_option *own = find_in(command->options, name, length, letter);
    return own ? own : find_in(flx_everywhere_options, name, length, letter);
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
    if (!*text || text[strspn(text, "0123456789")])
        return false;
    errno = 0;
    strtoull(text, NULL, 10);
    return errno == 0;
}

static flx_status fail_value(const flx_command *command, const flx_option *option,
                             const char *text, flx_error *error)
{
    const char *what = option->type == FLX_INTEGER ? "an integer" : "a number";
    char range[64] = "";
    bool any = option->min == 0 && option->max == 0;
    if (!any && option->max >= option->min)
        snprintf(range, sizeof range, " from %.15g to %.15g", option->min, option->max);
    else if (!any)
        snprintf(range, sizeof range, " of at least %.15g", option->min);
    return flx_fail(error, FLX_BAD_INPUT,
                    "'fluxion %s': option '--%s' needs %s%s, not '%s'", command->name,
                    option->name, what, range, text);
}

static flx_status check_number(const flx_command *command, const flx_option *option,
                               const char *text, flx_error *error)
{
    double value = 0;
    bool is_read = option->type == FLX_INTEGER ? reads_as_integer(text, &value)
                                               : flx_reads_as_number(text, &value);
    bool any = option->min == 0 && option->max == 0;
    bool too_large = option->max >= option->min && value > option->max;
    if (!is_read || (!any && (value < option->min || too_large)))
        return fail_value(command, option, text, error);
    return FLX_OK;
}

static flx_status check_backend(const flx_command *command, const char *text,
                                flx_error *error)
{
    for (size_t i = 0; i < sizeof backend_names / sizeof *backend_names; i++)
        if (strcmp(text, backend_names[i]) == 0)
            return FLX_OK;
    return flx_fail(error, FLX_BAD_INPUT,
                    "'fluxion %s': option '--backend' needs auto, cpu or cuda, not '%s'",
                    command->name, text);
}

flx_status flx_option_check(const flx_command *command, const flx_option *option,
                            const char *text, flx_error *error)
{
    if (!*text)
        return flx_fail(error, FLX_BAD_INPUT,
                        "'fluxion %s': the value of option '--%s' is empty",
                        command->name, option->name);
    if (option->type != FLX_TEXT)
        return check_number(command, option, text, error);
    if (option == find_in(flx_everywhere_options, "backend", 7, 0))
        return check_backend(command, text, error);
    if (option == find_in(flx_everywhere_options, "seed", 4, 0) && !reads_as_seed(text))
        return flx_fail(error, FLX_BAD_INPUT,
                        "'fluxion %s': option '--seed' needs an integer from 0 to "
                        "18446744073709551615, not '%s'",
                        command->name, text);
    return FLX_OK;
}
