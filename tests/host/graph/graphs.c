/* SPDX-License-Identifier: MIT */
#include "tests/host/graph/graphs.h"

#include "tests/close.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

flx_graph *build_graph(const flx_deployment *deployment, const char *words, bool paper)
{
    char copy[256], *rest = copy;
    const char *spectrum[32];
    int n = 0;
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word; n < 32 && (word = strtok_r(rest, " ", &rest));)
        spectrum[n++] = word;
    flx_graph *graph;
    flx_error error = {0};
    flx_status status = flx_graph_build(deployment, spectrum, n, paper, &graph, &error);
    assert_text(error.message, "");
    assert_int(status, FLX_OK);
    if (status != FLX_OK)
        abort();
    return graph;
}

int find_vertex(const flx_graph *graph, const char *name)
{
    for (int v = 0; v < graph->n_vertices; v++)
        if (strcmp(graph->vertices[v].name, name) == 0)
            return v;
    return -1;
}

const flx_input_subset *find_subset(const flx_input_subsets *subsets,
                                    const char *assignment)
{
    for (int i = 0; i < subsets->count; i++)
        if (strcmp(subsets->list[i].assignment, assignment) == 0)
            return &subsets->list[i];
    return NULL;
}
