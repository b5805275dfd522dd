/* SPDX-License-Identifier: MIT
 * fluxion evaluate: how well a trained graph predicts a table. */
#include "host/commands/commands.h"
#include "host/commands/frame.h"

#include "host/evaluation.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

static const flx_option options[] = {
    {.name = "data",
     .type = FLX_TEXT,
     .argument = "TEST.h5",
     .help = "table to test on (required)"},
    {.name = "others",
     .type = FLX_FLAG,
     .help = "TEST.h5 is the training table: test on the rows not drawn"},
    {0}};

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static bool fails_modularity(const flx_evaluation *evaluation, int v)
{
    return flx_modularity_fails(evaluation->measured[v].r2, evaluation->r2_all_inputs[v]);
}

static json_t *describe_vertex(const flx_model *model, const flx_evaluation *evaluation,
                               int v)
{
    const flx_vertex *vertex = &model->graph->vertices[v];
    json_t *item = json_pack("{s:s, s:s, s:i}", "name", vertex->name, "kind",
                             flx_vertex_kind_text(vertex->kind), "rows",
                             evaluation->composed[v].rows);
    json_object_set_new(item, "mae", number(evaluation->composed[v].mae));
    json_object_set_new(item, "mae_given_measured_inputs",
                        number(evaluation->measured[v].mae));
    json_object_set_new(item, "r2", number(evaluation->composed[v].r2));
    json_object_set_new(item, "r2_own_inputs", number(evaluation->measured[v].r2));
    json_object_set_new(item, "r2_all_inputs", number(evaluation->r2_all_inputs[v]));
    json_object_set_new(item, "modularity_fails",
                        json_boolean(fails_modularity(evaluation, v)));
    json_object_set_new(item, "r2_given_measured_inputs",
                        number(evaluation->measured[v].r2));
    json_object_set_new(item, "r2_log_given_measured_inputs",
                        number(evaluation->measured[v].r2_log));
    return item;
}

static json_t *describe_graph(const flx_evaluation *evaluation)
{
    const flx_error_metrics *graph = &evaluation->graph;
    json_t *item = json_object();
    json_object_set_new(item, "mae", number(graph->mae));
    json_object_set_new(item, "mape", number(graph->mape));
    json_object_set_new(item, "rmse", number(graph->rmse));
    json_object_set_new(item, "r2", number(graph->r2));
    json_object_set_new(item, "r2_log", number(graph->r2_log));
    json_object_set_new(item, "coverage90", number(graph->coverage));
    json_object_set_new(item, "mae_given_measured_inputs",
                        number(evaluation->graph_measured.mae));
    json_object_set_new(item, "r2_log_given_measured_inputs",
                        number(evaluation->graph_measured.r2_log));
    return item;
}

static flx_status print_answer(const flx_model *model, const flx_evaluation *evaluation,
                               flx_error *error)
{
    json_t *vertices = json_array();
    for (int v = 0; v < evaluation->n_vertices; v++)
        json_array_append_new(vertices, describe_vertex(model, evaluation, v));
    json_t *answer = json_pack("{s:s, s:s, s:s, s:i}", "target",
                               model->graph->vertices[model->graph->output].name, "unit",
                               flx_model_unit(model), "composition",
                               flx_composition_text(model->composition), "rows",
                               evaluation->graph.rows);
    json_object_set_new(answer, "graph", describe_graph(evaluation));
    json_object_set_new(answer, "vertices", vertices);
    return flx_print_json(answer, error);
}

static void format(char *text, size_t size, double value)
{
    if (isfinite(value))
        snprintf(text, size, "%.4g", value);
    else
        snprintf(text, size, "-");
}

/* Returns how many vertices are marked. */
static int print_vertices(const flx_model *model, const flx_evaluation *evaluation)
{
    static const char *const titles[] = {"vertex",        "kind",          "rows",
                                         "MAE composed",  "MAE measured",  "R2 composed",
                                         "R2 own inputs", "R2 all inputs", ""};
    flx_table *table = flx_table_create(9, titles, "llrrrrrrl");
    int marked = 0;
    for (int v = 0; v < evaluation->n_vertices && table; v++) {
        char rows[16], cells[5][32];
        bool is_marked = fails_modularity(evaluation, v);
        marked += is_marked;
        snprintf(rows, sizeof rows, "%d", evaluation->composed[v].rows);
        format(cells[0], sizeof cells[0], evaluation->composed[v].mae);
        format(cells[1], sizeof cells[1], evaluation->measured[v].mae);
        format(cells[2], sizeof cells[2], evaluation->composed[v].r2);
        format(cells[3], sizeof cells[3], evaluation->measured[v].r2);
        format(cells[4], sizeof cells[4], evaluation->r2_all_inputs[v]);
        const char *row[] = {model->graph->vertices[v].name,
                             flx_vertex_kind_text(model->graph->vertices[v].kind),
                             rows,
                             cells[0],
                             cells[1],
                             cells[2],
                             cells[3],
                             cells[4],
                             is_marked ? "*" : ""};
        flx_table_row(table, row);
    }
    flx_table_print(table);
    flx_table_destroy(table);
    return marked;
}

static void print_summary(const flx_model *model, const flx_evaluation *evaluation)
{
    const flx_error_metrics *graph = &evaluation->graph;
    int marked = evaluation->n_vertices <= 80 ? print_vertices(model, evaluation) : 0;
    if (marked)
        printf("* modularity fails: inputs of other services say much of it that its own "
               "do not\n");
    printf("\n%s over %d rows, predicted from knobs and states alone (%s):\n",
           model->graph->vertices[model->graph->output].name, graph->rows,
           model->ensemble ? "mixture of models"
                           : flx_composition_text(model->composition));
    printf("  mean absolute error  %.5g %s", graph->mae, flx_model_unit(model));
    if (isfinite(graph->mape))
        printf("  (%.1f %% of the measured value)", 100 * graph->mape);
    printf("\n  R2 %.3f", graph->r2);
    if (isfinite(graph->r2_log))
        printf(", of the logarithm %.3f", graph->r2_log);
    printf("\n  90 %% interval holds  %.1f %% of the rows\n", 100 * graph->coverage);
    printf("\"MAE measured\" is a vertex's error when its inputs are measured, not "
           "predicted: never the accuracy of the graph.\n");
}

static flx_status read_table(const flx_arguments *arguments, const flx_model *model,
                             flx_dataset **out, flx_error *error)
{
    flx_dataset *table = NULL;
    FLX_TRY(flx_dataset_read(flx_text(arguments, "data", NULL), &table, error));
    if (!flx_is_set(arguments, "others")) {
        *out = table;
        return FLX_OK;
    }
    flx_status status = flx_other_rows(model, table, out, error);
    flx_dataset_destroy(table);
    return status;
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    if (!flx_text(arguments, "data", NULL))
        return flx_fail(error, FLX_BAD_INPUT, "evaluate needs --data TEST.h5");
    flx_model *model = NULL;
    flx_dataset *table = NULL;
    flx_backend *backend = NULL;
    flx_evaluation *evaluation = NULL;
    FLX_TRY(flx_model_read(flx_positional(arguments, 0), &model, error));
    flx_status status = read_table(arguments, model, &table, error);
    if (status == FLX_OK)
        status = flx_backend_open(flx_backend_name(arguments), flx_threads(arguments),
                                  &backend, error);
    if (status == FLX_OK) {
        flx_bar bar;
        flx_progress progress = flx_bar_start(&bar, "evaluate");
        status = flx_evaluate_model(model, backend, table, flx_seed(arguments), &progress,
                                    &evaluation, error);
        flx_bar_finish(&bar);
    }
    if (status == FLX_OK)
        flx_warn_absent(evaluation->n_absent, evaluation->n_read);
    if (status == FLX_OK && flx_wants_json(arguments))
        status = print_answer(model, evaluation, error);
    else if (status == FLX_OK)
        print_summary(model, evaluation);
    flx_evaluation_destroy(evaluation);
    flx_backend_close(backend);
    flx_dataset_destroy(table);
    flx_model_destroy(model);
    return status;
}

const flx_command flx_evaluate_command = {
    .name = "evaluate",
    .summary = "measure how well a model predicts a table",
    .usage = "MODEL/ --data TEST.h5 [--others] [--json]",
    .details =
        "The error of the graph is that of composed predictions, from knobs and "
        "states alone. Beside it stands each vertex's error given measured inputs.",
    .options = options,
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
