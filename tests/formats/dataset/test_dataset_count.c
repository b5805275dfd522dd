/* SPDX-License-Identifier: MIT
 * Services and inputs counted from the names of columns: k.. is a knob, r.. a state. */
#include "formats/dataset/dataset.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <string.h>

static flx_dataset *make(int rows, int n_columns, const char *const *names)
{
    flx_dataset *table;
    flx_error error = {0};
    assert_int(flx_dataset_create(rows, n_columns, &table, &error), FLX_OK);
    for (int j = 0; j < n_columns; j++) {
        const char *name = strrchr(names[j], ':') + 1;
        flx_column_role kind = name[0] == 'k'   ? FLX_KNOB
                               : name[0] == 'r' ? FLX_STATE
                                                : FLX_METRIC;
        flx_dataset_name_column(table, j, names[j], kind, "", &error);
    }
    return table;
}

static void assert_counts(const char *const *names, int n, int services, int knobs,
                          int states, int metrics)
{
    flx_dataset *table = make(1, n, names);
    flx_dataset_counts counts;
    assert_int(flx_dataset_count(table, &counts, NULL), FLX_OK);
    assert_int(counts.services, services);
    assert_int(counts.knobs, knobs);
    assert_int(counts.states, states);
    assert_int(counts.metrics, metrics);
    flx_dataset_destroy(table);
}

static void counts_services_and_inputs(void)
{
    static const char *const plain[] = {
        "a:k1",      "a:k2",      "a:rps",     "a:p90",     "b:k1",
        "b.get:rps", "b.set:rps", "b.get:p90", "a.b/c:p90", "10.0.0.1:rps"};
    assert_counts(plain, 10, 4, 3, 4, 3);
}

/* Two instances: k1 is given once and counts twice, k2 is given apart, the plain rps
 * beside those of the instances is their sum and does not count. */
static void counts_inputs_by_instance(void)
{
    static const char *const names[] = {
        "c:k1",         "c/0:k2",       "c/1:k2",      "c/0:rps", "c/1:rps",
        "c:rps",        "c:p90",        "c/0:p90",     "c/1:p90", "f:p90",
        "m.read/0:rps", "m.read/1:rps", "m.read/2:rps"};
    assert_counts(names, 13, 2 + 1 + 3, 2 + 2, 2 + 3, 4);
}

CU_TestInfo dataset_count_tests[] = {
    {"counts services and inputs", counts_services_and_inputs},
    {"counts inputs by instance", counts_inputs_by_instance},
    CU_TEST_INFO_NULL,
};
