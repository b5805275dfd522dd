/* SPDX-License-Identifier: MIT
 * Every sequence of up to four operations of the graph engine leaves a folder that loads,
 * and the model that is read back predicts what the model in memory did, to the bit. The
 * walk is breadth first over distinct folders: a sequence goes on from the folder of its
 * beginning, and two beginnings that leave the same folder are continued once. */
#include "host/engine/graph_engine.h"

#include "formats/files.h"
#include "host/model/ensemble.h"
#include "host/model/target_predictor.h"
#include "tests/close.h"
#include "tests/host/training/two_services.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LONGEST = 4,
    TRAINED = 16, /* rows */
    GIVEN = 11,   /* to be fitted on; an ensemble needs 10 */
    TESTED = 3,
    MOST_INSTANCES = 1 + LONGEST,
    MOST_STATES = 1500
};

typedef enum {
    SCALE_OUT,
    SCALE_IN,
    REPLACE,
    FIT_VERTEX,
    FIT_ALL,
    FIT_TARGET,
    OPERATIONS
} operation;

static const char *const words[OPERATIONS] = {"scale out",  "scale in", "replace",
                                              "fit vertex", "fit all",  "fit target"};

/* What a sequence leaves: the folder of that number. */
typedef struct {
    char digest[131];
    int length;
    operation sequence[LONGEST];
} state;

typedef struct {
    flx_backend *backend;
    const char *service; /* that is scaled and replaced */
    flx_model *other;    /* that the service is replaced from */
    flx_dataset *given[MOST_INSTANCES + 1], *tested[MOST_INSTANCES + 1]; /* by db's */
    int n_states, failures;
    state *states;
} walk;

static int instances_of(const flx_model *model, const char *service)
{
    int s = flx_deployment_find_service(model->deployment, service);
    return model->deployment->services[s].replicas;
}

/* What the target is predicted to be at the test rows of as many instances. */
static flx_status predict(walk *w, const flx_model *model, double *mean, flx_error *error)
{
    FLX_TRY(flx_predict_target(model, w->backend, w->tested[instances_of(model, "db")],
                               mean, error));
    for (int i = 0; i < TESTED; i++)
        if (!isfinite(mean[i]))
            return flx_fail(error, FLX_NUMERIC, "prediction %d is %g", i, mean[i]);
    return FLX_OK;
}

static flx_status scale(walk *w, flx_model *model, int by, flx_change *change,
                        flx_error *error)
{
    int instances = instances_of(model, w->service) + by;
    return flx_graph_engine_scale(model, w->service, instances > 0 ? instances : 1,
                                  change, error);
}

/* `service` NULL: all assignments. */
static flx_status fit(walk *w, flx_model *model, const char *service, flx_change *change,
                      flx_error *error)
{
    int assignments[8], count = 0;
    flx_refit_options options = {.with_ensemble =
                                     !service || strcmp(service, "web") == 0};
    if (service)
        FLX_TRY(flx_graph_engine_find(model, service, "p90", FLX_FIT_SHOWN, assignments,
                                      &count, error));
    for (; !service && count < model->graph->n_assignments; count++)
        assignments[count] = count;
    return flx_graph_engine_fit(model, assignments, count,
                                w->given[instances_of(model, "db")], &options, w->backend,
                                change, error);
}

static flx_status apply(walk *w, operation op, flx_model *model, flx_error *error)
{
    flx_change change = {0};
    flx_status status =
        op == SCALE_OUT  ? scale(w, model, 1, &change, error)
        : op == SCALE_IN ? scale(w, model, -1, &change, error)
        : op == REPLACE
            ? flx_graph_engine_replace(model, w->service, w->other, NULL, &change, error)
            : fit(w, model,
                  op == FIT_ALL      ? NULL
                  : op == FIT_TARGET ? "web"
                                     : "db",
                  &change, error);
    flx_change_clear(&change);
    return status;
}

static const char *folder_of(int number)
{
    char name[32];
    snprintf(name, sizeof name, "model.%d", number);
    return scratch_path(name);
}

/* graph.json names everything else by its digest. */
static flx_status digest_folder(const char *folder, char digest[131], flx_error *error)
{
    char path[600], one[65], two[65];
    snprintf(path, sizeof path, "%s/graph.json", folder);
    FLX_TRY(flx_digest_file(path, one, error));
    snprintf(path, sizeof path, "%s/deployment.json", folder);
    FLX_TRY(flx_digest_file(path, two, error));
    snprintf(digest, 131, "%s %s", one, two);
    return FLX_OK;
}

/* Writes the model, reads it back, and compares what both predict. */
static flx_status write_and_compare(walk *w, const flx_model *model, const char *folder,
                                    flx_error *error)
{
    double mean[TESTED], again[TESTED];
    flx_model *read = NULL;
    FLX_TRY(predict(w, model, mean, error));
    FLX_TRY(flx_model_write(model, folder, "train", error));
    FLX_TRY(flx_model_read(folder, &read, error));
    flx_status status = predict(w, read, again, error);
    for (int i = 0; i < TESTED && status == FLX_OK; i++)
        if (mean[i] != again[i])
            status = flx_fail(error, FLX_NUMERIC,
                              "prediction %d is %.17g, and %.17g of the model read back",
                              i, mean[i], again[i]);
    flx_model_destroy(read);
    return status;
}

/* The operation done to the model of state `from`, into the folder of the next state. */
static flx_status take_step(walk *w, int from, operation op, flx_error *error)
{
    flx_model *model = NULL;
    FLX_TRY(flx_model_read(folder_of(from), &model, error));
    flx_status status = apply(w, op, model, error);
    if (status == FLX_OK)
        status = write_and_compare(w, model, folder_of(w->n_states), error);
    flx_model_destroy(model);
    return status;
}

/* Tells of the first few. */
static void report(walk *w, const state *reached, const flx_error *error)
{
    if (w->failures++ >= 5)
        return;
    fprintf(stderr, "\n    %s:", w->service);
    for (int i = 0; i < reached->length; i++)
        fprintf(stderr, "%s %s", i ? "," : "", words[reached->sequence[i]]);
    fprintf(stderr, ": %s", error->message);
}

/* Keeps a state that none of the sequences before has left. */
static void keep_state(walk *w, const state *reached)
{
    for (int i = 0; i < w->n_states; i++)
        if (strcmp(w->states[i].digest, reached->digest) == 0)
            return;
    w->states[w->n_states++] = *reached;
}

static void walk_from(walk *w, int from, int longest)
{
    for (int op = 0; op < OPERATIONS && w->n_states < MOST_STATES; op++) {
        state reached = w->states[from];
        flx_error error = {0};
        if (reached.length == longest)
            return;
        reached.sequence[reached.length++] = (operation)op;
        flx_status status = take_step(w, from, (operation)op, &error);
        if (status == FLX_OK)
            status = digest_folder(folder_of(w->n_states), reached.digest, &error);
        if (status == FLX_OK)
            keep_state(w, &reached);
        else
            report(w, &reached, &error);
    }
}

/* Rows of `db` with so many instances that show 1.3 times what they should. */
static flx_dataset *changed_rows(int count, int instances, uint64_t seed)
{
    flx_dataset *rows = two_services_rows(count, instances, seed);
    for (int r = 0; r < count; r++) {
        double *db = two_services_cell(rows, r, "db:p90");
        *two_services_cell(rows, r, "web:p90") += 1.5 * 0.3 * *db;
        *db *= 1.3;
    }
    return rows;
}

/* Boosted trees take longer to be written and read than all the rest. */
static void leave_out_trees(flx_ensemble *ensemble)
{
    flx_member *last = &ensemble->members[ensemble->n_members - 1];
    double rest = 1 - last->weight;
    if (last->composition != FLX_BLACK_BOX_XGBOOST)
        return;
    flx_member_clear(last);
    ensemble->n_members--;
    for (int k = 0; k < ensemble->n_members; k++)
        ensemble->members[k].weight /= rest;
}

static flx_model *train(walk *w, uint64_t seed, bool hosts_ensemble)
{
    flx_dataset *rows = two_services_rows(TRAINED, 1, seed);
    flx_training_options options = {.prior = FLX_PRIOR_DENSITY,
                                    .hosts_ensemble = hosts_ensemble};
    flx_model *model = two_services_train(1, "none", rows, options, w->backend);
    flx_dataset_destroy(rows);
    assert_int(model->ensemble != NULL, hosts_ensemble);
    if (hosts_ensemble)
        leave_out_trees(model->ensemble);
    return model;
}

/* The model of state 0 stands in its folder. */
static void begin(walk *w, bool hosts_ensemble)
{
    flx_error error = {0};
    scratch_begin();
    w->backend = two_services_backend(1);
    w->other = train(w, 2, false);
    w->states = calloc(MOST_STATES, sizeof *w->states);
    w->n_states = 1;
    for (int i = 1; i <= MOST_INSTANCES; i++) {
        w->given[i] = changed_rows(GIVEN, i, 3);
        w->tested[i] = changed_rows(TESTED, i, 4);
    }
    flx_model *model = train(w, 1, hosts_ensemble);
    assert_int(flx_model_write(model, folder_of(0), "train", &error), FLX_OK);
    assert_int(digest_folder(folder_of(0), w->states[0].digest, &error), FLX_OK);
    flx_model_destroy(model);
}

static void end(walk *w)
{
    for (int i = 1; i <= MOST_INSTANCES; i++) {
        flx_dataset_destroy(w->given[i]);
        flx_dataset_destroy(w->tested[i]);
    }
    free(w->states);
    flx_model_destroy(w->other);
    flx_backend_close(w->backend);
    scratch_end();
}

static void walk_all(const char *service, bool hosts_ensemble, int longest)
{
    walk w = {.service = service};
    begin(&w, hosts_ensemble);
    for (int from = 0; from < w.n_states; from++)
        walk_from(&w, from, longest);
    assert_int(w.failures, 0);
    assert_true(w.n_states > 10 && w.n_states < MOST_STATES);
    end(&w);
}

static void all_sequences_of_four_leave_a_model(void)
{
    walk_all("db", true, LONGEST);
}

static void the_targets_own_service_is_no_exception(void)
{
    walk_all("web", true, 2);
}

static void a_graph_without_an_ensemble_is_no_exception(void)
{
    walk_all("db", false, 2);
}

/* The same model all along: nothing is set right by being written and read. */
static void a_model_that_stays_in_memory_is_no_exception(void)
{
    static const operation sequences[][LONGEST] = {
        {SCALE_OUT, FIT_ALL, SCALE_IN, FIT_TARGET},
        {SCALE_OUT, FIT_TARGET, SCALE_OUT, FIT_VERTEX},
        {SCALE_OUT, FIT_ALL, SCALE_OUT, REPLACE},
        {REPLACE, SCALE_OUT, FIT_ALL, SCALE_IN}};
    walk w = {.service = "db"};
    begin(&w, true);
    for (size_t s = 0; s < sizeof sequences / sizeof *sequences; s++) {
        flx_model *model = NULL;
        flx_error error = {0};
        assert_int(flx_model_read(folder_of(0), &model, &error), FLX_OK);
        for (int i = 0; i < LONGEST; i++)
            assert_int(apply(&w, sequences[s][i], model, &error), FLX_OK);
        assert_int(write_and_compare(&w, model, folder_of(1), &error), FLX_OK);
        assert_text(error.message, "");
        flx_model_destroy(model);
    }
    end(&w);
}

/* One row, rows of another time without any output, and both after a scale. */
static void rows_that_say_nothing_change_nothing(void)
{
    walk w = {.service = "db"};
    begin(&w, true);
    flx_model *model = NULL;
    flx_error error = {0};
    double before[TESTED], after[TESTED];
    assert_int(flx_model_read(folder_of(0), &model, &error), FLX_OK);
    for (int instances = 1; instances <= 2; instances++) {
        assert_int(predict(&w, model, before, &error), FLX_OK);
        for (int i = 1; i <= 2; i++) {
            two_services_fill(w.given[i], "db:p90", (double)NAN);
            two_services_fill(w.given[i], "web:p90", (double)NAN);
        }
        two_services_fill(w.given[2], "db/0:p90", (double)NAN);
        two_services_fill(w.given[2], "db/1:p90", (double)NAN);
        assert_int(apply(&w, FIT_ALL, model, &error), FLX_OK);
        assert_int(apply(&w, FIT_TARGET, model, &error), FLX_OK);
        flx_dataset_destroy(w.given[instances]);
        w.given[instances] = changed_rows(1, instances, 3);
        assert_int(apply(&w, FIT_ALL, model, &error), FLX_OK);
        assert_int(apply(&w, FIT_TARGET, model, &error), FLX_OK);
        assert_int(predict(&w, model, after, &error), FLX_OK);
        for (int i = 0; i < TESTED; i++)
            assert_close(after[i], before[i], 0, 0);
        assert_int(write_and_compare(&w, model, folder_of(1), &error), FLX_OK);
        assert_int(apply(&w, SCALE_OUT, model, &error), FLX_OK);
    }
    assert_text(error.message, "");
    flx_model_destroy(model);
    end(&w);
}

/* A service beside the others that nothing calls: the graph leaves it out, the black
 * boxes of the ensemble do not. */
static void a_service_that_nobody_calls_can_be_scaled(void)
{
    static const char text[] =
        "{\"format\": \"fluxion-deployment\", \"version\": 1, \"name\": \"two\",\n"
        " \"target\": {\"service\": \"web\", \"metric\": \"p90\"}, \"services\": [\n"
        "  {\"name\": \"web\", \"knobs\": [{\"name\": \"a\", \"type\": \"continuous\","
        " \"min\": 0, \"max\": 1, \"default\": 0.5}],\n"
        "   \"states\": [\"rps\"], \"metrics\": [\"p90\"], \"calls\": []},\n"
        "  {\"name\": \"db\", \"knobs\": [{\"name\": \"c\", \"type\": \"continuous\","
        " \"min\": 0, \"max\": 1, \"default\": 0.5}],\n"
        "   \"states\": [\"rps\"], \"metrics\": [\"p90\"], \"calls\": []}]}\n";
    walk w = {.service = "db"};
    begin(&w, true);
    flx_deployment *deployment = NULL;
    flx_model *model = NULL;
    flx_training_report report;
    flx_error error = {0};
    flx_training_options options = {.prior = FLX_PRIOR_DENSITY, .hosts_ensemble = true};
    assert_int(flx_deployment_parse(text, "test", &deployment, &error), FLX_OK);
    assert_int(flx_train_take(deployment, two_services_rows(TRAINED, 1, 1), &options,
                              w.backend, NULL, &model, &report, &error),
               FLX_OK);
    leave_out_trees(model->ensemble);
    static const operation done[] = {SCALE_OUT, FIT_TARGET, SCALE_OUT, SCALE_IN,
                                     FIT_ALL,   SCALE_IN,   SCALE_IN};
    for (size_t i = 0; i < sizeof done / sizeof *done; i++) {
        assert_int(apply(&w, done[i], model, &error), FLX_OK);
        assert_int(write_and_compare(&w, model, folder_of(1), &error), FLX_OK);
    }
    assert_int(model->graph->n_vertices, 1);
    assert_text(error.message, "");
    flx_model_destroy(model);
    end(&w);
}

CU_TestInfo operation_sequences_tests[] = {
    {"all sequences of four leave a model", all_sequences_of_four_leave_a_model},
    {"the target's own service is no exception", the_targets_own_service_is_no_exception},
    {"a graph without an ensemble is no exception",
     a_graph_without_an_ensemble_is_no_exception},
    {"a model that stays in memory is no exception",
     a_model_that_stays_in_memory_is_no_exception},
    {"rows that say nothing change nothing", rows_that_say_nothing_change_nothing},
    {"a service that nobody calls can be scaled",
     a_service_that_nobody_calls_can_be_scaled},
    CU_TEST_INFO_NULL,
};
