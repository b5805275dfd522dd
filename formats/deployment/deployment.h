/* SPDX-License-Identifier: MIT
 * What is deployed: services, their operations, knobs, states and metrics, who calls
 * whom, how many replicas, and which end-to-end metric is the target. Read from strict
 * JSON: an unknown key, service or operation, a cycle in the calls or min > max is an
 * error that names file, line and values. */
#ifndef FLX_DEPLOYMENT_H
#define FLX_DEPLOYMENT_H

#include "formats/dataset.h"
#include "formats/status.h"

typedef enum { FLX_CONTINUOUS, FLX_DISCRETE, FLX_CHOICES } flx_knob_type;
/* "continuous", "discrete", "choices", NULL */
extern const char *const flx_knob_type_words[];

typedef struct {
    char *name, *unit; /* unit may be "" */
    flx_knob_type type;
    double min, max; /* for choices: 0 and n_values - 1 */
    double default_value;
    int n_values;   /* 0 unless a list was given */
    double *values; /* (n_values) ascending, discrete lists only */
    char **labels;  /* (n_values) choices only */
    bool is_log;    /* searched on a logarithmic scale */
} flx_knob;

/* One call of an operation: another service's operation, already resolved. */
typedef struct {
    int service, operation; /* indices into services[] and its operations[] */
} flx_call;

/* One knob or state that an operation sees. */
typedef struct {
    int knob;        /* index into the service's knobs, or -1 for a state */
    char *operation; /* whose state; "" for a knob or for a service without operations */
    char *name;      /* what follows the ':' of its column */
} flx_input;

typedef struct {
    char *name; /* "" where the service does not log its operations apart */
    int n_calls;
    flx_call *calls; /* without repeats; a call of a service without naming an operation
                        means all of its operations */
    int n_inputs;
    flx_input *inputs;
} flx_operation;

typedef struct {
    char *name;
    int replicas;
    int n_operations; /* at least 1 */
    flx_operation *operations;
    int n_knobs;
    flx_knob *knobs;
    int n_states; /* state columns of one instance, each once: operation + name */
    flx_input *states;
    int n_metrics;
    char **metrics;
} flx_service;

typedef struct {
    char *name;
    int n_services;
    flx_service *services;
    int target_service, target_operation; /* indices */
    char *target_metric;
    bool maximize;   /* goal "max" */
    bool log_target; /* transform "log" */
} flx_deployment;

flx_status flx_deployment_read(const char *path, flx_deployment **out, flx_error *error);
/* `place` names the text in error messages. */
flx_status flx_deployment_parse(const char *text, const char *place, flx_deployment **out,
                                flx_error *error);
/* Writes beside `path` and renames. Reading it back gives an equal deployment. */
flx_status flx_deployment_write(const flx_deployment *deployment, const char *path,
                                flx_error *error);
/* The same as text, owned by the caller; NULL when out of memory. */
char *flx_deployment_text(const flx_deployment *deployment);
void flx_deployment_destroy(flx_deployment *deployment);

/* Index of a service or of a knob, metric, operation within one; -1 where there is none.
 */
int flx_deployment_find_service(const flx_deployment *deployment, const char *name);
int flx_service_find_operation(const flx_service *service, const char *name);
int flx_service_find_knob(const flx_service *service, const char *name);
int flx_service_find_metric(const flx_service *service, const char *name);

/* A state that is shared out over the replicas of a service: named "rps" or ending so. */
bool flx_is_rate(const char *state);

/* Index of a state by its operation and name, and of a label of a choice; -1: none. */
int flx_service_find_state(const flx_service *service, const char *operation,
                           const char *name);
int flx_knob_find_label(const flx_knob *knob, const char *label);
/* True where a numeric knob has no list of values, or has this one in it. */
bool flx_knob_lists(const flx_knob *knob, double value);

int flx_deployment_count_instances(const flx_deployment *deployment);

/* SERVICE[.OPERATION][/INSTANCE]:NAME, allocated; instance < 0 leaves it out, operation
 * may be "" or NULL. NULL when out of memory. */
char *flx_column_text(const char *service, const char *operation, int instance,
                      const char *name);

/* Where a column name points in a deployment. */
typedef struct {
    int service;         /* index */
    char operation[128]; /* "" where none */
    int instance;        /* -1 where none */
    const char *name;    /* inside the parsed text: what follows the last ':' */
} flx_column_place;
/* Services are matched longest first, as their names may hold '.', '/', ':' and spaces.
 * Returns false where no declared service fits or the rest cannot be read. */
bool flx_column_parse(const flx_deployment *deployment, const char *column,
                      flx_column_place *place);

/* "SERVICE" (operation -1) or "SERVICE.OPERATION", services matched longest first; false
 * where none is declared. */
bool flx_deployment_resolve(const flx_deployment *deployment, const char *text,
                            flx_call *found);

/* Value of a knob from text: a number within the type, or a label of a choice. */
flx_status flx_knob_parse(const flx_knob *knob, const char *text, double *value,
                          flx_error *error);
#endif
