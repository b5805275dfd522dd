/* SPDX-License-Identifier: MIT
 * Opening a testbed: the system and the deployment of the step are read and matched by
 * name, and the shape of the scenario is laid out. */
#include "experiments/simulator/testbed.h"
#include "formats/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static flx_status match_services(flx_testbed *testbed, flx_error *error)
{
    const flx_system *system = testbed->system;
    const flx_deployment *deployment = testbed->deployment;
    if (!FLX_NEW(testbed->deployed, system->n_services) ||
        !FLX_NEW(testbed->simulated, deployment->n_services))
        return flx_no_memory(error, "%d services", system->n_services);
    for (int s = 0; s < system->n_services; s++) {
        const char *name = system->services[s].name;
        int found = flx_deployment_find_service(deployment, name);
        if (found < 0)
            return flx_fail(error, FLX_BAD_INPUT,
                            "service '%s' of system '%s' is missing in '%s'", name,
                            system->name, testbed->step->deployment);
        if (deployment->services[found].replicas != testbed->step->replicas[s])
            return flx_fail(error, FLX_BAD_INPUT,
                            "service '%s' has %d replicas in '%s' but %d in the step of "
                            "system '%s'",
                            name, deployment->services[found].replicas,
                            testbed->step->deployment, testbed->step->replicas[s],
                            system->name);
        testbed->deployed[s] = found;
        testbed->simulated[found] = s;
    }
    for (int d = 0; d < deployment->n_services; d++)
        if (flx_system_find_service(system, deployment->services[d].name) < 0)
            return flx_fail(
                error, FLX_BAD_INPUT, "service '%s' of '%s' is missing in system '%s'",
                deployment->services[d].name, testbed->step->deployment, system->name);
    return FLX_OK;
}

static flx_status match_knobs(flx_testbed *testbed, flx_error *error)
{
    flx_search_space *space = NULL;
    FLX_TRY(flx_search_space_create(testbed->deployment, &space, error));
    testbed->space = space;
    if (!FLX_NEW(testbed->lever, space->n_knobs))
        return flx_no_memory(error, "%d knobs", space->n_knobs);
    for (int k = 0; k < space->n_knobs; k++) {
        testbed->lever[k] = flx_lever_find(space->knobs[k].knob->name);
        if (testbed->lever[k] < 0 || space->knobs[k].knob->type == FLX_CHOICES)
            return flx_fail(error, FLX_BAD_INPUT,
                            "knob '%s' of '%s' has no response curve in the simulator",
                            space->knobs[k].column, testbed->step->deployment);
    }
    return FLX_OK;
}

/* A knob that sets a number of calls must be there. */
static flx_status match_repeats(const flx_testbed *testbed, const flx_stage *stage,
                                flx_error *error)
{
    for (int c = 0; c < stage->n_calls; c++) {
        const flx_system_call *call = &stage->calls[c];
        if (call->repeat_service < 0)
            continue;
        const flx_service *service =
            &testbed->deployment->services[testbed->deployed[call->repeat_service]];
        if (flx_service_find_knob(service, call->repeat_knob) < 0)
            return flx_fail(error, FLX_BAD_INPUT,
                            "'repeat_of' of system '%s' names '%s:%s', which is no knob "
                            "of '%s'",
                            testbed->system->name, service->name, call->repeat_knob,
                            testbed->step->deployment);
    }
    return FLX_OK;
}

/* The operation an endpoint is logged as: of its name, or the one of a service that does
 * not log its operations apart. */
static flx_status find_operation(const flx_testbed *testbed, int endpoint, int *out,
                                 flx_error *error)
{
    const flx_endpoint *from = &testbed->system->endpoints[endpoint];
    const flx_service *service =
        &testbed->deployment->services[testbed->deployed[from->service]];
    bool is_apart = service->operations[0].name[0] != '\0';
    *out = is_apart ? flx_service_find_operation(service, from->name) : 0;
    if (*out < 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "endpoint '%s.%s' is no operation of that service in '%s'",
                        service->name, from->name, testbed->step->deployment);
    return FLX_OK;
}

static flx_status lay_out_endpoint(const flx_testbed *testbed, int index,
                                   flx_scenario *shape, flx_error *error)
{
    const flx_endpoint *from = &testbed->system->endpoints[index];
    flx_scenario_endpoint *endpoint = &shape->endpoints[index];
    double variance = log(1.0 + from->cv * from->cv);
    *endpoint = (flx_scenario_endpoint){.service = from->service,
                                        .first_stage = shape->n_stages,
                                        .n_stages = from->n_stages,
                                        .log_mean = -0.5 * variance,
                                        .log_sigma = sqrt(variance),
                                        .is_write = from->is_write};
    FLX_TRY(find_operation(testbed, index, &endpoint->operation, error));
    for (int s = 0; s < from->n_stages; s++) {
        const flx_stage *stage = &from->stages[s];
        FLX_TRY(match_repeats(testbed, stage, error));
        shape->stages[shape->n_stages++] =
            (flx_scenario_stage){.first_call = shape->n_calls, .n_calls = stage->n_calls};
        for (int c = 0; c < stage->n_calls; c++)
            shape->calls[shape->n_calls++] =
                (flx_scenario_call){.endpoint = stage->calls[c].endpoint,
                                    .repeat = stage->calls[c].repeat,
                                    .probability = stage->calls[c].probability};
    }
    return FLX_OK;
}

static void lay_out_services(const flx_testbed *testbed, flx_scenario *shape)
{
    for (int s = 0; s < shape->n_services; s++) {
        int replicas = testbed->step->replicas[s];
        int operations = testbed->deployment->services[testbed->deployed[s]].n_operations;
        shape->services[s] = (flx_scenario_service){.first_station = shape->n_stations,
                                                    .n_stations = replicas,
                                                    .first_channel = shape->n_channels};
        shape->n_stations += replicas;
        shape->n_channels += replicas * operations;
    }
}

static flx_status bound_frames(const flx_testbed *testbed, flx_scenario *shape,
                               flx_error *error)
{
    FLX_SCOPED int *known = NULL;
    int width = 1;
    if (!FLX_NEW(known, shape->n_endpoints))
        return flx_no_memory(error, "%d endpoints", shape->n_endpoints);
    for (int r = 0; r < shape->n_requests; r++) {
        int needed = flx_scenario_width(shape, shape->request_endpoint[r], known);
        width = needed > width ? needed : width;
    }
    double limit = fmax(8.0, ceil(testbed->system->backlog_s * shape->rate));
    if (limit * width > 2e7)
        return flx_fail(error, FLX_BAD_INPUT,
                        "system '%s' may have %g requests with %d calls each in flight, "
                        "which is too much to simulate: lower its 'backlog_s' or rate",
                        testbed->system->name, limit, width);
    shape->limit = (int)limit;
    shape->frames = shape->limit * width;
    return FLX_OK;
}

static flx_status lay_out_requests(const flx_testbed *testbed, flx_scenario *shape,
                                   flx_error *error)
{
    const flx_system *system = testbed->system;
    double share = 0.0;
    shape->n_requests = system->n_requests;
    for (int r = 0; r < system->n_requests; r++) {
        share += testbed->step->mix[r];
        shape->request_share[r] = share;
        shape->request_endpoint[r] = system->requests[r].endpoint;
    }
    shape->rate = testbed->step->rps;
    shape->rpc = system->rpc_ms / 1000.0;
    return bound_frames(testbed, shape, error);
}

static flx_status allocate_shape(const flx_system *system, const flx_step *step,
                                 flx_scenario *shape, flx_error *error)
{
    size_t stages = 0, calls = 0, stations = 0;
    for (int e = 0; e < system->n_endpoints; e++) {
        stages += (size_t)system->endpoints[e].n_stages;
        for (int s = 0; s < system->endpoints[e].n_stages; s++)
            calls += (size_t)system->endpoints[e].stages[s].n_calls;
    }
    for (int s = 0; s < system->n_services; s++)
        stations += (size_t)step->replicas[s];
    shape->n_services = system->n_services;
    shape->n_endpoints = system->n_endpoints;
    bool is_whole = FLX_NEW(shape->services, system->n_services) &&
                    FLX_NEW(shape->endpoints, system->n_endpoints) &&
                    FLX_NEW(shape->stages, stages) && FLX_NEW(shape->calls, calls) &&
                    FLX_NEW(shape->speed, stations) &&
                    FLX_NEW(shape->request_endpoint, system->n_requests) &&
                    FLX_NEW(shape->request_share, system->n_requests);
    return is_whole ? FLX_OK : flx_no_memory(error, "a scenario of %zu calls", calls);
}

static flx_status lay_out(flx_testbed *testbed, flx_error *error)
{
    flx_scenario *shape = &testbed->shape;
    FLX_TRY(allocate_shape(testbed->system, testbed->step, shape, error));
    lay_out_services(testbed, shape);
    for (int e = 0; e < shape->n_endpoints; e++)
        FLX_TRY(lay_out_endpoint(testbed, e, shape, error));
    FLX_TRY(lay_out_requests(testbed, shape, error));
    shape->warmup = testbed->options.warmup;
    shape->seconds = testbed->options.seconds;
    shape->is_exponential = testbed->options.is_exponential;
    shape->seed = testbed->key;
    return FLX_OK;
}

/* Steps must not share their random numbers: FNV-1a of the names over the seed. */
static uint64_t make_key(const char *system, const flx_testbed_options *options)
{
    char text[512];
    snprintf(text, sizeof text, "%s/%s/%d/%llu", system, options->sequence, options->step,
             (unsigned long long)options->seed);
    uint64_t key = 14695981039346656037u;
    for (const char *c = text; *c; c++)
        key = (key ^ (uint64_t)(unsigned char)*c) * 1099511628211u;
    return key;
}

static flx_status read_deployment(flx_testbed *testbed, flx_error *error)
{
    const char *name = testbed->step->deployment;
    FLX_SCOPED char *path = NULL;
    if (asprintf(&path, "%s%s", name[0] == '/' ? "" : testbed->system->folder, name) < 0)
        return flx_no_memory(error, "the name of a deployment");
    return flx_deployment_read(path, &testbed->deployment, error);
}

static flx_status open_parts(const char *system_path, flx_testbed *testbed,
                             flx_error *error)
{
    const flx_testbed_options *options = &testbed->options;
    FLX_TRY(flx_system_read(system_path, &testbed->system, error));
    FLX_TRY(flx_system_find_step(testbed->system, options->sequence, options->step,
                                 &testbed->step, error));
    testbed->key = make_key(testbed->system->name, options);
    FLX_TRY(read_deployment(testbed, error));
    FLX_TRY(match_services(testbed, error));
    FLX_TRY(match_knobs(testbed, error));
    return lay_out(testbed, error);
}

flx_status flx_testbed_open(const char *system_path, const flx_testbed_options *options,
                            flx_testbed **out, flx_error *error)
{
    *out = NULL;
    flx_testbed *testbed;
    if (!FLX_NEW(testbed, 1))
        return flx_no_memory(error, "a testbed");
    testbed->options = *options;
    flx_status status = open_parts(system_path, testbed, error);
    if (status == FLX_OK)
        *out = testbed;
    else
        flx_testbed_close(testbed);
    return status;
}

void flx_testbed_close(flx_testbed *testbed)
{
    if (!testbed)
        return;
    free(testbed->shape.stages);
    free(testbed->shape.request_share);
    free(testbed->shape.request_endpoint);
    flx_scenario_release(&testbed->shape);
    free(testbed->simulated);
    free(testbed->deployed);
    free(testbed->lever);
    flx_search_space_destroy(testbed->space);
    flx_deployment_destroy(testbed->deployment);
    flx_system_destroy(testbed->system);
    free(testbed);
}
