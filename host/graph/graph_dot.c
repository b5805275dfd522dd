/* SPDX-License-Identifier: MIT
 * A picture of the inference graph in the language of Graphviz. One cluster a service,
 * one colour an assignment, boxes for instances and ovals for what a replicated service
 * shows. A picture of hundreds of vertices says nothing, so a large graph is folded:
 * first the replicas of an assignment, then the metrics of an operation become one node.
 */
#include "host/graph/graph.h"

#include "formats/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than these is drawn folded. */
enum { MOST_NODES = 60, MOST_LINES = 120 };

typedef struct {
    int from, to;
} line;

typedef struct {
    const flx_graph *graph;
    const flx_deployment *deployment;
    FILE *out;
    int *node;   /* (n_vertices) the vertex that stands for it in the picture */
    line *lines; /* (n_lines) drawn edges, each once, ascending */
    int n_lines;
    bool folds_replicas, folds_metrics;
} picture;

/* Inside a quoted string of dot. A backslash and an ampersand would start an escape or an
 * entity there; control characters are shown as what they are. */
static void put_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"')
            fputs("\\\"", out);
        else if (byte == '\\')
            fputs("\\\\", out);
        else if (byte == '&')
            fputs("&amp;", out);
        else if (byte == '\n')
            fputs("\\\\n", out);
        else if (byte < 0x20 || byte == 0x7f)
            fputc('?', out);
        else
            fputc(byte, out);
    }
}

static bool is_same_node(const picture *p, const flx_vertex *a, const flx_vertex *b)
{
    if (p->folds_metrics)
        return a->service == b->service && a->operation == b->operation &&
               a->kind == b->kind;
    return p->folds_replicas && a->assignment == b->assignment;
}

/* Vertices that fold into one stand together, in the order of the graph. */
static int fold_vertices(picture *p)
{
    int count = 0;
    for (int v = 0; v < p->graph->n_vertices; v++) {
        const flx_vertex *vertex = &p->graph->vertices[v];
        bool is_folded = v > 0 && is_same_node(p, vertex - 1, vertex);
        p->node[v] = is_folded ? p->node[v - 1] : v;
        count += !is_folded;
    }
    return count;
}

static int compare_lines(const void *left, const void *right)
{
    const line *a = left, *b = right;
    return a->from != b->from ? a->from - b->from : a->to - b->to;
}

static void fold_edges(picture *p)
{
    const flx_graph *graph = p->graph;
    for (int e = 0; e < graph->n_edges; e++)
        p->lines[e] = (line){p->node[graph->edges[e][0]], p->node[graph->edges[e][1]]};
    qsort(p->lines, (size_t)graph->n_edges, sizeof *p->lines, compare_lines);
    p->n_lines = 0;
    for (int e = 0; e < graph->n_edges; e++)
        if (e == 0 || compare_lines(&p->lines[e], &p->lines[p->n_lines - 1]) != 0)
            p->lines[p->n_lines++] = p->lines[e];
}

static void fold(picture *p)
{
    if (fold_vertices(p) > MOST_NODES) {
        p->folds_replicas = true;
        fold_vertices(p);
    }
    fold_edges(p);
    if (p->n_lines > MOST_LINES) {
        p->folds_metrics = p->folds_replicas = true;
        fold_vertices(p);
        fold_edges(p);
    }
}

/* One hue a service, by steps of the golden ratio so that neighbours differ; within it,
 * one saturation an assignment. */
static void put_colour(const picture *p, const flx_vertex *vertex)
{
    int first = vertex->assignment;
    while (first > 0 && p->graph->assignments[first - 1].service == vertex->service)
        first--;
    double hue = fmod(0.55 + 0.61803398875 * vertex->service, 1.0);
    double saturation = 0.14 + 0.09 * ((vertex->assignment - first) % 4) +
                        (vertex->kind == FLX_SERVICE_VERTEX ? 0.16 : 0.0);
    fprintf(p->out, "fillcolor=\"%.3f %.2f 0.98\"", hue, saturation);
}

/* "p50 p90", or of many "p50 ... p99 (21 metrics)". */
static void put_metrics(const picture *p, int v)
{
    const flx_graph *graph = p->graph;
    int last = v, count = 1;
    put_text(p->out, graph->vertices[v].metric);
    if (!p->folds_metrics)
        return;
    for (int u = v + 1; u < graph->n_vertices && p->node[u] == v; u++) {
        bool is_new = graph->vertices[u].assignment != graph->vertices[last].assignment;
        count += is_new;
        last = is_new ? u : last;
    }
    for (int u = v + 1; u <= last && count <= 4; u++)
        if (graph->vertices[u].assignment != graph->vertices[u - 1].assignment) {
            fputc(' ', p->out);
            put_text(p->out, graph->vertices[u].metric);
        }
    if (count > 4) {
        fputs(" ... ", p->out);
        put_text(p->out, graph->vertices[last].metric);
        fprintf(p->out, "\\n%d metrics", count);
    }
}

static void put_inputs(const picture *p, int v)
{
    const flx_graph_assignment *assignment =
        &p->graph->assignments[p->graph->vertices[v].assignment];
    fputs(", tooltip=\"", p->out);
    put_text(p->out, assignment->name);
    fputs(" from", p->out);
    for (int i = 0; i < assignment->n_inputs && i < 40; i++) {
        fputs(i ? ", " : " ", p->out);
        put_text(p->out, assignment->inputs[i].label);
    }
    fputs(assignment->n_inputs > 40 ? ", ...\"" : "\"", p->out);
}

static void put_vertex(const picture *p, int v)
{
    const flx_vertex *vertex = &p->graph->vertices[v];
    const flx_service *service = &p->deployment->services[vertex->service];
    const char *operation = service->operations[vertex->operation].name;
    bool is_instance = vertex->kind == FLX_INSTANCE_VERTEX;
    bool is_stack = is_instance && service->replicas > 1 && p->folds_replicas;
    fprintf(p->out, "    v%d [shape=%s, ", v,
            is_stack      ? "box3d, margin=\"0.14,0.09\""
            : is_instance ? "box"
                          : "ellipse");
    put_colour(p, vertex);
    fputs(", label=\"", p->out);
    if (*operation) {
        put_text(p->out, operation);
        fputs(p->folds_metrics ? "\\n" : " ", p->out);
    }
    put_metrics(p, v);
    if (is_stack)
        fprintf(p->out, "\\n%d instances", service->replicas);
    else if (vertex->instance >= 0)
        fprintf(p->out, " /%d", vertex->instance);
    fputc('"', p->out);
    if (p->node[v] == p->node[p->graph->output])
        fputs(", color=\"#c62828\", penwidth=3", p->out);
    put_inputs(p, v);
    fputs("];\n", p->out);
}

static void put_service(const picture *p, int s)
{
    const flx_service *service = &p->deployment->services[s];
    bool is_empty = true;
    fprintf(p->out, "  subgraph cluster_%d {\n    label=\"", s);
    put_text(p->out, service->name);
    if (service->replicas > 1)
        fprintf(p->out, " x%d", service->replicas);
    fputs("\";\n", p->out);
    for (int v = 0; v < p->graph->n_vertices; v++)
        if (p->graph->vertices[v].service == s && p->node[v] == v) {
            put_vertex(p, v);
            is_empty = false;
        }
    for (int o = 0; o < service->n_operations; o++) {
        if (!flx_graph_leaves_out(p->graph, p->deployment, s, o))
            continue;
        fprintf(p->out, "    out%d_%d [shape=box, style=\"rounded,dashed\", ", s, o);
        fputs("color=\"#9aa3b2\", fontcolor=\"#6b7484\", label=\"", p->out);
        put_text(p->out, service->operations[o].name);
        fputs(*service->operations[o].name ? "\\n" : "", p->out);
        fputs("no path to the target\"];\n", p->out);
        is_empty = false;
    }
    if (is_empty) /* a black box reads its columns: a cluster must not be empty */
        fprintf(p->out, "    in%d [shape=plain, label=\"inputs only\"];\n", s);
    fputs("  }\n", p->out);
}

static void put_title(const picture *p)
{
    const flx_graph *graph = p->graph;
    fputs("  label=\"", p->out);
    put_text(p->out, p->deployment->name);
    fputs(": ", p->out);
    put_text(p->out, graph->vertices[graph->output].metric);
    fputs(" of ", p->out);
    put_text(p->out,
             p->deployment->services[graph->vertices[graph->output].service].name);
    fprintf(p->out, "\\n%d vertices, %d edges, %d assignments, %d inputs",
            graph->n_vertices, graph->n_edges, graph->n_assignments, graph->n_inputs);
    if (p->folds_metrics)
        fputs("; replicas and metrics are drawn as one node", p->out);
    else if (p->folds_replicas)
        fputs("; replicas are drawn as one node", p->out);
    fputs("\";\n", p->out);
}

/* Only the shapes that the picture has. */
static void put_legend(const picture *p)
{
    bool is_replicated = false;
    for (int v = 0; v < p->graph->n_vertices; v++)
        is_replicated |= p->graph->vertices[v].kind == FLX_SERVICE_VERTEX;
    bool is_stack = is_replicated && p->folds_replicas;
    fprintf(p->out,
            "  subgraph cluster_legend {\n    label=\"\"; style=\"rounded,dashed\"; "
            "bgcolor=white;\n"
            "    node [fillcolor=\"#eef1f5\"];\n"
            "    edge [label=\" feeds \", fontsize=9];\n"
            "    legend0 [shape=%s, label=\"%s\"];\n",
            is_stack ? "box3d, margin=\"0.14,0.09\"" : "box",
            is_stack ? "instances that\\nshare an assignment"
                     : "instance\\n(one colour: one assignment)");
    if (is_replicated)
        fputs("    legend1 [shape=ellipse, label=\"a replicated service\\nas its callers "
              "see "
              "it\"];\n    legend0 -> legend1;\n",
              p->out);
    fprintf(p->out,
            "    legend2 [shape=%s, label=\"the target\", color=\"#c62828\", "
            "penwidth=3];\n    legend%d -> legend2;\n  }\n",
            is_replicated ? "ellipse" : "box", is_replicated);
}

static void put_picture(const picture *p)
{
    fputs(
        "digraph fluxion {\n"
        "  rankdir=LR; nodesep=0.16; ranksep=0.9; fontname=\"Helvetica\"; fontsize=17;\n"
        "  labelloc=t; bgcolor=white;\n"
        "  node [fontname=\"Helvetica\", fontsize=11, style=\"rounded,filled\", "
        "color=\"#5c6675\", margin=\"0.12,0.05\", height=0.3];\n"
        "  edge [color=\"#7d8796\", arrowsize=0.6, fontname=\"Helvetica\"];\n"
        "  graph [fontname=\"Helvetica\", style=\"rounded,filled\", "
        "fillcolor=\"#f5f6f8\", "
        "color=\"#cfd5de\", fontsize=13];\n",
        p->out);
    put_title(p);
    for (int s = 0; s < p->deployment->n_services; s++)
        put_service(p, s);
    for (int e = 0; e < p->n_lines; e++)
        fprintf(p->out, "  v%d -> v%d;\n", p->lines[e].from, p->lines[e].to);
    put_legend(p);
    fputs("}\n", p->out);
}

char *flx_graph_to_dot(const flx_graph *graph, const flx_deployment *deployment)
{
    char *text = NULL;
    size_t length = 0;
    FLX_SCOPED int *node = NULL;
    FLX_SCOPED line *lines = NULL;
    if (!FLX_NEW(node, graph->n_vertices) || !FLX_NEW(lines, graph->n_edges))
        return NULL;
    picture p = {.graph = graph,
                 .deployment = deployment,
                 .node = node,
                 .lines = lines,
                 .out = open_memstream(&text, &length)};
    if (!p.out)
        return NULL;
    fold(&p);
    put_picture(&p);
    if (!(ferror(p.out) | fclose(p.out)))
        return text;
    free(text);
    return NULL;
}
