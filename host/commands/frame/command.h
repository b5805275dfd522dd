/* SPDX-License-Identifier: MIT
 * One verb of the command line: a name, its options, and a function. A new verb is one
 * new file and one line in main.c. */
#ifndef FLX_COMMAND_H
#define FLX_COMMAND_H

#include "formats/status.h"
#include "formats/progress.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum { FLX_FLAG, FLX_INTEGER, FLX_NUMBER, FLX_TEXT } flx_option_type;

typedef struct {
    const char *name; /* without the leading "--" */
    char letter;      /* short form, or 0 */
    flx_option_type type;
    bool is_repeatable;
    double min, max;      /* of FLX_INTEGER and FLX_NUMBER; both 0 = any, max < min = no
                             upper bound */
    const char *argument; /* word for the value in the help text; NULL for a flag */
    const char *help;     /* one line */
} flx_option;

typedef struct flx_arguments flx_arguments;

typedef struct flx_command {
    const char *name, *summary; /* summary: one line for `fluxion help` */
    const char *usage;          /* what follows the verb, e.g. "MODEL/ --data TEST.h5" */
    const char *details;        /* paragraphs of the help text, or NULL */
    const flx_option *options;  /* ends with .name == NULL; --threads, --backend, --seed,
                                   --json and --help are understood everywhere */
    int min_positional, max_positional; /* max < 0 = any number */
    flx_status (*run)(const flx_arguments *arguments, flx_error *error);
} flx_command;

/* Parsed values. Names are those of the command's options; asking for another is a bug
 * and aborts. Ranges and types were checked while parsing. */
int flx_positional_count(const flx_arguments *arguments);
const char *flx_positional(const flx_arguments *arguments, int index);
bool flx_is_set(const flx_arguments *arguments, const char *name);
int64_t flx_integer(const flx_arguments *arguments, const char *name, int64_t fallback);
double flx_number(const flx_arguments *arguments, const char *name, double fallback);
const char *flx_text(const flx_arguments *arguments, const char *name,
                     const char *fallback);
int flx_repeat_count(const flx_arguments *arguments, const char *name);
const char *flx_repeat(const flx_arguments *arguments, const char *name, int index);

/* The value of an option that must be given: FLX_BAD_INPUT says so and shows the usage.
 */
flx_status flx_required_text(const flx_arguments *arguments, const char *name,
                             const char **value, flx_error *error);

/* The verbs of the program; ends with NULL. */
const flx_command *const *flx_verbs(const flx_arguments *arguments);

/* Understood by every verb. */
int flx_threads(const flx_arguments *arguments);   /* --threads, else all cores */
uint64_t flx_seed(const flx_arguments *arguments); /* --seed, else 0 */
const char *flx_backend_name(const flx_arguments *arguments); /* auto | cpu | cuda */
bool flx_wants_json(const flx_arguments *arguments);

/* A progress bar on stderr, drawn only where stderr is a terminal; `label` is borrowed.
 */
typedef struct {
    const char *label;
    double started, drawn;
    bool is_terminal;
} flx_bar;
flx_progress flx_bar_start(flx_bar *bar, const char *label);
void flx_bar_finish(flx_bar *bar);

/* A readable table on stdout: cells are right-aligned numbers or left-aligned text. */
typedef struct flx_table flx_table;
flx_table *flx_table_create(int columns, const char *const *titles,
                            const char *alignment);
/* alignment: one 'l' or 'r' a column. Cells are copied; NULL stays empty. */
void flx_table_row(flx_table *table, const char *const *cells);
void flx_table_print(const flx_table *table);
void flx_table_destroy(flx_table *table);

/* Prints one JSON document to stdout and releases it. Takes a json_t * (jansson). */
struct json_t;
flx_status flx_print_json(struct json_t *document, flx_error *error);
#endif
