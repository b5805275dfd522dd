/* SPDX-License-Identifier: MIT
 * A search that stays on a device finds what the host's loop finds; a backend without one
 * leaves the search to the host. */
#include "host/tuning/tuning_device.h"

#include "tests/close.h"
#include "tests/host/training/two_services.h"
#include "tests/host/tuning/compiled.h"
#include "tests/kernels/every_backend.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

static flx_tuned *tune(const compiled_model *c, flx_search_settings search)
{
    flx_tuning tuning = {.space = c->space,
                         .predict = flx_tuning_objective_predict,
                         .search = search,
                         .context = c->objective,
                         .optimizer = "de",
                         .options = {.budget = 200, .population = 20, .seed = 3}};
    flx_tuned *tuned = NULL;
    flx_error error = {0};
    assert_int(flx_tune(&tuning, &tuned, &error), FLX_OK);
    assert_text(error.message, "");
    return tuned;
}

static const flx_model *subject; /* for with_every_backend */

static void compare_searches(flx_backend *backend)
{
    compiled_model c = open_compiled(&(compiled_subject){.model = subject}, backend);
    flx_tuned *host = tune(&c, NULL), *device = tune(&c, flx_tuning_objective_search);
    assert_text(flx_tuning_objective_reason(c.objective), "");
    assert_true(!host->is_on_device);
    assert_int(device->is_on_device, backend->operations->graph_search != NULL);
    assert_int((long)device->evaluations, (long)host->evaluations);
    for (int k = 0; k < c.space->n_knobs; k++)
        assert_close(device->best.settings[k], host->best.settings[k], 1e-9, 1e-9);
    assert_close(device->best.predicted, host->best.predicted, 1e-12, 0);
    flx_tuned_destroy(device);
    flx_tuned_destroy(host);
    close_compiled(&c);
}

static void device_and_host_find_the_same(void)
{
    flx_dataset *table = two_services_rows(30, 1, 1);
    flx_model *model = train_two(1, "none", table, FLX_COMPOSED, false);
    subject = model;
    with_every_backend(compare_searches);
    flx_model_destroy(model);
    flx_dataset_destroy(table);
}

/* The cpu keeps no graphs: the host's own inference does as well there. */
static void the_cpu_keeps_no_graphs(void)
{
    flx_dataset *table = two_services_rows(30, 1, 1);
    flx_model *model = train_two(1, "none", table, FLX_COMPOSED, false);
    flx_backend *backend = two_services_backend(1);
    flx_uploaded_graph uploaded;
    flx_error error = {0};
    compiled_model c = open_compiled(&(compiled_subject){.model = model}, backend);
    assert_int(flx_compiled_graph_upload(c.compiled, backend, &uploaded, &error),
               FLX_NO_BACKEND);
    assert_contains(error.message, "the cpu backend keeps no graphs");
    flx_uploaded_graph_release(&uploaded);
    close_compiled(&c);
    flx_backend_close(backend);
    flx_model_destroy(model);
    flx_dataset_destroy(table);
}

CU_TestInfo tuning_device_tests[] = {
    {"device and host find the same", device_and_host_find_the_same},
    {"the cpu keeps no graphs", the_cpu_keeps_no_graphs},
    CU_TEST_INFO_NULL,
};
