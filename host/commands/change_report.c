/* SPDX-License-Identifier: MIT */
#include "host/commands/change_report.h"

enum { MOST_LINES = 40 }; /* longer lists are counted only */

static json_t *describe(const flx_model *model, const flx_change *change,
                        const char *path)
{
    json_t *report = flx_change_describe(change);
    json_auto_t *of_model =
        json_pack("{s:s, s:i, s:i, s:i, s:i}", "model", path, "vertices",
                  model->graph->n_vertices, "edges", model->graph->n_edges, "assignments",
                  model->graph->n_assignments, "inputs", model->graph->n_inputs);
    json_object_update(report, of_model);
    return report;
}

/* The names under a key, a line each below the title. */
static void print_list(const json_t *report, const char *key, const char *title)
{
    const json_t *list = json_object_get(report, key);
    int count = (int)json_array_size(list);
    if (count > 0)
        printf("%s (%d)%s\n", title, count, count > MOST_LINES ? "" : ":");
    for (int i = 0; i < count && count <= MOST_LINES; i++) {
        fputs("  ", stdout);
        flx_text_put(json_string_value(json_array_get(list, (size_t)i)), stdout);
        putchar('\n');
    }
}

/* A line for every refitted assignment, and under it one for each of its models. */
static json_t *list_refits(const json_t *refits)
{
    json_t *lines = json_array(), *refit, *model;
    size_t i, k;
    json_array_foreach(refits, i, refit) {
        bool is_unchanged = json_is_true(json_object_get(refit, "unchanged"));
        json_array_append_new(
            lines,
            json_pack("{s:O, s:o, s:O, s:O}", "name",
                      json_object_get(refit, "assignment"), "rows",
                      flx_json_filled(refit, "{retained_rows}+{rows}"), "before",
                      json_object_get(refit, "mae_before"), "after",
                      json_object_get(refit, is_unchanged ? "mae_before" : "mae_after")));
        json_array_foreach(json_object_get(refit, "models"), k, model)
            json_array_append_new(lines,
                                  json_pack("{s:o, s:O, s:O}", "name",
                                            flx_json_filled(model, "  {origin} ({kind})"),
                                            "weight", json_object_get(model, "weight"),
                                            "before", json_object_get(model, "mae")));
    }
    return lines;
}

static void print_refits(const json_t *refits)
{
    static const flx_table_column columns[] = {
        {"assignment", "{name}"},    {"rows", "{?rows}"},
        {"weight", "{?weight:.2f}"}, {"MAE before", "{before:.5g}"},
        {"after", "{?after:.5g}"},   {0}};
    json_auto_t *lines = list_refits(refits);
    json_t *refit;
    size_t i;
    if (json_array_size(lines))
        flx_print_table(lines, columns);
    json_array_foreach(refits, i, refit)
        flx_print_line_if(refit, "unchanged", "unchanged: {assignment}: {reason}");
}

static void print_text(json_t *report)
{
    static const char *const counted[] = {"reused", "fitted", "untrained"};
    print_refits(json_object_get(report, "refits"));
    print_list(report, "untrained", "new and untrained; 'fluxion fit' trains them");
    print_list(report, "removed", "removed");
    print_list(report, "missing_inputs",
               "inputs that nothing gives any more, held at their training median");
    print_list(report, "unused_inputs", "inputs that no model reads until it is fitted");
    for (int i = 0; i < 3; i++) {
        size_t count = json_array_size(json_object_get(report, counted[i]));
        json_object_set_new(report, counted[i], json_integer((json_int_t)count));
    }
    flx_print_line(report,
                   "{model}: {vertices} vertices, {edges} edges, {assignments} "
                   "assignments; {reused} reused, {fitted} fitted, {untrained} new "
                   "and untrained");
}

flx_status flx_finish_change(const flx_arguments *arguments, const flx_model *model,
                             const flx_change *change, const char *path, flx_error *error)
{
    FLX_TRY(flx_model_update(model, path, change, error));
    return flx_report(arguments, describe(model, change, path), NULL, print_text, error);
}
