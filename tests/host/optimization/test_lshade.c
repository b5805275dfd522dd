/* SPDX-License-Identifier: MIT
 * The places where implementations of L-SHADE are known to go wrong: a population that
 * only seems to shrink, winners in the archive, arithmetic means, a random p, an archive
 * without a bound, clipping at the bounds (kernels/test_mutation.c). */
#include "host/optimization/lshade.h"
#include "host/statistics/argsort.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static flx_lshade *create(const flx_problem *problem, flx_optimizer_options options)
{
    flx_optimizer_state *state = NULL;
    flx_error error = {0};
    flx_lshade_optimizer.fill_defaults(problem, &options);
    assert_int(flx_optimizer_state_create(&flx_lshade_optimizer, problem, &options,
                                          &state, &error),
               FLX_OK);
    return (flx_lshade *)state;
}

static void destroy(flx_lshade *search)
{
    flx_optimizer_state_destroy(&flx_lshade_optimizer, &search->base);
}

static int propose(flx_lshade *search)
{
    int count = 0;
    flx_optimizer_propose(&flx_lshade_optimizer, &search->base,
                          search->base.first_members, &count);
    return count;
}

static void accept_values(flx_lshade *search, const double *values, int count)
{
    flx_optimizer_accept(&flx_lshade_optimizer, &search->base, values, count);
}

static double distance_to_corner(const double *unit, int n)
{
    double sum = 0;
    for (int d = 0; d < n; d++)
        sum += unit[d];
    return sum;
}

/* Evaluates what was proposed and accepts it. */
static void accept(flx_lshade *search, int count)
{
    const double *units =
        search->base.generation ? search->base.trials : search->base.units;
    int n = search->base.problem.n_dimensions;
    double *values = malloc((size_t)count * sizeof *values);
    for (int i = 0; i < count; i++)
        values[i] = distance_to_corner(units + (size_t)i * (size_t)n, n);
    accept_values(search, values, count);
    free(values);
}

static void memory_takes_weighted_lehmer_means_in_turn(void)
{
    double slot_scale[] = {0.5, 0.5}, slot_rate[] = {0.5, 0.5};
    flx_success_memory memory = {2, 0, slot_scale, slot_rate};
    double scale[] = {0.4, 0.8}, rate[] = {0.2, 0.6}, gain[] = {1, 3};
    flx_successes successes = {2, scale, rate, gain};
    flx_success_memory_update(&memory, &successes);
    /* F: (.25 .16 + .75 .64) / (.25 .4 + .75 .8) = .52 / .7; CR: .28 / .5 */
    assert_close(slot_scale[0], 0.52 / 0.7, 1e-15, 0);
    assert_close(slot_rate[0], 0.56, 1e-15, 0);
    assert_close(slot_scale[1], 0.5, 0, 0);
    assert_int(memory.next, 1);
    successes.count = 1;
    flx_success_memory_update(&memory, &successes);
    assert_close(slot_scale[1], 0.4, 1e-15, 0);
    assert_close(slot_rate[1], 0.2, 1e-15, 0);
    assert_int(memory.next, 0);
}

static void memory_is_left_alone_without_a_success(void)
{
    double slot_scale[] = {0.3}, slot_rate[] = {0.7};
    flx_success_memory memory = {1, 0, slot_scale, slot_rate};
    flx_successes none = {0};
    flx_success_memory_update(&memory, &none);
    assert_close(slot_scale[0], 0.3, 0, 0);
    assert_close(slot_rate[0], 0.7, 0, 0);
    assert_int(memory.next, 0);
}

static void a_terminal_slot_stays_terminal(void)
{
    double slot_scale[] = {0.5}, slot_rate[] = {0.5};
    flx_success_memory memory = {1, 0, slot_scale, slot_rate};
    double scale[] = {0.4, 0.8}, rate[] = {0, 0}, gain[] = {1, 3};
    flx_successes successes = {2, scale, rate, gain};
    flx_success_memory_update(&memory, &successes);
    assert_close(slot_rate[0], -1, 0, 0);
    assert_close(slot_scale[0], 0.52 / 0.7, 1e-15, 0);
    rate[0] = rate[1] = 0.9;
    flx_success_memory_update(&memory, &successes);
    assert_close(slot_rate[0], -1, 0, 0);
}

static void an_infinite_gain_weighs_as_the_largest_finite_one(void)
{
    double slot_scale[] = {0.5}, slot_rate[] = {0.5};
    flx_success_memory memory = {1, 0, slot_scale, slot_rate};
    double scale[] = {0.4, 0.8, 0.8}, rate[] = {0.2, 0.6, 0.6};
    double gain[] = {2, INFINITY, 2}, huge[] = {1e308, 1e308, 1e308};
    flx_successes successes = {3, scale, rate, gain};
    flx_success_memory_update(&memory, &successes);
    assert_close(slot_scale[0], (0.16 + 2 * 0.64) / (0.4 + 2 * 0.8), 1e-15, 0);
    successes.gain = huge; /* their sum is not representable */
    flx_success_memory_update(&memory, &successes);
    assert_close(slot_scale[0], (0.16 + 2 * 0.64) / (0.4 + 2 * 0.8), 1e-15, 0);
    double all[] = {INFINITY, INFINITY, INFINITY};
    successes.gain = all;
    flx_success_memory_update(&memory, &successes);
    assert_close(slot_scale[0], (0.16 + 2 * 0.64) / (0.4 + 2 * 0.8), 1e-15, 0);
}

static void the_default_population_follows_dimension_and_budget(void)
{
    assert_int(flx_lshade_population(30, 100000), 540);
    assert_int(flx_lshade_population(5, 100000), 256);
    assert_int(flx_lshade_population(1000, 1000000), 4096);
    assert_int(flx_lshade_population(30, 2000), 40);
    assert_int(flx_lshade_population(30, 10), 16);
}

static void the_population_really_shrinks_and_loses_its_worst(void)
{
    flx_problem problem = {.n_dimensions = 3};
    flx_lshade *search = create(
        &problem, (flx_optimizer_options){.budget = 2000, .population = 60, .seed = 3});
    int evaluations = 0, before[60];
    while (evaluations + search->base.n_members <= 2000) {
        int count = propose(search);
        assert_int(count, search->base.n_members);
        evaluations += count;
        accept(search, count);
        assert_int(search->base.n_members, flx_population_size(60, 4, evaluations, 2000));
        flx_rank(search->base.values, search->base.n_members, before);
    }
    assert_true(search->base.n_members <= 6);
    destroy(search);
}

static void the_smallest_values_survive_a_reduction(void)
{
    double initial[10], values[10] = {5, 9, 1, 9, 3, 7, 2, 8, 4, 6};
    for (int i = 0; i < 10; i++)
        initial[i] = 0.05 + 0.09 * i;
    flx_problem problem = {.n_dimensions = 1, .initial = initial, .n_initial = 10};
    flx_lshade *search =
        create(&problem, (flx_optimizer_options){.budget = 30, .population = 10});
    assert_int(propose(search), 10);
    accept_values(search, values, 10);
    /* 10 + (4 - 10) / 3 = 8: both nines leave, the rest keeps its order */
    double expected[] = {5, 1, 3, 7, 2, 8, 4, 6};
    assert_int(search->base.n_members, 8);
    for (int i = 0; i < 8; i++) {
        assert_close(search->base.values[i], expected[i], 0, 0);
        assert_close(search->base.units[i],
                     initial[i == 0   ? 0
                             : i == 1 ? 2
                                      : i + 2],
                     0, 0);
    }
    destroy(search);
}

static void of_equal_values_the_later_member_leaves(void)
{
    double initial[] = {0.1, 0.2, 0.3, 0.4, 0.5}, values[] = {1, 1, 1, 1, 1};
    flx_problem problem = {.n_dimensions = 1, .initial = initial, .n_initial = 5};
    flx_lshade *search =
        create(&problem, (flx_optimizer_options){.budget = 5, .population = 5});
    propose(search);
    accept_values(search, values, 5);
    assert_int(search->base.n_members, 4);
    for (int i = 0; i < 4; i++)
        assert_close(search->base.units[i], initial[i], 0, 0);
    destroy(search);
}

static int find_row(const double *rows, int count, const double *row, int n)
{
    for (int i = 0; i < count; i++)
        if (memcmp(rows + (size_t)i * (size_t)n, row, (size_t)n * sizeof(double)) == 0)
            return i;
    return -1;
}

static void the_archive_holds_exactly_the_defeated_parents(void)
{
    flx_problem problem = {.n_dimensions = 2};
    flx_lshade *search = create(
        &problem, (flx_optimizer_options){.budget = 100000, .population = 40, .seed = 5});
    propose(search);
    accept(search, 40);
    double parents[80], parent_values[40];
    memcpy(parents, search->base.units, sizeof parents);
    memcpy(parent_values, search->base.values, sizeof parent_values);
    propose(search);
    /* trial i: a third better, a third equal, a third worse */
    double values[40];
    for (int i = 0; i < 40; i++)
        values[i] = parent_values[i] + (i % 3 - 1);
    accept_values(search, values, 40);
    assert_int(search->n_archived, 14);
    assert_int(search->successes.count, 14);
    for (int i = 0; i < 40; i++) {
        int place = find_row(search->archive, search->n_archived, parents + 2 * i, 2);
        assert_true((place >= 0) == (i % 3 == 0));
        int is_replaced = memcmp(search->base.units + 2 * i, parents + 2 * i, 16) != 0;
        assert_int(is_replaced, i % 3 != 2);
    }
    for (int s = 0; s < 14; s++)
        assert_close(search->successes.gain[s], 1, 1e-14, 0);
    destroy(search);
}

static void the_archive_never_outgrows_its_share(void)
{
    flx_problem problem = {.n_dimensions = 3};
    flx_lshade *search = create(
        &problem,
        (flx_optimizer_options){.budget = 3000, .population = 50, .archive_rate = 0.5});
    assert_int(flx_lshade_archive_cap(search, 50), 25);
    int was_full = 0;
    for (int evaluations = 0; evaluations + search->base.n_members <= 3000;) {
        int count = propose(search);
        evaluations += count;
        accept(search, count);
        int cap = flx_lshade_archive_cap(search, search->base.n_members);
        assert_true(search->n_archived <= cap);
        was_full += search->n_archived == cap;
    }
    assert_true(was_full > 5);
    destroy(search);
    search = create(&problem, (flx_optimizer_options){.budget = 3000, .population = 50});
    assert_int(flx_lshade_archive_cap(search, 50), 130);
    destroy(search);
}

/* Eight members at 0.5, the two best at 0.9. With p N = 1.1 pbest is one of the best
 * two, so no term of the mutation can lead below 0.5; a pull from anyone would, by F 0.4.
 */
static void pbest_is_one_of_the_best_two_at_least(void)
{
    double initial[10], values[10];
    for (int i = 0; i < 10; i++) {
        initial[i] = i < 8 ? 0.5 : 0.9;
        values[i] = i < 8 ? 10 + i : i - 8;
    }
    flx_problem problem = {.n_dimensions = 1, .initial = initial, .n_initial = 10};
    int n_pulled = 0;
    for (uint64_t seed = 0; seed < 50; seed++) {
        flx_lshade *search = create(
            &problem,
            (flx_optimizer_options){.budget = 100000, .population = 10, .seed = seed});
        propose(search);
        accept_values(search, values, 10);
        propose(search);
        for (int i = 0; i < 8; i++) {
            assert_true(search->base.trials[i] >= 0.5 - 1e-12);
            double pull = 0.5 + search->scale[i] * 0.4;
            n_pulled += fabs(search->base.trials[i] - pull) < 1e-12;
        }
        destroy(search);
    }
    assert_true(n_pulled > 100);
}

static void a_terminal_memory_changes_one_dimension_a_trial(void)
{
    flx_problem problem = {.n_dimensions = 20};
    flx_lshade *search =
        create(&problem, (flx_optimizer_options){.budget = 100000, .population = 30});
    propose(search);
    accept(search, 30);
    for (int s = 0; s < search->memory.n_slots; s++)
        search->memory.crossover_rate[s] = -1;
    propose(search);
    for (int i = 0; i < search->base.n_members; i++) {
        int changed = 0;
        for (int d = 0; d < 20; d++)
            changed += search->base.trials[20 * i + d] != search->base.units[20 * i + d];
        assert_int(changed, 1);
        assert_close(search->crossover_rate[i], 0, 0, 0);
    }
    destroy(search);
}

/* Recomputes each trial of a generation from F, CR and the values that the keys name. */
static void a_generation_follows_the_formula(void)
{
    flx_problem problem = {.n_dimensions = 3};
    flx_lshade *search = create(
        &problem, (flx_optimizer_options){.budget = 100000, .population = 12, .seed = 8});
    for (int g = 0; g < 4; g++)
        accept(search, propose(search));
    propose(search);
    int order[12], n = search->base.n_members;
    flx_rank(search->base.values, n, order);
    int from_archive = 0;
    for (int i = 0; i < n; i++) {
        flx_rng_key key = {8, (uint32_t)i, search->base.generation};
        int best = order[flx_pick(key, FLX_PICK_BEST, 2)], taken[2] = {i, 0};
        taken[1] = flx_pick_other(key, FLX_PICK_R1, n, taken, 1);
        int last = flx_pick_other(key, FLX_PICK_R2, n + search->n_archived, taken, 2);
        const double *r2 =
            last < n ? search->base.units + 3 * last : search->archive + 3 * (last - n);
        from_archive += last >= n;
        for (int d = 0; d < 3; d++) {
            double x = search->base.units[3 * i + d], F = search->scale[i];
            double mutant = x + F * (search->base.units[3 * best + d] - x) +
                            F * (search->base.units[3 * taken[1] + d] - r2[d]);
            mutant = flx_midpoint_repair(mutant, x);
            double trial = search->base.trials[3 * i + d];
            assert_true(trial == x || fabs(trial - mutant) < 1e-15);
        }
    }
    assert_true(from_archive > 0);
    destroy(search);
}

CU_TestInfo lshade_tests[] = {
    {"memory takes weighted Lehmer means in turn",
     memory_takes_weighted_lehmer_means_in_turn},
    {"memory is left alone without a success", memory_is_left_alone_without_a_success},
    {"a terminal slot stays terminal", a_terminal_slot_stays_terminal},
    {"an infinite gain weighs as the largest finite one",
     an_infinite_gain_weighs_as_the_largest_finite_one},
    {"the default population follows dimension and budget",
     the_default_population_follows_dimension_and_budget},
    {"the population really shrinks and loses its worst",
     the_population_really_shrinks_and_loses_its_worst},
    {"the smallest values survive a reduction", the_smallest_values_survive_a_reduction},
    {"of equal values the later member leaves", of_equal_values_the_later_member_leaves},
    {"the archive holds exactly the defeated parents",
     the_archive_holds_exactly_the_defeated_parents},
    {"the archive never outgrows its share", the_archive_never_outgrows_its_share},
    {"pbest is one of the best two at least", pbest_is_one_of_the_best_two_at_least},
    {"a terminal memory changes one dimension a trial",
     a_terminal_memory_changes_one_dimension_a_trial},
    {"a generation follows the formula", a_generation_follows_the_formula},
    CU_TEST_INFO_NULL,
};
