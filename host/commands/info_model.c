/* SPDX-License-Identifier: MIT */
#include "host/commands/info.h"

#include "host/commands/owned.h"
#include "host/model.h"

#define BACKEND_NOTE "any backend serves it; " FLX_CUDA_NOTE

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
                     "weight", hosted->weight, "fit_key", hosted->fit_key, "points", p->n,
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

static json_t *describe(const flx_model *model)
{
    json_t *detail = json_array();
    for (int a = 0; a < model->graph->n_assignments; a++)
        json_array_append_new(detail, describe_assignment(model, a));
    return json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:s, s:o}", "target",
                     model->graph->vertices[model->graph->output].name, "composition",
                     flx_composition_text(model->composition), "kernel",
                     flx_covariance_words[model->covariance], "assignments",
                     model->graph->n_assignments, "models", count_models(model),
                     "vertices", model->graph->n_vertices, "edges", model->graph->n_edges,
                     "rows", model->n_drawn, "backend_note", BACKEND_NOTE, "detail",
                     detail);
}

static json_t *describe_for_text(const flx_model *model, const char *path)
{
    json_t *warnings = json_array();
    for (int i = 0; i < model->warnings.count; i++)
        json_array_append_new(warnings, json_pack("{s:s, s:s}", "assignment",
                                                  model->warnings.items[i].assignment,
                                                  "why", model->warnings.items[i].text));
    bool is_usual = model->covariance == FLX_MATERN52;
    return json_pack(
        "{s:s, s:s, s:o, s:i, s:o}", "path", path, "deployment", model->deployment->name,
        "unusual_kernel",
        json_sprintf("%s%s", is_usual ? "" : ", ",
                     is_usual ? "" : flx_covariance_words[model->covariance]),
        "source_rows", model->source_rows, "warnings", warnings);
}

/* One line a model; those of an assignment under one another. */
static json_t *list_models(const json_t *detail)
{
    json_t *lines = json_array(), *assignment, *model;
    size_t i, k;
    json_array_foreach(detail, i, assignment)
        json_array_foreach(json_object_get(assignment, "models"), k, model) {
            json_t *line = json_copy(model);
            if (k == 0) {
                json_object_set(line, "name", json_object_get(assignment, "name"));
                json_object_set(line, "vertex", json_object_get(assignment, "vertex"));
            }
            json_array_append_new(lines, line);
        }
    return lines;
}

static void print_text(json_t *report)
{
    static const flx_table_column columns[] = {{"assignment", "{?name}"},
                                               {"vertex", "{?vertex}"},
                                               {"kind", "{kind}"},
                                               {"weight", "{weight:.4g}"},
                                               {"points", "{points}"},
                                               {"inputs", "{inputs}"},
                                               {"model", "{model:.12s}"},
                                               {"bytes", "{bytes}"},
                                               {"date (UTC)", "{?created:date}"},
                                               {"rows from (UTC)", "{?first_time:date}"},
                                               {"to", "{?last_time:date}"},
                                               {0}};
    json_auto_t *models = list_models(json_object_get(report, "detail"));
    json_t *warning;
    size_t i;
    flx_print_line(report, "{path} predicts {target} of deployment {deployment} "
                           "({composition}{?unusual_kernel})");
    flx_print_line(report,
                   "{assignments} assignments for {vertices} vertices and {edges} "
                   "edges, trained on {rows} of {source_rows} rows\n");
    flx_print_table(models, columns);
    json_array_foreach(json_object_get(report, "warnings"), i, warning)
        flx_print_line(warning, "warning: {assignment}: {why}");
    flx_print_line(report, "\n{backend_note}");
}

flx_status flx_info_report_model(const flx_arguments *arguments, const char *path,
                                 flx_error *error)
{
    FLX_OWNED(flx_model) model = NULL;
    FLX_TRY(flx_model_read(path, &model, error));
    return flx_report(arguments, describe(model), describe_for_text(model, path),
                      print_text, error);
}
