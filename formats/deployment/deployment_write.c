/* SPDX-License-Identifier: MIT
 * A deployment as JSON that reads back equal: short forms ("rps" for one state of every
 * operation, "redis" for all its operations) where they say the same. */
#include "formats/deployment/deployment_parse.h"
#include "formats/files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* jansson takes NULL for a value and answers -1: one look at the end finds any lack of
 * memory on the way. */
typedef struct {
    const flx_deployment *deployment;
    bool has_failed;
} writing;

static void put(writing *w, json_t *object, const char *key, json_t *value)
{
    w->has_failed |= json_object_set_new(object, key, value) != 0;
}

static void append(writing *w, json_t *list, json_t *value)
{
    w->has_failed |= json_array_append_new(list, value) != 0;
}

/* Whole numbers as integers: 64, not 64.0. */
static json_t *number_json(double value)
{
    bool is_whole = value == floor(value) && fabs(value) < 9007199254740992.0;
    return is_whole ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *knob_json(writing *w, const flx_knob *knob)
{
    static const char *const types[] = {[FLX_CONTINUOUS] = "continuous",
                                        [FLX_DISCRETE] = "discrete",
                                        [FLX_CHOICES] = "choices"};
    json_t *object = json_object();
    put(w, object, "name", json_string(knob->name));
    put(w, object, "type", json_string(types[knob->type]));
    json_t *values = knob->n_values > 0 ? json_array() : NULL;
    for (int i = 0; i < knob->n_values; i++)
        append(w, values,
               knob->labels ? json_string(knob->labels[i])
                            : number_json(knob->values[i]));
    if (values) {
        put(w, object, "values", values);
    } else {
        put(w, object, "min", number_json(knob->min));
        put(w, object, "max", number_json(knob->max));
    }
    put(w, object, "default",
        knob->labels ? json_string(knob->labels[(int)knob->fallback])
                     : number_json(knob->fallback));
    put(w, object, "unit", json_string(knob->unit));
    put(w, object, "scale", json_string(knob->is_log ? "log" : "linear"));
    return object;
}

json_t *flx_knob_describe(const flx_knob *knob)
{
    writing w = {0};
    json_t *object = knob_json(&w, knob);
    if (!w.has_failed)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *state_json(const flx_input *state)
{
    if (state->operation[0] == '\0')
        return json_string(state->name);
    return json_sprintf("%s:%s", state->operation, state->name);
}

/* The states from `first` on are one name for every operation, in order. */
static bool is_state_of_all(const flx_service *service, int first)
{
    if (service->n_states - first < service->n_operations)
        return false;
    for (int o = 0; o < service->n_operations; o++) {
        const flx_input *state = &service->states[first + o];
        if (strcmp(state->operation, service->operations[o].name) != 0 ||
            strcmp(state->name, service->states[first].name) != 0)
            return false;
    }
    return true;
}

static json_t *states_json(writing *w, const flx_service *service)
{
    json_t *list = json_array();
    for (int i = 0; i < service->n_states;) {
        bool is_of_all = is_state_of_all(service, i);
        append(w, list,
               is_of_all ? json_string(service->states[i].name)
                         : state_json(&service->states[i]));
        i += is_of_all ? service->n_operations : 1;
    }
    return list;
}

/* The calls from `first` on are all operations of one service, in order. */
static bool is_call_of_all(const flx_deployment *deployment,
                           const flx_operation *operation, int first)
{
    int callee = operation->calls[first].service;
    int n = deployment->services[callee].n_operations;
    if (operation->n_calls - first < n)
        return false;
    for (int o = 0; o < n; o++)
        if (operation->calls[first + o].service != callee ||
            operation->calls[first + o].operation != o)
            return false;
    return true;
}

static json_t *calls_json(writing *w, const flx_operation *operation)
{
    json_t *list = json_array();
    for (int i = 0; i < operation->n_calls;) {
        const flx_service *callee = &w->deployment->services[operation->calls[i].service];
        bool is_of_all = is_call_of_all(w->deployment, operation, i);
        const char *name = callee->operations[operation->calls[i].operation].name;
        append(w, list,
               is_of_all ? json_string(callee->name)
                         : json_sprintf("%s.%s", callee->name, name));
        i += is_of_all ? callee->n_operations : 1;
    }
    return list;
}

/* The operation sees what it would see without a list. */
static bool has_own_inputs(const flx_service *service, const flx_operation *operation)
{
    int at = 0;
    for (int k = 0; k < service->n_knobs; k++, at++)
        if (at >= operation->n_inputs || operation->inputs[at].knob != k)
            return false;
    for (int i = 0; i < service->n_states; i++) {
        const flx_input *state = &service->states[i];
        if (!flx_is_own_state(operation, state))
            continue;
        if (at >= operation->n_inputs || operation->inputs[at].knob >= 0 ||
            strcmp(operation->inputs[at].operation, state->operation) != 0 ||
            strcmp(operation->inputs[at].name, state->name) != 0)
            return false;
        at++;
    }
    return at == operation->n_inputs;
}

static json_t *inputs_json(writing *w, const flx_operation *operation)
{
    json_t *list = json_array();
    for (int i = 0; i < operation->n_inputs; i++) {
        const flx_input *input = &operation->inputs[i];
        append(w, list, input->knob >= 0 ? json_string(input->name) : state_json(input));
    }
    return list;
}

static bool have_equal_calls(const flx_service *service)
{
    const flx_operation *first = &service->operations[0];
    for (int o = 1; o < service->n_operations; o++) {
        const flx_operation *other = &service->operations[o];
        if (other->n_calls != first->n_calls ||
            (first->n_calls > 0 && memcmp(other->calls, first->calls,
                                          (size_t)first->n_calls * sizeof *first->calls)))
            return false;
    }
    return true;
}

static json_t *operation_json(writing *w, const flx_service *service,
                              const flx_operation *operation, bool has_calls)
{
    bool has_inputs = !has_own_inputs(service, operation);
    if (!has_calls && !has_inputs)
        return json_string(operation->name);
    json_t *object = json_object();
    put(w, object, "name", json_string(operation->name));
    if (has_calls)
        put(w, object, "calls", calls_json(w, operation));
    if (has_inputs)
        put(w, object, "inputs", inputs_json(w, operation));
    return object;
}

static json_t *service_json(writing *w, const flx_service *service)
{
    json_t *object = json_object(), *operations = json_array();
    json_t *knobs = json_array(), *metrics = json_array();
    bool are_calls_equal = have_equal_calls(service);
    for (int o = 0; o < service->n_operations && service->operations[0].name[0]; o++)
        append(w, operations,
               operation_json(w, service, &service->operations[o], !are_calls_equal));
    for (int k = 0; k < service->n_knobs; k++)
        append(w, knobs, knob_json(w, &service->knobs[k]));
    for (int m = 0; m < service->n_metrics; m++)
        append(w, metrics, json_string(service->metrics[m]));
    put(w, object, "name", json_string(service->name));
    put(w, object, "operations", operations);
    put(w, object, "replicas", json_integer(service->replicas));
    put(w, object, "knobs", knobs);
    put(w, object, "states", states_json(w, service));
    put(w, object, "metrics", metrics);
    if (are_calls_equal)
        put(w, object, "calls", calls_json(w, &service->operations[0]));
    return object;
}

static json_t *target_json(writing *w)
{
    const flx_service *service = &w->deployment->services[w->deployment->target_service];
    const char *operation = service->operations[w->deployment->target_operation].name;
    json_t *object = json_object();
    put(w, object, "service", json_string(service->name));
    if (operation[0])
        put(w, object, "operation", json_string(operation));
    put(w, object, "metric", json_string(w->deployment->target_metric));
    put(w, object, "goal", json_string(w->deployment->maximize ? "max" : "min"));
    put(w, object, "transform", json_string(w->deployment->log_target ? "log" : "none"));
    return object;
}

static json_t *deployment_json(writing *w)
{
    json_t *root = json_object(), *services = json_array();
    for (int s = 0; s < w->deployment->n_services; s++)
        append(w, services, service_json(w, &w->deployment->services[s]));
    put(w, root, "format", json_string("fluxion-deployment"));
    put(w, root, "version", json_integer(1));
    put(w, root, "name", json_string(w->deployment->name));
    put(w, root, "target", target_json(w));
    put(w, root, "services", services);
    return root;
}

/* Fifteen digits where they say it all (0.1), else the seventeen that always do. */
static char *dump_exactly(const json_t *root)
{
    const size_t how = JSON_INDENT(1);
    char *text = json_dumps(root, how | JSON_REAL_PRECISION(15));
    json_t *again = text ? json_loads(text, 0, NULL) : NULL;
    if (text && (!again || !json_equal(again, root))) {
        free(text);
        text = json_dumps(root, how | JSON_REAL_PRECISION(17));
    }
    json_decref(again);
    return text;
}

char *flx_deployment_text(const flx_deployment *deployment)
{
    writing w = {.deployment = deployment};
    json_t *root = deployment_json(&w);
    char *text = w.has_failed ? NULL : dump_exactly(root), *line = NULL;
    json_decref(root);
    int length = text ? asprintf(&line, "%s\n", text) : -1;
    free(text);
    return length < 0 ? NULL : line;
}

flx_status flx_deployment_write(const flx_deployment *deployment, const char *path,
                                flx_error *error)
{
    char *text = flx_deployment_text(deployment);
    if (!text)
        return flx_fail(error, FLX_NO_MEMORY, "%s: no memory for the deployment", path);
    flx_status status = flx_output_write(path, text, strlen(text), error);
    free(text);
    return status;
}
