/* SPDX-License-Identifier: MIT
 * Nodes are numbered anew, every one before its children: XGBoost leaves those behind
 * that it has pruned. */
#include "host/regression/tree_export.h"

#include "formats/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static flx_status damaged(const char *what, int tree, flx_error *error)
{
    return flx_fail(error, FLX_BAD_INPUT, "tree %d of XGBoost's has %s", tree, what);
}

/* The arrays of one tree, one entry a node. */
typedef struct {
    int number, n_nodes;
    json_t *left, *right, *feature, *value, *goes_left;
} tree;

static flx_status open_tree(json_t *text, int number, tree *t, flx_error *error)
{
    *t = (tree){.number = number,
                .left = json_object_get(text, "left_children"),
                .right = json_object_get(text, "right_children"),
                .feature = json_object_get(text, "split_indices"),
                .value = json_object_get(text, "split_conditions"),
                .goes_left = json_object_get(text, "default_left")};
    size_t n = json_array_size(t->left);
    if (n < 1 || n > 1 << 28 || json_array_size(t->right) != n ||
        json_array_size(t->feature) != n || json_array_size(t->value) != n ||
        json_array_size(t->goes_left) != n)
        return damaged("arrays of different lengths, or none", number, error);
    if (json_array_size(json_object_get(text, "categories")) > 0)
        return damaged("splits by categories", number, error);
    t->n_nodes = (int)n;
    return FLX_OK;
}

static int integer_at(const json_t *array, int i)
{
    return (int)json_integer_value(json_array_get(array, (size_t)i));
}

/* True or false, which some versions write as 1 or 0. */
static bool truth_at(const json_t *array, int i)
{
    const json_t *value = json_array_get(array, (size_t)i);
    return json_is_true(value) || json_integer_value(value) != 0;
}

/* The node `at` of the tree, and what is below it, behind the nodes there are; returns
 * its number, or -1 where the tree does not end. `end`: the most nodes there can be. */
static int add_node(const tree *t, int at, int end, flx_tree_nodes *out)
{
    if (at < 0 || at >= t->n_nodes || out->n_nodes >= end)
        return -1;
    int number = out->n_nodes++;
    float value = (float)json_number_value(json_array_get(t->value, (size_t)at));
    out->nodes[number] = (flx_device_graph_node){.feature = -1, .value = value};
    if (integer_at(t->left, at) < 0)
        return number;
    int left = add_node(t, integer_at(t->left, at), end, out);
    int right = left < 0 ? -1 : add_node(t, integer_at(t->right, at), end, out);
    out->nodes[number].feature = integer_at(t->feature, at);
    out->nodes[number].left = left;
    out->nodes[number].right = right;
    out->nodes[number].missing = truth_at(t->goes_left, at) ? left : right;
    return left < 0 || right < 0 ? -1 : number;
}

/* Children count from the first node of all trees. */
static flx_status add_tree(json_t *text, flx_tree_nodes *out, flx_error *error)
{
    tree t;
    FLX_TRY(open_tree(text, out->n_roots, &t, error));
    size_t most = (size_t)out->n_nodes + (size_t)t.n_nodes;
    flx_device_graph_node *nodes = realloc(out->nodes, most * sizeof *nodes);
    if (!nodes || most > 1 << 28)
        return flx_no_memory(error, "%zu nodes of trees", most);
    out->nodes = nodes;
    int root = add_node(&t, 0, (int)most, out);
    if (root < 0)
        return damaged("branches that do not end", out->n_roots, error);
    out->roots[out->n_roots++] = root;
    return FLX_OK;
}

/* "0E0", which later versions write as "[0E0]". */
static double read_base(const json_t *learner)
{
    const char *text = json_string_value(
        json_object_get(json_object_get(learner, "learner_model_param"), "base_score"));
    return text ? strtod(text + (text[0] == '['), NULL) : 0;
}

static flx_status read_document(const json_t *document, flx_tree_nodes *out,
                                flx_error *error)
{
    const json_t *learner = json_object_get(document, "learner");
    const json_t *booster = json_object_get(learner, "gradient_booster");
    const json_t *trees = json_object_get(json_object_get(booster, "model"), "trees");
    const char *name = json_string_value(json_object_get(booster, "name"));
    size_t count = json_array_size(trees);
    if (!name || strcmp(name, "gbtree") != 0 || count < 1 || count > 1 << 24)
        return flx_fail(error, FLX_BAD_INPUT, "XGBoost's model is %.40s of %zu trees",
                        name ? name : "nothing", count);
    out->base = read_base(learner);
    if (!FLX_NEW(out->roots, count))
        return flx_no_memory(error, "%zu trees", count);
    for (size_t i = 0; i < count; i++)
        FLX_TRY(add_tree(json_array_get(trees, i), out, error));
    return FLX_OK;
}

flx_status flx_tree_nodes_read(const flx_trees *trees, flx_tree_nodes *out,
                               flx_error *error)
{
    char *text = NULL;
    json_error_t where;
    *out = (flx_tree_nodes){0};
    if (flx_trees_outputs(trees) != 1)
        return flx_fail(error, FLX_BAD_INPUT, "the trees predict %d numbers, not one",
                        flx_trees_outputs(trees));
    FLX_TRY(flx_trees_text(trees, &text, error));
    json_t *document = json_loads(text, 0, &where);
    free(text);
    if (!document)
        return flx_fail(error, FLX_BAD_INPUT, "XGBoost's JSON cannot be read: %s",
                        where.text);
    flx_status status = read_document(document, out, error);
    json_decref(document);
    if (status != FLX_OK)
        flx_tree_nodes_clear(out);
    return status;
}

void flx_tree_nodes_clear(flx_tree_nodes *nodes)
{
    free(nodes->roots);
    free(nodes->nodes);
    *nodes = (flx_tree_nodes){0};
}
