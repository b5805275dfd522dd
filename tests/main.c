/* SPDX-License-Identifier: MIT
 * Every suite of the project, in the order of the data flow.
 * usage: flx_tests [SUITE ...]; exit 0 all passed, 1 a failure, 77 everything was
 * skipped. FLUXION_TEST_BACKEND=cpu|cuda limits the tests of the backends to one of them,
 * which must be there. */
#include "kernels/backend.h"
#include "tests/skip.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PASSED = 0, FAILED = 1, SKIPPED = 77 };

/* FLX_SUITES(X) is X(name) for every suite; tests/CMakeLists.txt writes it. */
#include "suites.h"

#define DECLARE(name) extern CU_TestInfo name##_tests[];
FLX_SUITES(DECLARE)

#define SUITE(name) {.pName = #name, .pTests = name##_tests},
static const CU_SuiteInfo suites[] = {FLX_SUITES(SUITE)};

static bool register_suite(const char *name)
{
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        CU_SuiteInfo suite[] = {suites[i], CU_SUITE_INFO_NULL};
        if (strcmp(suites[i].pName, name) == 0)
            return CU_register_suites(suite) == CUE_SUCCESS;
    }
    fprintf(stderr, "flx_tests: there is no suite \"%s\"\n", name);
    return false;
}

static bool register_wanted(int argc, char **argv)
{
    bool all = true;
    for (int i = 1; i < argc; i++)
        all = register_suite(argv[i]) && all;
    for (size_t i = 0; argc == 1 && i < sizeof suites / sizeof *suites; i++)
        all = register_suite(suites[i].pName) && all;
    return all;
}

/* What FLUXION_TEST_BACKEND demands is there: else its tests would pass without a run. */
static bool has_demanded_backend(void)
{
    const char *name = getenv("FLUXION_TEST_BACKEND");
    flx_backend *backend = NULL;
    flx_error error = {0};
    if (!name)
        return true;
    if (strcmp(name, "cpu") != 0 && strcmp(name, "cuda") != 0)
        fprintf(stderr, "flx_tests: FLUXION_TEST_BACKEND is \"%s\": give cpu or cuda\n",
                name);
    else if (flx_backend_open(name, 1, &backend, &error) != FLX_OK)
        fprintf(stderr, "flx_tests: FLUXION_TEST_BACKEND demands %s: %s\n", name,
                error.message);
    flx_backend_close(backend);
    return backend != NULL;
}

static int result_of_run(void)
{
    unsigned failures = CU_get_number_of_failures(), skipped = skipped_tests();
    if (skipped)
        fprintf(stderr, "flx_tests: %u of %u tests skipped\n", skipped,
                CU_get_number_of_tests_run());
    if (failures)
        return FAILED;
    return skipped && skipped == CU_get_number_of_tests_run() ? SKIPPED : PASSED;
}

int main(int argc, char **argv)
{
    if (!has_demanded_backend() || CU_initialize_registry() != CUE_SUCCESS)
        return FAILED;
    int result = FAILED;
    if (register_wanted(argc, argv)) {
        CU_basic_set_mode(CU_BRM_NORMAL);
        CU_basic_run_tests();
        result = result_of_run();
    }
    CU_cleanup_registry();
    return result;
}
