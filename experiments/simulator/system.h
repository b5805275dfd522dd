/* SPDX-License-Identifier: MIT
 * A simulated system: services with their endpoints and call trees, request types, and
 * sequences of orchestration steps. Read from strict JSON (configs/README.md). */
#ifndef FLX_SIMULATOR_SYSTEM_H
#define FLX_SIMULATOR_SYSTEM_H

#include "experiments/simulator/response.h"
#include "formats/status.h"

#include <stdbool.h>

/* One call of an endpoint: `repeat` times one after another, each made with
 * `probability`. */
typedef struct {
    int endpoint; /* index into the system's endpoints */
    int repeat;
    double probability; /* at the reference settings of the cache it depends on */
    int miss_of;        /* service whose misses scale the probability, or -1 */
    int repeat_service; /* service whose knob replaces `repeat`, or -1 */
    char *repeat_knob;  /* name of that knob, or NULL */
} flx_system_call;

/* Calls of a stage run at the same time; stages run one after another. */
typedef struct {
    int n_calls;
    flx_system_call *calls;
} flx_stage;

typedef struct {
    int service;
    char *name;
    double mean_ms, cv; /* of its own work at reference settings, one core to itself */
    bool is_write;
    int n_stages;
    flx_stage *stages;
} flx_endpoint;

typedef struct {
    char *name;
    int first_endpoint, n_endpoints; /* its part of the system's endpoints */
    flx_profile profile;
} flx_system_service;

typedef struct {
    char *name;
    int endpoint;
} flx_request;

/* One state of the deployment, with everything replacements change already put in. */
typedef struct {
    char *title, *deployment; /* deployment: file, from the system's folder */
    double rps;
    double *mix;                      /* (n_requests) shares, sum 1 */
    int *replicas;                    /* (n_services) */
    flx_profile *profiles;            /* (n_services) */
    double *mean_ms;                  /* (n_endpoints) */
    bool *is_counted;                 /* (n_services) covered by the paper's count */
    int paper_services, paper_inputs; /* as printed; 0 = not given */
} flx_step;

typedef struct {
    char *name;
    int n_steps;
    flx_step *steps;
} flx_sequence;

typedef struct {
    char *name, *source;
    char *folder;       /* of its file, with a trailing '/', or "" */
    double time_factor; /* on every service time */
    double rpc_ms;      /* a call's way there and back */
    double backlog_s;   /* requests in flight are bounded by backlog_s * rps */
    double speed_cv;    /* unobserved difference in speed between instances and runs */
    int n_services, n_endpoints, n_requests, n_sequences;
    flx_system_service *services;
    flx_endpoint *endpoints;
    flx_request *requests;
    flx_sequence *sequences;
    double cpu_limits[8]; /* values of the state cpu_limit, millicores */
    int n_cpu_limits;
} flx_system;

/* FLX_BAD_INPUT, with file and line, for unknown keys and names, calls that lead back to
 * themselves, mixes that do not sum to 1, times that are not positive. Deployments are
 * looked for in the folder of the file. */
flx_status flx_system_read(const char *path, flx_system **out, flx_error *error);
void flx_system_destroy(flx_system *system); /* NULL is fine */

int flx_system_find_service(const flx_system *system, const char *name);
/* "SERVICE.ENDPOINT"; -1 where there is none. */
int flx_system_find_endpoint(const flx_system *system, const char *text);
/* Step from 1. FLX_BAD_INPUT names what there is. */
flx_status flx_system_find_step(const flx_system *system, const char *sequence, int step,
                                const flx_step **out, flx_error *error);
#endif
