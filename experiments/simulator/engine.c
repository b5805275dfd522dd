/* SPDX-License-Identifier: MIT
 * The event loop (engine.h): the life of a call from its sending to its reply, and the
 * clock. A call that is repeated keeps its frame. */
#include "experiments/simulator/engine.h"

#include "experiments/simulator/engine_state.h"
#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>

static bool is_measuring(const flx_engine *engine)
{
    return engine->now >= engine->scenario->warmup;
}

/* Sends a call to the instance whose turn it is. */
static void send(flx_engine *engine, int at)
{
    flx_frame *call = &engine->frames[at];
    int index = engine->scenario->endpoints[call->endpoint].service;
    const flx_scenario_service *service = &engine->scenario->services[index];
    int turn = engine->turn[index];
    engine->turn[index] = turn + 1 < service->n_stations ? turn + 1 : 0;
    call->start = engine->now;
    call->station = service->first_station + turn;
    engine->run.visits[call->station]++;
    flx_ring_push(&engine->ring,
                  (flx_event){.time = engine->now + engine->scenario->rpc, .frame = at});
}

/* CPU time: own work and network stack. */
static double draw_work(flx_engine *engine, const flx_frame *call)
{
    const flx_scenario *scenario = engine->scenario;
    const flx_scenario_endpoint *endpoint = &scenario->endpoints[call->endpoint];
    double factor = 1.0;
    if (scenario->is_exponential)
        factor = flx_random_exponential(&engine->random);
    else if (endpoint->log_sigma > 0.0)
        factor = exp(endpoint->log_mean +
                     endpoint->log_sigma * flx_random_normal(&engine->random));
    return endpoint->mean * factor * scenario->speed[call->station];
}

/* With some probability a wait for the disk or for eviction, which takes no CPU. */
static double draw_wait(flx_engine *engine, const flx_frame *call)
{
    const flx_scenario_endpoint *endpoint = &engine->scenario->endpoints[call->endpoint];
    const flx_scenario_service *service = &engine->scenario->services[endpoint->service];
    double chance = service->wait_probability[endpoint->is_write];
    if (chance <= 0.0 || flx_random_unit(&engine->random) >= chance)
        return 0.0;
    return service->wait_mean * flx_random_exponential(&engine->random);
}

/* Adds the time from now until `finish` as far as it is measured. */
static void count_busy(flx_engine *engine, int station, double finish)
{
    double from = fmax(engine->now, engine->scenario->warmup);
    double until = fmin(finish, engine->end);
    engine->run.busy[station] += fmax(0.0, until - from);
}

/* An endpoint's own work is done in equal parts: one before its first stage of calls, one
 * after every stage that calls. Waiting for the disk comes with the first part. */
static void begin_service(flx_engine *engine, int at)
{
    flx_frame *call = &engine->frames[at];
    flx_station *here = &engine->stations[call->station];
    const flx_scenario *scenario = engine->scenario;
    const flx_scenario_endpoint *endpoint = &scenario->endpoints[call->endpoint];
    const flx_scenario_service *service = &scenario->services[endpoint->service];
    double part = call->work / (endpoint->n_stages - call->stage + 1);
    call->work = call->stage < endpoint->n_stages ? call->work - part : 0.0;
    double finish = service->quota > 0.0
                        ? flx_station_finish(here, engine->now, service->quota, part)
                        : engine->now + part;
    finish += call->wait;
    call->wait = 0.0;
    here->busy++;
    count_busy(engine, call->station, service->quota > 0.0 ? engine->now + part : finish);
    flx_heap_push(&engine->heap, (flx_event){.time = finish, .frame = at});
}

/* Has a worker and work to do; now for a server. */
static void submit(flx_engine *engine, int at)
{
    const flx_frame *call = &engine->frames[at];
    flx_station *here = &engine->stations[call->station];
    const flx_scenario *scenario = engine->scenario;
    int index = scenario->endpoints[call->endpoint].service;
    if (here->busy < scenario->services[index].servers)
        begin_service(engine, at);
    else
        flx_queue_push(engine, &here->runnable, at);
}

/* Takes a worker. */
static void admit(flx_engine *engine, int at)
{
    flx_frame *call = &engine->frames[at];
    engine->stations[call->station].working++;
    call->work = draw_work(engine, call);
    call->wait = draw_wait(engine, call);
    call->stage = 0;
    call->pending = 0;
    submit(engine, at);
}

static void arrive(flx_engine *engine, int at)
{
    const flx_frame *call = &engine->frames[at];
    flx_station *here = &engine->stations[call->station];
    const flx_scenario *scenario = engine->scenario;
    int workers = scenario->services[scenario->endpoints[call->endpoint].service].workers;
    if (workers > 0 && here->working >= workers)
        flx_queue_push(engine, &here->outside, at);
    else
        admit(engine, at);
}

/* Makes the next of a call's repeats that is not skipped; false when there is none. */
static bool send_next(flx_engine *engine, int at)
{
    flx_frame *child = &engine->frames[at];
    double chance = engine->scenario->calls[child->call].probability;
    while (child->remaining > 0) {
        child->remaining--;
        if (chance >= 1.0 || flx_random_unit(&engine->random) < chance) {
            send(engine, at);
            return true;
        }
    }
    return false;
}

/* Makes the calls of the first stage, from the present one on, that makes any. */
static bool send_stage(flx_engine *engine, int at)
{
    const flx_scenario *scenario = engine->scenario;
    flx_frame *caller = &engine->frames[at];
    const flx_scenario_endpoint *endpoint = &scenario->endpoints[caller->endpoint];
    for (; caller->stage < endpoint->n_stages; caller->stage++) {
        const flx_scenario_stage *stage =
            &scenario->stages[endpoint->first_stage + caller->stage];
        for (int c = 0; c < stage->n_calls; c++) {
            int call = stage->first_call + c;
            int child = flx_frame_take(engine, at, scenario->calls[call].endpoint);
            engine->frames[child].call = call;
            engine->frames[child].remaining = scenario->calls[call].repeat;
            if (send_next(engine, child))
                caller->pending++;
            else
                flx_frame_release(engine, child);
        }
        if (caller->pending > 0)
            return true;
    }
    return false;
}

static void log_call(flx_engine *engine, const flx_frame *call)
{
    flx_run *run = &engine->run;
    if (run->n_log == engine->log_capacity) {
        size_t capacity = engine->log_capacity ? 2 * engine->log_capacity : 65536;
        flx_log_entry *log = realloc(run->log, capacity * sizeof *log);
        if (!log) {
            engine->is_out_of_memory = true;
            return;
        }
        run->log = log;
        engine->log_capacity = capacity;
    }
    const flx_scenario *scenario = engine->scenario;
    const flx_scenario_endpoint *endpoint = &scenario->endpoints[call->endpoint];
    const flx_scenario_service *service = &scenario->services[endpoint->service];
    run->log[run->n_log++] = (flx_log_entry){
        .channel = service->first_channel + endpoint->operation * service->n_stations +
                   call->station - service->first_station,
        .latency = (float)(engine->now - call->start)};
}

/* The reply leaves: its worker takes the next caller from outside. */
static void reply(flx_engine *engine, const flx_frame *call)
{
    if (is_measuring(engine))
        log_call(engine, call);
    flx_station *here = &engine->stations[call->station];
    here->working--;
    if (here->outside.head >= 0)
        admit(engine, flx_queue_pop(engine, &here->outside));
}

static void complete_request(flx_engine *engine, int at)
{
    engine->run.completed++;
    engine->run.in_flight--;
    engine->run.measured += is_measuring(engine);
    flx_frame_release(engine, at);
}

/* Goes on with a call after a part of its own work: its next calls, the rest of its work
 * where no more calls are made, else its reply, and with that its caller. */
static void advance(flx_engine *engine, int at)
{
    if (send_stage(engine, at))
        return;
    if (engine->frames[at].work > 0.0) {
        submit(engine, at);
        return;
    }
    reply(engine, &engine->frames[at]);
    int parent = engine->frames[at].parent;
    if (parent < 0) {
        complete_request(engine, at);
        return;
    }
    if (send_next(engine, at))
        return;
    flx_frame_release(engine, at);
    if (--engine->frames[parent].pending == 0) {
        engine->frames[parent].stage++;
        submit(engine, parent);
    }
}

static void end_service(flx_engine *engine, int at)
{
    flx_station *here = &engine->stations[engine->frames[at].station];
    here->busy--;
    if (here->runnable.head >= 0)
        begin_service(engine, flx_queue_pop(engine, &here->runnable));
    advance(engine, at);
}

static void start_request(flx_engine *engine)
{
    const flx_scenario *scenario = engine->scenario;
    engine->run.arrived++;
    double draw = flx_random_unit(&engine->random);
    if (engine->run.in_flight >= scenario->limit) {
        engine->run.rejected++;
        engine->run.refused += is_measuring(engine);
        return;
    }
    int type = 0;
    while (type < scenario->n_requests - 1 && draw >= scenario->request_share[type])
        type++;
    engine->run.in_flight++;
    send(engine, flx_frame_take(engine, -1, scenario->request_endpoint[type]));
}

/* Moves the clock; requests in flight are integrated over the measured part. */
static void move_clock(flx_engine *engine, double time)
{
    double from = fmax(engine->last, engine->scenario->warmup);
    if (time > from)
        engine->run.area += (time - from) * (double)engine->run.in_flight;
    engine->last = engine->now = time;
}

flx_status flx_engine_run(flx_engine *engine, const flx_scenario *scenario,
                          const flx_run **run, flx_error *error)
{
    if (scenario->n_stations > engine->max_stations ||
        scenario->frames > engine->max_frames ||
        scenario->n_services > engine->max_services)
        return flx_fail(error, FLX_BAD_INPUT,
                        "a scenario of %d instances and %d calls is too large for an "
                        "engine made for %d and %d",
                        scenario->n_stations, scenario->frames, engine->max_stations,
                        engine->max_frames);
    flx_engine_reset(engine, scenario);
    double arrival = flx_random_exponential(&engine->random) / scenario->rate;
    for (;;) {
        double served = flx_heap_next(&engine->heap), sent = flx_ring_next(&engine->ring);
        double time = fmin(arrival, fmin(served, sent));
        if (time >= engine->end)
            break;
        move_clock(engine, time);
        if (sent == time) {
            arrive(engine, flx_ring_pop(&engine->ring).frame);
        } else if (served == time) {
            end_service(engine, flx_heap_pop(&engine->heap).frame);
        } else {
            start_request(engine);
            arrival += flx_random_exponential(&engine->random) / scenario->rate;
        }
    }
    move_clock(engine, engine->end);
    if (engine->is_out_of_memory)
        return flx_no_memory(error, "the log of %zu calls", engine->run.n_log);
    *run = &engine->run;
    return FLX_OK;
}
