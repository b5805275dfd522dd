/* SPDX-License-Identifier: MIT
 * Reader of the keys of an import map that shape the table (see import_shape.h). */
#include "formats/import/import_layout.h"

#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static flx_status read_group(flx_import_map *map, const json_t *root, flx_error *error)
{
    static const char *const allowed[] = {"lines", "column", NULL};
    json_t *group = NULL;
    FLX_TRY(flx_json_get_object(map->source, root, "group", false, &group, error));
    if (!group)
        return FLX_OK;
    FLX_TRY(flx_json_check_keys(map->source, group, "a group", allowed, error));
    if (json_object_size(group) != 1)
        return flx_json_fail(map->source, flx_json_line(map->source, group), error,
                             "\"group\" needs one of \"lines\" and \"column\"");
    FLX_TRY(flx_json_get_integer(map->source, group, "lines", false, 1, 1 << 30,
                                 &map->group_lines, error));
    return flx_json_get_texts(map->source, group, "column", false, &map->group, error);
}

/* A number for all rows, or {"column": NAME}. */
static flx_status read_step(flx_import_map *map, const json_t *root, flx_error *error)
{
    static const char *const allowed[] = {"column", NULL};
    const json_t *step = json_object_get(root, "step");
    if (!json_is_object(step))
        return flx_json_get_integer(map->source, root, "step", false, 0, 1 << 30,
                                    &map->step, error);
    FLX_TRY(flx_json_check_keys(map->source, step, "a step", allowed, error));
    return flx_json_get_text(map->source, step, "column", true, &map->step_column, error);
}

static flx_status read_filters(flx_import_map *map, const json_t *root, flx_error *error)
{
    json_t *where = NULL, *node;
    const char *column;
    FLX_TRY(flx_json_get_object(map->source, root, "where", false, &where, error));
    if (!where)
        return FLX_OK;
    if (!FLX_NEW(map->filters, json_object_size(where)))
        return flx_no_memory(error, "an import map");
    json_object_foreach(where, column, node)
    {
        flx_import_filter *filter = &map->filters[map->n_filters++];
        filter->column = column;
        FLX_TRY(
            flx_json_get_texts(map->source, where, column, true, &filter->texts, error));
    }
    return FLX_OK;
}

static flx_status read_missing(flx_import_map *map, const json_t *root, flx_error *error)
{
    static const char *const usual[] = {"", "NA", "nan", "NaN"};
    if (json_object_get(root, "missing"))
        return flx_json_get_texts(map->source, root, "missing", true, &map->missing,
                                  error);
    if (!FLX_NEW(map->missing.texts, sizeof usual / sizeof usual[0]))
        return flx_no_memory(error, "an import map");
    memcpy(map->missing.texts, usual, sizeof usual);
    map->missing.count = (int)(sizeof usual / sizeof usual[0]);
    return FLX_OK;
}

static flx_status read_renamed(flx_import_map *map, const json_t *node, flx_error *error)
{
    json_t *rename = NULL, *to;
    const char *from;
    FLX_TRY(flx_json_get_object(map->source, node, "rename", false, &rename, error));
    if (!rename)
        return FLX_OK;
    if (!FLX_NEW(map->pivot.renamed, json_object_size(rename)))
        return flx_no_memory(error, "an import map");
    json_object_foreach(rename, from, to)
    {
        const char **pair = map->pivot.renamed[map->pivot.n_renamed++];
        pair[0] = from;
        FLX_TRY(flx_json_get_text(map->source, rename, from, true, &pair[1], error));
        if (!*pair[1])
            return flx_json_fail(map->source,
                                 flx_json_key_line(map->source, rename, from), error,
                                 "\"%s\" is renamed to nothing", from);
    }
    return FLX_OK;
}

/* "CSV COLUMN": "NAME", or an object with name, unit and scale. */
static flx_status read_value(const flx_json_source *source, const json_t *object,
                             const char *column, flx_column_role kind,
                             flx_import_rule *value, flx_error *error)
{
    static const char *const allowed[] = {"name", "unit", "scale", NULL};
    const json_t *node = json_object_get(object, column);
    int line = flx_json_key_line(source, object, column);
    *value = (flx_import_rule){.pattern = column, .line = line, .kind = kind};
    value->unit = "";
    value->scale = 1.0;
    if (json_is_string(node)) {
        value->name = json_string_value(node);
    } else {
        FLX_TRY(flx_json_check_keys(source, node, "a pivoted column", allowed, error));
        FLX_TRY(flx_json_get_text(source, node, "name", true, &value->name, error));
        FLX_TRY(flx_json_get_text(source, node, "unit", false, &value->unit, error));
        FLX_TRY(flx_json_get_number(source, node, "scale", false, &value->scale, error));
    }
    if (!*value->name || strchr(value->name, ':') || !isfinite(value->scale) ||
        value->scale == 0.0)
        return flx_json_fail(source, line, error,
                             "\"%s\" needs a name without ':' and a scale that is not 0",
                             column);
    return FLX_OK;
}

static flx_status read_values(flx_import_map *map, const json_t *node, flx_error *error)
{
    static const char *const keys[] = {"knobs", "states", "metrics"};
    flx_import_pivot *pivot = &map->pivot;
    json_t *objects[3] = {NULL, NULL, NULL}, *ignored;
    size_t count = 0;
    for (int k = 0; k < 3; k++) {
        FLX_TRY(
            flx_json_get_object(map->source, node, keys[k], false, &objects[k], error));
        count += json_object_size(objects[k]);
    }
    if (!count)
        return flx_json_fail(map->source, flx_json_line(map->source, node), error,
                             "\"pivot\" names no knobs, states or metrics");
    if (!FLX_NEW(pivot->values, count))
        return flx_no_memory(error, "an import map");
    for (int k = 0; k < 3; k++) {
        const char *column;
        if (!objects[k])
            continue;
        json_object_foreach(objects[k], column, ignored)
            FLX_TRY(read_value(map->source, objects[k], column, (flx_column_role)k,
                               &pivot->values[pivot->n_values++], error));
    }
    return FLX_OK;
}

static flx_status read_pivot(flx_import_map *map, const json_t *root, flx_error *error)
{
    static const char *const allowed[] = {"row",    "service", "rename", "knobs",
                                          "states", "metrics", NULL};
    json_t *node = NULL;
    FLX_TRY(flx_json_get_object(map->source, root, "pivot", false, &node, error));
    if (!node)
        return FLX_OK;
    map->pivot.is_used = true;
    FLX_TRY(flx_json_check_keys(map->source, node, "a pivot", allowed, error));
    FLX_TRY(flx_json_get_texts(map->source, node, "row", true, &map->pivot.row, error));
    FLX_TRY(flx_json_get_text(map->source, node, "service", true, &map->pivot.service,
                              error));
    FLX_TRY(read_renamed(map, node, error));
    return read_values(map, node, error);
}

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

/* Keys that go with some ways of deriving only. */
static flx_status refuse_strangers(const flx_json_source *source, const json_t *node,
                                   const char *const *hows,
                                   const flx_import_derivation *derivation,
                                   flx_error *error)
{
    flx_import_how how = derivation->how;
    const struct {
        const char *key;
        bool is_allowed;
    } keys[] = {{"from", how != FLX_COUNT_BY},
                {"by", how == FLX_COUNT_BY},
                {"edges", how == FLX_BUCKET},
                {"minus", how == FLX_DIFFERENCE},
                {"least", how == FLX_DIFFERENCE}};
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
        if (json_object_get(node, keys[k].key) && !keys[k].is_allowed)
            return flx_json_fail(source, derivation->line, error,
                                 "\"%s\" of \"%s\" does not go with \"how\": \"%s\"",
                                 keys[k].key, derivation->name, hows[how]);
    return FLX_OK;
}

static flx_status read_derivation(const flx_json_source *source, const json_t *node,
                                  flx_import_derivation *derivation, flx_error *error)
{
    static const char *const allowed[] = {"name", "from",  "how",   "edges", "by",
                                          "kind", "minus", "least", "unit",  NULL};
    static const char *const hows[] = {"hour",     "weekday",    "bucket",
                                       "count_by", "difference", NULL};
    static const char *const kinds[] = {"knob", "state", "metric", NULL};
    int how = 0, kind = FLX_STATE;
    FLX_TRY(flx_json_check_keys(source, node, "a derived column", allowed, error));
    FLX_TRY(flx_json_get_text(source, node, "name", true, &derivation->name, error));
    FLX_TRY(flx_json_get_text(source, node, "unit", false, &derivation->unit, error));
    FLX_TRY(flx_json_get_word(source, node, "how", true, hows, &how, error));
    FLX_TRY(flx_json_get_word(source, node, "kind", false, kinds, &kind, error));
    if (how == FLX_BUCKET && !json_object_get(node, "unit"))
        derivation->unit = "bucket";
    derivation->how = (flx_import_how)how;
    derivation->kind = (flx_column_role)kind;
    FLX_TRY(refuse_strangers(source, node, hows, derivation, error));
    FLX_TRY(flx_json_get_text(source, node, how == FLX_COUNT_BY ? "by" : "from", true,
                              &derivation->from, error));
    FLX_TRY(flx_json_get_text(source, node, "minus", how == FLX_DIFFERENCE,
                              &derivation->minus, error));
    FLX_TRY(flx_json_get_number(source, node, "least", false, &derivation->least, error));
    const char *colon = strrchr(derivation->name, ':');
    if (!colon || colon == derivation->name || !colon[1])
        return flx_json_fail(source, derivation->line, error,
                             "\"%s\" is no column name (SERVICE:NAME)", derivation->name);
    return how == FLX_BUCKET ? read_edges(source, node, derivation, error) : FLX_OK;
}

static flx_status read_derivations(flx_import_map *map, const json_t *root,
                                   flx_error *error)
{
    json_t *list = NULL;
    FLX_TRY(flx_json_get_array(map->source, root, "derive", false, &list, error));
    if (!list)
        return FLX_OK;
    if (!FLX_NEW(map->derivations, json_array_size(list)))
        return flx_no_memory(error, "an import map");
    for (size_t i = 0; i < json_array_size(list); i++) {
        flx_import_derivation *derivation = &map->derivations[map->n_derivations++];
        derivation->line = flx_json_item_line(map->source, list, i);
        derivation->unit = "";
        derivation->least = -INFINITY;
        FLX_TRY(read_derivation(map->source, json_array_get(list, i), derivation, error));
    }
    return FLX_OK;
}

flx_status flx_import_read_layout(flx_import_map *map, flx_error *error)
{
    const json_t *root = flx_json_root(map->source);
    FLX_TRY(read_group(map, root, error));
    FLX_TRY(read_step(map, root, error));
    FLX_TRY(read_filters(map, root, error));
    FLX_TRY(read_missing(map, root, error));
    FLX_TRY(read_pivot(map, root, error));
    return read_derivations(map, root, error);
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
