/* SPDX-License-Identifier: MIT */
#include "host/regression/tree_ensemble.h"

#include "formats/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xgboost/c_api.h>

enum { DEFAULT_TREES = 300, BOOSTED_DEPTH = 3, FOREST_DEPTH = 20, EXACT_ROWS = 2048 };

struct flx_trees {
    BoosterHandle booster;
    int d, outputs;
};

/* XGBoost says "[time] file:line: what happened", then lines of a stack trace. */
static flx_status fail(flx_error *error, const char *doing)
{
    const char *text = XGBGetLastError(), *source = strstr(text, ".cc:");
    const char *what = source ? strstr(source, ": ") : NULL;
    what = what ? what + 2 : text;
    return flx_fail(error, FLX_BAD_INPUT, "XGBoost could not %s: %.*s", doing,
                    (int)strcspn(what, "\n"), what);
}

/* How XGBoost is told of a table: (rows, columns) row-major doubles. */
static void describe_table(const double *values, int rows, int columns, char text[160])
{
    snprintf(text, 160,
             "{\"data\": [%zu, true], \"shape\": [%d, %d], \"typestr\": \"<f8\", "
             "\"version\": 3}",
             (size_t)values, rows, columns);
}

static bool set_text(BoosterHandle booster, const char *name, const char *value)
{
    return XGBoosterSetParam(booster, name, value) == 0;
}

static bool set_number(BoosterHandle booster, const char *name, double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.9g", value);
    return set_text(booster, name, text);
}

static bool is_forest(const flx_trees_options *options)
{
    return options->kind == FLX_PREDICTOR_FOREST;
}

/* XGBoost's verbosity is a setting of the thread. */
static bool silence(void)
{
    return XGBSetGlobalConfig("{\"verbosity\": 0}") == 0;
}

static bool set_objective(BoosterHandle booster, const flx_trees_options *options)
{
    if (options->classes == 0)
        return set_text(booster, "objective", "reg:squarederror") &&
               set_number(booster, "base_score", 0);
    return set_text(booster, "objective", "multi:softprob") &&
           set_number(booster, "num_class", options->classes);
}

static bool set_growth(BoosterHandle booster, const flx_trees_options *options, int n,
                       int d)
{
    bool grows_forest = is_forest(options);
    int depth = grows_forest ? FOREST_DEPTH : BOOSTED_DEPTH;
    double share = !grows_forest ? 0.5 : options->classes ? 1 / sqrt(d) : 1 / 3.0;
    return set_text(booster, "tree_method", n <= EXACT_ROWS ? "exact" : "hist") &&
           set_number(booster, "max_depth", options->depth ? options->depth : depth) &&
           set_number(booster, "colsample_bynode", share) &&
           set_number(booster, "subsample", grows_forest ? 0.632 : 0.7) &&
           set_number(booster, "min_child_weight", 2) &&
           set_number(booster, "lambda", grows_forest ? 0 : 1) &&
           set_number(booster, "eta", grows_forest ? 1 : 0.05);
}

static bool set_up(BoosterHandle booster, const flx_trees_options *options, int n, int d)
{
    int trees = options->trees ? options->trees : DEFAULT_TREES;
    return set_number(booster, "nthread", 1) && set_number(booster, "verbosity", 0) &&
           set_number(booster, "seed", (uint32_t)(options->seed ^ options->seed >> 32)) &&
           set_number(booster, "num_parallel_tree", is_forest(options) ? trees : 1) &&
           set_objective(booster, options) && set_growth(booster, options, n, d);
}

/* Allocated, and ends with a 0 that does not count. format: "ubj" or "json". */
static flx_status keep_bytes(BoosterHandle booster, const char *format,
                             unsigned char **bytes, size_t *size, flx_error *error)
{
    bst_ulong length;
    const char *buffer;
    char how[32];
    snprintf(how, sizeof how, "{\"format\": \"%s\"}", format);
    if (XGBoosterSaveModelToBuffer(booster, how, &length, &buffer))
        return fail(error, "write its trees");
    *bytes = malloc(length + 1);
    if (!*bytes)
        return flx_no_memory(error, "%llu bytes of trees", (unsigned long long)length);
    memcpy(*bytes, buffer, length);
    (*bytes)[length] = 0;
    *size = length;
    return FLX_OK;
}

static flx_status grow(DMatrixHandle rows, const flx_trees_options *options, int n, int d,
                       unsigned char **bytes, size_t *size, flx_error *error)
{
    BoosterHandle booster = NULL;
    if (XGBoosterCreate(&rows, 1, &booster))
        return fail(error, "begin");
    int trees = options->trees ? options->trees : DEFAULT_TREES;
    int rounds = is_forest(options) ? 1 : trees;
    bool is_good = set_up(booster, options, n, d);
    for (int i = 0; i < rounds && is_good; i++)
        is_good = XGBoosterUpdateOneIter(booster, i, rows) == 0;
    flx_status status = is_good ? keep_bytes(booster, "ubj", bytes, size, error)
                                : fail(error, "grow its trees");
    XGBoosterFree(booster);
    return status;
}

static flx_status check_task(const flx_trees_options *options, const double *y, int n,
                             int d, flx_error *error)
{
    if (n < 1 || d < 1)
        return flx_fail(error, FLX_BAD_INPUT,
                        "trees need rows and columns, there are %d and %d", n, d);
    if (options->kind != FLX_PREDICTOR_XGBOOST && options->kind != FLX_PREDICTOR_FOREST)
        return flx_fail(error, FLX_BAD_INPUT, "%s is no kind of trees",
                        flx_predictor_kind_text(options->kind));
    if (options->classes < 0 || options->classes == 1 || options->trees < 0 ||
        options->depth < 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%d trees of depth %d for %d classes cannot be grown",
                        options->trees, options->depth, options->classes);
    for (int i = 0; i < n; i++) {
        bool is_class = y[i] >= 0 && y[i] < options->classes && y[i] == floor(y[i]);
        if (options->classes ? !is_class : !isfinite(y[i]))
            return flx_fail(error, FLX_BAD_INPUT,
                            "the target of row %d is %g, which is no %s", i, y[i],
                            options->classes ? "class" : "number");
    }
    return FLX_OK;
}

flx_status flx_trees_fit(const flx_trees_options *options, const double *X,
                         const double *y, int n, int d, unsigned char **bytes,
                         size_t *size, flx_error *error)
{
    char table[160];
    DMatrixHandle rows = NULL;
    *bytes = NULL;
    *size = 0;
    FLX_TRY(check_task(options, y, n, d, error));
    FLX_SCOPED float *labels = NULL;
    if (!FLX_NEW(labels, n))
        return flx_no_memory(error, "%d rows", n);
    for (int i = 0; i < n; i++)
        labels[i] = (float)y[i];
    describe_table(X, n, d, table);
    flx_status status = FLX_OK;
    if (!silence() ||
        XGDMatrixCreateFromDense(table, "{\"missing\": NaN, \"nthread\": 1}", &rows) ||
        XGDMatrixSetFloatInfo(rows, "label", labels, (bst_ulong)n))
        status = fail(error, "take the rows");
    else
        status = grow(rows, options, n, d, bytes, size, error);
    if (rows)
        XGDMatrixFree(rows);
    return status;
}

/* predictions: (m, outputs) floats that belong to XGBoost and this thread. */
static flx_status predict(const flx_trees *trees, const double *X, int m,
                          const bst_ulong **shape, const float **predictions,
                          flx_error *error)
{
    static const char how[] =
        "{\"type\": 0, \"training\": false, \"iteration_begin\": 0, "
        "\"iteration_end\": 0, \"strict_shape\": true, "
        "\"missing\": NaN, \"cache_id\": 0}";
    char table[160];
    bst_ulong dimensions;
    describe_table(X, m, trees->d, table);
    if (XGBoosterPredictFromDense(trees->booster, table, how, NULL, shape, &dimensions,
                                  predictions))
        return fail(error, "predict");
    return FLX_OK;
}

static flx_status open_trees(flx_trees *trees, const unsigned char *bytes, size_t size,
                             flx_error *error)
{
    bst_ulong columns;
    const bst_ulong *shape;
    const float *predictions;
    if (!silence() || XGBoosterCreate(NULL, 0, &trees->booster) ||
        !set_number(trees->booster, "nthread", 1) ||
        XGBoosterLoadModelFromBuffer(trees->booster, bytes, size) ||
        !set_number(trees->booster, "nthread", 1) ||
        XGBoosterGetNumFeature(trees->booster, &columns))
        return fail(error, "read its trees");
    if (columns != (bst_ulong)trees->d)
        return flx_fail(error, FLX_BAD_INPUT, "the trees are over %llu columns, not %d",
                        (unsigned long long)columns, trees->d);
    FLX_SCOPED double *row = NULL;
    if (!FLX_NEW(row, trees->d))
        return flx_no_memory(error, "%d columns", trees->d);
    FLX_TRY(predict(trees, row, 1, &shape, &predictions, error));
    trees->outputs = (int)shape[1];
    return FLX_OK;
}

flx_status flx_trees_load(const unsigned char *bytes, size_t size, int d, flx_trees **out,
                          flx_error *error)
{
    *out = NULL;
    if (!bytes || size == 0 || d < 1)
        return flx_fail(error, FLX_BAD_INPUT, "%zu bytes over %d columns are no trees",
                        size, d);
    flx_trees *trees = NULL;
    if (!FLX_NEW(trees, 1))
        return flx_no_memory(error, "trees");
    trees->d = d;
    flx_status status = open_trees(trees, bytes, size, error);
    if (status == FLX_OK)
        *out = trees;
    else
        flx_trees_release(trees);
    return status;
}

void flx_trees_release(flx_trees *trees)
{
    if (!trees)
        return;
    if (trees->booster)
        XGBoosterFree(trees->booster);
    free(trees);
}

int flx_trees_outputs(const flx_trees *trees)
{
    return trees->outputs;
}

flx_status flx_trees_text(const flx_trees *trees, char **json, flx_error *error)
{
    unsigned char *bytes = NULL;
    size_t size;
    *json = NULL;
    FLX_TRY(keep_bytes(trees->booster, "json", &bytes, &size, error));
    *json = (char *)bytes;
    return FLX_OK;
}

flx_status flx_trees_predict(const flx_trees *trees, const double *X, int m,
                             double *predictions, flx_error *error)
{
    const bst_ulong *shape;
    const float *given;
    if (m == 0)
        return FLX_OK;
    FLX_TRY(predict(trees, X, m, &shape, &given, error));
    size_t count = (size_t)m * (size_t)trees->outputs;
    for (size_t i = 0; i < count; i++)
        predictions[i] = (double)given[i];
    return FLX_OK;
}
