/* SPDX-License-Identifier: MIT
 * The keys of an import map about rows and the layout of the table (see
 * import_layout.h). */
#include "formats/import/import_layout.h"

#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- Groups, steps, filters --- */

static const flx_json_field group_rows[] = {
    {"lines", FLX_JSON_INTEGER, FLX_JSON_AT(flx_import_map, group_lines), .min = 1,
     .max = 1 << 30},
    {"column", FLX_JSON_TEXTS, FLX_JSON_AT(flx_import_map, group)},
    {.key = NULL}};
const flx_json_schema flx_import_group_schema = {"a group", group_rows, NULL, 0};

flx_status flx_import_finish_group(const flx_json_source *source, const json_t *object,
                                   void *map, flx_error *error)
{
    (void)map;
    if (json_object_size(object) == 1)
        return FLX_OK;
    return flx_json_fail(source, flx_json_line(source, object), error,
                         "\"group\" needs one of \"lines\" and \"column\"");
}

static const flx_json_field step_rows[] = {{"column", FLX_JSON_TEXT,
                                            FLX_JSON_AT(flx_import_map, step_column),
                                            .is_required = true},
                                           {.key = NULL}};
static const flx_json_schema step_schema = {"a step", step_rows, NULL, 0};

/* A number for all rows, or {"column": NAME}. */
flx_status flx_import_read_step(const flx_json_source *source, const json_t *root,
                                void *record, flx_error *error)
{
    flx_import_map *map = record;
    const json_t *step = json_object_get(root, "step");
    if (json_is_object(step))
        return flx_json_read_fields(source, step, &step_schema, map, error);
    return flx_json_get_integer(source, root, "step", false, 0, 1 << 30, &map->step,
                                error);
}

flx_status flx_import_read_filters(const flx_json_source *source, const json_t *root,
                                   void *record, flx_error *error)
{
    flx_import_map *map = record;
    json_t *where = NULL, *ignored;
    const char *column;
    FLX_TRY(flx_json_get_object(source, root, "where", false, &where, error));
    if (!FLX_NEW(map->filters, json_object_size(where)))
        return flx_no_memory(error, "an import map");
    json_object_foreach(where, column, ignored) {
        flx_import_filter *filter = &map->filters[map->n_filters++];
        filter->column = column;
        FLX_TRY(flx_json_get_texts(source, where, column, true, &filter->texts, error));
    }
    return FLX_OK;
}

/* --- Long tables --- */

static flx_status read_renamed(const flx_json_source *source, const json_t *object,
                               void *record, flx_error *error)
{
    flx_import_pivot *pivot = record;
    json_t *rename = NULL, *to;
    const char *from;
    FLX_TRY(flx_json_get_object(source, object, "rename", false, &rename, error));
    if (!rename)
        return FLX_OK;
    if (!FLX_NEW(pivot->renamed, json_object_size(rename)))
        return flx_no_memory(error, "an import map");
    json_object_foreach(rename, from, to) {
        const char **pair = pivot->renamed[pivot->n_renamed++];
        pair[0] = from;
        FLX_TRY(flx_json_get_text(source, rename, from, true, &pair[1], error));
        if (!*pair[1])
            return flx_json_fail(source, flx_json_key_line(source, rename, from), error,
                                 "\"%s\" is renamed to nothing", from);
    }
    return FLX_OK;
}

static const flx_json_field value_rows[] = {
    {"name", FLX_JSON_TEXT, FLX_JSON_AT(flx_import_rule, name), .is_required = true},
    {"unit", FLX_JSON_TEXT, FLX_JSON_AT(flx_import_rule, unit)},
    {"scale", FLX_JSON_NUMBER, FLX_JSON_AT(flx_import_rule, scale)},
    {.key = NULL}};
static const flx_json_schema value_schema = {"a pivoted column", value_rows, NULL, 0};

/* "CSV COLUMN": "NAME", or an object with name, unit and scale. */
static flx_status read_value(const flx_json_source *source, const json_t *object,
                             const char *column, flx_import_rule *value, flx_error *error)
{
    const json_t *node = json_object_get(object, column);
    value->pattern = column;
    value->line = flx_json_key_line(source, object, column);
    value->unit = "";
    value->scale = 1.0;
    if (json_is_string(node))
        value->name = json_string_value(node);
    else
        FLX_TRY(flx_json_read_fields(source, node, &value_schema, value, error));
    if (!*value->name || strchr(value->name, ':') || value->scale == 0.0)
        return flx_json_fail(source, value->line, error,
                             "\"%s\" needs a name without ':' and a scale that is not 0",
                             column);
    return FLX_OK;
}

static const flx_json_field pivot_rows[] = {
    {"row", FLX_JSON_TEXTS, FLX_JSON_AT(flx_import_pivot, row), .is_required = true},
    {"service", FLX_JSON_TEXT, FLX_JSON_AT(flx_import_pivot, service),
     .is_required = true},
    {"rename", FLX_JSON_PART, .read = read_renamed},
    {"knobs", .type = FLX_JSON_PART},
    {"states", .type = FLX_JSON_PART},
    {"metrics", .type = FLX_JSON_PART},
    {.key = NULL}};
const flx_json_schema flx_import_pivot_schema = {"a pivot", pivot_rows, NULL, 0};

flx_status flx_import_finish_pivot(const flx_json_source *source, const json_t *object,
                                   void *record, flx_error *error)
{
    static const char *const keys[] = {"knobs", "states", "metrics"};
    flx_import_pivot *pivot = record;
    json_t *objects[3] = {NULL, NULL, NULL}, *ignored;
    const char *column;
    size_t count = 0;
    for (int k = 0; k < 3; k++) {
        FLX_TRY(flx_json_get_object(source, object, keys[k], false, &objects[k], error));
        count += json_object_size(objects[k]);
    }
    if (!count)
        return flx_json_fail(source, flx_json_line(source, object), error,
                             "\"pivot\" names no knobs, states or metrics");
    if (!FLX_NEW(pivot->values, count))
        return flx_no_memory(error, "an import map");
    pivot->is_used = true;
    for (int k = 0; k < 3; k++)
        json_object_foreach(objects[k], column, ignored) {
            flx_import_rule *value = &pivot->values[pivot->n_values++];
            value->kind = (flx_column_role)k;
            FLX_TRY(read_value(source, objects[k], column, value, error));
        }
    return FLX_OK;
}

/* --- Derived columns --- */

static const char *const how_words[] = {"hour",     "weekday",    "bucket",
                                        "count_by", "difference", NULL};

static flx_status read_edges(const flx_json_source *source, const json_t *node,
                             flx_import_derivation *derivation, flx_error *error)
{
    json_t *edges = NULL;
    FLX_TRY(flx_json_get_array(source, node, "edges", true, &edges, error));
    int line = flx_json_key_line(source, node, "edges");
    size_t count = json_array_size(edges);
    if (!FLX_NEW(derivation->edges, count))
        return flx_no_memory(error, "an import map");
    for (size_t i = 0; i < count; i++) {
        double edge = NAN;
        bool is_number = flx_json_to_double(json_array_get(edges, i), &edge);
        if (!is_number || (i && edge <= derivation->edges[i - 1]))
            return flx_json_fail(source, line, error,
                                 "\"edges\" must be numbers that rise: item %zu does not",
                                 i);
        derivation->edges[derivation->n_edges++] = edge;
    }
    return count ? FLX_OK : flx_json_fail(source, line, error, "\"edges\" is empty");
}

static const flx_json_field derivation_rows[] = {
    {"name", FLX_JSON_TEXT, FLX_JSON_AT(flx_import_derivation, name),
     .is_required = true},
    {"from", FLX_JSON_TEXT, FLX_JSON_AT(flx_import_derivation, from)},
    {"how", FLX_JSON_WORD, FLX_JSON_AT(flx_import_derivation, how), .is_required = true,
     .words = how_words},
    {"edges", .type = FLX_JSON_PART},
    {"by", FLX_JSON_TEXT, FLX_JSON_AT(flx_import_derivation, from)},
    {"kind", FLX_JSON_WORD, FLX_JSON_AT(flx_import_derivation, kind),
     .words = flx_column_role_words},
    {"minus", FLX_JSON_TEXT, FLX_JSON_AT(flx_import_derivation, minus)},
    {"least", FLX_JSON_NUMBER, FLX_JSON_AT(flx_import_derivation, least)},
    {"unit", FLX_JSON_TEXT, FLX_JSON_AT(flx_import_derivation, unit)},
    {.key = NULL}};
static const flx_import_derivation derivation_defaults = {.kind = FLX_STATE,
                                                          .least = -INFINITY};
const flx_json_schema flx_import_derivation_schema = {"a derived column", derivation_rows,
                                                      &derivation_defaults,
                                                      sizeof derivation_defaults};

/* Keys that go with some ways of deriving only, and which of them these need. */
static flx_status check_keys(const flx_json_source *source, const json_t *node,
                             const flx_import_derivation *derivation, flx_error *error)
{
    flx_import_how how = derivation->how;
    const struct {
        const char *key;
        bool is_allowed, is_required;
    } keys[] = {{"from", how != FLX_COUNT_BY, true},
                {"by", how == FLX_COUNT_BY, true},
                {"edges", how == FLX_BUCKET, true},
                {"minus", how == FLX_DIFFERENCE, true},
                {"least", how == FLX_DIFFERENCE, false}};
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        if (keys[k].is_allowed && keys[k].is_required)
            FLX_TRY(flx_json_require(source, node, keys[k].key, error));
        if (json_object_get(node, keys[k].key) && !keys[k].is_allowed)
            return flx_json_fail(source, derivation->line, error,
                                 "\"%s\" of \"%s\" does not go with \"how\": \"%s\"",
                                 keys[k].key, derivation->name, how_words[how]);
    }
    return FLX_OK;
}

flx_status flx_import_finish_derivation(const flx_json_list *list, void *map, void *item,
                                        flx_error *error)
{
    flx_import_derivation *derivation = item;
    (void)map;
    derivation->line = flx_json_list_line(list);
    if (!derivation->unit)
        derivation->unit = derivation->how == FLX_BUCKET ? "bucket" : "";
    FLX_TRY(check_keys(list->source, list->item, derivation, error));
    const char *colon = strrchr(derivation->name, ':');
    if (!colon || colon == derivation->name || !colon[1])
        return flx_json_fail(list->source, derivation->line, error,
                             "\"%s\" is no column name (SERVICE:NAME)", derivation->name);
    return derivation->how == FLX_BUCKET
               ? read_edges(list->source, list->item, derivation, error)
               : FLX_OK;
}

void flx_import_free_layout(flx_import_map *map)
{
    for (int i = 0; i < map->n_filters; i++)
        free(map->filters[i].texts.texts);
    for (int i = 0; i < map->n_derivations; i++)
        free(map->derivations[i].edges);
    free(map->filters);
    free(map->derivations);
    free(map->header.texts);
    free(map->group.texts);
    free(map->missing.texts);
    free(map->pivot.row.texts);
    free(map->pivot.renamed);
    free(map->pivot.values);
}
