/* SPDX-License-Identifier: MIT
 * Making, resetting and releasing an engine, and the CPU quota of a station. */
#include "experiments/simulator/engine_state.h"
#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int flx_scenario_width(const flx_scenario *scenario, int endpoint, int *known)
{
    if (known[endpoint] > 0)
        return known[endpoint];
    const flx_scenario_endpoint *from = &scenario->endpoints[endpoint];
    int widest = 0;
    for (int s = 0; s < from->n_stages; s++) {
        const flx_scenario_stage *stage = &scenario->stages[from->first_stage + s];
        int width = 0;
        for (int c = 0; c < stage->n_calls && width < FLX_WIDEST; c++)
            width += flx_scenario_width(
                scenario, scenario->calls[stage->first_call + c].endpoint, known);
        widest = width > widest ? width : widest;
    }
    known[endpoint] = widest < FLX_WIDEST ? 1 + widest : FLX_WIDEST;
    return known[endpoint];
}

flx_status flx_engine_create(const flx_scenario *largest, flx_engine **out,
                             flx_error *error)
{
    *out = NULL;
    size_t frames = (size_t)largest->frames, stations = (size_t)largest->n_stations;
    flx_engine *engine;
    if (!FLX_NEW(engine, 1))
        return flx_no_memory(error, "a simulation engine");
    engine->max_frames = largest->frames;
    engine->max_stations = largest->n_stations;
    engine->max_services = largest->n_services;
    engine->frames = malloc(frames * sizeof *engine->frames);
    engine->stations = malloc(stations * sizeof *engine->stations);
    engine->turn = malloc((size_t)largest->n_services * sizeof *engine->turn);
    engine->heap.events = malloc(frames * sizeof *engine->heap.events);
    engine->ring.events = malloc(frames * sizeof *engine->ring.events);
    engine->ring.capacity = largest->frames;
    engine->run.busy = malloc(stations * sizeof *engine->run.busy);
    engine->run.visits = malloc(stations * sizeof *engine->run.visits);
    if (!engine->frames || !engine->stations || !engine->turn || !engine->heap.events ||
        !engine->ring.events || !engine->run.busy || !engine->run.visits) {
        flx_engine_destroy(engine);
        return flx_no_memory(error, "%zu calls in flight", frames);
    }
    *out = engine;
    return FLX_OK;
}

void flx_engine_destroy(flx_engine *engine)
{
    if (!engine)
        return;
    free(engine->run.log);
    free(engine->run.visits);
    free(engine->run.busy);
    free(engine->ring.events);
    free(engine->heap.events);
    free(engine->turn);
    free(engine->stations);
    free(engine->frames);
    free(engine);
}

void flx_engine_reset(flx_engine *engine, const flx_scenario *scenario)
{
    flx_run *run = &engine->run;
    *run = (flx_run){.busy = run->busy, .visits = run->visits, .log = run->log};
    engine->scenario = scenario;
    engine->is_out_of_memory = false;
    engine->random = flx_random_start(scenario->seed, scenario->row);
    engine->now = engine->last = 0.0;
    engine->end = scenario->warmup + scenario->seconds;
    engine->heap.count = engine->ring.count = engine->ring.head = 0;
    engine->free_frame = 0;
    for (int f = 0; f < scenario->frames; f++)
        engine->frames[f].next = f + 1;
    memset(engine->turn, 0, (size_t)scenario->n_services * sizeof *engine->turn);
    for (int s = 0; s < scenario->n_services; s++) {
        const flx_scenario_service *service = &scenario->services[s];
        for (int i = 0; i < service->n_stations; i++) {
            int at = service->first_station + i;
            engine->stations[at] =
                (flx_station){.runnable = {-1, -1},
                              .outside = {-1, -1},
                              .budget = service->quota * FLX_QUOTA_PERIOD};
            run->busy[at] = 0.0;
            run->visits[at] = 0;
        }
    }
}

double flx_station_finish(flx_station *station, double now, double quota, double work)
{
    double slice = quota * FLX_QUOTA_PERIOD;
    double passed = floor((now - station->refilled) / FLX_QUOTA_PERIOD);
    if (passed > 0.0) {
        station->refilled += passed * FLX_QUOTA_PERIOD;
        station->budget = fmin(slice, station->budget + passed * slice);
    }
    station->budget -= work;
    if (station->budget >= 0.0)
        return now + work;
    double debt = -station->budget, periods = ceil(debt / slice);
    double rest = debt - (periods - 1.0) * slice;
    return fmax(now + work, station->refilled + periods * FLX_QUOTA_PERIOD + rest);
}
