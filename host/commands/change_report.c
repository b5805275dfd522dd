/* SPDX-License-Identifier: MIT */
#include "host/commands/change_report.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

enum { MOST_LINES = 40 }; /* longer lists are counted only */

static flx_status print_document(const flx_model *model, const flx_change *change,
                                 const char *path, flx_error *error)
{
    json_t *document = flx_change_describe(change);
    json_object_set_new(document, "model", json_string(path));
    json_object_set_new(document, "vertices", json_integer(model->graph->n_vertices));
    json_object_set_new(document, "edges", json_integer(model->graph->n_edges));
    json_object_set_new(document, "assignments",
                        json_integer(model->graph->n_assignments));
    json_object_set_new(document, "inputs", json_integer(model->graph->n_inputs));
    return flx_print_json(document, error);
}

static void print_list(const char *title, const flx_name_list *list)
{
    if (list->count == 0)
        return;
    printf("%s (%d)%s\n", title, list->count, list->count > MOST_LINES ? "" : ":");
    for (int i = 0; i < list->count && list->count <= MOST_LINES; i++)
        printf("  %s\n", list->items[i]);
}

static void format(char *text, size_t size, double value)
{
    if (isfinite(value))
        snprintf(text, size, "%.5g", value);
    else
        snprintf(text, size, "-");
}

static void add_models(flx_table *table, const flx_refit *refit)
{
    for (int k = 0; k < refit->n_models; k++) {
        const flx_weighted_model *model = &refit->models[k];
        char weight[16], mae[32], name[64];
        snprintf(weight, sizeof weight, "%.2f", model->weight);
        snprintf(name, sizeof name, "  %s (%s)", model->origin, model->kind);
        format(mae, sizeof mae, model->mae);
        const char *row[] = {name, "", weight, mae, ""};
        flx_table_row(table, row);
    }
}

static void print_refits(const flx_change *change)
{
    static const char *const titles[] = {"assignment", "rows", "weight", "MAE before",
                                         "after"};
    flx_table *table = change->n_refits ? flx_table_create(5, titles, "lrrrr") : NULL;
    for (int i = 0; i < change->n_refits && table; i++) {
        const flx_refit *refit = &change->refits[i];
        char rows[24], before[32], after[32];
        snprintf(rows, sizeof rows, "%d+%d", refit->retained_rows, refit->rows);
        format(before, sizeof before, refit->mae_before);
        format(after, sizeof after,
               refit->is_unchanged ? refit->mae_before : refit->mae_after);
        const char *row[] = {refit->assignment, rows, "", before, after};
        flx_table_row(table, row);
        add_models(table, refit);
    }
    if (table)
        flx_table_print(table);
    flx_table_destroy(table);
    for (int i = 0; i < change->n_refits; i++)
        if (change->refits[i].is_unchanged)
            printf("kept as it is: %s: %s\n", change->refits[i].assignment,
                   change->refits[i].reason);
}

flx_status flx_change_report_print(const flx_arguments *arguments, const flx_model *model,
                                   const flx_change *change, const char *path,
                                   flx_error *error)
{
    if (flx_wants_json(arguments))
        return print_document(model, change, path, error);
    print_refits(change);
    print_list("new and untrained, worth 'fluxion fit'", &change->untrained);
    print_list("removed", &change->removed);
    print_list("unmatched, held at their training median", &change->missing_inputs);
    print_list("given but not read until fitted", &change->unused_inputs);
    printf("%s: %d vertices, %d edges, %d assignments; %d reused, %d fitted, %d new and "
           "untrained\n",
           path, model->graph->n_vertices, model->graph->n_edges,
           model->graph->n_assignments, change->reused.count, change->fitted.count,
           change->untrained.count);
    return FLX_OK;
}
