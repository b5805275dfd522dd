/* SPDX-License-Identifier: MIT
 * Reader of import maps. All texts stay borrowed from the JSON, which the map keeps; only
 * lists are allocated. */
#include "formats/import/import_map.h"

#include "formats/import/import_layout.h"
#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_words[] = {"knob", "state", "metric", NULL};

bool flx_pattern_fits(const char *pattern, const char *text, const char **star,
                      size_t *length)
{
    const char *at = strchr(pattern, '*');
    if (!at)
        return strcmp(pattern, text) == 0;
    size_t before = (size_t)(at - pattern), after = strlen(at + 1), all = strlen(text);
    if (all < before + after || strncmp(pattern, text, before) != 0 ||
        strcmp(at + 1, text + all - after) != 0)
        return false;
    if (star)
        *star = text + before;
    if (length)
        *length = all - before - after;
    return true;
}

static int count_stars(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += *text == '*';
    return count;
}

static flx_status check_pattern(const flx_json_source *source,
                                const flx_import_rule *rule, flx_error *error)
{
    const char *name = rule->name ? rule->name : rule->same_as;
    int stars = count_stars(rule->pattern);
    if (stars > 1 || (name && count_stars(name) > stars))
        return flx_json_fail(
            source, rule->line, error,
            "\"%s\" to \"%s\": one '*' on the left may stand for the same "
            "text as one on the right, no more",
            rule->pattern, name ? name : "");
    const char *colon = name ? strrchr(name, ':') : NULL;
    if (name && (!colon || colon == name || !colon[1]))
        return flx_json_fail(source, rule->line, error,
                             "\"%s\" is no column name (SERVICE:NAME)", name);
    return FLX_OK;
}

static flx_status read_scale(const flx_json_source *source, const json_t *object,
                             double *scale, flx_error *error)
{
    *scale = 1.0;
    FLX_TRY(flx_json_get_number(source, object, "scale", false, scale, error));
    if (!isfinite(*scale) || *scale == 0.0)
        return flx_json_fail(source, flx_json_key_line(source, object, "scale"), error,
                             "\"scale\" is %g, it must be finite and not 0", *scale);
    return FLX_OK;
}

static flx_status read_same(const flx_json_source *source, const json_t *object,
                            flx_import_rule *rule, flx_error *error)
{
    static const char *const allowed[] = {"same_as", "scale", "optional", NULL};
    FLX_TRY(flx_json_check_keys(source, object, "a same_as column", allowed, error));
    FLX_TRY(flx_json_get_text(source, object, "same_as", true, &rule->same_as, error));
    FLX_TRY(read_scale(source, object, &rule->scale, error));
    FLX_TRY(flx_json_get_boolean(source, object, "optional", false, &rule->is_optional,
                                 error));
    return check_pattern(source, rule, error);
}

static flx_status read_kept(const flx_json_source *source, const json_t *object,
                            flx_import_rule *rule, flx_error *error)
{
    static const char *const allowed[] = {"name",     "kind",   "unit", "scale",
                                          "optional", "values", NULL};
    int kind = 0;
    FLX_TRY(flx_json_check_keys(source, object, "a column", allowed, error));
    FLX_TRY(flx_json_get_text(source, object, "name", true, &rule->name, error));
    FLX_TRY(flx_json_get_word(source, object, "kind", true, kind_words, &kind, error));
    FLX_TRY(flx_json_get_text(source, object, "unit", false, &rule->unit, error));
    FLX_TRY(read_scale(source, object, &rule->scale, error));
    FLX_TRY(flx_json_get_boolean(source, object, "optional", false, &rule->is_optional,
                                 error));
    FLX_TRY(flx_json_get_texts(source, object, "values", false, &rule->values, error));
    if (rule->values.count && rule->scale != 1.0)
        return flx_json_fail(source, rule->line, error,
                             "\"%s\" has both \"values\" and a \"scale\"", rule->pattern);
    rule->kind = (flx_column_role)kind;
    return check_pattern(source, rule, error);
}

/* Room for all rules; `columns` may be NULL. */
static flx_status allocate_rules(flx_import_map *map, const json_t *columns,
                                 const flx_text_list *ignored, flx_error *error)
{
    size_t count = json_object_size(columns) + (size_t)ignored->count;
    return FLX_NEW(map->rules, count) ? FLX_OK : flx_no_memory(error, "an import map");
}

static flx_status read_columns(flx_import_map *map, json_t *columns, flx_error *error)
{
    const char *pattern;
    json_t *node;
    json_object_foreach(columns, pattern, node)
    {
        flx_import_rule *rule = &map->rules[map->n_rules++];
        int line = flx_json_key_line(map->source, columns, pattern);
        *rule = (flx_import_rule){.pattern = pattern, .line = line, .unit = ""};
        if (!json_is_object(node))
            return flx_json_fail(map->source, line, error,
                                 "column \"%s\" must be an object", pattern);
        FLX_TRY(json_object_get(node, "same_as")
                    ? read_same(map->source, node, rule, error)
                    : read_kept(map->source, node, rule, error));
    }
    return FLX_OK;
}

static flx_status add_ignored(flx_import_map *map, const flx_text_list *ignored,
                              flx_error *error)
{
    int line = flx_json_key_line(map->source, flx_json_root(map->source), "ignore");
    for (int i = 0; i < ignored->count; i++) {
        const char *pattern = ignored->texts[i];
        for (int k = 0; k < map->n_rules; k++)
            if (!map->rules[k].is_ignored && strcmp(map->rules[k].pattern, pattern) == 0)
                return flx_json_fail(map->source, line, error,
                                     "\"%s\" is both mapped and ignored", pattern);
        flx_import_rule *rule = &map->rules[map->n_rules++];
        *rule = (flx_import_rule){.pattern = pattern, .line = line, .is_ignored = true};
        FLX_TRY(check_pattern(map->source, rule, error));
    }
    return FLX_OK;
}

static flx_status read_rules(flx_import_map *map, flx_error *error)
{
    json_t *root = flx_json_root(map->source), *columns = NULL;
    flx_text_list ignored = {0};
    flx_status status =
        flx_json_get_object(map->source, root, "columns", false, &columns, error);
    /* an empty list of ignored columns is no mistake */
    if (status == FLX_OK && json_array_size(json_object_get(root, "ignore")) > 0)
        status = flx_json_get_texts(map->source, root, "ignore", false, &ignored, error);
    if (status == FLX_OK)
        status = allocate_rules(map, columns, &ignored, error);
    if (status == FLX_OK && columns)
        status = read_columns(map, columns, error);
    if (status == FLX_OK)
        status = add_ignored(map, &ignored, error);
    free(ignored.texts);
    return status;
}

static flx_status read_map(flx_import_map *map, flx_error *error)
{
    static const char *const allowed[] = {
        "format", "version", "system", "origin",  "header", "columns", "ignore", "time",
        "group",  "step",    "where",  "missing", "pivot",  "join",    "derive", NULL};
    static const char *const join_words[] = {"row", NULL};
    const flx_json_source *source = map->source;
    const json_t *root = flx_json_root(source);
    int join = 0;
    FLX_TRY(flx_json_check_format(source, "fluxion-import", 1, error));
    FLX_TRY(flx_json_check_keys(source, root, "an import map", allowed, error));
    FLX_TRY(flx_json_get_text(source, root, "system", false, &map->system, error));
    FLX_TRY(flx_json_get_text(source, root, "origin", false, &map->origin, error));
    FLX_TRY(flx_json_get_texts(source, root, "header", false, &map->header, error));
    FLX_TRY(flx_json_get_text(source, root, "time", false, &map->time, error));
    FLX_TRY(flx_json_get_word(source, root, "join", false, join_words, &join, error));
    map->is_joined = json_object_get(root, "join") != NULL;
    FLX_TRY(read_rules(map, error));
    FLX_TRY(flx_import_read_layout(map, error));
    if (map->pivot.is_used && map->group_lines)
        return flx_json_fail(source, flx_json_key_line(source, root, "group"), error,
                             "rows of a pivot have no lines to group by: use a column");
    if (map->n_rules + map->pivot.n_values + map->n_derivations == 0)
        return flx_json_fail(
            source, 1, error,
            "the map makes no column: \"columns\" or \"pivot\" is missing");
    return FLX_OK;
}

static flx_status take_source(flx_json_source *source, flx_import_map **out,
                              flx_error *error)
{
    flx_import_map *map = calloc(1, sizeof *map);
    if (!map) {
        flx_json_source_destroy(source);
        return flx_no_memory(error, "an import map");
    }
    *map = (flx_import_map){.source = source, .system = "", .origin = "", .step = -1};
    flx_status status = read_map(map, error);
    if (status != FLX_OK) {
        flx_import_map_destroy(map);
        return status;
    }
    *out = map;
    return FLX_OK;
}

flx_status flx_import_map_read(const char *path, flx_import_map **out, flx_error *error)
{
    flx_json_source *source = NULL;
    *out = NULL;
    FLX_TRY(flx_json_source_read(path, &source, error));
    return take_source(source, out, error);
}

flx_status flx_import_map_parse(const char *text, const char *place, flx_import_map **out,
                                flx_error *error)
{
    flx_json_source *source = NULL;
    *out = NULL;
    FLX_TRY(flx_json_source_parse(text, strlen(text), place, &source, error));
    return take_source(source, out, error);
}

void flx_import_map_destroy(flx_import_map *map)
{
    if (!map)
        return;
    for (int i = 0; i < map->n_rules; i++)
        free(map->rules[i].values.texts);
    free(map->rules);
    flx_import_free_layout(map);
    flx_json_source_destroy(map->source);
    free(map);
}
