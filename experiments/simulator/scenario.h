/* SPDX-License-Identifier: MIT
 * What one run of the engine works on: plain arrays of numbers, names left behind. The
 * shape (who calls whom, how many instances) is the same for all rows of a step; times,
 * probabilities and capacities follow from the row's settings. Times are seconds. */
#ifndef FLX_SIMULATOR_SCENARIO_H
#define FLX_SIMULATOR_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int endpoint, repeat;
    double probability;
} flx_scenario_call;

typedef struct {
    int first_call, n_calls;
} flx_scenario_stage;

typedef struct {
    int service;
    int operation; /* index among its service's logged operations */
    int first_stage, n_stages;
    double mean;                /* own work and network stack, all factors included */
    double log_mean, log_sigma; /* of the unit-mean log-normal it is multiplied by */
    bool is_write;
} flx_scenario_endpoint;

typedef struct {
    int first_station, n_stations; /* its instances */
    int first_channel;             /* of operation 0; operation-major, then instance */
    int servers, workers;          /* of each instance; workers 0 = any number */
    double quota;                  /* cores of each instance; 0 = as many as servers */
    double wait_probability[2], wait_mean; /* reads, writes */
} flx_scenario_service;

typedef struct {
    int n_services, n_endpoints, n_stages, n_calls, n_stations, n_channels, n_requests;
    flx_scenario_service *services;
    flx_scenario_endpoint *endpoints;
    flx_scenario_stage *stages;
    flx_scenario_call *calls;
    double *speed;         /* (n_stations) factor on service times */
    int *request_endpoint; /* (n_requests) */
    double *request_share; /* (n_requests) cumulative, the last is 1 */
    double rate;           /* requests a second, Poisson */
    double rpc;            /* a call's way there and back */
    int limit;             /* requests in flight; more are rejected */
    int frames; /* most calls in flight at a time: limit * those of a request */
    double warmup, seconds; /* not measured, measured */
    bool is_exponential;    /* service times: exponential in place of log-normal */
    uint64_t seed;
    uint32_t row;
} flx_scenario;

/* Frames one request may need at most: itself and the calls of its widest stage. `known`
 * (n_endpoints) is all zeros at first and keeps what was worked out. Very wide trees
 * count as FLX_WIDEST. */
#define FLX_WIDEST 1000000
int flx_scenario_width(const flx_scenario *scenario, int endpoint, int *known);
#endif
