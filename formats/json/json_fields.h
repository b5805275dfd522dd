/* SPDX-License-Identifier: MIT
 * The keys of one kind of JSON object as a table, a row a key: a struct is read and
 * written by the same rows. What a row cannot say has functions of its own.
 *
 *     static const flx_json_field rows[] = {
 *         {"name", FLX_JSON_NAME, FLX_JSON_AT(flx_service, name), .is_required = true},
 *         {"knobs", FLX_JSON_LIST, FLX_JSON_LIST_AT(flx_service, knobs, n_knobs),
 *          .max = 1000, .items = &flx_knob_schema, .read_item = finish_knob},
 *         {"calls", FLX_JSON_PART, .write = describe_calls},
 *         {.key = NULL}};
 *     static const flx_service defaults = {.replicas = 1};
 *     static const flx_json_schema schema = {"a service", rows, &defaults,
 *                                            sizeof defaults}; */
#ifndef FLX_JSON_FIELDS_H
#define FLX_JSON_FIELDS_H

#include "formats/json/json_source.h"

#include <stddef.h>

typedef enum {
    FLX_JSON_PART,       /* by read and write; without read the key is only known */
    FLX_JSON_TEXT,       /* const char *, borrowed from the source; NULL is not written */
    FLX_JSON_COPY,       /* char *, a copy; "" where the key is absent */
    FLX_JSON_NAME,       /* char *, a copy; not empty, on one line */
    FLX_JSON_PLAIN_NAME, /* the same without ':' */
    FLX_JSON_NUMBER,     /* double */
    FLX_JSON_INTEGER,    /* int, min to max */
    FLX_JSON_BOOLEAN,    /* bool */
    FLX_JSON_WORD,       /* index into words: an int, an enumeration, or a bool */
    FLX_JSON_TEXTS,      /* flx_text_list, not written */
    FLX_JSON_OBJECT,     /* a struct, by the schema `items`, then by read; not written */
    FLX_JSON_LIST        /* array of min to max items; objects where `items` is given */
} flx_json_type;

/* What is being written: a record, and what flx_json_describe was given. */
typedef struct {
    const void *record, *context;
} flx_json_written;

typedef struct flx_json_schema flx_json_schema;

typedef struct {
    const char *key;
    flx_json_type type;
    size_t offset, size; /* of the member; size 0: it is checked and not kept */
    size_t count;        /* of a list: offset of the number of its items, an int */
    bool is_required;
    int min, max;
    const char *const *words;     /* ends with NULL */
    const char *what;             /* whose name it is, where not that of the schema */
    const flx_json_schema *items; /* of an object, of a list of objects */
    flx_status (*read)(const flx_json_source *source, const json_t *object, void *record,
                       flx_error *error);
    /* An item of a list, already counted in the record and, where `items` is given, read
     * but for what its rows cannot say. */
    flx_status (*read_item)(const flx_json_list *list, void *record, void *item,
                            flx_error *error);
    /* Of a list: one item. NULL when out of memory; json_null() where the key, or
     * the item, is not to be written. */
    json_t *(*write)(const flx_json_written *what);
} flx_json_field;

#define FLX_JSON_AT(type, member)                                                        \
    .offset = offsetof(type, member), .size = sizeof(((type *)NULL)->member)
#define FLX_JSON_LIST_AT(type, member, n_members)                                        \
    .offset = offsetof(type, member), .size = sizeof(*((type *)NULL)->member),           \
    .count = offsetof(type, n_members)

struct flx_json_schema {
    const char *what;           /* a word for such an object: "a knob" */
    const flx_json_field *rows; /* ends with a key NULL */
    const void *defaults;       /* a record to begin with, or NULL: as it is */
    size_t size;                /* of the defaults */
};

/* One value of type TEXT, NUMBER, INTEGER, BOOLEAN or WORD (its index, an int) into *out,
 * or an OBJECT or LIST as json_t *, by key, is_required, min, max and words. */
flx_status flx_json_get(const flx_json_source *source, const json_t *object,
                        const flx_json_field *field, void *out, flx_error *error);

/* `object` is one and has no other keys; its values go into `record`, row by row. A
 * member whose optional key is absent keeps what it held, but for FLX_JSON_COPY. */
flx_status flx_json_read_fields(const flx_json_source *source, const json_t *object,
                                const flx_json_schema *schema, void *record,
                                flx_error *error);

/* The object of a record, its keys in the order of the rows; NULL when out of memory. */
json_t *flx_json_describe(const flx_json_schema *schema, const void *record,
                          const void *context);

/* Appends to a list and takes over `item`. Where memory is out, and where `item` is
 * NULL, *list is released and NULL from then on. */
void flx_json_append(json_t **list, json_t *item);

/* Whole numbers as integers: 64, not 64.0. */
json_t *flx_json_number(double value);
#endif
