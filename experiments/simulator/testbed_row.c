/* SPDX-License-Identifier: MIT
 * From the settings of a row to the numbers of its scenario: levers, response curves, and
 * the differences between instances and runs that nobody observes. */
#include "experiments/simulator/testbed.h"
#include "formats/memory.h"
#include "kernels/formulas/philox.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STREAM_SPEED = 0x53504545, STREAM_LIMIT = 0x4c494d49 };

/* Own copies of what a row changes. */
flx_status flx_testbed_scenario(const flx_testbed *testbed, flx_scenario *scenario,
                                flx_error *error)
{
    const flx_scenario *shape = &testbed->shape;
    size_t services = (size_t)shape->n_services, endpoints = (size_t)shape->n_endpoints;
    size_t calls = (size_t)shape->n_calls, stations = (size_t)shape->n_stations;
    *scenario = *shape;
    scenario->services = NULL;
    scenario->endpoints = NULL;
    scenario->calls = NULL;
    scenario->speed = NULL;
    if (!FLX_NEW(scenario->services, services) ||
        !FLX_NEW(scenario->endpoints, endpoints) || !FLX_NEW(scenario->calls, calls) ||
        !FLX_NEW(scenario->speed, stations)) {
        flx_scenario_release(scenario);
        return flx_no_memory(error, "a scenario of %zu calls", calls);
    }
    memcpy(scenario->services, shape->services, services * sizeof *shape->services);
    memcpy(scenario->endpoints, shape->endpoints, endpoints * sizeof *shape->endpoints);
    memcpy(scenario->calls, shape->calls, calls * sizeof *shape->calls);
    memcpy(scenario->speed, shape->speed, stations * sizeof *shape->speed);
    return FLX_OK;
}

void flx_scenario_release(flx_scenario *scenario)
{
    free(scenario->speed);
    free(scenario->calls);
    free(scenario->endpoints);
    free(scenario->services);
    scenario->services = NULL;
    scenario->endpoints = NULL;
    scenario->calls = NULL;
    scenario->speed = NULL;
}

double flx_testbed_cpu_limit(const flx_testbed *testbed, int service, int row)
{
    const flx_service *deployed = &testbed->deployment->services[service];
    const flx_system *system = testbed->system;
    for (int s = 0; s < deployed->n_states && system->n_cpu_limits > 0; s++)
        if (strcmp(deployed->states[s].name, "cpu_limit") == 0)
            return system
                ->cpu_limits[flx_below(testbed->key, STREAM_LIMIT, (uint32_t)row,
                                       (uint32_t)service, 0, system->n_cpu_limits)];
    return (double)NAN;
}

/* Levers of a system's service. */
static flx_levers collect_levers(const flx_testbed *testbed, const double *settings,
                                 int service, int row)
{
    flx_levers levers = flx_levers_none();
    int deployed = testbed->deployed[service];
    for (int k = 0; k < testbed->space->n_knobs; k++)
        if (testbed->space->knobs[k].service == deployed)
            levers.value[testbed->lever[k]] = settings[k];
    levers.value[FLX_CPU_LIMIT] = flx_testbed_cpu_limit(testbed, deployed, row);
    return levers;
}

static void set_service(const flx_testbed *testbed, int service,
                        const flx_response *response, flx_scenario *scenario)
{
    const flx_system *system = testbed->system;
    const flx_step *step = testbed->step;
    flx_scenario_service *target = &scenario->services[service];
    target->servers = response->servers;
    target->workers = response->workers;
    target->quota = response->quota;
    target->wait_probability[0] = response->wait_probability[0];
    target->wait_probability[1] = response->wait_probability[1];
    target->wait_mean = response->wait_ms * system->time_factor / 1000.0;
    const flx_system_service *source = &system->services[service];
    for (int e = 0; e < source->n_endpoints; e++) {
        int endpoint = source->first_endpoint + e;
        double ms = step->mean_ms[endpoint] * response->work +
                    step->profiles[service].io_ms * response->io;
        scenario->endpoints[endpoint].mean = ms * system->time_factor / 1000.0;
    }
}

/* What the callee's or another service's knobs do to how often a call is made. */
static void set_call(const flx_testbed *testbed, const double *settings,
                     const double *miss, const flx_system_call *source,
                     flx_scenario_call *call)
{
    if (source->miss_of >= 0)
        call->probability = fmin(1.0, source->probability * miss[source->miss_of]);
    if (source->repeat_service < 0)
        return;
    int deployed = testbed->deployed[source->repeat_service];
    const flx_search_space *space = testbed->space;
    for (int k = 0; k < space->n_knobs; k++)
        if (space->knobs[k].service == deployed &&
            strcmp(space->knobs[k].knob->name, source->repeat_knob) == 0)
            call->repeat = (int)lround(settings[k]);
}

static void set_calls(const flx_testbed *testbed, const double *settings,
                      const double *miss, flx_scenario *scenario)
{
    const flx_system *system = testbed->system;
    int index = 0;
    for (int e = 0; e < system->n_endpoints; e++)
        for (int s = 0; s < system->endpoints[e].n_stages; s++) {
            const flx_stage *stage = &system->endpoints[e].stages[s];
            for (int c = 0; c < stage->n_calls; c++)
                set_call(testbed, settings, miss, &stage->calls[c],
                         &scenario->calls[index++]);
        }
}

void flx_testbed_set(const flx_testbed *testbed, const double *settings, int row,
                     double *miss, flx_scenario *scenario)
{
    double cv = testbed->system->speed_cv;
    for (int s = 0; s < scenario->n_services; s++) {
        flx_levers levers = collect_levers(testbed, settings, s, row);
        flx_response response;
        flx_respond(&testbed->step->profiles[s], &levers, &response);
        set_service(testbed, s, &response, scenario);
        miss[s] = response.miss;
    }
    set_calls(testbed, settings, miss, scenario);
    for (int i = 0; i < scenario->n_stations; i++)
        scenario->speed[i] = exp(
            cv * flx_normal(testbed->key, STREAM_SPEED, (uint32_t)row, (uint32_t)i, 0) -
            0.5 * cv * cv);
    scenario->row = (uint32_t)row;
}

void flx_testbed_count(const flx_testbed *testbed, int *services, int *inputs)
{
    *services = 0;
    *inputs = 0;
    for (int s = 0; s < testbed->system->n_services; s++) {
        if (!testbed->step->is_counted[s])
            continue;
        const flx_service *service = &testbed->deployment->services[testbed->deployed[s]];
        *services += service->replicas;
        *inputs += service->replicas * (service->n_knobs + service->n_states);
    }
}
