/* SPDX-License-Identifier: MIT
 * One verb of the command line: a name, its options, and a function. A new verb is one
 * new file and one line in main.c. */
#ifndef FLX_COMMAND_H
#define FLX_COMMAND_H

#include "formats/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    FLX_FLAG,
    FLX_INTEGER,
    FLX_NUMBER,
    FLX_TEXT,
    FLX_CHOICE,
    FLX_SEED /* 64 bits, no sign */
} flx_option_type;

typedef struct {
    const char *name; /* without the leading "--" */
    flx_option_type type;
    const char *argument; /* word for the value in the help text; NULL for a flag */
    double min, max;      /* of FLX_INTEGER and FLX_NUMBER; both 0 = any, max < min = no
                             upper bound */
    const char *words;    /* of FLX_CHOICE: "cpu|cuda" */
    const char
        *usual;       /* of FLX_CHOICE: the word where the option is not given, or NULL */
    const char *help; /* a line or two; that it is required, the words of a choice and
                         the alias are added. NULL: understood, but not shown */
    const char *alias; /* another name that is understood, or NULL */
    char letter;       /* short form, or 0 */
    bool is_required, is_repeatable;
} flx_option;

/* Rows of a table of options; designated fields may follow the help:
 *     OPT_TEXT("data", "TEST.h5", "table to test on", .is_required = true),
 * The table ends with {0}. */
#define OPT_FLAG(n, ...)                                                                 \
    {                                                                                    \
        .name = n, .type = FLX_FLAG, .help = __VA_ARGS__                                 \
    }
#define OPT_INTEGER(n, a, from, to, ...)                                                 \
    {                                                                                    \
        .name = n, .type = FLX_INTEGER, .argument = a, .min = from, .max = to,           \
        .help = __VA_ARGS__                                                              \
    }
#define OPT_NUMBER(n, a, from, to, ...)                                                  \
    {                                                                                    \
        .name = n, .type = FLX_NUMBER, .argument = a, .min = from, .max = to,            \
        .help = __VA_ARGS__                                                              \
    }
#define OPT_TEXT(n, a, ...)                                                              \
    {                                                                                    \
        .name = n, .type = FLX_TEXT, .argument = a, .help = __VA_ARGS__                  \
    }
#define OPT_CHOICE(n, a, w, ...)                                                         \
    {                                                                                    \
        .name = n, .type = FLX_CHOICE, .argument = a, .words = w, .help = __VA_ARGS__    \
    }

typedef struct flx_arguments flx_arguments;

typedef struct flx_command {
    const char *name, *summary; /* summary: one line for `fluxion help` */
    const char *alias;          /* another name that is understood, or NULL */
    const char *usage;          /* what follows the verb, e.g. "MODEL/ --data TEST.h5";
                                   several forms, a line each */
    const char *details;        /* paragraphs of the help text, or NULL */
    const flx_option *options;  /* NULL: none; --threads, --backend, --seed, --json and
                                   --help are understood everywhere */
    int min_positional, max_positional; /* max < 0 = any number */
    flx_status (*run)(const flx_arguments *arguments, flx_error *error);
} flx_command;

/* Parsed values. Names are those of the command's options, not their aliases; asking for
 * another is a bug and aborts. What is required is there; ranges, words and types were
 * checked while parsing. */
int flx_positional_count(const flx_arguments *arguments);
const char *flx_positional(const flx_arguments *arguments, int index);
bool flx_is_set(const flx_arguments *arguments, const char *name);
int64_t flx_integer(const flx_arguments *arguments, const char *name, int64_t fallback);
double flx_number(const flx_arguments *arguments, const char *name, double fallback);
const char *flx_text(const flx_arguments *arguments, const char *name,
                     const char *fallback);
/* The number of the word given, or else of the usual word, from 0 in the order of
 * flx_option.words; -1: there is neither. */
int flx_choice(const flx_arguments *arguments, const char *name);
int flx_repeat_count(const flx_arguments *arguments, const char *name);
const char *flx_repeat(const flx_arguments *arguments, const char *name, int index);

/* The name by which the user gave the option, for messages; `name` where it is not given.
 */
const char *flx_name_given(const flx_arguments *arguments, const char *name);

/* The verbs of the program; ends with NULL. */
const flx_command *const *flx_verbs(const flx_arguments *arguments);

/* Understood by every verb. */
int flx_threads(const flx_arguments *arguments);   /* --threads, else all cores */
uint64_t flx_seed(const flx_arguments *arguments); /* --seed, else 0 */
const char *flx_backend_name(const flx_arguments *arguments); /* auto | cpu | cuda */
bool flx_wants_json(const flx_arguments *arguments);
#endif
