/* SPDX-License-Identifier: MIT
 * How somebody's CSV becomes our dataset: which column is what, which are left out,
 * how long tables are pivoted and files joined. Read from strict JSON
 * (formats/SCHEMA.md, "Import map"): unknown keys and contradictions are errors that
 * name file and line. */
#ifndef FLX_IMPORT_MAP_H
#define FLX_IMPORT_MAP_H

#include "formats/dataset.h"
#include "formats/json.h"
#include "formats/status.h"

#include <stdbool.h>

/* What happens to the CSV columns of one pattern. */
typedef struct {
    const char *pattern; /* COLUMN or FILE_STEM#COLUMN; one '*' stands for any text */
    int line;            /* of the map, for messages */
    bool is_ignored, is_optional;
    const char *name; /* of the dataset's column; '*' is the same text. NULL: not kept */
    const char *same_as; /* dataset column whose values these must be, or NULL */
    flx_column_role kind;
    const char *unit;     /* may be "" */
    double scale;         /* cells are multiplied by this */
    flx_text_list values; /* of a choice: a cell becomes its index; empty for numbers */
} flx_import_rule;

/* Lines whose column holds one of the texts ('*' as above) are kept. */
typedef struct {
    const char *column;
    flx_text_list texts;
} flx_import_filter;

typedef enum {
    FLX_HOUR,
    FLX_WEEKDAY,
    FLX_BUCKET,
    FLX_COUNT_BY,
    FLX_DIFFERENCE
} flx_import_how;

typedef struct {
    const char *name, *unit;
    flx_column_role kind;
    flx_import_how how;
    const char
        *from; /* CSV column, else dataset column made before; of count_by the `by` */
    const char *minus; /* CSV column that is subtracted, of a difference */
    double least;      /* smaller differences become this; -infinity for none */
    int n_edges;
    double
        *edges; /* (n_edges) ascending; bucket i holds edges[i-1] < value <= edges[i] */
    int line;
} flx_import_derivation;

/* A long table: one CSV line per service and row. */
typedef struct {
    bool is_used;
    flx_text_list row;   /* columns that together identify the row */
    const char *service; /* column with the service */
    int n_renamed;
    const char *(*renamed)[2]; /* (n_renamed) from, to */
    int n_values;
    flx_import_rule
        *values; /* (n_values) pattern: CSV column; name: what follows the ':' */
} flx_import_pivot;

typedef struct {
    flx_json_source *source; /* what all texts are borrowed from */
    const char *system, *origin;
    flx_text_list header; /* names of the columns of files without a header line */
    int n_rules;
    flx_import_rule *rules;  /* in the order of the map, ignored ones last */
    flx_text_list ignored;   /* their patterns */
    const char *time;        /* column, or NULL */
    int group_lines;         /* rows a group, or 0 */
    flx_text_list group;     /* columns that together identify the group */
    const char *step_column; /* or NULL: */
    int step;                /* of all rows, or -1 */
    flx_text_list missing;   /* texts of missing cells */
    int n_filters;
    flx_import_filter *filters;
    flx_import_pivot pivot;
    bool is_joined; /* several files stand side by side, else below each other */
    int n_derivations;
    flx_import_derivation *derivations;
} flx_import_map;

flx_status flx_import_map_read(const char *path, flx_import_map **out, flx_error *error);
/* `place` names the text in error messages. */
flx_status flx_import_map_parse(const char *text, const char *place, flx_import_map **out,
                                flx_error *error);
void flx_import_map_destroy(flx_import_map *map); /* NULL is fine */

/* Whether a text is of a pattern with at most one '*'; *star and *length (may be NULL)
 * are the part of `text` that the '*' stands for. */
bool flx_pattern_fits(const char *pattern, const char *text, const char **star,
                      size_t *length);
#endif
