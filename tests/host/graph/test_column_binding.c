/* SPDX-License-Identifier: MIT
 * Where vertices find their values in a table: columns of instances, and those of the
 * service where there are none. */
#include "host/graph/column_binding.h"

#include "tests/close.h"
#include "tests/host/graph/deployments.h"
#include "tests/host/graph/graphs.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A web server before two databases, bound to a table of one row and the given columns;
 * column c holds the value c + 1. */
typedef struct {
    flx_deployment *deployment;
    flx_graph *graph;
    flx_dataset *table;
    flx_column_binding *binding;
} bound;

static bound bind(int count, const char *const *names)
{
    static const service_words words[] = {{"web", 1, 1, "", "db", NULL},
                                          {"db", 2, 1, "", "", NULL}};
    bound b = {.deployment = make_deployment("two", words, 2, "p90", "p90")};
    flx_error error = {0};
    assert_int(flx_graph_build(b.deployment, NULL, 0, false, &b.graph, &error), FLX_OK);
    assert_int(flx_dataset_create(1, count, &b.table, &error), FLX_OK);
    for (int c = 0; c < count; c++) {
        flx_dataset_name_column(b.table, c, names[c], FLX_STATE, "", &error);
        b.table->values[c] = c + 1;
    }
    assert_int(
        flx_column_binding_create(b.graph, b.deployment, b.table, &b.binding, &error),
        FLX_OK);
    return b;
}

static void release(bound *b)
{
    flx_column_binding_destroy(b->binding);
    flx_dataset_destroy(b->table);
    flx_graph_destroy(b->graph);
    flx_deployment_destroy(b->deployment);
}

/* What the vertex reads for the input with that label in row 0. */
static double input(const bound *b, const char *vertex, const char *label)
{
    int v = find_vertex(b->graph, vertex);
    assert_true(v >= 0);
    const flx_graph_assignment *assignment =
        &b->graph->assignments[b->graph->vertices[v].assignment];
    for (int i = 0; i < assignment->n_inputs; i++)
        if (strcmp(assignment->inputs[i].label, label) == 0)
            return flx_column_ref_value(b->binding->inputs[v][i], b->table, 0);
    assert_text(label, "an input");
    return NAN;
}

static double output(const bound *b, const char *vertex)
{
    int v = find_vertex(b->graph, vertex);
    assert_true(v >= 0);
    return flx_column_ref_value(b->binding->outputs[v], b->table, 0);
}

static void an_instance_reads_its_own_columns(void)
{
    const char *names[] = {"db/0:rps", "db/1:rps", "db/0:k0",  "db/1:k0", "db:k0",
                           "db:rps",   "db/0:p90", "db/1:p90", "db:p90"};
    bound b = bind(9, names);
    assert_close(input(&b, "db/0:p90", "db:rps"), 1, 0, 0);
    assert_close(input(&b, "db/1:p90", "db:rps"), 2, 0, 0);
    assert_close(input(&b, "db/0:p90", "db:k0"), 3, 0, 0);
    assert_close(input(&b, "db/1:p90", "db:k0"), 4, 0, 0);
    assert_close(output(&b, "db/0:p90"), 7, 0, 0);
    assert_close(output(&b, "db/1:p90"), 8, 0, 0);
    assert_close(output(&b, "db:p90"), 9, 0, 0);
    assert_close(input(&b, "web:p90", "db:p90"), 9, 0, 0);
    assert_close(input(&b, "db:p90", "db/0:p90"), 7, 0, 0);
    assert_close(input(&b, "db:p90", "db/1:rps"), 2, 0, 0);
    release(&b);
}

static void an_instance_falls_back_on_its_service(void)
{
    const char *names[] = {"db:rps", "db:k0", "db:p90", "db/1:rps", "web:p90"};
    bound b = bind(5, names);
    assert_close(input(&b, "db/0:p90", "db:rps"), 0.5, 0, 0); /* shared by two */
    assert_close(input(&b, "db/1:p90", "db:rps"), 4, 0, 0);   /* its own, as it is */
    assert_close(input(&b, "db/0:p90", "db:k0"), 2, 0, 0);    /* a knob is not shared */
    assert_close(input(&b, "db/1:p90", "db:k0"), 2, 0, 0);
    assert_close(output(&b, "db/0:p90"), 3, 0, 0);
    assert_close(output(&b, "db/1:p90"), 3, 0, 0);
    assert_close(output(&b, "web:p90"), 5, 0, 0);
    release(&b);
}

static void what_the_table_lacks_is_missing(void)
{
    const char *names[] = {"db/0:p90", "web:k0"};
    bound b = bind(2, names);
    assert_close(input(&b, "db/0:p90", "db:rps"), NAN, 0, 0);
    assert_close(input(&b, "web:p90", "db:p90"), NAN, 0, 0);
    assert_close(input(&b, "web:p90", "web:k0"), 2, 0, 0);
    assert_close(output(&b, "web:p90"), NAN, 0, 0);
    /* One instance's metric is no other's, nor its service's. */
    assert_close(output(&b, "db/1:p90"), NAN, 0, 0);
    assert_close(output(&b, "db:p90"), NAN, 0, 0);
    release(&b);
}

static void finds_columns_in_any_order(void)
{
    enum { COUNT = 100 };
    char names[COUNT][8];
    const char *columns[COUNT];
    for (int c = 0; c < COUNT; c++) {
        snprintf(names[c], sizeof names[c], "c%d", (c * 37) % COUNT);
        columns[c] = names[c];
    }
    for (int place = 0; place < COUNT; place += 11) {
        columns[place] = "web:rps";
        bound b = bind(COUNT, columns);
        assert_close(input(&b, "web:p90", "web:rps"), place + 1, 0, 0);
        assert_close(input(&b, "web:p90", "web:k0"), NAN, 0, 0);
        release(&b);
        columns[place] = names[place];
    }
}

CU_TestInfo column_binding_tests[] = {
    {"an instance reads its own columns", an_instance_reads_its_own_columns},
    {"an instance falls back on its service", an_instance_falls_back_on_its_service},
    {"what the table lacks is missing", what_the_table_lacks_is_missing},
    {"finds columns in any order", finds_columns_in_any_order},
    CU_TEST_INFO_NULL,
};
