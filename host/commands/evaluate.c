/* SPDX-License-Identifier: MIT
 * fluxion evaluate: how well a trained graph predicts a table. */
#include "host/commands/commands.h"
#include "host/commands/owned.h"

#include "host/evaluation.h"

enum { MOST_VERTICES = 80 }; /* that are printed as a table */

FLX_OWNS(flx_evaluation, flx_evaluation_destroy)

static const flx_option options[] = {
    OPT_TEXT("data", "TEST.h5", "table to test on", .is_required = true),
    OPT_FLAG("held-out",
             "TEST.h5 is the training table: test on the rows that were not drawn",
             .alias = "others"),
    {0}};

static json_t *describe_vertex(const flx_model *model, const flx_evaluation *evaluation,
                               int v)
{
    const flx_vertex *vertex = &model->graph->vertices[v];
    const flx_error_metrics *composed = &evaluation->composed[v];
    const flx_error_metrics *measured = &evaluation->measured[v];
    double r2_all_inputs = evaluation->r2_all_inputs[v];
    return json_pack(
        "{s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "name", vertex->name,
        "kind", flx_vertex_kind_text(vertex->kind), "rows", composed->rows, "mae",
        flx_json_real(composed->mae), "mae_given_measured_inputs",
        flx_json_real(measured->mae), "r2", flx_json_real(composed->r2), "r2_own_inputs",
        flx_json_real(measured->r2), "r2_all_inputs", flx_json_real(r2_all_inputs),
        "modularity_fails", (int)flx_modularity_fails(measured->r2, r2_all_inputs),
        "r2_given_measured_inputs", flx_json_real(measured->r2),
        "r2_log_given_measured_inputs", flx_json_real(measured->r2_log));
}

static json_t *describe_graph(const flx_evaluation *evaluation)
{
    const flx_error_metrics *graph = &evaluation->graph;
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "mae", flx_json_real(graph->mae),
        "mape", flx_json_real(graph->mape), "rmse", flx_json_real(graph->rmse), "r2",
        flx_json_real(graph->r2), "r2_log", flx_json_real(graph->r2_log), "coverage90",
        flx_json_real(graph->coverage), "mae_given_measured_inputs",
        flx_json_real(evaluation->graph_measured.mae), "r2_log_given_measured_inputs",
        flx_json_real(evaluation->graph_measured.r2_log));
}

static json_t *describe(const flx_model *model, const flx_evaluation *evaluation)
{
    json_t *vertices = json_array();
    for (int v = 0; v < evaluation->n_vertices; v++)
        json_array_append_new(vertices, describe_vertex(model, evaluation, v));
    return json_pack("{s:s, s:s, s:s, s:i, s:o, s:o}", "target",
                     model->graph->vertices[model->graph->output].name, "unit",
                     flx_model_unit(model), "composition",
                     flx_composition_text(model->composition), "rows",
                     evaluation->graph.rows, "graph", describe_graph(evaluation),
                     "vertices", vertices);
}

static void print_vertices(const json_t *vertices)
{
    static const flx_table_column columns[] = {
        {"vertex", "{name}"},
        {"kind", "{kind}"},
        {"rows", "{rows}"},
        {"MAE composed", "{mae:.4g}"},
        {"MAE measured", "{mae_given_measured_inputs:.4g}"},
        {"R2 composed", "{r2:.4g}"},
        {"R2 own inputs", "{r2_own_inputs:.4g}"},
        {"R2 all inputs", "{r2_all_inputs:.4g}"},
        {"", "{modularity_fails:*|}"},
        {0}};
    bool is_any_marked = false;
    size_t i;
    json_t *vertex;
    flx_print_table(vertices, columns);
    json_array_foreach((json_t *)vertices, i, vertex)
        is_any_marked |= json_is_true(json_object_get(vertex, "modularity_fails"));
    if (is_any_marked)
        printf("* modularity fails: inputs of other services explain much of it that its "
               "own do not\n");
}

static void print_text(json_t *report)
{
    const json_t *vertices = json_object_get(report, "vertices");
    if (json_array_size(vertices) <= MOST_VERTICES)
        print_vertices(vertices);
    flx_print_line(report, "\n{target} over {rows} rows, predicted from knobs and states "
                           "alone ({predictor}):");
    flx_print_line(report, "  mean absolute error  {graph.mae:.5g}{ unit}");
    flx_print_line_if(report, "graph.mape", "  of the measured value {graph.mape:.1%}");
    flx_print_line(report, "  R2                   {graph.r2:.3f}");
    flx_print_line_if(report, "graph.r2_log",
                      "  R2 of the logarithm  {graph.r2_log:.3f}");
    flx_print_line(report, "  90 % interval holds  {graph.coverage90:.1%} of the rows");
    printf("\"MAE measured\" is a vertex's error when its inputs are measured, not "
           "predicted: never the accuracy of the graph.\n");
}

static flx_status read_table(const flx_arguments *arguments, const flx_model *model,
                             flx_dataset **out, flx_error *error)
{
    FLX_OWNED(flx_dataset) table = NULL;
    FLX_TRY(flx_dataset_read(flx_text(arguments, "data", NULL), &table, error));
    if (flx_is_set(arguments, "held-out"))
        return flx_other_rows(model, table, out, error);
    *out = table;
    table = NULL;
    return FLX_OK;
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    FLX_OWNED(flx_model) model = NULL;
    FLX_OWNED(flx_dataset) table = NULL;
    FLX_OWNED(flx_backend) backend = NULL;
    FLX_OWNED(flx_evaluation) evaluation = NULL;
    FLX_TRY(flx_model_read(flx_positional(arguments, 0), &model, error));
    FLX_TRY(read_table(arguments, model, &table, error));
    FLX_TRY(flx_open_backend(arguments, &backend, error));
    flx_bar bar;
    flx_progress progress = flx_bar_start(&bar, "evaluate");
    flx_status status = flx_evaluate_model(model, backend, table, flx_seed(arguments),
                                           &progress, &evaluation, error);
    flx_bar_finish(&bar);
    FLX_TRY(status);
    flx_warn_absent(evaluation->n_absent, evaluation->n_read);
    return flx_report(arguments, describe(model, evaluation),
                      json_pack("{s:s}", "predictor",
                                model->ensemble
                                    ? "ensemble"
                                    : flx_composition_text(model->composition)),
                      print_text, error);
}

const flx_command flx_evaluate_command = {
    .name = "evaluate",
    .summary = "measure how well a model predicts a table",
    .usage = "MODEL/ --data TEST.h5 [--held-out] [--json]",
    .details =
        "The error of the graph is that of composed predictions, made from knobs and "
        "states alone. Beside it stands the error of each vertex given measured inputs. "
        "Vertices are marked where modularity fails: where inputs of other services "
        "explain what their own inputs do not.",
    .options = options,
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
