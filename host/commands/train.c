/* SPDX-License-Identifier: MIT
 * fluxion train: a table and a deployment in, a model folder out. */
#include "host/commands/commands.h"

#include "host/graph.h"
#include "host/model.h"
#include "host/statistics.h"
#include "host/training.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPACE_AND_NAME(constant, name, function) " " name

static const flx_option options[] = {
    {.name = "deployment",
     .type = FLX_TEXT,
     .argument = "DEP.json",
     .help = "what is deployed: services, knobs, calls, target (required)"},
    {.name = "data",
     .type = FLX_TEXT,
     .argument = "DATA.h5",
     .help = "table of benchmark runs to train on (required)"},
    {.name = "output",
     .letter = 'o',
     .type = FLX_TEXT,
     .argument = "MODEL/",
     .help = "folder to write the model to (required)"},
    {.name = "rows",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 1e9,
     .argument = "N",
     .help = "train on N rows drawn by --seed, whole groups together"},
    {.name = "spectrum",
     .type = FLX_TEXT,
     .argument = "METRICS",
     .help = "metrics the vertices predict, e.g. p50,p85,p90,p95, or select: chosen for "
             "every vertex by input selection (default: the target's)"},
    {.name = "monolith",
     .type = FLX_TEXT,
     .argument = "KIND",
     .help = "one black box instead of a graph: gp-ard, gp-iso, mlp, forest, xgboost or "
             "ridge"},
    {.name = "composed-only",
     .type = FLX_FLAG,
     .help = "the composed graph alone, without other models beside it"},
    {.name = "prior",
     .type = FLX_TEXT,
     .argument = "default|none",
     .help = "priors on hyper-parameters, or none: maximum likelihood"},
    {.name = "kernel",
     .type = FLX_TEXT,
     .argument = "NAME",
     .help = "covariance function of Gaussian processes, one of" FLX_COVARIANCE_FUNCTIONS(
         SPACE_AND_NAME) " (default: matern52)"},
    {.name = "paper",
     .type = FLX_FLAG,
     .help = "as the paper: the composed graph, one length scale, maximum likelihood"},
    {.name = "repository",
     .type = FLX_TEXT,
     .argument = "DIR",
     .help = "folder of fitted models: what is there is not fitted again"},
    {0}};

static flx_status choose_monolith(const char *name, flx_training_options *training,
                                  flx_error *error)
{
    for (int c = FLX_BLACK_BOX_ARD; c <= FLX_BLACK_BOX_RIDGE; c++)
        if (strcmp(name, flx_composition_text((flx_composition)c)) == 0) {
            training->composition = (flx_composition)c;
            return FLX_OK;
        }
    return flx_fail(error, FLX_BAD_INPUT,
                    "--monolith %s: give gp-ard, gp-iso, mlp, forest, xgboost or ridge",
                    name);
}

static flx_status choose_composition(const flx_arguments *arguments,
                                     flx_training_options *training, flx_error *error)
{
    const char *monolith = flx_text(arguments, "monolith", NULL);
    const char *prior = flx_text(arguments, "prior", "default");
    bool is_none = strcmp(prior, "none") == 0;
    if (!is_none && strcmp(prior, "default") != 0)
        return flx_fail(error, FLX_BAD_INPUT, "--prior %s: give default or none", prior);
    training->paper_mode = flx_is_set(arguments, "paper");
    training->prior = is_none ? FLX_PRIOR_NONE : FLX_PRIOR_DENSITY;
    training->hosts_ensemble = !is_none && !monolith && !training->paper_mode &&
                               !flx_is_set(arguments, "composed-only");
    if (!monolith)
        return FLX_OK;
    if (flx_is_set(arguments, "composed-only"))
        return flx_fail(error, FLX_BAD_INPUT,
                        "--composed-only and --monolith exclude each other");
    FLX_TRY(choose_monolith(monolith, training, error));
    if (training->composition == FLX_BLACK_BOX_ISO)
        training->prior = FLX_PRIOR_NONE;
    return FLX_OK;
}

/* After the composition. */
static flx_status choose_kernel(const flx_arguments *arguments,
                                flx_training_options *training, flx_error *error)
{
    const char *name = flx_text(arguments, "kernel", NULL);
    if (!name)
        return FLX_OK;
    int found = flx_covariance_find(name);
    if (found < 0)
        return flx_fail(
            error, FLX_BAD_INPUT,
            "--kernel %s: give one of" FLX_COVARIANCE_FUNCTIONS(SPACE_AND_NAME), name);
    if (training->paper_mode && found != FLX_MATERN52)
        return flx_fail(error, FLX_BAD_INPUT,
                        "--kernel %s: --paper is %s, leave one of them out", name,
                        flx_covariance_words[FLX_MATERN52]);
    if (flx_composition_kind(training->composition) != FLX_PREDICTOR_GP)
        return flx_fail(error, FLX_BAD_INPUT,
                        "--kernel %s: --monolith %s is no Gaussian process", name,
                        flx_composition_text(training->composition));
    training->covariance = (flx_covariance)found;
    return FLX_OK;
}

/* Reads the table and draws the rows to train on; where they came from goes to `drawn`,
 * `digest` and `source_rows`. */
static flx_status read_rows(const flx_arguments *arguments, flx_dataset **rows,
                            int **drawn, int *n_drawn, char digest[65], int *source_rows,
                            flx_error *error)
{
    const char *path = flx_text(arguments, "data", NULL);
    int wanted = (int)flx_integer(arguments, "rows", 0);
    flx_dataset *table = NULL;
    FLX_TRY(flx_dataset_read(path, &table, error));
    flx_status status = FLX_OK;
    if (wanted > table->rows)
        status = flx_fail(error, FLX_BAD_INPUT, "--rows %d: %s has %d rows", wanted, path,
                          table->rows);
    if (status == FLX_OK)
        status =
            flx_subsample_rows(table, wanted, flx_seed(arguments), drawn, n_drawn, error);
    if (status == FLX_OK)
        status = flx_dataset_select_rows(table, *drawn, *n_drawn, rows, error);
    flx_dataset_digest(table, digest);
    *source_rows = table->rows;
    flx_dataset_destroy(table);
    return status;
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *describe_assignment(const flx_model *model, int a)
{
    const flx_predictor *p = flx_model_leading(model, a);
    bool is_gp = p->kind == FLX_PREDICTOR_GP;
    json_t *item = json_pack(
        "{s:s, s:s, s:i, s:i}", "name", model->graph->assignments[a].name, "kind",
        flx_predictor_kind_text(p->kind), "n", p->n, "d", p->n_features);
    json_object_set_new(
        item, "vertex",
        json_string(flx_vertex_kind_text(model->graph->assignments[a].kind)));
    json_object_set_new(item, "lml", is_gp ? number(p->lml) : json_null());
    json_object_set_new(item, "loo_mae",
                        p->kind == FLX_PREDICTOR_CONSTANT ? json_null()
                                                          : number(p->loo_mae));
    json_object_set_new(item, "evaluations", json_integer(p->evaluations));
    return item;
}

static json_t *describe_notes(const flx_model *model, bool failures)
{
    json_t *list = json_array();
    for (int i = 0; i < model->n_warnings; i++)
        if (model->warnings[i].is_failure == failures)
            json_array_append_new(list, json_pack("{s:s, s:s}", "assignment",
                                                  model->warnings[i].assignment, "why",
                                                  model->warnings[i].text));
    return list;
}

static json_t *describe_mixture(const flx_ensemble *mixture)
{
    if (!mixture)
        return json_null();
    json_t *list = json_array();
    for (int k = 0; k < mixture->n_members; k++)
        json_array_append_new(list, json_pack("{s:s, s:f, s:f}", "member",
                                              mixture->members[k].name, "weight",
                                              mixture->members[k].weight, "fold_mae",
                                              mixture->members[k].fold_mae));
    return list;
}

static flx_status print_answer(const flx_model *model, const flx_training_report *report,
                               const flx_backend *backend, flx_error *error)
{
    json_t *detail = json_array();
    for (int a = 0; a < model->graph->n_assignments; a++)
        json_array_append_new(detail, describe_assignment(model, a));
    json_t *answer = json_pack(
        "{s:s, s:s, s:i, s:i, s:i, s:I, s:f, s:i, s:i}", "backend", backend->name,
        "composition", flx_composition_text(model->composition), "assignments",
        model->graph->n_assignments, "fits", report->fits, "looked_up",
        report->cache_hits, "evaluations", (json_int_t)report->evaluations, "wall_s",
        report->wall_s, "rows", model->n_drawn, "vertices", model->graph->n_vertices);
    json_object_set_new(answer, "mixture", describe_mixture(model->ensemble));
    json_object_set_new(answer, "failed", describe_notes(model, true));
    json_object_set_new(answer, "notes", describe_notes(model, false));
    json_object_set_new(answer, "detail", detail);
    return flx_print_json(answer, error);
}

/* The assignments as a table, those with the largest error last. */
static void print_assignments(const flx_model *model)
{
    static const char *const titles[] = {"assignment", "vertex", "model",
                                         "points",     "inputs", "out-of-sample MAE"};
    flx_table *table = flx_table_create(6, titles, "lllrrr");
    for (int a = 0; a < model->graph->n_assignments && table; a++) {
        const flx_predictor *p = flx_model_leading(model, a);
        char n[16], d[16], mae[32] = "";
        snprintf(n, sizeof n, "%d", p->n);
        snprintf(d, sizeof d, "%d", p->n_features);
        if (p->kind != FLX_PREDICTOR_CONSTANT)
            snprintf(mae, sizeof mae, "%.5g", p->loo_mae);
        const char *cells[] = {model->graph->assignments[a].name,
                               flx_vertex_kind_text(model->graph->assignments[a].kind),
                               flx_predictor_kind_text(p->kind),
                               n,
                               d,
                               mae};
        flx_table_row(table, cells);
    }
    flx_table_print(table);
    flx_table_destroy(table);
}

/* What the target hosts, and how much each counts. */
static void print_mixture(const flx_ensemble *mixture)
{
    static const char *const titles[] = {"the target is predicted by", "weight",
                                         "out-of-sample MAE"};
    flx_table *table = flx_table_create(3, titles, "lrr");
    for (int k = 0; k < mixture->n_members && table; k++) {
        char weight[16], mae[32];
        snprintf(weight, sizeof weight, "%.2f", mixture->members[k].weight);
        snprintf(mae, sizeof mae, "%.5g", mixture->members[k].fold_mae);
        const char *cells[] = {mixture->members[k].name, weight, mae};
        flx_table_row(table, cells);
    }
    printf("\n");
    flx_table_print(table);
    printf("\n");
    flx_table_destroy(table);
}

static void print_summary(const flx_model *model, const flx_training_report *report,
                          const flx_backend *backend, const char *path)
{
    if (model->graph->n_assignments <= 60)
        print_assignments(model);
    if (model->ensemble)
        print_mixture(model->ensemble);
    for (int i = 0; i < model->n_warnings; i++)
        printf("note: %s %s%s\n", model->warnings[i].assignment,
               model->warnings[i].is_failure
                   ? "could not be fitted and became a constant: "
                   : "",
               model->warnings[i].text);
    if (report->cache_hits)
        printf("%d of %d fits were found in the repository\n", report->cache_hits,
               report->fits);
    printf("%s: %d assignments for %d vertices, %d fits from %d rows, %ld evaluations in "
           "%.2f s on %s (%s)\n",
           path, model->graph->n_assignments, model->graph->n_vertices, report->fits,
           model->n_drawn, report->evaluations, report->wall_s, backend->name,
           backend->description);
}

/* Takes over deployment and rows. */
static flx_status fit(const flx_arguments *arguments, flx_deployment *deployment,
                      flx_dataset *rows, flx_training_options *training,
                      flx_backend *backend, flx_model **model,
                      flx_training_report *report, flx_error *error)
{
    const char *path = flx_text(arguments, "repository", NULL);
    flx_repository *repository = NULL;
    flx_status status = path ? flx_repository_open(path, &repository, error) : FLX_OK;
    if (status != FLX_OK) {
        flx_deployment_destroy(deployment);
        flx_dataset_destroy(rows);
        return status;
    }
    flx_bar bar;
    flx_progress progress = flx_bar_start(&bar, "train");
    training->repository = repository;
    status = flx_train_take(deployment, rows, training, backend, &progress, model, report,
                            error);
    flx_bar_finish(&bar);
    flx_repository_close(repository);
    return status;
}

/* Trains on what the arguments name; model and report are filled on success. */
static flx_status train(const flx_arguments *arguments, flx_backend *backend,
                        flx_training_options *training, flx_model **model,
                        flx_training_report *report, flx_error *error)
{
    flx_deployment *deployment = NULL;
    flx_dataset *rows = NULL;
    int *drawn = NULL, n_drawn = 0, source_rows = 0;
    char digest[65];
    FLX_TRY(
        flx_deployment_read(flx_text(arguments, "deployment", NULL), &deployment, error));
    flx_status status =
        read_rows(arguments, &rows, &drawn, &n_drawn, digest, &source_rows, error);
    if (status != FLX_OK) {
        flx_deployment_destroy(deployment);
        free(drawn);
        return status;
    }
    status = fit(arguments, deployment, rows, training, backend, model, report, error);
    if (status != FLX_OK) {
        free(drawn);
        return status;
    }
    (*model)->drawn = drawn;
    (*model)->n_drawn = n_drawn;
    (*model)->source_rows = source_rows;
    memcpy((*model)->source_digest, digest, sizeof digest);
    return FLX_OK;
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    static const char *const required[] = {"deployment", "data", "output"};
    for (int i = 0; i < 3; i++)
        if (!flx_text(arguments, required[i], NULL))
            return flx_fail(error, FLX_BAD_INPUT,
                            "train needs --%s: see fluxion train "
                            "--help",
                            required[i]);
    flx_training_options training = {0};
    flx_metric_list spectrum;
    flx_backend *backend = NULL;
    flx_model *model = NULL;
    flx_training_report report;
    const char *path = flx_text(arguments, "output", NULL);
    FLX_TRY(choose_composition(arguments, &training, error));
    FLX_TRY(choose_kernel(arguments, &training, error));
    FLX_TRY(flx_model_check_path(path, error));
    FLX_TRY(
        flx_metric_list_parse(flx_text(arguments, "spectrum", NULL), &spectrum, error));
    training.spectrum = (const char *const *)spectrum.names;
    training.n_spectrum = spectrum.n;
    training.selects_metrics = spectrum.is_selected;
    training.seed = flx_seed(arguments);
    flx_status status = flx_backend_open(flx_backend_name(arguments),
                                         flx_threads(arguments), &backend, error);
    if (status == FLX_OK)
        status = train(arguments, backend, &training, &model, &report, error);
    if (status == FLX_OK)
        status = flx_model_write(model, path, "train", error);
    if (status == FLX_OK && flx_wants_json(arguments))
        status = print_answer(model, &report, backend, error);
    else if (status == FLX_OK)
        print_summary(model, &report, backend, path);
    flx_model_destroy(model);
    flx_backend_close(backend);
    flx_metric_list_clear(&spectrum);
    return status;
}

const flx_command flx_train_command = {
    .name = "train",
    .summary = "fit the learning assignments of a deployment and compose them",
    .usage = "--deployment DEP.json --data DATA.h5 -o MODEL/ [options]",
    .details =
        "Every learning assignment is fitted on measured inputs, all of them as one "
        "batch, and composed into the inference graph. Beside it the target hosts other "
        "models of the whole system, weighted by their errors in five folds; see "
        "--composed-only. With --repository a "
        "fit is stored in DIR as soon as it is done, and one that is there already is "
        "looked up: a training that was interrupted goes on when it is run again. The "
        "model folder holds copies and needs DIR no more. With --paper, --monolith mlp "
        "tries networks of the sizes in the paper's appendix: minutes, not seconds.",
    .options = options,
    .min_positional = 0,
    .max_positional = 0,
    .run = run,
};
