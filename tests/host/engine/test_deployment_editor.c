/* SPDX-License-Identifier: MIT
 * A deployment edited as a document: there and back, services found by name, calls. */
#include "host/engine/deployment_editor.h"

#include "tests/close.h"
#include "tests/host/graph/deployments.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

static const service_words words[] = {{"web", 1, 1, "", "", NULL},
                                      {"redis", 1, 1, "get set", "", NULL},
                                      {"redis.get.cold", 1, 1, "", "", NULL}};

static void a_document_is_the_deployment_again(void)
{
    flx_deployment *deployment = two_services(2, "log"), *again = NULL;
    flx_error error = {0};
    json_t *document = flx_document_of(deployment);
    assert_int(flx_document_parse(document, "test", &again, &error), FLX_OK);
    char *one = flx_deployment_text(deployment), *two = flx_deployment_text(again);
    assert_text(one, two);
    free(one);
    free(two);
    json_decref(document);
    flx_deployment_destroy(deployment);
    flx_deployment_destroy(again);
}

static void the_longest_service_is_found(void)
{
    flx_deployment *deployment = make_deployment("d", words, 3, "p90", "p90");
    json_t *document = flx_document_of(deployment), *service = NULL;
    const char *operation = NULL;
    assert_true(flx_document_find(document, "redis.get", &service, &operation));
    assert_text(operation, "get");
    assert_true(flx_document_find(document, "redis", &service, &operation));
    assert_true(operation == NULL);
    assert_true(flx_document_find(document, "redis.get.cold", &service, &operation));
    assert_text(json_string_value(json_object_get(service, "name")), "redis.get.cold");
    assert_true(!flx_document_find(document, "redis.scan", &service, &operation));
    assert_true(!flx_document_find(document, "red", &service, &operation));
    json_decref(document);
    flx_deployment_destroy(deployment);
}

/* web calls one operation, then the whole service; an operation gets calls of its own. */
static void a_connection_is_a_call(void)
{
    flx_deployment *deployment = make_deployment("d", words, 3, "p90", "p90"),
                   *connected = NULL;
    json_t *document = flx_document_of(deployment);
    flx_error error = {0};
    assert_int(flx_document_connect(document, "redis.get", "web", &error), FLX_OK);
    assert_int(flx_document_connect(document, "redis.get", "web", &error), FLX_OK);
    assert_int(flx_document_connect(document, "redis.get.cold", "redis.set", &error),
               FLX_OK);
    assert_int(flx_document_parse(document, "test", &connected, &error), FLX_OK);
    assert_text(error.message, "");
    assert_int(connected->services[0].operations[0].n_calls, 1);
    assert_int(connected->services[1].operations[0].n_calls, 0);
    assert_int(connected->services[1].operations[1].n_calls, 1);
    assert_int(flx_document_connect(document, "nginx", "web", &error), FLX_BAD_INPUT);
    assert_contains(error.message, "nginx is no declared service");
    json_decref(document);
    flx_deployment_destroy(deployment);
    flx_deployment_destroy(connected);
}

CU_TestInfo deployment_editor_tests[] = {
    {"a document is the deployment again", a_document_is_the_deployment_again},
    {"the longest service is found", the_longest_service_is_found},
    {"a connection is a call", a_connection_is_a_call},
    CU_TEST_INFO_NULL,
};
