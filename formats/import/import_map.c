/* SPDX-License-Identifier: MIT
 * Reader of import maps. All texts stay borrowed from the JSON, which the map keeps; only
 * lists are allocated. */
#include "formats/import/import_map.h"

#include "formats/import/import_layout.h"
#include "formats/memory.h"

#include <stdlib.h>
#include <string.h>

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

static const flx_json_field kept_rows[] = {
    {"name", FLX_JSON_TEXT, FLX_JSON_AT(flx_import_rule, name), .is_required = true},
    {"kind", FLX_JSON_WORD, FLX_JSON_AT(flx_import_rule, kind), .is_required = true,
     .words = flx_column_role_words},
    {"unit", FLX_JSON_TEXT, FLX_JSON_AT(flx_import_rule, unit)},
    {"scale", FLX_JSON_NUMBER, FLX_JSON_AT(flx_import_rule, scale)},
    {"optional", FLX_JSON_BOOLEAN, FLX_JSON_AT(flx_import_rule, is_optional)},
    {"values", FLX_JSON_TEXTS, FLX_JSON_AT(flx_import_rule, values)},
    {.key = NULL}};
static const flx_json_field same_rows[] = {
    {"same_as", FLX_JSON_TEXT, FLX_JSON_AT(flx_import_rule, same_as),
     .is_required = true},
    {"scale", FLX_JSON_NUMBER, FLX_JSON_AT(flx_import_rule, scale)},
    {"optional", FLX_JSON_BOOLEAN, FLX_JSON_AT(flx_import_rule, is_optional)},
    {.key = NULL}};
static const flx_json_schema kept_schema = {"a column", kept_rows, NULL, 0};
static const flx_json_schema same_schema = {"a same_as column", same_rows, NULL, 0};

static flx_status read_rule(const flx_json_source *source, const json_t *node,
                            flx_import_rule *rule, flx_error *error)
{
    bool is_same = json_object_get(node, "same_as") != NULL;
    if (!json_is_object(node))
        return flx_json_fail(source, rule->line, error, "column \"%s\" must be an object",
                             rule->pattern);
    FLX_TRY(flx_json_read_fields(source, node, is_same ? &same_schema : &kept_schema,
                                 rule, error));
    if (rule->scale == 0.0)
        return flx_json_fail(source, flx_json_key_line(source, node, "scale"), error,
                             "\"scale\" is %g, it must be finite and not 0", rule->scale);
    if (rule->values.count && rule->scale != 1.0)
        return flx_json_fail(source, rule->line, error,
                             "\"%s\" has both \"values\" and a \"scale\"", rule->pattern);
    return check_pattern(source, rule, error);
}

static flx_status add_ignored(flx_import_map *map, const char *pattern, int line,
                              flx_error *error)
{
    for (int k = 0; k < map->n_rules; k++)
        if (!map->rules[k].is_ignored && strcmp(map->rules[k].pattern, pattern) == 0)
            return flx_json_fail(map->source, line, error,
                                 "\"%s\" is both mapped and ignored", pattern);
    flx_import_rule *rule = &map->rules[map->n_rules++];
    *rule = (flx_import_rule){.pattern = pattern, .line = line, .is_ignored = true};
    return check_pattern(map->source, rule, error);
}

/* "columns" and "ignore". */
static flx_status read_rules(const flx_json_source *source, const json_t *root,
                             void *record, flx_error *error)
{
    flx_import_map *map = record;
    flx_text_list *ignored = &map->ignored;
    json_t *columns = NULL, *node;
    const char *pattern;
    FLX_TRY(flx_json_get_object(source, root, "columns", false, &columns, error));
    /* an empty list of ignored columns is no mistake */
    if (json_array_size(json_object_get(root, "ignore")) > 0)
        FLX_TRY(flx_json_get_texts(source, root, "ignore", false, ignored, error));
    if (!FLX_NEW(map->rules, json_object_size(columns) + (size_t)ignored->count))
        return flx_no_memory(error, "an import map");
    json_object_foreach(columns, pattern, node) {
        flx_import_rule *rule = &map->rules[map->n_rules++];
        int line = flx_json_key_line(source, columns, pattern);
        *rule =
            (flx_import_rule){.pattern = pattern, .line = line, .unit = "", .scale = 1.0};
        FLX_TRY(read_rule(source, node, rule, error));
    }
    int line = flx_json_key_line(source, root, "ignore");
    for (int i = 0; i < ignored->count; i++)
        FLX_TRY(add_ignored(map, ignored->texts[i], line, error));
    return FLX_OK;
}

static const char *const join_words[] = {"row", NULL};

static const flx_json_field rows[] = {
    {"format", .type = FLX_JSON_PART},
    {"version", .type = FLX_JSON_PART},
    {"system", FLX_JSON_TEXT, FLX_JSON_AT(flx_import_map, system)},
    {"origin", FLX_JSON_TEXT, FLX_JSON_AT(flx_import_map, origin)},
    {"header", FLX_JSON_TEXTS, FLX_JSON_AT(flx_import_map, header)},
    {"columns", FLX_JSON_PART, .read = read_rules},
    {"ignore", .type = FLX_JSON_PART},
    {"time", FLX_JSON_TEXT, FLX_JSON_AT(flx_import_map, time)},
    {"group", FLX_JSON_OBJECT, .items = &flx_import_group_schema,
     .read = flx_import_finish_group},
    {"step", FLX_JSON_PART, .read = flx_import_read_step},
    {"where", FLX_JSON_PART, .read = flx_import_read_filters},
    {"missing", FLX_JSON_TEXTS, FLX_JSON_AT(flx_import_map, missing)},
    {"pivot", FLX_JSON_OBJECT, FLX_JSON_AT(flx_import_map, pivot),
     .items = &flx_import_pivot_schema, .read = flx_import_finish_pivot},
    {"join", FLX_JSON_WORD, .words = join_words},
    {"derive", FLX_JSON_LIST,
     FLX_JSON_LIST_AT(flx_import_map, derivations, n_derivations), .max = 1 << 20,
     .items = &flx_import_derivation_schema, .read_item = flx_import_finish_derivation},
    {.key = NULL}};
static const flx_json_schema schema = {"an import map", rows, NULL, 0};

static flx_status set_missing(flx_import_map *map, flx_error *error)
{
    static const char *const usual[] = {"", "NA", "nan", "NaN"};
    if (map->missing.texts)
        return FLX_OK;
    map->missing.count = (int)(sizeof usual / sizeof usual[0]);
    if (!FLX_NEW(map->missing.texts, map->missing.count))
        return flx_no_memory(error, "an import map");
    memcpy(map->missing.texts, usual, sizeof usual);
    return FLX_OK;
}

static flx_status read_map(flx_import_map *map, flx_error *error)
{
    const flx_json_source *source = map->source;
    const json_t *root = flx_json_root(source);
    FLX_TRY(flx_json_check_format(source, "fluxion-import", 1, error));
    FLX_TRY(flx_json_read_fields(source, root, &schema, map, error));
    FLX_TRY(set_missing(map, error));
    map->is_joined = json_object_get(root, "join") != NULL;
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
    flx_import_map *map;
    if (!FLX_NEW(map, 1)) {
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
    free(map->ignored.texts);
    flx_import_free_layout(map);
    flx_json_source_destroy(map->source);
    free(map);
}
