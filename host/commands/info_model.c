/* SPDX-License-Identifier: MIT */
#include "host/commands/info_model.h"

#include "host/commands/frame.h"
#include "host/commands/info_backends.h"
#include "host/model.h"

#include <jansson.h>
#include <stdio.h>
#include <time.h>

#define BACKEND_NOTE "any backend serves it; " FLX_CUDA_NOTE

static const char *target_of(const flx_model *model)
{
    return model->graph->vertices[model->graph->output].name;
}

/* Rules have nothing that was fitted. */
static int count_models(const flx_model *model)
{
    int count = 0;
    for (int a = 0; a < model->graph->n_assignments; a++)
        for (int k = 0; k < model->assignments[a].n_models; k++)
            count += model->assignments[a].models[k].predictor.kind != FLX_PREDICTOR_RULE;
    return count;
}

static json_t *second_or_null(int64_t time)
{
    return time ? json_integer(time) : json_null();
}

static json_t *describe_model(const flx_hosted_model *hosted)
{
    const flx_predictor *p = &hosted->predictor;
    const char *kernel =
        p->kind == FLX_PREDICTOR_GP ? flx_covariance_words[p->covariance] : NULL;
    char digest[65];
    flx_predictor_digest(p, digest);
    return json_pack("{s:s, s:s, s:s?, s:f, s:s, s:i, s:i, s:I, s:o, s:o, s:o}", "model",
                     digest, "kind", flx_predictor_kind_text(p->kind), "kernel", kernel,
                     "weight", hosted->weight, "cause", hosted->cause, "points", p->n,
                     "inputs", p->n_features, "bytes", (json_int_t)hosted->file_bytes,
                     "created", second_or_null(hosted->created), "first_time",
                     second_or_null(hosted->first_time), "last_time",
                     second_or_null(hosted->last_time));
}

static json_t *describe_assignment(const flx_model *model, int a)
{
    const flx_predictor *p = flx_model_leading(model, a);
    json_t *models = json_array();
    char digest[65];
    flx_predictor_digest(p, digest);
    for (int k = 0; k < model->assignments[a].n_models; k++)
        json_array_append_new(models, describe_model(&model->assignments[a].models[k]));
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:o}", "name",
                     model->graph->assignments[a].name, "vertex",
                     flx_vertex_kind_text(model->graph->assignments[a].kind), "kind",
                     flx_predictor_kind_text(p->kind), "model", digest, "points", p->n,
                     "inputs", p->n_features, "models", models);
}

static flx_status print_json(const flx_model *model, flx_error *error)
{
    json_t *detail = json_array();
    for (int a = 0; a < model->graph->n_assignments; a++)
        json_array_append_new(detail, describe_assignment(model, a));
    json_t *answer = json_pack(
        "{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:s, s:o}", "target", target_of(model),
        "composition", flx_composition_text(model->composition), "kernel",
        flx_covariance_words[model->covariance], "assignments",
        model->graph->n_assignments, "models", count_models(model), "vertices",
        model->graph->n_vertices, "edges", model->graph->n_edges, "rows", model->n_drawn,
        "backend_note", BACKEND_NOTE, "detail", detail);
    return flx_print_json(answer, error);
}

static void write_time(int64_t time, char text[32])
{
    struct tm utc;
    time_t seconds = (time_t)time;
    text[0] = '\0';
    if (time && gmtime_r(&seconds, &utc))
        strftime(text, 32, "%Y-%m-%d %H:%M", &utc);
}

/* First and last time of the training rows, where they have any. */
static void write_period(const flx_hosted_model *hosted, char text[80])
{
    char first[32], last[32];
    write_time(hosted->first_time, first);
    write_time(hosted->last_time, last);
    snprintf(text, 80, "%s%s%s", first, last[0] ? " to " : "", last);
}

static void add_model(flx_table *table, const flx_graph_assignment *assignment,
                      const flx_hosted_model *hosted, bool is_first)
{
    const flx_predictor *p = &hosted->predictor;
    char digest[65], n[16], d[16], weight[32], bytes[32], created[32], period[80];
    flx_predictor_digest(p, digest);
    digest[12] = '\0';
    snprintf(n, sizeof n, "%d", p->n);
    snprintf(d, sizeof d, "%d", p->n_features);
    snprintf(weight, sizeof weight, "%.4g", hosted->weight);
    snprintf(bytes, sizeof bytes, "%lld", (long long)hosted->file_bytes);
    write_time(hosted->created, created);
    write_period(hosted, period);
    const char *cells[] = {is_first ? assignment->name : "",
                           is_first ? flx_vertex_kind_text(assignment->kind) : "",
                           flx_predictor_kind_text(p->kind),
                           weight,
                           n,
                           d,
                           digest,
                           bytes,
                           created,
                           period};
    flx_table_row(table, cells);
}

/* One line a model; those of an assignment under one another. */
static void print_assignments(const flx_model *model)
{
    static const char *const titles[] = {"assignment", "vertex",      "kind",  "weight",
                                         "points",     "inputs",      "model", "bytes",
                                         "date (UTC)", "period (UTC)"};
    flx_table *table = flx_table_create(10, titles, "lllrrrlrll");
    for (int a = 0; a < model->graph->n_assignments && table; a++)
        for (int k = 0; k < model->assignments[a].n_models; k++)
            add_model(table, &model->graph->assignments[a],
                      &model->assignments[a].models[k], k == 0);
    if (table)
        flx_table_print(table);
    flx_table_destroy(table);
}

static void print_text(const flx_model *model, const char *path)
{
    bool is_default = model->covariance == FLX_MATERN52;
    printf("%s predicts %s of deployment %s (%s%s%s)\n", path, target_of(model),
           model->deployment->name, flx_composition_text(model->composition),
           is_default ? "" : ", ",
           is_default ? "" : flx_covariance_words[model->covariance]);
    printf("%d assignments for %d vertices and %d edges, trained on %d of %d rows\n\n",
           model->graph->n_assignments, model->graph->n_vertices, model->graph->n_edges,
           model->n_drawn, model->source_rows);
    print_assignments(model);
    for (int i = 0; i < model->n_warnings; i++)
        printf("note: %s: %s\n", model->warnings[i].assignment, model->warnings[i].text);
    printf("\n%s\n", BACKEND_NOTE);
}

flx_status flx_info_print_model(const char *path, bool as_json, flx_error *error)
{
    flx_model *model = NULL;
    FLX_TRY(flx_model_read(path, &model, error));
    flx_status status = FLX_OK;
    if (as_json)
        status = print_json(model, error);
    else
        print_text(model, path);
    flx_model_destroy(model);
    return status;
}
