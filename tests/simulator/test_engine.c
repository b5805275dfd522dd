/* SPDX-License-Identifier: MIT
 * The event loop against queueing formulas, hand-worked latencies and conservation laws.
 */
#include "experiments/simulator/engine.h"
#include "experiments/simulator/engine_state.h"
#include "experiments/simulator/statistics.h"
#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A caller "front" with up to two stages in front of two services of one endpoint each.
 */
typedef struct {
    flx_scenario_service services[3];
    flx_scenario_endpoint endpoints[3];
    flx_scenario_stage stages[2];
    flx_scenario_call calls[2];
    double speed[8];
    int request_endpoint[1];
    double request_share[1];
    flx_scenario scenario;
} world;

/* One service with exponential times: an M/M/c queue. */
static void make_queue(world *w, double rate, double mean, int servers, double seconds)
{
    memset(w, 0, sizeof *w);
    for (int i = 0; i < 8; i++)
        w->speed[i] = 1.0;
    w->services[0] = (flx_scenario_service){.n_stations = 1, .servers = servers};
    w->endpoints[0] = (flx_scenario_endpoint){.mean = mean};
    w->request_share[0] = 1.0;
    w->scenario = (flx_scenario){.n_services = 1,
                                 .n_endpoints = 1,
                                 .n_stations = 1,
                                 .n_channels = 1,
                                 .n_requests = 1,
                                 .services = w->services,
                                 .endpoints = w->endpoints,
                                 .stages = w->stages,
                                 .calls = w->calls,
                                 .speed = w->speed,
                                 .request_endpoint = w->request_endpoint,
                                 .request_share = w->request_share,
                                 .rate = rate,
                                 .limit = 10000,
                                 .frames = 10000,
                                 .warmup = 5.0,
                                 .seconds = seconds,
                                 .is_exponential = true,
                                 .seed = 7};
}

/* Front with 2 ms of its own, services of 10 and 20 ms, fixed times, rpc 1 ms. */
static void make_tree(world *w, int n_stages, double rate)
{
    make_queue(w, rate, 0.002, 8, 50.0);
    w->scenario.is_exponential = false;
    w->scenario.rpc = 0.001;
    w->scenario.n_services = w->scenario.n_endpoints = 3;
    w->scenario.n_stations = w->scenario.n_channels = 3;
    w->scenario.n_stages = n_stages;
    w->scenario.n_calls = 2;
    w->endpoints[0].n_stages = n_stages;
    for (int s = 1; s < 3; s++) {
        w->services[s] = (flx_scenario_service){
            .first_station = s, .n_stations = 1, .first_channel = s, .servers = 8};
        w->endpoints[s] = (flx_scenario_endpoint){.service = s, .mean = 0.01 * s};
        w->calls[s - 1] =
            (flx_scenario_call){.endpoint = s, .repeat = 1, .probability = 1.0};
    }
    if (n_stages == 1)
        w->stages[0] = (flx_scenario_stage){0, 2};
    else
        for (int s = 0; s < 2; s++)
            w->stages[s] = (flx_scenario_stage){s, 1};
    w->scenario.limit = 1000;
    int known[3] = {0};
    w->scenario.frames = 1000 * flx_scenario_width(&w->scenario, 0, known);
}

static flx_engine *run_world(const world *w, const flx_run **run)
{
    flx_engine *engine = NULL;
    flx_error error = {0};
    assert_int(flx_engine_create(&w->scenario, &engine, &error), FLX_OK);
    assert_int(flx_engine_run(engine, &w->scenario, run, &error), FLX_OK);
    return engine;
}

/* Latencies of one channel, sorted; the caller frees them. */
static float *latencies(const flx_run *run, int channel, size_t *count)
{
    float *values = malloc((run->n_log + 1) * sizeof *values);
    float *scratch = malloc((run->n_log + 1) * sizeof *scratch);
    *count = 0;
    for (size_t i = 0; i < run->n_log; i++)
        if (run->log[i].channel == channel)
            values[(*count)++] = run->log[i].latency;
    flx_sort_latencies(values, scratch, *count);
    free(scratch);
    return values;
}

/* tolerance: about four standard errors of the mean, as neighbours are correlated */
static void check_queue(double rate, double mean, int servers, double seconds,
                        double tolerance, double sojourn, double p90)
{
    world w;
    const flx_run *run = NULL;
    make_queue(&w, rate, mean, servers, seconds);
    flx_engine *engine = run_world(&w, &run);
    size_t count;
    float *values = latencies(run, 0, &count);
    assert_close((double)count, rate * seconds, 0.01, 0.0);
    assert_close(flx_mean(values, count), sojourn, tolerance, 0.0);
    assert_close(flx_percentile(values, count, 90.0), p90, tolerance, 0.0);
    assert_close(run->busy[0] / seconds, rate * mean, 0.02, 0.0);
    /* Little: requests in flight = rate * time in the system */
    assert_close(run->area / seconds, (double)count / seconds * flx_mean(values, count),
                 0.005, 0.0);
    free(values);
    flx_engine_destroy(engine);
}

static void one_server_follows_mm1(void)
{
    /* T is exponential with mean 1 / (mu - lambda) = 20 ms */
    check_queue(50.0, 0.01, 1, 4000.0, 0.025, 0.020, 0.020 * log(10.0));
}

static void busy_server_follows_mm1(void)
{
    check_queue(80.0, 0.01, 1, 20000.0, 0.03, 0.050, 0.050 * log(10.0));
}

static void three_servers_follow_mmc(void)
{
    /* a = 2, P(wait) = 4/9, W = 1/100 + (4/9)/(300 - 200); as 3 mu - lambda = mu,
     * P(T > t) = exp(-x) (1 + 4 x / 9) with x = 100 t, which is 0.1 at x = 3.1845 */
    check_queue(200.0, 0.01, 3, 4000.0, 0.02, 0.01 + 4.0 / 900.0, 0.031845);
}

static void requests_are_conserved_under_overload(void)
{
    world w;
    const flx_run *run = NULL;
    make_queue(&w, 200.0, 0.01, 1, 50.0);
    w.scenario.limit = 20;
    flx_engine *engine = run_world(&w, &run);
    assert_true(run->rejected > 3000);
    assert_true(run->in_flight <= 20);
    assert_int((long)run->arrived,
               (long)(run->completed + run->in_flight + run->rejected));
    assert_int((long)run->n_log, (long)run->measured);
    size_t count;
    float *values = latencies(run, 0, &count);
    /* 20 in flight, 100 served a second: 0.2 s, and no more for anyone on average */
    assert_close(flx_mean(values, count), 0.2, 0.05, 0.0);
    free(values);
    flx_engine_destroy(engine);
}

/* The longest latency of the front at so low a rate that nobody waits. */
static double lone_latency(world *w)
{
    const flx_run *run = NULL;
    w->scenario.rate = 0.5;
    flx_engine *engine = run_world(w, &run);
    size_t count;
    float *values = latencies(run, 0, &count);
    assert_true(count > 5);
    double median = flx_percentile(values, count, 50.0);
    free(values);
    flx_engine_destroy(engine);
    return median;
}

static void calls_of_a_stage_run_together(void)
{
    world w;
    make_tree(&w, 1, 1.0);
    /* there 1, half the work 1, the slower call 1 + 20, the other half 1 */
    assert_close(lone_latency(&w), 0.024, 1e-5, 0.0);
}

static void stages_run_one_after_another(void)
{
    world w;
    make_tree(&w, 2, 1.0);
    /* there 1, own work 2 in three parts, calls 11 and 21 */
    assert_close(lone_latency(&w), 0.035, 1e-5, 0.0);
}

static void repeats_run_one_after_another(void)
{
    world w;
    make_tree(&w, 2, 1.0);
    w.calls[0].repeat = 3;
    assert_close(lone_latency(&w), 0.057, 1e-5, 0.0);
}

static void skipped_calls_leave_the_work(void)
{
    world w;
    make_tree(&w, 2, 1.0);
    w.calls[0].probability = w.calls[1].probability = 1e-12;
    assert_close(lone_latency(&w), 0.003, 1e-5, 0.0);
}

static void misses_have_their_probability(void)
{
    world w;
    const flx_run *run = NULL;
    make_tree(&w, 2, 100.0);
    w.calls[0].repeat = 4;
    w.calls[0].probability = 0.25;
    flx_engine *engine = run_world(&w, &run);
    /* one miss a request, variance 4 * .25 * .75; four standard errors */
    double requests = (double)run->visits[0];
    assert_close((double)run->visits[1], requests, 0.0, 4.0 * sqrt(0.75 * requests));
    assert_close((double)run->visits[2], requests, 0.0, 5.0);
    flx_engine_destroy(engine);
}

static void instances_take_turns(void)
{
    world w;
    const flx_run *run = NULL;
    make_queue(&w, 100.0, 0.001, 1, 10.0);
    w.services[0].n_stations = 3;
    w.scenario.n_stations = w.scenario.n_channels = 3;
    flx_engine *engine = run_world(&w, &run);
    long total = (long)(run->visits[0] + run->visits[1] + run->visits[2]);
    assert_int(total, (long)run->arrived);
    assert_true(run->visits[0] - run->visits[2] <= 1);
    assert_true(run->visits[0] >= run->visits[1] && run->visits[1] >= run->visits[2]);
    flx_engine_destroy(engine);
}

static int64_t completed_with(int workers)
{
    world w;
    const flx_run *run = NULL;
    make_tree(&w, 2, 200.0);
    w.services[0].workers = workers;
    w.scenario.limit = 50;
    flx_engine *engine = run_world(&w, &run);
    int64_t completed = run->measured;
    flx_engine_destroy(engine);
    return completed;
}

static void workers_are_held_until_the_answer(void)
{
    /* a worker is held for 34 ms: two of them answer 59 requests a second */
    assert_close((double)completed_with(2), 50.0 * 2.0 / 0.034, 0.01, 0.0);
    assert_close((double)completed_with(0), 50.0 * 200.0, 0.03, 0.0);
}

static void quota_throttles_until_the_next_period(void)
{
    flx_station station = {.budget = 0.05, .refilled = 0.0};
    /* 50 ms run in this period, 30 ms in the next */
    assert_close(flx_station_finish(&station, 0.02, 0.5, 0.08), 0.13, 1e-12, 0.0);
    /* of the second period's 50 ms, 30 are used: 10 more fit */
    assert_close(flx_station_finish(&station, 0.13, 0.5, 0.01), 0.14, 1e-12, 0.0);
    /* 20 ms are left after a long rest's refill is capped: 60 = 50 now + 10 */
    assert_close(flx_station_finish(&station, 1.05, 0.5, 0.06), 1.11, 1e-9, 0.0);
}

static void quota_bounds_the_throughput(void)
{
    world w;
    const flx_run *run = NULL;
    make_queue(&w, 100.0, 0.01, 1, 100.0);
    w.services[0].quota = 0.5;
    w.scenario.limit = 30;
    w.scenario.is_exponential = false;
    flx_engine *engine = run_world(&w, &run);
    assert_close((double)run->measured, 100.0 * 50.0, 0.01, 0.0);
    flx_engine_destroy(engine);
}

static void log_normal_times_have_their_mean_and_spread(void)
{
    world w;
    const flx_run *run = NULL;
    make_queue(&w, 5.0, 0.001, 4, 20000.0);
    double variance = log(1.0 + 1.5 * 1.5);
    w.endpoints[0].log_mean = -0.5 * variance;
    w.endpoints[0].log_sigma = sqrt(variance);
    w.scenario.is_exponential = false;
    flx_engine *engine = run_world(&w, &run);
    size_t count;
    float *values = latencies(run, 0, &count);
    double mean = flx_mean(values, count), square = 0.0;
    for (size_t i = 0; i < count; i++)
        square += ((double)values[i] - mean) * ((double)values[i] - mean);
    assert_close(mean, 0.001, 0.02, 0.0);
    assert_close(sqrt(square / (double)count) / mean, 1.5, 0.08, 0.0);
    free(values);
    flx_engine_destroy(engine);
}

static void rows_have_numbers_of_their_own(void)
{
    world w;
    const flx_run *run = NULL;
    make_queue(&w, 50.0, 0.01, 1, 10.0);
    flx_engine *engine = run_world(&w, &run);
    flx_error error = {0};
    size_t first = run->n_log;
    double area = run->area;
    assert_int(flx_engine_run(engine, &w.scenario, &run, &error), FLX_OK);
    assert_int((long)run->n_log, (long)first);
    assert_close(run->area, area, 0.0, 0.0);
    w.scenario.row = 1;
    assert_int(flx_engine_run(engine, &w.scenario, &run, &error), FLX_OK);
    assert_true(run->area != area);
    flx_engine_destroy(engine);
}

static void too_large_scenario_is_refused(void)
{
    world w;
    flx_engine *engine = NULL;
    flx_error error = {0};
    const flx_run *run = NULL;
    make_queue(&w, 50.0, 0.01, 1, 1.0);
    assert_int(flx_engine_create(&w.scenario, &engine, &error), FLX_OK);
    w.scenario.frames++;
    assert_int(flx_engine_run(engine, &w.scenario, &run, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "10001");
    flx_engine_destroy(engine);
}

CU_TestInfo engine_tests[] = {
    {"one_server_follows_mm1", one_server_follows_mm1},
    {"busy_server_follows_mm1", busy_server_follows_mm1},
    {"three_servers_follow_mmc", three_servers_follow_mmc},
    {"requests_are_conserved_under_overload", requests_are_conserved_under_overload},
    {"calls_of_a_stage_run_together", calls_of_a_stage_run_together},
    {"stages_run_one_after_another", stages_run_one_after_another},
    {"repeats_run_one_after_another", repeats_run_one_after_another},
    {"skipped_calls_leave_the_work", skipped_calls_leave_the_work},
    {"misses_have_their_probability", misses_have_their_probability},
    {"instances_take_turns", instances_take_turns},
    {"workers_are_held_until_the_answer", workers_are_held_until_the_answer},
    {"quota_throttles_until_the_next_period", quota_throttles_until_the_next_period},
    {"quota_bounds_the_throughput", quota_bounds_the_throughput},
    {"log_normal_times_have_their_mean_and_spread",
     log_normal_times_have_their_mean_and_spread},
    {"rows_have_numbers_of_their_own", rows_have_numbers_of_their_own},
    {"too_large_scenario_is_refused", too_large_scenario_is_refused},
    CU_TEST_INFO_NULL};
