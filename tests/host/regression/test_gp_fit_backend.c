/* SPDX-License-Identifier: MIT
 * The fit queue on backends that fail: members that need more jitter, members that never
 * succeed, calls that break at any point. */
#include "host/regression/fit_queue.h"

#include "tests/close.h"
#include "tests/host/regression/awkward.h"

#include <CUnit/CUnit.h>
#include <math.h>

/* What the next calls do; reset by open_failing. */
static struct {
    const struct flx_backend_operations *real;
    double least_jitter;    /* below it an evaluation reports info = 3 */
    int calls_until_broken; /* of evaluate; negative: never */
    bool is_create_broken, is_condition_broken;
    int batches; /* created and not released */
} faults;

static flx_status create_counted(flx_backend *backend, const flx_gp_problem *problems,
                                 int count, flx_gp_batch **out, flx_error *error)
{
    *out = NULL;
    if (faults.is_create_broken)
        return flx_fail(error, FLX_DEVICE_FAILED, "the device has no room");
    faults.batches++;
    return faults.real->batch_create(backend, problems, count, out, error);
}

static void release_counted(flx_gp_batch *batch)
{
    faults.batches--;
    faults.real->batch_release(batch);
}

static flx_status evaluate_with_faults(flx_gp_batch *batch,
                                       flx_gp_evaluation *evaluations, int count,
                                       flx_error *error)
{
    if (faults.calls_until_broken == 0)
        return flx_fail(error, FLX_DEVICE_FAILED, "the device fell off the bus");
    faults.calls_until_broken--;
    FLX_TRY(faults.real->evaluate(batch, evaluations, count, error));
    for (int i = 0; i < count; i++)
        if (evaluations[i].jitter < faults.least_jitter) {
            evaluations[i].info = 3;
            evaluations[i].value = -INFINITY;
        }
    return FLX_OK;
}

static flx_status condition_with_faults(flx_backend *backend, flx_gp_condition *members,
                                        int count, flx_gp_posterior **out,
                                        flx_error *error)
{
    *out = NULL;
    if (faults.is_condition_broken)
        return flx_fail(error, FLX_DEVICE_FAILED, "the device is busy");
    return faults.real->condition(backend, members, count, out, error);
}

static flx_backend *open_failing(struct flx_backend_operations *operations)
{
    flx_error error = {0};
    flx_backend *backend = NULL;
    assert_int(flx_backend_open("cpu", 1, &backend, &error), FLX_OK);
    faults.real = backend->operations;
    faults.least_jitter = 0;
    faults.calls_until_broken = -1;
    faults.is_create_broken = faults.is_condition_broken = false;
    *operations = *backend->operations;
    operations->batch_create = create_counted;
    operations->batch_release = release_counted;
    operations->evaluate = evaluate_with_faults;
    operations->condition = condition_with_faults;
    backend->operations = operations;
    return backend;
}

static void jitter_rises_until_the_member_succeeds(void)
{
    static awkward_data data;
    struct flx_backend_operations operations;
    flx_error error = {0};
    flx_fit_result result;
    flx_fit_task task = awkward_task(AWKWARD_SIX, FLX_PRIOR_DENSITY, &data);
    flx_backend *backend = open_failing(&operations);
    faults.least_jitter = 0.9e-7;
    assert_int(flx_fit_all(backend, &task, 1, &result, NULL, &error), FLX_OK);
    assert_true(!result.has_failed);
    assert_close(result.predictor.jitter, 1e-7, 1e-12, 0);
    flx_fit_result_clear(&result);
    flx_backend_close(backend);
}

static void a_member_that_never_succeeds_fails_by_itself(void)
{
    static awkward_data data;
    struct flx_backend_operations operations;
    flx_error error = {0};
    flx_fit_result result;
    flx_fit_task task = awkward_task(AWKWARD_SIX, FLX_PRIOR_DENSITY, &data);
    flx_backend *backend = open_failing(&operations);
    faults.least_jitter = 1.0;
    assert_int(flx_fit_all(backend, &task, 1, &result, NULL, &error), FLX_OK);
    assert_true(result.has_failed);
    assert_contains(result.why, "no start gave a positive definite covariance");
    /* Every start: jitter 1e-10 and at most 6 decades to 1e-4. */
    assert_true(result.predictor.evaluations <= 7 * result.starts);
    flx_fit_result_clear(&result);
    flx_backend_close(backend);
}

static void expect_device_failure(flx_backend *backend, const char *message)
{
    static awkward_data data[2];
    flx_error error = {0};
    flx_fit_result results[2];
    flx_fit_task tasks[2] = {awkward_task(AWKWARD_SIX, FLX_PRIOR_NONE, &data[0]),
                             awkward_task(AWKWARD_STEP, FLX_PRIOR_DENSITY, &data[1])};
    assert_int(flx_fit_all(backend, tasks, 2, results, NULL, &error), FLX_DEVICE_FAILED);
    assert_contains(error.message, message);
    assert_int(faults.batches, 0);
    for (int i = 0; i < 2; i++)
        flx_fit_result_clear(&results[i]);
}

static void a_broken_device_ends_the_call_and_leaks_nothing(void)
{
    struct flx_backend_operations operations;
    flx_backend *backend = open_failing(&operations);
    for (int calls = 0; calls < 40; calls += 13) {
        faults.calls_until_broken = calls;
        expect_device_failure(backend, "fell off the bus");
    }
    faults.calls_until_broken = -1;
    faults.is_condition_broken = true;
    expect_device_failure(backend, "busy");
    faults.is_create_broken = true;
    expect_device_failure(backend, "no room");
    flx_backend_close(backend);
}

CU_TestInfo gp_fit_backend_tests[] = {
    {"jitter rises until the member succeeds", jitter_rises_until_the_member_succeeds},
    {"a member that never succeeds fails by itself",
     a_member_that_never_succeeds_fails_by_itself},
    {"a broken device ends the call and leaks nothing",
     a_broken_device_ends_the_call_and_leaks_nothing},
    CU_TEST_INFO_NULL,
};
