/* SPDX-License-Identifier: MIT
 * The state of a run: frames (calls in flight), stations (instances), the clock. A frame
 * is one call; queues are lists through the frames, so that waiting costs no memory. */
#ifndef FLX_SIMULATOR_ENGINE_STATE_H
#define FLX_SIMULATOR_ENGINE_STATE_H

#include "experiments/simulator/engine.h"
#include "experiments/simulator/event_queue.h"
#include "experiments/simulator/random_stream.h"

#define FLX_QUOTA_PERIOD 0.1 /* seconds, of the CPU quota */

typedef struct {
    double start;     /* when its caller sent it */
    double work;      /* CPU seconds of its own that are left */
    double wait;      /* for the disk, still to come */
    int parent, next; /* caller's frame or -1; next in a queue or in the free list */
    int endpoint, station;
    int call, remaining; /* which call of the parent this is, repeats still to come */
    int stage, pending;  /* where its own calls are, how many of the stage are out */
} flx_frame;

typedef struct {
    int head, tail; /* frames, -1 = empty */
} flx_queue;

typedef struct {
    int busy, working;           /* servers, workers */
    flx_queue runnable, outside; /* waiting for a server, for a worker */
    double budget, refilled; /* CPU seconds left in the period that began at `refilled` */
} flx_station;

struct flx_engine {
    int max_stations, max_frames, max_services;
    const flx_scenario *scenario;
    flx_random_stream random;
    double now, last, end;
    flx_frame *frames;
    int free_frame;
    flx_station *stations;
    int *turn; /* (services) next instance of the round robin */
    flx_heap heap;
    flx_ring ring;
    size_t log_capacity;
    bool is_out_of_memory;
    flx_run run;
};

/* The state before the first arrival of a scenario. */
void flx_engine_reset(flx_engine *engine, const flx_scenario *scenario);

/* When `work` CPU seconds that begin at `now` are done under a quota of cores. The budget
 * is charged at the start; what it cannot cover runs in later periods. */
double flx_station_finish(flx_station *station, double now, double quota, double work);

static inline void flx_queue_push(flx_engine *engine, flx_queue *line, int at)
{
    engine->frames[at].next = -1;
    if (line->head < 0)
        line->head = at;
    else
        engine->frames[line->tail].next = at;
    line->tail = at;
}

static inline int flx_queue_pop(flx_engine *engine, flx_queue *line)
{
    int at = line->head;
    line->head = engine->frames[at].next;
    return at;
}

static inline int flx_frame_take(flx_engine *engine, int parent, int endpoint)
{
    int at = engine->free_frame;
    engine->free_frame = engine->frames[at].next;
    engine->frames[at].parent = parent;
    engine->frames[at].endpoint = endpoint;
    return at;
}

static inline void flx_frame_release(flx_engine *engine, int at)
{
    engine->frames[at].next = engine->free_frame;
    engine->free_frame = at;
}
#endif
