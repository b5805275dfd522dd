/* SPDX-License-Identifier: MIT
 * Training the assignments of a system whose functions are known. */
#include "host/model/inference.h"

#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/host/training/trained.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Mean absolute deviation of the predicted target over fresh rows from `expected`, or,
 * where that is NaN, from what the functions give. */
static double measure_deviation(const flx_model *model, int replicas, double expected)
{
    enum { FRESH = 200 };
    flx_backend *backend = two_services_backend(1);
    flx_dataset *table = two_services_rows(FRESH, replicas, 99);
    flx_inference *inference = NULL;
    flx_error error = {0};
    double mean[FRESH], sum = 0;
    assert_int(
        flx_inference_create(flx_model_graph(model), backend, table, &inference, &error),
        FLX_OK);
    assert_int(flx_inference_target(inference, mean, NULL, &error), FLX_OK);
    for (int r = 0; r < FRESH; r++) {
        double actual = *two_services_cell(table, r, "web:p90");
        sum += fabs(mean[r] - (isnan(expected) ? actual : expected));
    }
    flx_inference_destroy(inference);
    flx_dataset_destroy(table);
    flx_backend_close(backend);
    return sum / FRESH;
}

static double measure_error(const flx_model *model, int replicas)
{
    return measure_deviation(model, replicas, NAN);
}

static void known_functions_are_learned(void)
{
    /* The target spreads over some 10 ms; its mean alone errs by 1.7 ms. */
    flx_dataset *rows = two_services_rows(60, 1, 1);
    flx_model *model = train_by_default(1, rows);
    assert_int(predictor_of(model, "web:p90")->kind, FLX_PREDICTOR_GP);
    assert_int(predictor_of(model, "db:p90")->kind, FLX_PREDICTOR_GP);
    assert_true(measure_error(model, 1) < 0.05);
    assert_int(model->warnings.count, 0);
    flx_model_destroy(model);
    flx_dataset_destroy(rows);
}

static void outputs_may_leave_what_was_seen_by_half_its_range(void)
{
    flx_dataset *rows = two_services_rows(20, 1, 1);
    for (int r = 0; r < 20; r++) {
        *two_services_cell(rows, r, "db:p90") = 10 + r;   /* 10 to 29 */
        *two_services_cell(rows, r, "web:p90") = r - 1.0; /* -1 to 18 */
    }
    flx_model *model = train_by_default(1, rows);
    assert_close(predictor_of(model, "db:p90")->output_low, 0.5, 1e-14, 0);
    assert_close(predictor_of(model, "db:p90")->output_high, 38.5, 1e-14, 0);
    assert_close(predictor_of(model, "web:p90")->output_low, -10.5, 1e-14, 0);
    assert_close(predictor_of(model, "web:p90")->output_high, 27.5, 1e-14, 0);
    flx_model_destroy(model);
    /* Never below 0 where nothing was. */
    *two_services_cell(rows, 0, "db:p90") = 1;
    model = train_by_default(1, rows);
    assert_close(predictor_of(model, "db:p90")->output_low, 0, 0, 0);
    flx_model_destroy(model);
    flx_dataset_destroy(rows);
}

static void errors_of_logarithms_are_reported_in_the_unit_of_the_output(void)
{
    flx_dataset *rows = two_services_rows(40, 1, 1);
    for (int r = 0; r < 40; r++)
        *two_services_cell(rows, r, "web:p90") += sin(37.0 * r);
    flx_backend *backend = two_services_backend(1);
    flx_model *plain = two_services_train(1, "none", rows, training_defaults, backend);
    flx_model *logs = two_services_train(1, "log", rows, training_defaults, backend);
    assert_true(!predictor_of(plain, "web:p90")->is_log &&
                predictor_of(logs, "web:p90")->is_log);
    assert_close(predictor_of(logs, "web:p90")->loo_mae,
                 predictor_of(plain, "web:p90")->loo_mae, 0.3, 0);
    flx_model_destroy(logs);
    flx_model_destroy(plain);
    flx_backend_close(backend);
    flx_dataset_destroy(rows);
}

static void replicated_services_are_learned(void)
{
    flx_dataset *rows = two_services_rows(60, 3, 1);
    flx_model *model = train_by_default(3, rows);
    assert_int(model->graph->n_vertices, 5);
    assert_int(model->graph->n_assignments, 3);
    assert_true(measure_error(model, 3) < 0.1);
    flx_model_destroy(model);
    flx_dataset_destroy(rows);
}

static void monoliths_are_learned(void)
{
    flx_dataset *rows = two_services_rows(60, 1, 1);
    flx_training_options options = {.composition = FLX_BLACK_BOX_ARD,
                                    .prior = FLX_PRIOR_DENSITY};
    flx_model *model = train_services(1, rows, options);
    assert_int(model->graph->n_vertices, 1);
    assert_int(predictor_of(model, "web:p90")->n_features, 4);
    assert_int(predictor_of(model, "web:p90")->n_theta, 6);
    assert_true(measure_error(model, 1) < 0.1);
    flx_model_destroy(model);
    options = (flx_training_options){.composition = FLX_BLACK_BOX_ISO};
    model = train_services(1, rows, options);
    assert_true(predictor_of(model, "web:p90")->is_isotropic);
    assert_int(predictor_of(model, "web:p90")->n_theta, 3);
    assert_true(measure_error(model, 1) < 0.5);
    flx_model_destroy(model);
    flx_dataset_destroy(rows);
}

static void the_paper_mode_has_one_length_scale_and_no_rule(void)
{
    flx_dataset *rows = two_services_rows(40, 2, 1);
    flx_model *model = train_services(
        2, rows, (flx_training_options){.paper_mode = true, .prior = FLX_PRIOR_DENSITY});
    assert_int(model->prior, FLX_PRIOR_NONE);
    const flx_predictor *over = predictor_of(model, "db:p90 over instances");
    assert_int(over->kind, FLX_PREDICTOR_GP);
    assert_int(over->n_features, 2); /* the instances' metrics, no rates */
    assert_int(over->n_theta, 3);
    assert_int(predictor_of(model, "web:p90")->n_theta, 3);
    flx_model_destroy(model);
    flx_dataset_destroy(rows);
}

static void row_r_teaches_what_replica_r_did(void)
{
    enum { ROWS = 31, REPLICAS = 3 };
    flx_dataset *rows = two_services_rows(ROWS, REPLICAS, 1);
    /* Replica 1 is silent in row 4, which is its turn: 2 steps in. */
    *two_services_cell(rows, 4, "db/1:p90") = NAN;
    flx_model *model = train_by_default(REPLICAS, rows);
    const flx_predictor *p = predictor_of(model, "db:p90");
    assert_int(p->kind, FLX_PREDICTOR_GP);
    assert_int(p->n, ROWS);
    for (int r = 0; r < ROWS; r++) {
        char name[16], rate[16];
        int replica = r == 4 ? 2 : r % REPLICAS;
        snprintf(name, sizeof name, "db/%d:p90", replica);
        snprintf(rate, sizeof rate, "db/%d:rps", replica);
        assert_close(p->y[r], *two_services_cell(rows, r, name), 0, 0);
        /* Features are c and the rate of that replica. */
        const flx_feature *f = &p->features[1];
        double x = (*two_services_cell(rows, r, rate) - f->center) * f->scale;
        assert_close(p->X[2 * r + 1], x, 1e-13, 0);
    }
    flx_model_destroy(model);
    flx_dataset_destroy(rows);
}

static void noise_is_hardly_taken_for_a_function(void)
{
    /* Noise of sd 1 around 10: mean absolute deviation 0.8. */
    enum { TABLES = 10 };
    double loo = 0, strayed = 0;
    for (uint64_t seed = 0; seed < TABLES; seed++) {
        flx_dataset *rows = two_services_rows(40, 1, 1);
        for (int r = 0; r < 40; r++)
            *two_services_cell(rows, r, "web:p90") =
                10 + flx_normal(seed, 6, (uint32_t)r, 0, 0);
        flx_model *model = train_by_default(1, rows);
        loo += predictor_of(model, "web:p90")->loo_mae / TABLES;
        strayed += measure_deviation(model, 1, 10) / TABLES;
        flx_model_destroy(model);
        flx_dataset_destroy(rows);
    }
    assert_true(loo > 0.7 && loo < 1.0);
    assert_true(strayed < 0.4);
}

static void a_service_vertex_keeps_its_rule_unless_a_fit_is_better(void)
{
    flx_dataset *rows = two_services_rows(40, 2, 1);
    flx_model *model = train_by_default(2, rows);
    const flx_predictor *p = predictor_of(model, "db:p90 over instances");
    assert_int(p->kind, FLX_PREDICTOR_RULE);
    assert_close(p->loo_mae, 0, 0, 1e-12); /* the rule is how the rows were made */
    assert_true(p->X == NULL && p->y == NULL && p->theta == NULL);
    flx_model_destroy(model);
    /* A service that shows three times the slower instance. */
    for (int r = 0; r < 40; r++)
        *two_services_cell(rows, r, "db:p90") =
            3 * fmax(*two_services_cell(rows, r, "db/0:p90"),
                     *two_services_cell(rows, r, "db/1:p90"));
    model = train_by_default(2, rows);
    p = predictor_of(model, "db:p90 over instances");
    assert_int(p->kind, FLX_PREDICTOR_GP);
    assert_int(p->n_metrics, 2);
    assert_true(p->loo_mae < 1);
    flx_model_destroy(model);
    /* Nothing known of the service: the rule, without a note. */
    two_services_fill(rows, "db:p90", NAN);
    model = train_by_default(2, rows);
    p = predictor_of(model, "db:p90 over instances");
    assert_int(p->kind, FLX_PREDICTOR_RULE);
    assert_true(find_warning(model, "db:p90 over instances", "") == NULL);
    flx_model_destroy(model);
    flx_dataset_destroy(rows);
}

typedef struct {
    int calls;
    double done, total;
} heard;

static void hear(void *context, double done, double total)
{
    heard *h = context;
    assert_true(done >= h->done && done <= total);
    *h = (heard){h->calls + 1, done, total};
}

static void the_report_counts_what_was_done(void)
{
    flx_backend *backend = two_services_backend(1);
    heard h = {0};
    flx_progress progress = {hear, &h};
    flx_model *model = NULL;
    flx_training_report report;
    flx_error error = {0};
    assert_int(flx_train_take(two_services(1, "none"), two_services_rows(20, 1, 1),
                              &training_defaults, backend, &progress, &model, &report,
                              &error),
               FLX_OK);
    assert_int(report.fits, 2);
    assert_int(report.evaluations, predictor_of(model, "db:p90")->evaluations +
                                       predictor_of(model, "web:p90")->evaluations);
    assert_true(report.evaluations >= 8); /* four starts each at least */
    assert_true(report.wall_s > 0);
    assert_true(h.calls > 0);
    assert_close(h.done, h.total, 1e-12, 0);
    flx_model_destroy(model);
    flx_backend_close(backend);
}

static void threads_do_not_change_the_models(void)
{
    flx_dataset *rows = two_services_rows(30, 2, 1);
    char first[3][65], digest[65];
    for (int threads = 1; threads <= 3; threads++) {
        flx_backend *backend = two_services_backend(threads);
        flx_model *model =
            two_services_train(2, "none", rows, training_defaults, backend);
        for (int a = 0; a < 3; a++) {
            flx_predictor_digest(&model->assignments[a].models[0].predictor, digest);
            if (threads == 1)
                memcpy(first[a], digest, sizeof digest);
            assert_text(digest, first[a]);
        }
        flx_model_destroy(model);
        flx_backend_close(backend);
    }
    flx_dataset_destroy(rows);
}

CU_TestInfo training_tests[] = {
    {"known functions are learned", known_functions_are_learned},
    {"outputs may leave what was seen by half its range",
     outputs_may_leave_what_was_seen_by_half_its_range},
    {"errors of logarithms are reported in the unit of the output",
     errors_of_logarithms_are_reported_in_the_unit_of_the_output},
    {"replicated services are learned", replicated_services_are_learned},
    {"monoliths are learned", monoliths_are_learned},
    {"the paper mode has one length scale and no rule",
     the_paper_mode_has_one_length_scale_and_no_rule},
    {"row r teaches what replica r did", row_r_teaches_what_replica_r_did},
    {"noise is hardly taken for a function", noise_is_hardly_taken_for_a_function},
    {"a service-vertex keeps its rule unless a fit is better",
     a_service_vertex_keeps_its_rule_unless_a_fit_is_better},
    {"the report counts what was done", the_report_counts_what_was_done},
    {"threads do not change the models", threads_do_not_change_the_models},
    CU_TEST_INFO_NULL,
};
