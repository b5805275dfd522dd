/* SPDX-License-Identifier: MIT */
#include "host/model/ensemble_json.h"

#include "formats/memory.h"
#include "host/model/assignments_json.h"
#include "host/model/ensemble.h"
#include "host/model/renamed_keys.h"

#include <math.h>
#include <stdlib.h>

static json_t *describe_members(const flx_ensemble *ensemble)
{
    json_t *list = json_array();
    for (int k = 0; k < ensemble->n_members; k++) {
        const flx_member *member = &ensemble->members[k];
        json_t *item = json_pack("{s:s, s:f, s:f}", "name", member->name, "weight",
                                 member->weight, "fold_mae", member->fold_mae);
        if (member->graph)
            json_object_set_new(
                item, "assignments",
                flx_assignments_describe(member->graph, member->assignments));
        json_array_append_new(list, item);
    }
    return list;
}

json_t *flx_ensemble_describe(const flx_model *model)
{
    const flx_ensemble *ensemble = model->ensemble;
    if (!ensemble)
        return json_null();
    json_t *replicas = json_array();
    for (int s = 0; s < model->deployment->n_services; s++)
        json_array_append_new(replicas, json_integer(ensemble->replicas[s]));
    json_t *scores = json_array();
    for (int i = 0; i < ensemble->n_scores; i++)
        json_array_append_new(scores, json_real(ensemble->scores[i]));
    return json_pack("{s:o, s:o, s:f, s:f, s:f, s:o}", "members",
                     describe_members(ensemble), "replicas", replicas, "low",
                     ensemble->low, "high", ensemble->high, "margin", ensemble->margin,
                     "scores", scores);
}

static flx_status read_member(const flx_json_source *source, const json_t *item,
                              const char *folder, flx_model *model, flx_error *error)
{
    flx_ensemble *ensemble = model->ensemble;
    const char *name = NULL;
    double weight = 0, fold_mae = 0;
    bool is_there;
    FLX_TRY(flx_json_get_text(source, item, "name", true, &name, error));
    FLX_TRY(flx_json_get_number(source, item, "weight", true, &weight, error));
    FLX_TRY(flx_json_get_number(source, item, "fold_mae", true, &fold_mae, error));
    int index = flx_ensemble_find(name);
    if (index < 0 || (index == 0) != (ensemble->n_members == 0))
        return flx_json_fail(source, flx_json_line(source, item), error,
                             "\"%s\" cannot be member %d of an ensemble", name,
                             ensemble->n_members);
    flx_member *member = &ensemble->members[ensemble->n_members];
    FLX_TRY(flx_ensemble_build_member(model, ensemble->replicas, index, member, &is_there,
                                      error));
    ensemble->n_members++;
    member->weight = weight;
    member->fold_mae = fold_mae;
    if (!is_there)
        return flx_json_fail(source, flx_json_line(source, item), error,
                             "this build has no models of the kind that \"%s\" needs",
                             name);
    return index ? flx_assignments_read(source, item, folder, member->graph,
                                        &member->assignments, error)
                 : FLX_OK;
}

static flx_status read_scores(const flx_json_source *source, const json_t *object,
                              flx_ensemble *ensemble, flx_error *error)
{
    json_t *scores = NULL;
    FLX_TRY(flx_json_get_number(source, object, "low", true, &ensemble->low, error));
    FLX_TRY(flx_json_get_number(source, object, "high", true, &ensemble->high, error));
    FLX_TRY(
        flx_json_get_number(source, object, "margin", true, &ensemble->margin, error));
    FLX_TRY(flx_json_get_array(source, object, "scores", true, &scores, error));
    size_t count = json_array_size(scores);
    ensemble->scores = malloc((count + 1) * sizeof *ensemble->scores);
    if (!ensemble->scores)
        return flx_no_memory(error, "the files of a model");
    for (size_t i = 0; i < count; i++) {
        const json_t *score = json_array_get(scores, i);
        ensemble->scores[i] = json_number_value(score);
        if (!json_is_number(score) ||
            (i && ensemble->scores[i] < ensemble->scores[i - 1]))
            return flx_json_fail(source, flx_json_item_line(source, scores, i), error,
                                 "score %zu is no number or below the one before", i);
    }
    ensemble->n_scores = (int)count;
    return count ? FLX_OK
                 : flx_json_fail(source, flx_json_line(source, object), error,
                                 "an ensemble without scores has no intervals");
}

/* Instances of every service when the members were trained. */
static flx_status read_replicas(const flx_json_source *source, const json_t *object,
                                const flx_model *model, flx_error *error)
{
    json_t *replicas = NULL;
    FLX_TRY(flx_json_get_array(source, object, "replicas", true, &replicas, error));
    int services = model->deployment->n_services;
    model->ensemble->replicas = flx_ensemble_count_replicas(model->deployment);
    if (!model->ensemble->replicas)
        return flx_no_memory(error, "the files of a model");
    for (int s = 0; s < services; s++) {
        json_int_t count = json_integer_value(json_array_get(replicas, (size_t)s));
        if (json_array_size(replicas) != (size_t)services || count < 1 || count > 10000)
            return flx_json_fail(source, flx_json_line(source, object), error,
                                 "\"replicas\" is not a number of instances, 1 to 10000, "
                                 "for each of the %d services",
                                 services);
        model->ensemble->replicas[s] = (int)count;
    }
    return FLX_OK;
}

flx_status flx_ensemble_read(const flx_json_source *source, const char *folder,
                             flx_model *model, flx_error *error)
{
    const json_t *root = flx_json_root(source);
    const char *key = flx_key_in(root, "ensemble");
    json_t *object = NULL, *members = NULL;
    if (!json_object_get(root, key) || json_is_null(json_object_get(root, key)))
        return FLX_OK;
    FLX_TRY(flx_json_get_object(source, root, key, true, &object, error));
    FLX_TRY(flx_json_get_array(source, object, "members", true, &members, error));
    size_t count = json_array_size(members);
    if (count == 0 || count > FLX_ENSEMBLE_MEMBERS)
        return flx_json_fail(source, flx_json_line(source, object), error,
                             "an ensemble has 1 to %d members, not %zu",
                             FLX_ENSEMBLE_MEMBERS, count);
    if (!FLX_NEW(model->ensemble, 1) || !FLX_NEW(model->ensemble->members, count))
        return flx_no_memory(error, "the files of a model");
    double sum = 0;
    FLX_TRY(read_replicas(source, object, model, error));
    for (size_t k = 0; k < count; k++) {
        FLX_TRY(read_member(source, json_array_get(members, k), folder, model, error));
        double weight = model->ensemble->members[k].weight;
        sum += weight >= 0 ? weight : NAN;
    }
    if (!(sum > 1 - 1e-6 && sum < 1 + 1e-6))
        return flx_json_fail(source, flx_json_line(source, object), error,
                             "the weights of the ensemble sum to %g, not 1", sum);
    return read_scores(source, object, model->ensemble, error);
}
