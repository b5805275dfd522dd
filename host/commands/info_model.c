/* SPDX-License-Identifier: MIT */
#include "host/commands/info_model.h"

#include "host/commands/command.h"
#include "host/model.h"

#include <jansson.h>
#include <stdio.h>

#define BACKEND_NOTE                                                                     \
    "trained and served by the cpu backend; this version has no cuda backend, nothing "  \
    "here has run on a GPU"

static const char *target_of(const flx_model *model)
{
    return model->graph->vertices[model->graph->output].name;
}

static int count_models(const flx_model *model)
{
    int count = 0;
    for (int a = 0; a < model->graph->n_assignments; a++)
        count += flx_model_leading(model, a)->kind != FLX_PREDICTOR_RULE;
    return count;
}

static json_t *describe_assignment(const flx_model *model, int a)
{
    const flx_predictor *p = flx_model_leading(model, a);
    char digest[65];
    flx_predictor_digest(p, digest);
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "name",
                     model->graph->assignments[a].name, "vertex",
                     flx_vertex_kind_text(model->graph->assignments[a].kind), "kind",
                     flx_predictor_kind_text(p->kind), "model", digest, "points", p->n,
                     "inputs", p->n_features);
}

static flx_status print_json(const flx_model *model, flx_error *error)
{
    json_t *detail = json_array();
    for (int a = 0; a < model->graph->n_assignments; a++)
        json_array_append_new(detail, describe_assignment(model, a));
    json_t *answer = json_pack(
        "{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:s, s:o}", "target", target_of(model),
        "composition", flx_composition_text(model->composition), "assignments",
        model->graph->n_assignments, "models", count_models(model), "vertices",
        model->graph->n_vertices, "edges", model->graph->n_edges, "rows", model->n_drawn,
        "backend_note", BACKEND_NOTE, "detail", detail);
    return flx_print_json(answer, error);
}

static void print_assignments(const flx_model *model)
{
    static const char *const titles[] = {"assignment", "vertex", "kind",
                                         "points",     "inputs", "model"};
    flx_table *table = flx_table_create(6, titles, "lllrrl");
    for (int a = 0; a < model->graph->n_assignments && table; a++) {
        const flx_predictor *p = flx_model_leading(model, a);
        char digest[65], n[16], d[16];
        flx_predictor_digest(p, digest);
        digest[12] = '\0';
        snprintf(n, sizeof n, "%d", p->n);
        snprintf(d, sizeof d, "%d", p->n_features);
        const char *cells[] = {model->graph->assignments[a].name,
                               flx_vertex_kind_text(model->graph->assignments[a].kind),
                               flx_predictor_kind_text(p->kind),
                               n,
                               d,
                               digest};
        flx_table_row(table, cells);
    }
    if (table)
        flx_table_print(table);
    flx_table_destroy(table);
}

static void print_text(const flx_model *model, const char *path)
{
    printf("%s predicts %s of deployment %s (%s)\n", path, target_of(model),
           model->deployment->name, flx_composition_text(model->composition));
    printf("%d assignments for %d vertices and %d edges, trained on %d of %d rows\n\n",
           model->graph->n_assignments, model->graph->n_vertices, model->graph->n_edges,
           model->n_drawn, model->source_rows);
    print_assignments(model);
    for (int i = 0; i < model->n_notes; i++)
        printf("note: %s: %s\n", model->notes[i].assignment, model->notes[i].text);
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
