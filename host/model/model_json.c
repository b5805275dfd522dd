/* SPDX-License-Identifier: MIT */
#include "host/model/model_json.h"

#include "host/model/ensemble_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const flx_composition_words[] = {"composed", "gp-ard",         "gp-iso",
                                             "mlp",      "forest",         "xgboost",
                                             "ridge",    "skip-connected", NULL};
const char *const flx_prior_words[] = {"none", "density", "sparse", NULL};

char *flx_model_file(const char *folder, const char *name)
{
    size_t length = strlen(folder);
    const char *slash = length && folder[length - 1] == '/' ? "" : "/";
    char *path = NULL;
    return asprintf(&path, "%s%s%s", folder, slash, name) < 0 ? NULL : path;
}

char *flx_model_predictor_file(const char *folder, const char *digest)
{
    char *name = NULL;
    if (asprintf(&name, "models/%s.h5", digest) < 0)
        return NULL;
    char *path = flx_model_file(folder, name);
    free(name);
    return path;
}

flx_status flx_model_out_of_memory(flx_error *error)
{
    return flx_fail(error, FLX_NO_MEMORY, "out of memory for the files of a model");
}

static json_t *list_inputs(const flx_graph_assignment *assignment)
{
    json_t *list = json_array();
    for (int i = 0; i < assignment->n_inputs; i++)
        json_array_append_new(list, json_string(assignment->inputs[i].label));
    return list;
}

static json_t *list_models(const flx_learning_assignment *assignment)
{
    json_t *list = json_array();
    for (int k = 0; k < assignment->n_models; k++) {
        const flx_hosted_model *hosted = &assignment->models[k];
        char digest[65];
        flx_predictor_digest(&hosted->predictor, digest);
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:f, s:s, s:I, s:I}", "model", digest, "kind",
                            flx_predictor_kind_text(hosted->predictor.kind), "weight",
                            hosted->weight, "cause", hosted->cause, "first_time",
                            (json_int_t)hosted->first_time, "last_time",
                            (json_int_t)hosted->last_time));
    }
    return list;
}

json_t *flx_model_describe_assignments(const flx_model *model)
{
    json_t *list = json_array();
    for (int a = 0; a < model->graph->n_assignments; a++) {
        const flx_graph_assignment *assignment = &model->graph->assignments[a];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o, s:o}", "name", assignment->name,
                                        "vertex", flx_vertex_kind_text(assignment->kind),
                                        "inputs", list_inputs(assignment), "models",
                                        list_models(&model->assignments[a])));
    }
    return list;
}

static json_t *describe_readings(const flx_input_subsets *readings)
{
    json_t *document = json_object();
    for (int i = 0; i < readings->count; i++) {
        json_t *labels = json_array();
        for (int k = 0; k < readings->list[i].n_labels; k++)
            json_array_append_new(labels, json_string(readings->list[i].labels[k]));
        json_object_set_new(document, readings->list[i].assignment, labels);
    }
    return document;
}

static json_t *describe_structure(const flx_graph *graph, json_t *document)
{
    json_t *vertices = json_array(), *edges = json_array(), *spectrum = json_array();
    for (int v = 0; v < graph->n_vertices; v++)
        json_array_append_new(
            vertices,
            json_pack("{s:s, s:s, s:s}", "name", graph->vertices[v].name, "kind",
                      flx_vertex_kind_text(graph->vertices[v].kind), "assignment",
                      graph->assignments[graph->vertices[v].assignment].name));
    for (int e = 0; e < graph->n_edges; e++)
        json_array_append_new(edges, json_pack("[s, s]",
                                               graph->vertices[graph->edges[e][0]].name,
                                               graph->vertices[graph->edges[e][1]].name));
    for (int k = 0; k < graph->n_spectrum; k++)
        json_array_append_new(spectrum, json_string(graph->spectrum[k]));
    json_object_set_new(document, "spectrum", spectrum);
    if (graph->readings)
        json_object_set_new(document, "readings", describe_readings(graph->readings));
    json_object_set_new(document, "vertices", vertices);
    json_object_set_new(document, "edges", edges);
    return document;
}

/* How the rows were measured, where the deployment has changed since. */
static json_t *describe_replicas(const flx_model *model)
{
    json_t *object = json_object();
    for (int s = 0; s < model->deployment->n_services; s++)
        if (model->row_replicas[s] != model->deployment->services[s].replicas)
            json_object_set_new(object, model->deployment->services[s].name,
                                json_integer(model->row_replicas[s]));
    return object;
}

static json_t *describe_training(const flx_model *model)
{
    json_t *rows = json_array();
    for (int i = 0; i < model->n_drawn; i++)
        json_array_append_new(rows, json_integer(model->drawn[i]));
    char digest[65];
    flx_dataset_digest(model->rows, digest);
    json_t *training =
        json_pack("{s:s, s:i, s:s, s:o}", "source_digest", model->source_digest,
                  "source_rows", model->source_rows, "rows_digest", digest, "rows", rows);
    if (model->row_replicas)
        json_object_set_new(training, "replicas", describe_replicas(model));
    return training;
}

static json_t *describe_notes(const flx_model *model)
{
    json_t *list = json_array();
    for (int i = 0; i < model->n_notes; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "assignment",
                                              model->notes[i].assignment, "text",
                                              model->notes[i].text, "failure",
                                              model->notes[i].is_failure));
    return list;
}

json_t *flx_model_describe(const flx_model *model)
{
    json_t *document = json_pack(
        "{s:s, s:i, s:s, s:s, s:b}", "format", FLX_MODEL_FORMAT, "version",
        FLX_MODEL_VERSION, "composition", flx_composition_words[model->composition],
        "prior", flx_prior_words[model->prior], "paper", model->paper_mode);
    json_object_set_new(document, "training", describe_training(model));
    json_object_set_new(document, "assignments", flx_model_describe_assignments(model));
    json_object_set_new(document, "mixture", flx_ensemble_describe(model));
    json_object_set_new(document, "notes", describe_notes(model));
    describe_structure(model->graph, document);
    return document;
}
