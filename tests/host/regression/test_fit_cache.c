/* SPDX-License-Identifier: MIT
 * The fit queue with a repository: what was fitted once is looked up and comes back bit
 * for bit, what was interrupted goes on, and damage is never hidden. */
#include "host/regression/fit_queue.h"

#include "host/regression/fit_cache.h"
#include "kernels/formulas/philox.h"

#include "tests/close.h"
#include "tests/formats/telemetry/stored.h"
#include "tests/host/regression/awkward.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static flx_status fit_in(const char *path, const flx_fit_task *tasks, int count,
                         flx_fit_result *results, flx_error *error)
{
    flx_backend *backend = NULL;
    flx_repository *repository = NULL;
    assert_int(flx_backend_open("cpu", 2, &backend, NULL), FLX_OK);
    if (path)
        assert_int(flx_repository_open(path, &repository, error), FLX_OK);
    const flx_fit_options options = {.repository = repository};
    flx_status status = flx_fit_with(backend, tasks, count, results, &options, error);
    flx_repository_close(repository);
    flx_backend_close(backend);
    return status;
}

static void clear(flx_fit_result *results, int count)
{
    for (int i = 0; i < count; i++)
        flx_fit_result_clear(&results[i]);
}

static void assert_same(const flx_fit_task *task, const flx_fit_result *a,
                        const flx_fit_result *b)
{
    size_t n = (size_t)task->n * sizeof(double);
    assert_int(a->has_failed, b->has_failed);
    if (a->has_failed || b->has_failed)
        return;
    assert_int(a->predictor.n_theta, b->predictor.n_theta);
    assert_int(memcmp(a->predictor.theta, b->predictor.theta,
                      (size_t)a->predictor.n_theta * sizeof(double)),
               0);
    assert_int(memcmp(a->loo_mean, b->loo_mean, n), 0);
    assert_int(memcmp(a->loo_variance, b->loo_variance, n), 0);
    const double first[] = {a->predictor.jitter, a->predictor.y_mean,
                            a->predictor.y_sd,   a->predictor.lml,
                            a->objective,        a->predictor.loo_mae};
    const double second[] = {b->predictor.jitter, b->predictor.y_mean,
                             b->predictor.y_sd,   b->predictor.lml,
                             b->objective,        b->predictor.loo_mae};
    assert_int(memcmp(first, second, sizeof first), 0);
    assert_int(a->predictor.evaluations, b->predictor.evaluations);
    assert_int(a->starts, b->starts);
}

static int count_stored(const char *path)
{
    flx_repository *repository;
    flx_repository_entry *entries;
    int count;
    assert_int(flx_repository_open(path, &repository, NULL), FLX_OK);
    assert_int(flx_repository_list(repository, &entries, &count, NULL), FLX_OK);
    free(entries);
    flx_repository_close(repository);
    return count;
}

/* Half of the tasks are there already: their neighbours must not see a difference. */
static void looks_up_what_was_fitted_before(void)
{
    scratch_begin();
    static awkward_data data[AWKWARD_COUNT];
    flx_fit_task tasks[AWKWARD_COUNT], half[AWKWARD_COUNT / 2];
    flx_fit_result plain[AWKWARD_COUNT], found[AWKWARD_COUNT];
    flx_error error = {0};
    for (int i = 0; i < AWKWARD_COUNT; i++) {
        tasks[i] = awkward_task(i, FLX_PRIOR_DENSITY, &data[i]);
        if (i % 2)
            half[i / 2] = tasks[i];
    }
    assert_int(fit_in(NULL, tasks, AWKWARD_COUNT, plain, &error), FLX_OK);
    const char *path = scratch_path("models");
    assert_int(fit_in(path, half, AWKWARD_COUNT / 2, found, &error), FLX_OK);
    clear(found, AWKWARD_COUNT / 2);
    assert_int(count_stored(path), AWKWARD_COUNT / 2);
    for (int round = 0; round < 2; round++) {
        assert_int(fit_in(path, tasks, AWKWARD_COUNT, found, &error), FLX_OK);
        for (int i = 0; i < AWKWARD_COUNT; i++) {
            assert_int(found[i].is_cache_hit, round == 1 || i % 2);
            assert_true(found[i].created >= plain[i].created);
            assert_same(&tasks[i], &found[i], &plain[i]);
        }
        clear(found, AWKWARD_COUNT);
    }
    assert_int(count_stored(path), AWKWARD_COUNT);
    clear(plain, AWKWARD_COUNT);
    scratch_end();
}

static void stores_no_failures(void)
{
    scratch_begin();
    const double X[3] = {0, 0.5, 1}, y[3] = {2, 2, 2};
    flx_fit_task task = {.name = "flat", .n = 3, .d = 1, .X = X, .y = y};
    flx_fit_result result;
    flx_error error = {0};
    for (int round = 0; round < 2; round++) {
        assert_int(fit_in(scratch_path("models"), &task, 1, &result, &error), FLX_OK);
        assert_true(result.has_failed && !result.is_cache_hit);
        assert_contains(result.why, "constant");
        clear(&result, 1);
    }
    assert_int(count_stored(scratch_path("models")), 0);
    scratch_end();
}

static const char *file_of(const flx_fit_task *task)
{
    char cause[65], name[128];
    flx_fit_key(task, cause);
    snprintf(name, sizeof name, "models/%s.h5", cause);
    return scratch_path(name);
}

static void names_damage(void)
{
    scratch_begin();
    static awkward_data data[2];
    flx_fit_task task = awkward_task(AWKWARD_SIX, FLX_PRIOR_DENSITY, &data[0]);
    flx_fit_task other = awkward_task(AWKWARD_STEP, FLX_PRIOR_DENSITY, &data[1]);
    flx_fit_result result;
    flx_error error = {0};
    assert_int(fit_in(scratch_path("models"), &task, 1, &result, &error), FLX_OK);
    clear(&result, 1);
    size_t length;
    char *bytes = load_bytes(file_of(&task), &length);
    bytes[length / 2] ^= 1;
    save_bytes(file_of(&task), bytes, length);
    assert_int(fit_in(scratch_path("models"), &task, 1, &result, &error), FLX_BAD_INPUT);
    assert_contains(error.message, file_of(&task));
    assert_contains(error.message, "is damaged");
    clear(&result, 1);
    /* The next one is not in the way, and neither is the same once the file is gone. */
    assert_int(fit_in(scratch_path("models"), &other, 1, &result, &error), FLX_OK);
    clear(&result, 1);
    assert_int(unlink(file_of(&task)), 0);
    assert_int(fit_in(scratch_path("models"), &task, 1, &result, &error), FLX_OK);
    assert_int(result.is_cache_hit, false);
    clear(&result, 1);
    free(bytes);
    scratch_end();
}

/* A file under the right name that holds another model, with a right seal. */
static void names_a_model_that_does_not_fit(void)
{
    scratch_begin();
    static awkward_data data[2];
    flx_fit_task six = awkward_task(AWKWARD_SIX, FLX_PRIOR_DENSITY, &data[0]);
    flx_fit_task step = awkward_task(AWKWARD_STEP, FLX_PRIOR_DENSITY, &data[1]);
    flx_fit_result result;
    flx_repository *repository;
    flx_fit_result model;
    flx_error error = {0};
    bool is_there;
    char cause[65], wrong[65];
    flx_fit_key(&six, cause);
    flx_fit_key(&step, wrong);
    assert_int(fit_in(scratch_path("models"), &six, 1, &result, &error), FLX_OK);
    clear(&result, 1);
    assert_int(flx_repository_open(scratch_path("models"), &repository, &error), FLX_OK);
    assert_int(flx_repository_find(repository, cause, &is_there, &model, &error), FLX_OK);
    assert_int(flx_repository_store(repository, wrong, &model, &error), FLX_OK);
    flx_fit_result_clear(&model);
    flx_repository_close(repository);
    assert_int(fit_in(scratch_path("models"), &step, 1, &result, &error), FLX_BAD_INPUT);
    assert_contains(error.message, wrong);
    assert_contains(error.message, "holds another model");
    clear(&result, 1);
    scratch_end();
}

static void ends_where_nothing_can_be_stored(void)
{
    scratch_begin();
    static awkward_data data;
    flx_fit_task task = awkward_task(AWKWARD_SIX, FLX_PRIOR_DENSITY, &data);
    flx_fit_result result;
    flx_error error = {0};
    struct rlimit before, tight;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    tight = before;
    tight.rlim_cur = 1024;
    setrlimit(RLIMIT_FSIZE, &tight);
    flx_status status = fit_in(scratch_path("models"), &task, 1, &result, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    assert_int(status, FLX_IO_FAILED);
    assert_contains(error.message, "cannot be written");
    clear(&result, 1);
    assert_int(count_stored(scratch_path("models")), 0);
    scratch_end();
}

/* --- a batch that is interrupted --- */

enum { LONG = 60, POINTS = 30 };

typedef struct {
    double X[POINTS], y[LONG][POINTS];
    flx_fit_task tasks[LONG];
    flx_fit_result results[LONG];
} long_batch;

/* Sines of many frequencies under noise: some take longer than others. */
static long_batch *make_long_batch(void)
{
    long_batch *batch = calloc(1, sizeof *batch);
    for (int i = 0; batch && i < POINTS; i++)
        batch->X[i] = flx_uniform(3, 0, 0, 0, (uint32_t)i);
    for (int t = 0; batch && t < LONG; t++) {
        for (int i = 0; i < POINTS; i++)
            batch->y[t][i] = sin((1 + t % 7) * batch->X[i]) +
                             0.02 * t * flx_uniform(3, 1, (uint32_t)t, 0, (uint32_t)i);
        batch->tasks[t] = (flx_fit_task){.name = "sine",
                                         .n = POINTS,
                                         .d = 1,
                                         .X = batch->X,
                                         .y = batch->y[t],
                                         .prior = FLX_PRIOR_DENSITY};
    }
    return batch;
}

static void leave_when_nearly_done(void *context, double done, double total)
{
    (void)context;
    if (done > 0.9 * total)
        raise(SIGKILL);
}

static void fit_until_killed(long_batch *batch, const char *path)
{
    flx_backend *backend;
    flx_repository *repository;
    const flx_progress progress = {leave_when_nearly_done, NULL};
    if (flx_backend_open("cpu", 1, &backend, NULL) != FLX_OK ||
        flx_repository_open(path, &repository, NULL) != FLX_OK)
        _exit(1);
    const flx_fit_options options = {.repository = repository, .progress = &progress};
    flx_fit_with(backend, batch->tasks, LONG, batch->results, &options, NULL);
    _exit(2);
}

static void goes_on_where_it_was_killed(void)
{
    scratch_begin();
    long_batch *batch = make_long_batch();
    char path[512];
    strcpy(path, scratch_path("models"));
    int outcome = 0, found = 0;
    flx_error error = {0};
    pid_t child = fork();
    if (child == 0)
        fit_until_killed(batch, path);
    assert_true(waitpid(child, &outcome, 0) == child);
    assert_true(WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGKILL);
    int stored = count_stored(path);
    assert_true(stored > 0 && stored < LONG);
    assert_int(fit_in(path, batch->tasks, LONG, batch->results, &error), FLX_OK);
    for (int t = 0; t < LONG; t++)
        found += batch->results[t].is_cache_hit;
    assert_int(found, stored);
    assert_int(count_stored(path), LONG);
    clear(batch->results, LONG);
    free(batch);
    scratch_end();
}

CU_TestInfo fit_cache_tests[] = {
    {"looks up what was fitted before", looks_up_what_was_fitted_before},
    {"stores no failures", stores_no_failures},
    {"names damage", names_damage},
    {"names a model that does not fit", names_a_model_that_does_not_fit},
    {"ends where nothing can be stored", ends_where_nothing_can_be_stored},
    {"goes on where it was killed", goes_on_where_it_was_killed},
    CU_TEST_INFO_NULL,
};
