/* SPDX-License-Identifier: MIT
 * Structs read and written by one table of rows. */
#include "formats/json/json_fields.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

typedef enum { RED, GREEN } colour;
typedef struct {
    char *name;
    double size;
} part;
typedef struct {
    const char *title;
    char *name, *unit;
    double weight;
    int count, n_parts;
    bool is_new, is_large;
    colour shade;
    part *parts;
} thing;

static const char *const colours[] = {"red", "green", NULL};
static const char *const sizes[] = {"small", "large", NULL};

static flx_status check_part(const flx_json_list *list, void *record, void *item,
                             flx_error *error)
{
    const part *read = item;
    const thing *owner = record;
    if (read->size <= owner->weight)
        return FLX_OK;
    return flx_json_fail(list->source, flx_json_list_line(list), error,
                         "part %s is too large", read->name);
}

static const flx_json_field part_rows[] = {
    {"name", FLX_JSON_PLAIN_NAME, FLX_JSON_AT(part, name), .is_required = true},
    {"size", FLX_JSON_NUMBER, FLX_JSON_AT(part, size)},
    {.key = NULL}};
static const part part_defaults = {.size = 0.5};
static const flx_json_schema part_schema = {"a part", part_rows, &part_defaults,
                                            sizeof part_defaults};

static json_t *describe_part(const flx_json_written *what)
{
    return flx_json_describe(&part_schema, what->record, what->context);
}

static const flx_json_field rows[] = {
    {"name", FLX_JSON_NAME, FLX_JSON_AT(thing, name), .is_required = true},
    {"title", FLX_JSON_TEXT, FLX_JSON_AT(thing, title)},
    {"unit", FLX_JSON_COPY, FLX_JSON_AT(thing, unit)},
    {"weight", FLX_JSON_NUMBER, FLX_JSON_AT(thing, weight)},
    {"count", FLX_JSON_INTEGER, FLX_JSON_AT(thing, count), .min = 1, .max = 9},
    {"new", FLX_JSON_BOOLEAN, FLX_JSON_AT(thing, is_new)},
    {"size", FLX_JSON_WORD, FLX_JSON_AT(thing, is_large), .words = sizes},
    {"colour", FLX_JSON_WORD, FLX_JSON_AT(thing, shade), .words = colours},
    {"parts", FLX_JSON_LIST, FLX_JSON_LIST_AT(thing, parts, n_parts), .max = 2,
     .items = &part_schema, .read_item = check_part, .write = describe_part},
    {"comment", .type = FLX_JSON_TEXT},
    {.key = NULL}};
static const thing defaults = {.weight = 1, .shade = GREEN};
static const flx_json_schema schema = {"a thing", rows, &defaults, sizeof defaults};

static flx_status read_thing(const char *text, flx_json_source **source, thing *out,
                             flx_error *error)
{
    *out = (thing){0};
    *error = (flx_error){0};
    FLX_TRY(flx_json_source_parse(text, strlen(text), "T", source, error));
    return flx_json_read_fields(*source, flx_json_root(*source), &schema, out, error);
}

static void release(flx_json_source *source, thing *t)
{
    for (int i = 0; i < t->n_parts; i++)
        free(t->parts[i].name);
    free(t->parts);
    free(t->name);
    free(t->unit);
    flx_json_source_destroy(source);
}

static void a_struct_is_written_as_it_was_read(void)
{
    static const char text[] =
        "{\"name\": \"a:b\", \"title\": \"t\", \"unit\": \"MB\", \"weight\": 2.5, "
        "\"count\": 3, \"new\": true, \"size\": \"large\", \"colour\": \"red\", "
        "\"parts\": [{\"name\": \"p\", \"size\": 2}, {\"name\": \"q\", \"size\": 0.5}]}";
    flx_json_source *source;
    thing t;
    flx_error error;
    assert_int(read_thing(text, &source, &t, &error), FLX_OK);
    assert_text(t.name, "a:b");
    assert_true(t.is_new && t.is_large && t.shade == RED);
    assert_int(t.n_parts, 2);
    assert_close(t.parts[1].size, 0.5, 0, 0);
    json_t *object = flx_json_describe(&schema, &t, NULL);
    char *again = json_dumps(object, JSON_REAL_PRECISION(15));
    assert_text(again, text);
    free(again);
    json_decref(object);
    release(source, &t);
}

static void absent_keys_take_the_defaults(void)
{
    flx_json_source *source;
    thing t;
    flx_error error;
    assert_int(read_thing("{\"name\": \"a\", \"parts\": [{\"name\": \"p\"}]}", &source,
                          &t, &error),
               FLX_OK);
    assert_close(t.weight, 1, 0, 0);
    assert_int(t.shade, GREEN);
    assert_text(t.unit, "");
    assert_true(t.title == NULL && !t.is_large);
    assert_close(t.parts[0].size, 0.5, 0, 0);
    release(source, &t);
}

static void what_the_rows_do_not_allow_is_refused(void)
{
    static const char *const wrong[][2] = {
        {"{\"name\": \"a\",\n\"nom\": 1}",
         "T line 2: unknown key \"nom\" in a thing: expected name, title, unit, weight, "
         "count, new, size, colour, parts or comment"},
        {"{}", "T line 1: the key \"name\" is missing"},
        {"{\"name\": \"\"}", "T line 1: a thing has an empty name"},
        {"{\"name\": \"a\",\n\"count\": 10}",
         "T line 2: \"count\" is 10, it must be between 1 and 9"},
        {"{\"name\": \"a\",\n\"colour\": \"blue\"}",
         "T line 2: \"colour\" is \"blue\", it must be red or green"},
        {"{\"name\": \"a\",\n\"comment\": 1}",
         "T line 2: \"comment\" must be a text, not an integer"},
        {"{\"name\": \"a\", \"parts\": [\n7]}", "T line 2: a part must be an object"},
        {"{\"name\": \"a\", \"parts\": [\n{\"name\": \"p:q\"}]}",
         "T line 2: a part is named \"p:q\": ':' cannot be part of its name"},
        {"{\"name\": \"a\", \"parts\": [{\"name\": \"p\"},\n{\"name\": \"q\", \"size\": "
         "2}]}",
         "T line 2: part q is too large"},
        {"{\"name\": \"a\",\n\"parts\": [1, 2, 3]}",
         "T line 2: \"parts\" holds 3 entries, at most 2 are possible"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        flx_json_source *source;
        thing t;
        flx_error error;
        assert_int(read_thing(wrong[i][0], &source, &t, &error), FLX_BAD_INPUT);
        assert_text(error.message, wrong[i][1]);
        release(source, &t);
    }
}

CU_TestInfo json_fields_tests[] = {
    {"a struct is written as it was read", a_struct_is_written_as_it_was_read},
    {"absent keys take the defaults", absent_keys_take_the_defaults},
    {"what the rows do not allow is refused", what_the_rows_do_not_allow_is_refused},
    CU_TEST_INFO_NULL,
};
