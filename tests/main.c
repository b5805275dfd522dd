/* SPDX-License-Identifier: MIT
 * Every suite of the project, in the order of the data flow.
 * usage: flx_tests [SUITE ...]; exit 0 all passed, 1 a failure, 77 everything was skipped. */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

#define SUITES(X)                                                                         \
    X(status)                                                                            \
    X(digest)                                                                            \
    X(seal)                                                                              \
    X(output)                                                                            \
    X(json_source)                                                                       \
    X(hdf5_read)                                                                         \
    X(dataset)                                                                           \
    X(deployment)                                                                        \
    X(deployment_errors)                                                                 \
    X(csv)                                                                               \
    X(npy)                                                                               \
    X(import_map)                                                                        \
    X(import)                                                                            \
    X(import_configs)                                                                    \
    X(philox)                                                                            \
    X(beta)                                                                              \
    X(covariance)                                                                        \
    X(panel)                                                                             \
    X(batch)                                                                             \
    X(posterior)                                                                         \
    X(backend)                                                                           \
    X(blend)                                                                             \
    X(search)                                                                            \
    X(plan_check)                                                                        \
    X(plan)                                                                              \
    X(cuda)                                                                              \
    X(multiply)                                                                          \
    X(lbfgs)                                                                             \
    X(gp)                                                                                \
    X(fit)                                                                               \
    X(fit_optimum)                                                                       \
    X(fit_backend)                                                                       \
    X(ridge)                                                                             \
    X(mlp_network)                                                                       \
    X(mlp)                                                                               \
    X(trees)                                                                             \
    X(cause)                                                                             \
    X(repository)                                                                        \
    X(repository_crowd)                                                                  \
    X(fit_recall)                                                                        \
    X(selftest)                                                                          \
    X(accuracy)                                                                          \
    X(spectrum)                                                                          \
    X(graph)                                                                             \
    X(graph_dot)                                                                         \
    X(pruning)                                                                           \
    X(feature)                                                                           \
    X(binding)                                                                           \
    X(rule)                                                                              \
    X(draw)                                                                              \
    X(monolith)                                                                          \
    X(training)                                                                          \
    X(inference)                                                                         \
    X(predictor)                                                                         \
    X(model_directory)                                                                   \
    X(skip)                                                                              \
    X(mixture)                                                                           \
    X(evaluation)                                                                        \
    X(testing_engine)                                                                    \
    X(debugging)                                                                         \
    X(prediction_input)                                                                  \
    X(mutation)                                                                          \
    X(top_list)                                                                          \
    X(optimiser)                                                                         \
    X(lshade)                                                                            \
    X(weighting_optimum)                                                                 \
    X(weighting)                                                                         \
    X(device_search)                                                                     \
    X(selection_ridge)                                                                   \
    X(selection)                                                                         \
    X(metric_selection)                                                                  \
    X(recalibration)                                                                     \
    X(engine_scale)                                                                      \
    X(engine_find)                                                                       \
    X(engine_fit)                                                                        \
    X(engine_replace)                                                                    \
    X(engine_build)                                                                      \
    X(engine_directory)                                                                  \
    X(knob_space)                                                                        \
    X(tuning)                                                                            \
    X(tuning_model)                                                                      \
    X(planning)                                                                          \
    X(telemetry)                                                                         \
    X(telemetry_store)                                                                   \
    X(ingestion)                                                                         \
    X(ingestion_input)                                                                   \
    X(ingestion_kill)                                                                    \
    X(window)                                                                            \
    X(replay)                                                                            \
    X(simulator_response)                                                                \
    X(simulator_system)                                                                  \
    X(simulator_engine)                                                                  \
    X(simulator_configs)                                                                 \
    X(simulator_run)                                                                     \
    X(simulator_knobs)                                                                   \
    X(arguments)                                                                         \
    X(terminal)                                                                          \
    X(bar)

#define DECLARE(name) extern CU_TestInfo name##_tests[];
SUITES(DECLARE)

static int is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return 1;
    return argc == 1;
}

int main(int argc, char **argv)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    int wanted = 0;
#define REGISTER(name)                                                                    \
    if (is_wanted(#name, argc, argv)) {                                                   \
        CU_SuiteInfo suite[] = {{.pName = #name, .pTests = name##_tests}, CU_SUITE_INFO_NULL}; \
        wanted += CU_register_suites(suite) == CUE_SUCCESS;                               \
    }
    SUITES(REGISTER)
    if (!wanted) {
        fprintf(stderr, "flx_tests: no such suite\n");
        return 1;
    }
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures != 0;
}
