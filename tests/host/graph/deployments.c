/* SPDX-License-Identifier: MIT
 * Deployments of tests. Allocation failures end the test program: nothing is tested here.
 */
#include "tests/host/graph/deployments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *take(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static void *make_array(int count, size_t size)
{
    return take(calloc((size_t)count + 1, size));
}

/* Allocated words of a text; at least one, which may be "". */
static char **split_words(const char *text, int *count)
{
    char **words = make_array((int)strlen(text) + 1, sizeof *words);
    char *copy = take(strdup(text)), *rest = copy;
    *count = 0;
    for (char *word; (word = strtok_r(rest, " ", &rest));)
        words[(*count)++] = take(strdup(word));
    if (*count == 0)
        words[(*count)++] = take(strdup(""));
    free(copy);
    return words;
}

static void make_inputs(flx_service *service, flx_operation *operation)
{
    operation->n_inputs = service->n_knobs + 1;
    operation->inputs = make_array(operation->n_inputs, sizeof *operation->inputs);
    for (int k = 0; k <= service->n_knobs; k++) {
        bool is_knob = k < service->n_knobs;
        operation->inputs[k] =
            (flx_input){.knob = is_knob ? k : -1,
                        .operation = take(strdup(is_knob ? "" : operation->name)),
                        .name = take(strdup(is_knob ? service->knobs[k].name : "rps"))};
    }
}

static void make_knobs(flx_service *service, int count)
{
    char name[16];
    service->n_knobs = count;
    service->knobs = make_array(count, sizeof *service->knobs);
    for (int k = 0; k < count; k++) {
        snprintf(name, sizeof name, "k%d", k);
        service->knobs[k] =
            (flx_knob){.name = take(strdup(name)), .unit = take(strdup("")), .max = 1.0};
    }
}

static void make_service(flx_service *service, const service_words *words,
                         const char *metrics)
{
    int n_operations;
    char **names = split_words(words->operations, &n_operations);
    service->name = take(strdup(words->name));
    service->replicas = words->replicas;
    service->metrics =
        split_words(words->metrics ? words->metrics : metrics, &service->n_metrics);
    make_knobs(service, words->knobs);
    service->n_operations = service->n_states = n_operations;
    service->operations = make_array(n_operations, sizeof *service->operations);
    service->states = make_array(n_operations, sizeof *service->states);
    for (int o = 0; o < n_operations; o++) {
        service->operations[o].name = names[o];
        make_inputs(service, &service->operations[o]);
        service->states[o] = (flx_input){
            .knob = -1, .operation = take(strdup(names[o])), .name = take(strdup("rps"))};
    }
    free(names);
}

static bool is_called(const flx_service *service, const flx_operation *operation,
                      const char *word)
{
    size_t length = strlen(service->name);
    if (strncmp(word, service->name, length) != 0)
        return false;
    return !word[length] ||
           (word[length] == '.' && strcmp(word + length + 1, operation->name) == 0);
}

static void add_calls(const flx_deployment *deployment, flx_operation *caller,
                      const char *word)
{
    for (int s = 0; s < deployment->n_services; s++)
        for (int o = 0; o < deployment->services[s].n_operations; o++) {
            const flx_service *service = &deployment->services[s];
            if (!is_called(service, &service->operations[o], word))
                continue;
            size_t size = ((size_t)caller->n_calls + 1) * sizeof *caller->calls;
            caller->calls = take(realloc(caller->calls, size));
            caller->calls[caller->n_calls++] = (flx_call){s, o};
        }
}

static void make_calls(flx_deployment *deployment, flx_service *service,
                       const char *callees)
{
    int count;
    char **words = split_words(callees, &count);
    for (int w = 0; w < count; w++) {
        for (int o = 0; o < service->n_operations && *words[w]; o++)
            add_calls(deployment, &service->operations[o], words[w]);
        free(words[w]);
    }
    free(words);
}

flx_deployment *make_deployment(const char *name, const service_words *words, int count,
                                const char *metrics, const char *target_metric)
{
    flx_deployment *deployment = make_array(1, sizeof *deployment);
    deployment->name = take(strdup(name));
    deployment->target_metric = take(strdup(target_metric));
    deployment->n_services = count;
    deployment->services = make_array(count, sizeof *deployment->services);
    for (int s = 0; s < count; s++)
        make_service(&deployment->services[s], &words[s], metrics);
    for (int s = 0; s < count; s++)
        make_calls(deployment, &deployment->services[s], words[s].calls);
    return deployment;
}

void scale_all(flx_deployment *deployment, int replicas, const char *but)
{
    for (int s = 0; s < deployment->n_services; s++)
        if (!but || strncmp(deployment->services[s].name, but, strlen(but)) != 0)
            deployment->services[s].replicas = replicas;
}

flx_deployment *make_redis_shop(void)
{
    static const service_words words[] = {
        {"front", 1, 1, "", "redis", NULL},
        {"redis", 2, 1, "get set", "", NULL},
    };
    return make_deployment("shop", words, 2, "p50 p90", "p90");
}

flx_deployment *make_hotel(const char *metrics)
{
    static const service_words words[] = {
        {"frontend", 1, 0, "", "search recommendation reservation profile user", NULL},
        {"search", 1, 2, "", "geo rate", NULL},
        {"geo", 1, 2, "", "", NULL},
        {"rate", 1, 2, "", "memcached-rate mongodb-rate", NULL},
        {"profile", 1, 2, "", "memcached-profile mongodb-profile", NULL},
        {"recommendation", 1, 2, "", "", NULL},
        {"reservation", 1, 2, "", "memcached-reserve mongodb-reservation", NULL},
        {"user", 1, 2, "", "mongodb-user", NULL},
        {"memcached-reserve", 1, 3, "read insert update", "", NULL},
        {"memcached-profile", 1, 3, "read insert", "", NULL},
        {"memcached-rate", 1, 3, "read insert", "", NULL},
        {"mongodb-reservation", 1, 5, "scan insert", "", NULL},
        {"mongodb-profile", 1, 5, "read", "", NULL},
        {"mongodb-rate", 1, 5, "scan", "", NULL},
        {"mongodb-user", 1, 5, "read", "", NULL},
    };
    return make_deployment("hotel", words, 15, metrics, "p90");
}

flx_deployment *make_boutique(const char *metrics)
{
    static const service_words words[] = {
        {"frontend", 1, 4, "",
         "adservice checkoutservice shippingservice currencyservice "
         "recommendationservice "
         "cartservice productcatalogservice",
         NULL},
        {"cartservice", 1, 4, "", "redis.get redis.set", NULL},
        {"checkoutservice", 1, 4, "",
         "emailservice paymentservice shippingservice currencyservice cartservice "
         "productcatalogservice",
         NULL},
        {"currencyservice", 1, 4, "", "", NULL},
        {"paymentservice", 1, 4, "", "", NULL},
        {"productcatalogservice", 1, 4, "", "", NULL},
        {"shippingservice", 1, 4, "", "", NULL},
        {"emailservice", 1, 5, "", "", NULL},
        {"recommendationservice", 1, 6, "", "productcatalogservice", NULL},
        {"adservice", 1, 5, "", "", NULL},
        {"redis", 1, 7, "get set", "", NULL},
    };
    return make_deployment("boutique", words, 11, metrics, "p90");
}
