/* SPDX-License-Identifier: MIT
 * Matches the columns of the CSV files with the rules of the map (see the header). */
#include "formats/import/import_bind.h"

#include "formats/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A rule that fits, and the text its '*' stands for. */
typedef struct {
    const flx_import_rule *rule;
    const char *star;
    size_t length;
} match;

static bool beats(const flx_import_rule *one, const flx_import_rule *other)
{
    if (!other)
        return true;
    bool is_exact = !strchr(one->pattern, '*'), was_exact = !strchr(other->pattern, '*');
    if (is_exact != was_exact)
        return is_exact;
    return strlen(one->pattern) > strlen(other->pattern);
}

/* `full` is FILE_STEM#COLUMN and `name` its end. */
static match choose_rule(const flx_import_map *map, const char *full, const char *name)
{
    match best = {NULL, "", 0};
    for (int i = 0; i < map->n_rules; i++) {
        match found = {&map->rules[i], "", 0};
        const char *pattern = found.rule->pattern;
        bool fits = flx_pattern_fits(pattern, name, &found.star, &found.length) ||
                    (strchr(pattern, '#') &&
                     flx_pattern_fits(pattern, full, &found.star, &found.length));
        if (fits && beats(found.rule, best.rule))
            best = found;
    }
    return best;
}

/* The rule's name with the star's text in place of the '*'. */
static char *fill_star(const match *found)
{
    const char *name = found->rule->name ? found->rule->name : found->rule->same_as;
    const char *at = strchr(name, '*');
    char *filled = NULL;
    if (!at)
        return strdup(name);
    if (asprintf(&filled, "%.*s%.*s%s", (int)(at - name), name, (int)found->length,
                 found->star, at + 1) < 0)
        return NULL;
    return filled;
}

static const char *source_name(const flx_import_table *table,
                               const flx_import_binding *binding)
{
    int f = 0;
    while (binding->column[f] < 0)
        f++;
    return table->files[f]->names[binding->column[f]];
}

/* Several CSV columns may be checked against one column; each is a binding of its own,
 * also in joined files. */
static flx_import_binding *find_binding(const flx_import_table *table,
                                        const flx_import_bindings *bindings,
                                        const char *name, const flx_import_rule *rule,
                                        const char *from)
{
    bool is_check = rule->same_as != NULL;
    if (is_check && table->is_joined)
        return NULL;
    for (int i = 0; i < bindings->count; i++) {
        flx_import_binding *binding = &bindings->list[i];
        if (binding->is_check == is_check && strcmp(binding->name, name) == 0 &&
            (!is_check || strcmp(source_name(table, binding), from) == 0))
            return binding;
    }
    return NULL;
}

static flx_status add_binding(const flx_import_table *table,
                              flx_import_bindings *bindings, const char *name,
                              const flx_import_rule *rule, flx_import_binding **out,
                              flx_error *error)
{
    if (!FLX_GROW(bindings->list, bindings->room, bindings->count + 1))
        return flx_no_memory(error, "the columns to import");
    flx_import_binding *binding = *out = &bindings->list[bindings->count++];
    *binding = (flx_import_binding){.is_check = rule->same_as != NULL, .rule = rule};
    if (!FLX_NEW(binding->rules, table->n_files) ||
        !FLX_NEW(binding->column, table->n_files))
        return flx_no_memory(error, "the columns to import");
    for (int f = 0; f < table->n_files; f++)
        binding->column[f] = -1;
    return flx_copy_text(name, &binding->name, error);
}

/* A second source of a binding is allowed only in a further file below the first. */
static flx_status check_source(const flx_import_table *table,
                               const flx_import_binding *binding,
                               const flx_import_rule *rule, int f, int c,
                               flx_error *error)
{
    const flx_csv *file = table->files[f];
    if (table->is_joined || binding->column[f] >= 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: columns \"%.150s\" and \"%.150s\" both become \"%.150s\"",
                        file->path, source_name(table, binding), file->names[c],
                        binding->name);
    if (!binding->is_check && (binding->rule->kind != rule->kind ||
                               strcmp(binding->rule->unit, rule->unit) != 0))
        return flx_fail(
            error, FLX_BAD_INPUT,
            "%s: column \"%.150s\" becomes \"%.150s\" with another kind or unit "
            "than in the files before",
            file->path, file->names[c], binding->name);
    return FLX_OK;
}

static flx_status bind_to(const flx_import_table *table, const match *found, int f, int c,
                          flx_import_bindings *bindings, flx_error *error)
{
    const char *from = table->files[f]->names[c];
    FLX_SCOPED char *name = fill_star(found);
    if (!name)
        return flx_no_memory(error, "the columns to import");
    json_t *text = json_string(name); /* NULL for what is no UTF-8 */
    if (!text)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s line 1: the name of column %d is no UTF-8",
                        table->files[f]->path, c + 1);
    json_decref(text);
    flx_import_binding *binding = find_binding(table, bindings, name, found->rule, from);
    if (binding)
        FLX_TRY(check_source(table, binding, found->rule, f, c, error));
    else
        FLX_TRY(add_binding(table, bindings, name, found->rule, &binding, error));
    binding->column[f] = c;
    binding->rules[f] = found->rule;
    return FLX_OK;
}

static flx_status bind_column(const flx_import_table *table, const flx_import_map *map,
                              int f, int c, flx_import_bindings *bindings,
                              flx_error *error)
{
    const char *name = table->files[f]->names[c];
    FLX_SCOPED char *full = NULL;
    if (asprintf(&full, "%s#%s", table->stems[f], name) < 0)
        return flx_no_memory(error, "the columns to import");
    match found = choose_rule(map, full, name);
    if (found.rule && !found.rule->is_ignored)
        return bind_to(table, &found, f, c, bindings, error);
    bindings->n_ignored += found.rule != NULL;
    if (found.rule || table->is_used[f][c])
        return FLX_OK;
    return flx_fail(error, FLX_BAD_INPUT,
                    "%s line 1: column \"%.200s\" is neither mapped nor ignored (in %s)",
                    table->files[f]->path, name, flx_json_place(map->source));
}

static bool is_bound(const flx_import_bindings *bindings, const flx_import_rule *rule,
                     int n_files)
{
    for (int i = 0; i < bindings->count; i++)
        for (int f = 0; f < n_files; f++)
            if (bindings->list[i].rules[f] == rule)
                return true;
    return false;
}

/* A rule with a '*' may fit no column. */
static flx_status refuse_missing(const flx_import_table *table, const flx_import_map *map,
                                 const flx_import_bindings *bindings, flx_error *error)
{
    for (int i = 0; i < map->n_rules; i++) {
        const flx_import_rule *rule = &map->rules[i];
        if (!rule->is_ignored && !rule->is_optional && !strchr(rule->pattern, '*') &&
            !is_bound(bindings, rule, table->n_files))
            return flx_fail(
                error, FLX_BAD_INPUT, "%s%s has no column \"%.200s\" (%s line %d)",
                table->files[0]->path, table->n_files > 1 ? " or its like" : "",
                rule->pattern, flx_json_place(map->source), rule->line);
    }
    for (int i = 0; !table->is_joined && i < bindings->count; i++)
        for (int f = 0; f < table->n_files; f++) {
            const flx_import_binding *binding = &bindings->list[i];
            if (binding->column[f] < 0 && !binding->rule->is_optional)
                return flx_fail(error, FLX_BAD_INPUT,
                                "%s has no column \"%.200s\", as the other files do",
                                table->files[f]->path, source_name(table, binding));
        }
    return FLX_OK;
}

flx_status flx_import_bind(const flx_import_table *table, const flx_import_map *map,
                           flx_import_bindings *bindings, flx_error *error)
{
    *bindings = (flx_import_bindings){0};
    for (int f = 0; f < table->n_files; f++)
        for (int c = 0; c < table->files[f]->n_columns; c++)
            FLX_TRY(bind_column(table, map, f, c, bindings, error));
    return refuse_missing(table, map, bindings, error);
}

void flx_import_unbind(flx_import_bindings *bindings)
{
    for (int i = 0; i < bindings->count; i++) {
        free(bindings->list[i].name);
        free(bindings->list[i].rules);
        free(bindings->list[i].column);
    }
    free(bindings->list);
    *bindings = (flx_import_bindings){0};
}
