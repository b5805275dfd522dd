/* SPDX-License-Identifier: MIT
 * What a verb reports: one document, printed as JSON or as text for readers. Text is made
 * from the document by templates, in which {key} stands for a value of it:
 *
 *     "{target}: {graph.mae:.5g} {unit}"
 *
 * a.b is key b of the object a. After a colon stands how the value is written: a number
 * as by printf ({mae:.4g}), a share in percent ({coverage:.1%}), a string cut off
 * ({digest:.12s}), the words for true and false ({ok:passed|FAILED}), seconds as a date
 * in UTC ({created:date}). An array is its values with commas between; null, and what is
 * not there, is "-", or nothing where the key is written {?unit}, and the same with a
 * blank before the value in { unit}. */
#ifndef FLX_REPORT_H
#define FLX_REPORT_H

#include "formats/status.h"
#include "host/commands/frame/command.h"

#include <jansson.h>
#include <stdio.h>

/* Prints the document to standard output as JSON, where the arguments want that, else by
 * `print_text`, which sees the keys of `of_text` as well (NULL: none) and may add others.
 * Releases both. FLX_NUMERIC where the document is NULL: it could not be made. */
flx_status flx_report(const flx_arguments *arguments, json_t *document, json_t *of_text,
                      void (*print_text)(json_t *document), flx_error *error);

/* Always as JSON. */
flx_status flx_print_json(json_t *document, flx_error *error);

/* A real, or null for a number that is not finite, which JSON does not have. */
json_t *flx_json_real(double value);

/* The value of a dotted key; NULL: not there. */
json_t *flx_json_find(const json_t *document, const char *key);

/* A line of text on standard output. */
void flx_print_line(const json_t *document, const char *format);

/* Only where the value of `key` is there and is not null, false, 0 or empty. */
void flx_print_line_if(const json_t *document, const char *key, const char *format);

typedef struct {
    const char *title, *cell; /* cell: a template for the row's object */
} flx_table_column;

/* A table of an array of objects, one a line; `columns` ends with {0}. A column of
 * numbers stands to the right. */
void flx_print_table(const json_t *rows, const flx_table_column *columns);

/* A filled template as a JSON string. */
json_t *flx_json_filled(const json_t *document, const char *format);

/* Fills in a template. Control characters in a value are written as '?'. */
void flx_write_filled(const json_t *document, const char *format, FILE *out);
#endif
