/* SPDX-License-Identifier: MIT
 * A system at one orchestration step, ready to be measured: the step's deployment (whose
 * knobs are set and whose columns are reported), the shape of its scenario, and what the
 * settings of a row make of it. */
#ifndef FLX_SIMULATOR_TESTBED_H
#define FLX_SIMULATOR_TESTBED_H

#include "experiments/simulator/scenario.h"
#include "experiments/simulator/system.h"
#include "formats/deployment.h"
#include "host/tuning.h"

typedef struct {
    const char *sequence;
    int step;               /* from 1 */
    double warmup, seconds; /* simulated, a row: not measured, measured */
    bool is_exponential;    /* service times exponential in place of log-normal */
    uint64_t seed;
} flx_testbed_options;

typedef struct {
    flx_system *system;
    const flx_step *step;
    flx_testbed_options options; /* `sequence` is the caller's text */
    flx_deployment *deployment;
    flx_search_space *space; /* its knobs in column order; settings are in this order */
    int *lever;              /* (space->n_knobs) what each knob stands for */
    int *deployed;           /* (system services) index into the deployment's services */
    int *simulated;          /* (deployment services) index into the system's services */
    flx_scenario shape;      /* without the rows' numbers */
    uint64_t key;            /* of random numbers: seed, system, sequence and step */
} flx_testbed;

/* Reads the system and the step's deployment and checks that they fit: same services and
 * replicas, every knob with a response curve, every endpoint logged somewhere, every
 * metric an average or a percentile. FLX_BAD_INPUT names what does not. */
flx_status flx_testbed_open(const char *system_path, const flx_testbed_options *options,
                            flx_testbed **out, flx_error *error);
void flx_testbed_close(flx_testbed *testbed); /* NULL is fine */

/* A scenario of its own for one thread: the shape shared, the numbers copied. */
flx_status flx_testbed_scenario(const flx_testbed *testbed, flx_scenario *scenario,
                                flx_error *error);
void flx_scenario_release(flx_scenario *scenario);

/* Puts settings (space->n_knobs) and the row's unobserved noise into a scenario. `miss`
 * (services of the system) receives the factors on their callers' miss probabilities. */
void flx_testbed_set(const flx_testbed *testbed, const double *settings, int row,
                     double *miss, flx_scenario *scenario);

/* The state cpu_limit of a deployment's service in a row, millicores; NaN where the
 * service has none. */
double flx_testbed_cpu_limit(const flx_testbed *testbed, int service, int row);

/* Services and inputs as the paper counts them at this step. */
void flx_testbed_count(const flx_testbed *testbed, int *services, int *inputs);
#endif
