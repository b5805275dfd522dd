/* SPDX-License-Identifier: MIT
 * Services replaced by what another model knows: edges taken over by label, labels that
 * are lost or not read, and replacements that cannot be. */
#include "host/engine/graph_engine.h"

#include "host/model/inference.h"
#include "tests/close.h"
#include "tests/host/engine/skeletons.h"
#include "tests/host/graph/deployments.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

static flx_model *make(const service_words *words, int count, const char *metrics)
{
    return skeleton_of(make_deployment("d", words, count, metrics, "p90"), NULL, 0);
}

static const service_words with_cache[] = {{"web", 1, 1, "", "cache", NULL},
                                           {"cache", 2, 3, "get set", "", NULL}};
static const service_words with_store[] = {{"api", 1, 0, "", "store", NULL},
                                           {"store", 1, 2, "get set", "", NULL}};

static void the_place_keeps_its_name_and_gets_the_new_models(void)
{
    flx_model *model = make(with_cache, 2, "p90"), *other = make(with_store, 2, "p90");
    double theirs = hosting_of(other, "store.set:p90")->models[0].predictor.constant;
    flx_change change;
    flx_error error = {0};
    assert_int(flx_graph_engine_replace(model, "cache", other, "store", &change, &error),
               FLX_OK);
    assert_text(error.message, "");
    const flx_service *cache = &model->deployment->services[1];
    assert_text(cache->name, "cache");
    assert_int(cache->replicas, 2);
    assert_int(cache->n_knobs, 2);
    const flx_learning_assignment *hosting = hosting_of(model, "cache.set:p90");
    assert_close(hosting->models[0].predictor.constant, theirs, 0, 0);
    assert_int(hosting->models[0].predictor.n_inputs, 3); /* two knobs and a rate */
    assert_true(flx_name_list_holds(&change.reused, "web:p90"));
    assert_true(flx_name_list_holds(&change.untrained, "cache.get:p90 over instances"));
    assert_int(change.untrained.count, 2);
    assert_int(change.missing_inputs.count + change.unused_inputs.count +
                   change.removed.count,
               0);
    assert_int(model->row_replicas[1], 0);
    assert_int(model->row_replicas[0], 1);
    flx_change_clear(&change);
    flx_model_destroy(model);
    flx_model_destroy(other);
}

/* The model of a caller that reads cache.get and cache.set, each by a feature. */
static void let_web_read_both(flx_model *model)
{
    flx_predictor *p = &hosting_of(model, "web:p90")->models[0].predictor;
    p->n_features = p->n_metrics = 2;
    p->features = calloc(2, sizeof *p->features);
    for (int k = 0; k < 2; k++)
        p->features[k] = (flx_feature){
            .input = 2 + k, .low = 0, .high = 100, .scale = 1, .fill = 7 + k};
}

static void labels_that_nothing_gives_are_held_at_their_median(void)
{
    static const service_words words[] = {{"api", 1, 0, "", "store", NULL},
                                          {"store", 1, 2, "get scan", "", NULL}};
    flx_model *model = make(with_cache, 2, "p90"), *other = make(words, 2, "p90");
    flx_change change;
    flx_error error = {0};
    let_web_read_both(model);
    assert_int(flx_graph_engine_replace(model, "cache", other, "store", &change, &error),
               FLX_OK);
    assert_int(change.missing_inputs.count, 1);
    assert_text(change.missing_inputs.items[0], "web:p90 reads cache.set:p90");
    /* The caller asked for all of the cache; all of the store is what it gets. */
    assert_int(change.unused_inputs.count, 1);
    assert_text(change.unused_inputs.items[0], "web:p90 does not read cache.scan:p90");
    const flx_predictor *p = &hosting_of(model, "web:p90")->models[0].predictor;
    assert_int(p->features[0].input, 2);
    assert_close(p->features[0].high, 100, 0, 0);
    assert_close(p->features[1].low, 8, 0, 0);
    assert_close(p->features[1].high, 8, 0, 0);
    assert_true(flx_name_list_holds(&change.removed, "cache.set:p90"));
    flx_change_clear(&change);
    flx_model_destroy(model);
    flx_model_destroy(other);
}

/* A trained caller whose only callee shows nothing it knows answers the same whatever the
 * callee does. */
static void a_held_label_has_no_influence(void)
{
    static const service_words words[] = {{"api", 1, 0, "", "store", NULL},
                                          {"store", 1, 1, "get", "", NULL}};
    flx_backend *backend = two_services_backend(1);
    flx_dataset *rows = two_services_rows(30, 1, 3);
    flx_model *model = two_services_train(
        1, "none", rows, (flx_training_options){.prior = FLX_PRIOR_DENSITY}, backend);
    flx_model *other = make(words, 2, "p90");
    flx_change change;
    flx_error error = {0};
    double target[2][30], variance[30];
    assert_int(flx_graph_engine_replace(model, "db", other, "store", &change, &error),
               FLX_OK);
    assert_text(change.missing_inputs.items[0], "web:p90 reads db:p90");
    flx_change_clear(&change);
    for (int i = 0; i < 2; i++) {
        flx_inference *inference = NULL;
        hosting_of(model, "db.get:p90")->models[0].predictor.constant = 1000 * i;
        assert_int(flx_inference_create(flx_model_graph(model), backend, rows, &inference,
                                        &error),
                   FLX_OK);
        assert_int(flx_inference_target(inference, target[i], variance, &error), FLX_OK);
        flx_inference_destroy(inference);
    }
    for (int r = 0; r < 30; r++) {
        assert_close(target[0][r], target[1][r], 0, 0);
        /* db:p90 lies between 10 and 17: at its median the error is at most 1.5 x 6. */
        assert_close(target[0][r], *two_services_cell(rows, r, "web:p90"), 0, 9);
    }
    flx_model_destroy(model);
    flx_model_destroy(other);
    flx_dataset_destroy(rows);
    flx_backend_close(backend);
}

/* Redis for Memcached, as the repository deploys it. */
static void redis_takes_the_place_of_memcached(void)
{
    flx_model *model = skeleton_of(read_config("hotel/deployment"), NULL, 0);
    flx_model *other = skeleton_of(read_config("hotel/6vm-6"), NULL, 0);
    static const char *const places[] = {"memcached-reserve", "memcached-profile",
                                         "memcached-rate"};
    for (int i = 0; i < 3; i++) {
        flx_change change;
        flx_error error = {0};
        assert_int(
            flx_graph_engine_replace(model, places[i], other, NULL, &change, &error),
            FLX_OK);
        assert_int(change.missing_inputs.count + change.unused_inputs.count, 0);
        flx_change_clear(&change);
    }
    assert_same_vertices(model->graph, other->graph);
    assert_int(model->graph->n_inputs, 63);
    int a = flx_graph_find_assignment(model->graph, "memcached-rate.read:p90");
    assert_text(model->graph->assignments[a].inputs[2].label, "memcached-rate:maxmemory");
    flx_model_destroy(model);
    flx_model_destroy(other);
}

/* The new service calls what is deployed here, and what is not is left out. */
static void calls_of_the_new_service_are_matched_by_name(void)
{
    static const service_words words[] = {{"api", 1, 0, "", "store", NULL},
                                          {"store", 1, 2, "get set", "disk log", NULL},
                                          {"disk", 1, 1, "", "", NULL},
                                          {"log", 1, 1, "", "", NULL}};
    static const service_words deployed[] = {{"web", 1, 1, "", "cache", NULL},
                                             {"cache", 1, 3, "get set", "", NULL},
                                             {"disk", 1, 1, "", "", NULL}};
    flx_model *model = make(deployed, 3, "p90"), *other = make(words, 4, "p90");
    flx_change change;
    flx_error error = {0};
    assert_int(flx_graph_engine_replace(model, "cache", other, "store", &change, &error),
               FLX_OK);
    assert_int(model->deployment->services[1].operations[0].n_calls, 1);
    /* Nothing called the disk before: its vertex is new and hosts nothing. */
    assert_true(flx_name_list_holds(&change.untrained, "disk:p90"));
    flx_change_clear(&change);
    flx_model_destroy(model);
    flx_model_destroy(other);
}

static void refuse(const char *service, const flx_model *other, const char *from,
                   const char *part)
{
    flx_model *model = make(with_cache, 2, "p90");
    const flx_graph *graph = model->graph;
    flx_change change;
    flx_error error = {0};
    assert_int(flx_graph_engine_replace(model, service, other, from, &change, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, part);
    assert_true(model->graph == graph);
    flx_change_clear(&change);
    flx_model_destroy(model);
}

static void replacements_that_cannot_be_are_refused(void)
{
    static const service_words loop[] = {{"api", 1, 0, "", "store", NULL},
                                         {"store", 1, 2, "get set", "web", NULL},
                                         {"web", 1, 1, "", "", NULL}};
    static const service_words idle[] = {{"api", 1, 0, "", "", NULL},
                                         {"store", 1, 2, "get set", "", NULL}};
    flx_model *other = make(with_store, 2, "p90"), *cycle = make(loop, 3, "p90"),
              *unused = make(idle, 2, "p90"), *renamed = make(with_store, 2, "p90 p99");
    refuse("cash", other, "store", "has no service cash");
    refuse("cache", other, "shop", "the other model: deployment d has no service shop");
    refuse("cache", other, NULL, "has no service cache");
    refuse("cache", cycle, "store", "the calls make a cycle");
    refuse("cache", unused, "store", "");
    other->composition = FLX_BLACK_BOX_ARD;
    refuse("cache", other, "store", "the other model: the model is one black box");
    flx_model_destroy(other);
    flx_model_destroy(cycle);
    flx_model_destroy(unused);
    flx_model_destroy(renamed);
}

CU_TestInfo replace_service_tests[] = {
    {"the place keeps its name and gets the new models",
     the_place_keeps_its_name_and_gets_the_new_models},
    {"labels that nothing gives are held at their median",
     labels_that_nothing_gives_are_held_at_their_median},
    {"a held label has no influence", a_held_label_has_no_influence},
    {"redis takes the place of memcached", redis_takes_the_place_of_memcached},
    {"calls of the new service are matched by name",
     calls_of_the_new_service_are_matched_by_name},
    {"replacements that cannot be are refused", replacements_that_cannot_be_are_refused},
    CU_TEST_INFO_NULL,
};
