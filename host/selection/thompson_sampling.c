/* SPDX-License-Identifier: MIT
 * Thompson sampling over the candidates (paper 4.1). The rounds of a batch are drawn from
 * the same distributions, each by its own number, and scored together; then wins and
 * losses are counted in the order of the rounds. */
#include "host/selection/subset_search.h"

#include "formats/memory.h"
#include "kernels/formulas/beta.h"

#include <stdlib.h>
#include <string.h>

enum { BETA_STREAM = 0x42455441, HISTORY = 100 }; /* "BETA" */

typedef struct {
    double *alpha, *beta; /* (m) */
    double *keys;         /* (batch, m) drawn numbers */
    double recent[HISTORY], sorted[HISTORY];
    int n_recent, next;
    double first; /* error of the first round */
    int *last;    /* (k) of the newest round */
    int equal;    /* rounds in a row that drew it */
} sampler;

static flx_status allocate(const flx_selection_search *search, int k, sampler *s,
                           flx_error *error)
{
    size_t m = (size_t)search->problem->m, batch = (size_t)search->options.batch;
    if (!FLX_NEW(s->alpha, m) || !FLX_NEW(s->beta, m) || !FLX_NEW(s->keys, batch * m) ||
        !FLX_NEW(s->last, k))
        return flx_no_memory(error, "%zu candidates", m);
    for (size_t j = 0; j < m; j++) {
        s->alpha[j] = 1 + (search->options.bonus ? search->options.bonus[j] : 0);
        s->beta[j] = 1;
    }
    return FLX_OK;
}

static void release(sampler *s)
{
    free(s->alpha);
    free(s->beta);
    free(s->keys);
    free(s->last);
}

/* The k candidates with the largest numbers, ascending. */
static void take_largest(double *keys, int m, int k, int *subset)
{
    for (int taken = 0; taken < k; taken++) {
        int best = 0;
        for (int j = 1; j < m; j++)
            if (keys[j] > keys[best])
                best = j;
        keys[best] = -1;
    }
    for (int j = 0, taken = 0; j < m && taken < k; j++)
        if (keys[j] < 0)
            subset[taken++] = j;
}

static void draw(const flx_selection_search *search, const sampler *s, int k, int round,
                 double *keys, int *subset)
{
    int m = search->problem->m;
    for (int j = 0; j < m; j++)
        keys[j] = flx_beta_draw(s->alpha[j], s->beta[j], search->options.seed,
                                BETA_STREAM + (uint32_t)k, (uint32_t)j, (uint32_t)round);
    take_largest(keys, m, k, subset);
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What a round has to beat: the median of the last ones, or of the paper the first. A
 * fixed reference is soon beaten by nearly every draw and then tells nothing. */
static double find_reference(const flx_selection_search *search, sampler *s)
{
    if (search->options.is_paper || s->n_recent == 0)
        return s->first;
    memcpy(s->sorted, s->recent, (size_t)s->n_recent * sizeof *s->sorted);
    qsort(s->sorted, (size_t)s->n_recent, sizeof *s->sorted, compare_numbers);
    return s->sorted[s->n_recent / 2];
}

static void count_round(sampler *s, const int *subset, int k, double reference,
                        double error)
{
    for (int i = 0; i < k; i++)
        *(error < reference ? &s->alpha[subset[i]] : &s->beta[subset[i]]) += 1;
    s->recent[s->next] = error;
    s->next = (s->next + 1) % HISTORY;
    s->n_recent += s->n_recent < HISTORY;
    bool is_same = memcmp(s->last, subset, (size_t)k * sizeof *subset) == 0;
    s->equal = is_same ? s->equal + 1 : 1;
    memcpy(s->last, subset, (size_t)k * sizeof *subset);
}

static flx_status run_rounds(flx_selection_search *search, sampler *s, int k, int done,
                             int count, flx_error *error)
{
    size_t m = (size_t)search->problem->m, width = (size_t)k;
    int threads = search->threads;
#pragma omp parallel for schedule(static) num_threads(threads) if (count > 1)
    for (int r = 0; r < count; r++)
        draw(search, s, k, done + r, s->keys + (size_t)r * m,
             search->subsets + (size_t)r * width);
    FLX_TRY(flx_selection_offer(search, count, k, error));
    if (done == 0)
        s->first = search->errors[0];
    double reference = find_reference(search, s);
    for (int r = 0; r < count; r++) /* the first round is a reference and no more */
        if (done + r > 0)
            count_round(s, search->subsets + (size_t)r * width, k, reference,
                        search->errors[r]);
    return FLX_OK;
}

flx_status flx_selection_sample(flx_selection_search *search, int k, int *last,
                                flx_error *error)
{
    sampler s = {0};
    const flx_selection_options *options = &search->options;
    flx_status status = allocate(search, k, &s, error);
    if (status == FLX_OK)
        memset(s.last, -1, (size_t)k * sizeof *s.last);
    int done = 0;
    while (status == FLX_OK && done < options->rounds && s.equal < options->patience) {
        int left = options->rounds - done;
        int count = options->batch < left ? options->batch : left;
        status = run_rounds(search, &s, k, done, count, error);
        done += count;
        if (options->k > 0)
            flx_progress_report(options->progress, done, options->rounds);
    }
    if (status == FLX_OK)
        draw(search, &s, k, done, s.keys, last);
    search->rounds += done;
    release(&s);
    return status;
}
