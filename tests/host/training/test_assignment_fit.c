/* SPDX-License-Identifier: MIT
 * One road from rows to a model: training and a refit give the same predictor for the
 * same rows; what there is nothing to fit to becomes a constant and says why. */
#include "host/training/assignment_fit.h"

#include "host/engine/graph_engine.h"
#include "tests/close.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ALL_ROWS = 50, OLD_ROWS = 30 };

static flx_dataset *cut_rows(const flx_dataset *rows, int first, int count)
{
    int numbers[ALL_ROWS];
    flx_dataset *out = NULL;
    flx_error error = {0};
    for (int i = 0; i < count; i++)
        numbers[i] = first + i;
    assert_int(flx_dataset_select_rows(rows, numbers, count, &out, &error), FLX_OK);
    return out;
}

static flx_model *train(const flx_dataset *rows, const char *transform, bool paper_mode,
                        flx_backend *backend)
{
    return two_services_train(
        1, transform, rows,
        (flx_training_options){.prior = FLX_PRIOR_DENSITY, .paper_mode = paper_mode},
        backend);
}

/* A model of the old rows that hosts nothing for `name`, refitted with the new ones. */
static flx_model *refit(const flx_dataset *rows, const char *transform, bool paper_mode,
                        const char *name, flx_backend *backend)
{
    flx_dataset *old = cut_rows(rows, 0, OLD_ROWS),
                *new = cut_rows(rows, OLD_ROWS, ALL_ROWS - OLD_ROWS);
    flx_model *model = train(old, transform, paper_mode, backend);
    int a = flx_graph_find_assignment(model->graph, name);
    flx_refit_options options = {0};
    flx_change change;
    flx_error error = {0};
    flx_assignment_clear(&model->assignments[a]);
    assert_int(
        flx_graph_engine_fit(model, &a, 1, new, &options, backend, &change, &error),
        FLX_OK);
    flx_change_clear(&change);
    flx_dataset_destroy(old);
    flx_dataset_destroy(new);
    return model;
}

static const flx_hosted_model *hosted_by(const flx_model *model, const char *name)
{
    return &model->assignments[flx_graph_find_assignment(model->graph, name)].models[0];
}

static void check_same(const flx_dataset *rows, const char *transform, bool paper_mode,
                       const char *name)
{
    flx_backend *backend = two_services_backend(1);
    flx_model *trained = train(rows, transform, paper_mode, backend);
    flx_model *refitted = refit(rows, transform, paper_mode, name, backend);
    const flx_hosted_model *one = hosted_by(trained, name),
                           *other = hosted_by(refitted, name);
    char digests[2][65];
    flx_predictor_digest(&one->predictor, digests[0]);
    flx_predictor_digest(&other->predictor, digests[1]);
    assert_text(digests[0], digests[1]);
    assert_close(one->predictor.loo_mae, other->predictor.loo_mae, 0, 0);
    assert_text(one->fit_key, other->fit_key);
    assert_text(one->refitted_on, "");
    assert_int((int)strlen(other->refitted_on), 64);
    flx_model_destroy(trained);
    flx_model_destroy(refitted);
    flx_backend_close(backend);
}

static void the_same_rows_give_the_same_model(void)
{
    static const char *const names[] = {"db:p90", "web:p90"};
    flx_dataset *rows = two_services_rows(ALL_ROWS, 1, 3);
    for (int i = 0; i < 2; i++) {
        check_same(rows, "none", false, names[i]);
        check_same(rows, "log", false, names[i]);
        check_same(rows, "none", true, names[i]);
    }
    flx_dataset_destroy(rows);
}

static void missing_cells_are_treated_alike(void)
{
    flx_dataset *rows = two_services_rows(ALL_ROWS, 1, 3);
    for (int r = 0; r < ALL_ROWS; r++) {
        if (r % 3)
            *two_services_cell(rows, r, "web:a") = NAN; /* dropped */
        if (r % 4 == 0)
            *two_services_cell(rows, r, "web:rps") = NAN; /* gets an indicator */
        if (r % 5 == 0)
            *two_services_cell(rows, r, "web:p90") = NAN;
    }
    check_same(rows, "none", false, "web:p90");
    flx_dataset_destroy(rows);
}

static void constants_are_alike(void)
{
    flx_dataset *rows = two_services_rows(ALL_ROWS, 1, 3);
    two_services_fill(rows, "db:p90", 12.5);
    check_same(rows, "none", false, "db:p90");
    flx_dataset_destroy(rows);
}

/* One input, y = x^2 of `n` rows. */
static flx_assignment_fit make_fit(const flx_graph_assignment *assignment, int n)
{
    flx_assignment_fit fit = {.assignment = assignment};
    fit.set.raw = malloc((size_t)(n + 1) * sizeof(double));
    fit.set.y = malloc((size_t)(n + 1) * sizeof(double));
    fit.set.n = n;
    for (int i = 0; i < n; i++) {
        fit.set.raw[i] = i;
        fit.set.y[i] = i * i;
    }
    return fit;
}

static flx_fit_outcome submit(flx_assignment_fit *fit)
{
    const flx_training_view view = {.prior = FLX_PRIOR_DENSITY};
    flx_error error = {0};
    assert_int(
        flx_assignment_fit_submit(fit, &view, &(flx_assignment_fit_options){0}, &error),
        FLX_OK);
    return fit->outcome;
}

static void outcomes_say_why_nothing_is_fitted(void)
{
    char name[] = "web:p90", label[] = "web:a";
    flx_assignment_input input = {.label = label, .kind = FLX_KNOB};
    flx_graph_assignment assignment = {.name = name, .n_inputs = 1, .inputs = &input};
    flx_assignment_fit fit = make_fit(&assignment, FLX_MIN_ROWS - 1);
    assert_int(submit(&fit), FLX_FIT_FEW_ROWS);
    assert_int(fit.model.predictor.kind, FLX_PREDICTOR_CONSTANT);
    assert_close(fit.model.predictor.constant, (0 + 1 + 4 + 9) / 4.0, 1e-15, 0);
    flx_assignment_fit_clear(&fit);
    fit = make_fit(&assignment, FLX_MIN_ROWS);
    assert_int(submit(&fit), FLX_FIT_SUBMITTED);
    assert_int(fit.task.n, FLX_MIN_ROWS);
    assert_int(fit.task.d, 1);
    assert_text(fit.task.inputs[0], "web:a");
    /* The range is widened by half on each side, but not below 0. */
    assert_close(fit.model.predictor.output_low, 0, 0, 0);
    assert_close(fit.model.predictor.output_high, 16 + 8, 1e-15, 0);
    flx_assignment_fit_clear(&fit);
    fit = make_fit(&assignment, 8);
    for (int i = 0; i < 8; i++)
        fit.set.raw[i] = 3;
    assert_int(submit(&fit), FLX_FIT_NO_INPUT);
    flx_assignment_fit_clear(&fit);
    fit = make_fit(&assignment, 8);
    for (int i = 0; i < 8; i++)
        fit.set.y[i] = 7;
    assert_int(submit(&fit), FLX_FIT_CONSTANT_OUTPUT);
    assert_close(fit.model.predictor.constant, 7, 1e-15, 0);
    flx_assignment_fit_clear(&fit);
}

/* One that cannot be fitted does not spoil its neighbour. */
static void a_failed_fit_is_a_constant(void)
{
    char name[] = "web:p90", label[] = "web:a";
    flx_assignment_input input = {.label = label, .kind = FLX_KNOB};
    flx_graph_assignment assignment = {.name = name, .n_inputs = 1, .inputs = &input};
    flx_assignment_fit good = make_fit(&assignment, 8), bad = make_fit(&assignment, 8);
    flx_assignment_fit *fits[] = {&bad, &good};
    flx_backend *backend = two_services_backend(1);
    flx_training_report report = {0};
    flx_error error = {0};
    bad.set.y[3] = INFINITY;
    assert_int(submit(&bad), FLX_FIT_SUBMITTED);
    assert_int(submit(&good), FLX_FIT_SUBMITTED);
    assert_int(flx_assignment_fits_run(fits, 2, backend, NULL, &report, &error), FLX_OK);
    assert_true(bad.result.has_failed);
    assert_int(bad.model.predictor.kind, FLX_PREDICTOR_CONSTANT);
    assert_true(!good.result.has_failed);
    assert_int(good.model.predictor.kind, FLX_PREDICTOR_GP);
    assert_int(good.model.predictor.n, 8);
    assert_int(report.fits, 2);
    assert_int(report.cache_hits, 0);
    flx_assignment_fit_clear(&good);
    flx_assignment_fit_clear(&bad);
    flx_backend_close(backend);
}

CU_TestInfo assignment_fit_tests[] = {
    {"the same rows give the same model", the_same_rows_give_the_same_model},
    {"missing cells are treated alike", missing_cells_are_treated_alike},
    {"constants are alike", constants_are_alike},
    {"outcomes say why nothing is fitted", outcomes_say_why_nothing_is_fitted},
    {"a failed fit is a constant", a_failed_fit_is_a_constant},
    CU_TEST_INFO_NULL,
};
