/* SPDX-License-Identifier: MIT
 * fluxion train: a table and a deployment in, a model folder out. */
#include "host/commands/commands.h"
#include "host/commands/owned.h"

#include "host/graph.h"
#include "host/model.h"
#include "host/statistics.h"
#include "host/training.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_ASSIGNMENTS = 60 }; /* that are printed as a table */

FLX_OWNS(flx_repository, flx_repository_close)

#define BAR_AND_NAME(constant, name, function) "|" name
static const char kernels[] = FLX_COVARIANCE_FUNCTIONS(BAR_AND_NAME);

static const flx_option options[] = {
    OPT_TEXT("deployment", "DEP.json", "what is deployed: services, knobs, calls, target",
             .is_required = true),
    OPT_TEXT("data", "DATA.h5", "table of benchmark runs to train on",
             .is_required = true),
    OPT_TEXT("output", "MODEL/", "folder to write the model to", .letter = 'o',
             .is_required = true),
    OPT_INTEGER("rows", "N", 1, 1e9,
                "train on N rows drawn by --seed, whole groups together"),
    OPT_TEXT("metrics", "METRICS",
             "metrics the vertices predict, e.g. p50,p85,p90,p95, or select: chosen for "
             "every vertex by input selection (default: the target's)",
             .alias = "spectrum"),
    OPT_CHOICE("monolith", "KIND", "gp-ard|gp-iso|mlp|forest|xgboost|ridge",
               "one black box instead of a graph", .alias = "black-box"),
    OPT_FLAG("no-ensemble", "the composed graph alone, without other models beside it",
             .alias = "composed-only"),
    OPT_CHOICE("prior", "KIND", "default|none",
               "priors on hyper-parameters, or none for maximum likelihood"),
    OPT_CHOICE("kernel", "NAME", &kernels[1], "covariance function of Gaussian processes",
               .usual = "matern52"),
    OPT_FLAG("paper",
             "as the paper: the composed graph, one length scale, maximum likelihood"),
    OPT_TEXT("repository", "DIR",
             "folder of fitted models: what is there is not fitted again"),
    {0}};

static flx_status choose_composition(const flx_arguments *arguments,
                                     flx_training_options *training, flx_error *error)
{
    /* In the order of the words of --monolith. */
    static const flx_composition kinds[] = {FLX_BLACK_BOX_ARD,     FLX_BLACK_BOX_ISO,
                                            FLX_BLACK_BOX_MLP,     FLX_BLACK_BOX_FOREST,
                                            FLX_BLACK_BOX_XGBOOST, FLX_BLACK_BOX_RIDGE};
    int kind = flx_choice(arguments, "monolith");
    bool has_no_prior = flx_choice(arguments, "prior") == 1;
    bool is_graph_only = flx_is_set(arguments, "no-ensemble");
    if (kind >= 0 && is_graph_only)
        return flx_fail(error, FLX_BAD_INPUT, "--%s and --%s exclude each other",
                        flx_name_given(arguments, "no-ensemble"),
                        flx_name_given(arguments, "monolith"));
    training->paper_mode = flx_is_set(arguments, "paper");
    training->composition = kind >= 0 ? kinds[kind] : FLX_COMPOSED;
    training->prior = has_no_prior || training->composition == FLX_BLACK_BOX_ISO
                          ? FLX_PRIOR_NONE
                          : FLX_PRIOR_DENSITY;
    training->hosts_ensemble =
        !has_no_prior && kind < 0 && !training->paper_mode && !is_graph_only;
    return FLX_OK;
}

/* After the composition. */
static flx_status choose_kernel(const flx_arguments *arguments,
                                flx_training_options *training, flx_error *error)
{
    const char *name = flx_text(arguments, "kernel", NULL);
    if (!name)
        return FLX_OK;
    flx_covariance kernel = (flx_covariance)flx_choice(arguments, "kernel");
    if (training->paper_mode && kernel != FLX_MATERN52)
        return flx_fail(error, FLX_BAD_INPUT,
                        "--kernel %s: --paper is %s, leave one of them out", name,
                        flx_covariance_words[FLX_MATERN52]);
    if (flx_composition_kind(training->composition) != FLX_PREDICTOR_GP)
        return flx_fail(error, FLX_BAD_INPUT,
                        "--kernel %s: --%s %s is no Gaussian process", name,
                        flx_name_given(arguments, "monolith"),
                        flx_composition_text(training->composition));
    training->covariance = kernel;
    return FLX_OK;
}

/* The rows to train on, and where they came from. */
typedef struct {
    flx_dataset *rows;
    int *drawn, n_drawn, source_rows;
    char digest[65];
} training_rows;

static void clear(training_rows *r)
{
    flx_dataset_destroy(r->rows);
    free(r->drawn);
}

static flx_status read_rows(const flx_arguments *arguments, training_rows *r,
                            flx_error *error)
{
    const char *path = flx_text(arguments, "data", NULL);
    int wanted = (int)flx_integer(arguments, "rows", 0);
    FLX_OWNED(flx_dataset) table = NULL;
    FLX_TRY(flx_dataset_read(path, &table, error));
    if (wanted > table->rows)
        return flx_fail(error, FLX_BAD_INPUT, "--rows %d: %s has %d rows", wanted, path,
                        table->rows);
    r->source_rows = table->rows;
    flx_dataset_digest(table, r->digest);
    FLX_TRY(flx_subsample_rows(table, wanted, flx_seed(arguments), &r->drawn, &r->n_drawn,
                               error));
    return flx_dataset_select_rows(table, r->drawn, r->n_drawn, &r->rows, error);
}

static json_t *describe_assignment(const flx_model *model, int a)
{
    const flx_graph_assignment *assignment = &model->graph->assignments[a];
    const flx_predictor *p = flx_model_leading(model, a);
    bool is_gp = p->kind == FLX_PREDICTOR_GP;
    bool is_constant = p->kind == FLX_PREDICTOR_CONSTANT;
    return json_pack("{s:s, s:s, s:i, s:i, s:s, s:o, s:o, s:i}", "name", assignment->name,
                     "kind", flx_predictor_kind_text(p->kind), "n", p->n, "d",
                     p->n_features, "vertex", flx_vertex_kind_text(assignment->kind),
                     "lml", is_gp ? flx_json_real(p->lml) : json_null(), "loo_mae",
                     is_constant ? json_null() : flx_json_real(p->loo_mae), "evaluations",
                     p->evaluations);
}

static json_t *list_warnings(const flx_model *model, bool failures)
{
    json_t *list = json_array();
    for (int i = 0; i < model->warnings.count; i++)
        if (model->warnings.items[i].is_failure == failures)
            json_array_append_new(list, json_pack("{s:s, s:s}", "assignment",
                                                  model->warnings.items[i].assignment,
                                                  "why", model->warnings.items[i].text));
    return list;
}

static json_t *describe_ensemble(const flx_ensemble *ensemble)
{
    if (!ensemble)
        return json_null();
    json_t *list = json_array();
    for (int k = 0; k < ensemble->n_members; k++)
        json_array_append_new(list, json_pack("{s:s, s:f, s:f}", "member",
                                              ensemble->members[k].name, "weight",
                                              ensemble->members[k].weight, "fold_mae",
                                              ensemble->members[k].fold_mae));
    return list;
}

static json_t *describe(const flx_model *model, const flx_training_report *report,
                        const flx_backend *backend)
{
    json_t *detail = json_array();
    for (int a = 0; a < model->graph->n_assignments; a++)
        json_array_append_new(detail, describe_assignment(model, a));
    return json_pack(
        "{s:s, s:s, s:i, s:i, s:i, s:I, s:f, s:i, s:i, s:o, s:o, s:o, s:o}", "backend",
        backend->name, "composition", flx_composition_text(model->composition),
        "assignments", model->graph->n_assignments, "fits", report->fits, "cache_hits",
        report->cache_hits, "evaluations", (json_int_t)report->evaluations, "wall_s",
        report->wall_s, "rows", model->n_drawn, "vertices", model->graph->n_vertices,
        "ensemble", describe_ensemble(model->ensemble), "failed",
        list_warnings(model, true), "warnings", list_warnings(model, false), "detail",
        detail);
}

static void print_warnings(const json_t *list, const char *format)
{
    json_t *warning;
    size_t i;
    json_array_foreach(list, i, warning)
        flx_print_line(warning, format);
}

static void print_text(json_t *report)
{
    static const flx_table_column assignments[] = {
        {"assignment", "{name}"},
        {"vertex", "{vertex}"},
        {"model", "{kind}"},
        {"points", "{n}"},
        {"inputs", "{d}"},
        {"out-of-sample MAE", "{?loo_mae:.5g}"},
        {0}};
    static const flx_table_column members[] = {{"the target is predicted by", "{member}"},
                                               {"weight", "{weight:.2f}"},
                                               {"out-of-sample MAE", "{fold_mae:.5g}"},
                                               {0}};
    const json_t *detail = json_object_get(report, "detail");
    const json_t *ensemble = json_object_get(report, "ensemble");
    if (json_array_size(detail) <= MOST_ASSIGNMENTS)
        flx_print_table(detail, assignments);
    if (json_is_array(ensemble)) {
        printf("\n");
        flx_print_table(ensemble, members);
        printf("\n");
    }
    print_warnings(
        json_object_get(report, "failed"),
        "warning: {assignment} could not be fitted and became a constant: {why}");
    print_warnings(json_object_get(report, "warnings"), "warning: {assignment} {why}");
    flx_print_line_if(report, "cache_hits",
                      "{cache_hits} of {fits} fits were found in the repository");
    flx_print_line(report, "{path}: {assignments} assignments for {vertices} vertices, "
                           "{fits} fits from {rows} rows, {evaluations} evaluations in "
                           "{wall_s:.2f} s on {backend} ({device})");
}

/* Trains on what the arguments name. */
static flx_status train(const flx_arguments *arguments, flx_backend *backend,
                        flx_training_options *training, flx_model **model,
                        flx_training_report *report, flx_error *error)
{
    const char *repository_path = flx_text(arguments, "repository", NULL);
    FLX_OWNED(flx_deployment) deployment = NULL;
    FLX_OWNED(flx_repository) repository = NULL;
    FLX_CLEARED(clear) training_rows r = {0};
    FLX_TRY(
        flx_deployment_read(flx_text(arguments, "deployment", NULL), &deployment, error));
    FLX_TRY(read_rows(arguments, &r, error));
    if (repository_path)
        FLX_TRY(flx_repository_open(repository_path, &repository, error));
    training->repository = repository;
    flx_bar bar;
    flx_progress progress = flx_bar_start(&bar, "train");
    flx_status status = flx_train_take(deployment, r.rows, training, backend, &progress,
                                       model, report, error);
    deployment = NULL;
    r.rows = NULL;
    flx_bar_finish(&bar);
    FLX_TRY(status);
    (*model)->drawn = r.drawn;
    r.drawn = NULL;
    (*model)->n_drawn = r.n_drawn;
    (*model)->source_rows = r.source_rows;
    memcpy((*model)->source_digest, r.digest, sizeof r.digest);
    return FLX_OK;
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *path = flx_text(arguments, "output", NULL);
    FLX_CLEARED(flx_metric_list_clear) flx_metric_list metrics = {0};
    FLX_OWNED(flx_backend) backend = NULL;
    FLX_OWNED(flx_model) model = NULL;
    flx_training_options training = {.seed = flx_seed(arguments)};
    flx_training_report report;
    FLX_TRY(choose_composition(arguments, &training, error));
    FLX_TRY(choose_kernel(arguments, &training, error));
    FLX_TRY(flx_model_check_path(path, error));
    FLX_TRY(flx_metric_list_parse(flx_text(arguments, "metrics", NULL), &metrics, error));
    training.spectrum = (const char *const *)metrics.names;
    training.n_spectrum = metrics.n;
    training.selects_metrics = metrics.is_selected;
    FLX_TRY(flx_open_backend(arguments, &backend, error));
    FLX_TRY(train(arguments, backend, &training, &model, &report, error));
    FLX_TRY(flx_model_write(model, path, "train", error));
    return flx_report(
        arguments, describe(model, &report, backend),
        json_pack("{s:s, s:s}", "path", path, "device", backend->description), print_text,
        error);
}

const flx_command flx_train_command = {
    .name = "train",
    .summary = "fit the learning assignments of a deployment and compose them",
    .usage = "--deployment DEP.json --data DATA.h5 -o MODEL/ [options]",
    .details =
        "Every learning assignment is fitted on measured inputs, all of them as one "
        "batch, and composed into the inference graph. The target is predicted by an "
        "ensemble: this graph and other models of the whole system, weighted by their "
        "errors in five folds; with --no-ensemble by the composed graph alone.\n"
        "\n"
        "With --repository a fit is stored in DIR as soon as it is done, and one that is "
        "there already is looked up: a training that was interrupted goes on when it is "
        "run again. The model folder holds copies and needs DIR no more.\n"
        "\n"
        "With --paper, --monolith mlp tries networks of the sizes in the paper's "
        "appendix, which takes minutes, not seconds.",
    .options = options,
    .run = run,
};
