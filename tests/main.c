/* SPDX-License-Identifier: MIT
 * Every suite of the project, in the order of the data flow.
 * usage: flx_tests [SUITE ...]; exit 0 all passed, 1 a failure, 77 everything was
 * skipped. */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

#define SUITES(X)                                                                        \
    X(status)                                                                            \
    X(digest)                                                                            \
    X(checksum_trailer)                                                                  \
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
    X(device_graph_check)                                                                \
    X(device_graph)                                                                      \
    X(cuda)                                                                              \
    X(multiply)                                                                          \
    X(lbfgs)                                                                             \
    X(gp_prior)                                                                          \
    X(gp_fit)                                                                            \
    X(gp_fit_optimum)                                                                    \
    X(gp_fit_backend)                                                                    \
    X(ridge_regressor)                                                                   \
    X(mlp_network)                                                                       \
    X(mlp_regressor)                                                                     \
    X(tree_ensemble)                                                                     \
    X(fit_key)                                                                           \
    X(model_repository)                                                                  \
    X(model_repository_crowd)                                                            \
    X(fit_cache)                                                                         \
    X(selftest)                                                                          \
    X(error_metrics)                                                                     \
    X(metric_list)                                                                       \
    X(graph)                                                                             \
    X(graph_dot)                                                                         \
    X(graph_pruning)                                                                     \
    X(feature_transform)                                                                 \
    X(column_binding)                                                                    \
    X(aggregation_rule)                                                                  \
    X(subsample)                                                                         \
    X(black_box_graph)                                                                   \
    X(training)                                                                          \
    X(inference)                                                                         \
    X(predictor)                                                                         \
    X(model_directory)                                                                   \
    X(skip_graph)                                                                        \
    X(ensemble)                                                                          \
    X(evaluation)                                                                        \
    X(fault_localization)                                                                \
    X(debug_loop)                                                                        \
    X(prediction_input)                                                                  \
    X(mutation)                                                                          \
    X(elite_archive)                                                                     \
    X(optimizer)                                                                         \
    X(lshade)                                                                            \
    X(output_weighting_optimum)                                                          \
    X(output_weighting)                                                                  \
    X(device_search)                                                                     \
    X(subset_ridge)                                                                      \
    X(selection)                                                                         \
    X(metric_selection)                                                                  \
    X(recalibration)                                                                     \
    X(scale_service)                                                                     \
    X(assignment_lookup)                                                                 \
    X(refit)                                                                             \
    X(replace_service)                                                                   \
    X(graph_engine_build)                                                                \
    X(graph_engine_directory)                                                            \
    X(search_space)                                                                      \
    X(tuning)                                                                            \
    X(tuning_objective)                                                                  \
    X(compiled_graph)                                                                    \
    X(telemetry)                                                                         \
    X(telemetry_store)                                                                   \
    X(ingestion)                                                                         \
    X(ingestion_input)                                                                   \
    X(ingestion_kill)                                                                    \
    X(time_window)                                                                       \
    X(backtest)                                                                          \
    X(simulator_response)                                                                \
    X(simulator_system)                                                                  \
    X(simulator_engine)                                                                  \
    X(simulator_configs)                                                                 \
    X(simulator_run)                                                                     \
    X(simulator_knobs)                                                                   \
    X(arguments)                                                                         \
    X(terminal)                                                                          \
    X(progress_bar)

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
#define REGISTER(name)                                                                   \
    if (is_wanted(#name, argc, argv)) {                                                  \
        CU_SuiteInfo suite[] = {{.pName = #name, .pTests = name##_tests},                \
                                CU_SUITE_INFO_NULL};                                     \
        wanted += CU_register_suites(suite) == CUE_SUCCESS;                              \
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
