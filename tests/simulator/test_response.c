/* SPDX-License-Identifier: MIT
 * Walks along every response curve: where it rises, where it falls, where its best value
 * lies, and which knobs depend on each other. */
#include "experiments/simulator/response.h"
#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>

static flx_response respond(flx_response_kind kind, flx_lever lever, double value,
                            flx_lever other, double other_value)
{
    flx_profile profile = {.kind = kind,
                           .cores = 4.0,
                           .io_ms = 1.0,
                           .working_set_mb = 100.0,
                           .disk_ms = 10.0};
    flx_levers levers = flx_levers_none();
    levers.value[lever] = value;
    levers.value[other] = other_value;
    flx_response response;
    flx_respond(&profile, &levers, &response);
    return response;
}

static void socket_cost_is_best_inside(void)
{
    /* hand-worked at rmem = knee, wmem = knee / 2: 1 + .7 + .5 + .6 log2(1 + 98304/2^20)
     */
    assert_close(flx_socket_cost(65536.0, 32768.0), 2.2 + 0.6 * log2(1.09375), 1e-12,
                 0.0);
    double best = flx_socket_cost(1048576.0, 1048576.0);
    assert_true(flx_socket_cost(4096.0, 1048576.0) > best + 1.0);
    assert_true(flx_socket_cost(1048576.0, 4096.0) > best + 0.5);
    assert_true(flx_socket_cost(6291456.0, 4194304.0) > best + 0.5);
    /* once the buffers spill, a smaller send buffer is worth more: they interact */
    double alone = flx_socket_cost(131072.0, 4194304.0) - flx_socket_cost(131072.0, 1e6);
    double both = flx_socket_cost(6291456.0, 4194304.0) - flx_socket_cost(6291456.0, 1e6);
    assert_true(alone > both + 0.1);
}

static void memory_cost_falls_with_the_limit(void)
{
    assert_close(flx_memory_cost(100.0, 100.0), 1.5, 1e-12, 0.0);
    assert_close(flx_memory_cost(100.0, 200.0), 1.0625, 1e-12, 0.0);
    for (double limit = 64.0; limit < 800.0; limit += 10.0)
        assert_true(flx_memory_cost(90.0, limit + 10.0) < flx_memory_cost(90.0, limit));
}

static void contention_rises_with_threads(void)
{
    assert_close(flx_contention(1.0, 4.0), 1.0, 1e-12, 0.0);
    /* 1 + .03 * 7 + .004 * 8 * 7 / 4 + .1 * 4 / 4 */
    assert_close(flx_contention(8.0, 4.0), 1.366, 1e-12, 0.0);
    for (double n = 1.0; n < 32.0; n += 1.0)
        assert_true(flx_contention(n + 1.0, 4.0) > flx_contention(n, 4.0));
    /* capacity has its best number of threads: n / contention rises, then falls behind */
    assert_true(4.0 / flx_contention(4.0, 4.0) > 1.0);
}

static double best_growth(double memory)
{
    double best = 1.1;
    for (double growth = 1.1; growth <= 2.2; growth += 0.01)
        if (flx_memcached_miss(memory, growth) < flx_memcached_miss(memory, best))
            best = growth;
    return best;
}

static void memcached_misses_have_a_best_growth(void)
{
    assert_close(flx_memcached_miss(64.0, 1.25), 1.0, 1e-12, 0.0);
    for (double memory = 30.0; memory < 100.0; memory += 5.0)
        assert_true(flx_memcached_miss(memory + 5.0, 1.25) <
                    flx_memcached_miss(memory, 1.25));
    assert_true(best_growth(30.0) > 1.15 && best_growth(30.0) < 2.1);
    /* much memory can afford many classes */
    assert_true(best_growth(100.0) < best_growth(30.0) - 0.05);
}

static void redis_trades_work_against_misses(void)
{
    assert_true(flx_redis_work(10.0, 512.0) > flx_redis_work(1.0, 512.0));
    assert_true(flx_redis_work(5.0, 4096.0) > flx_redis_work(5.0, 32.0));
    assert_true(flx_redis_miss(8.0, 10.0, 512.0, 8.0) <
                flx_redis_miss(8.0, 1.0, 512.0, 8.0));
    assert_true(flx_redis_miss(8.0, 5.0, 4096.0, 8.0) <
                flx_redis_miss(8.0, 5.0, 32.0, 8.0));
    for (double memory = 1.0; memory < 16.0; memory += 1.0)
        assert_true(flx_redis_miss(memory + 1.0, 5.0, 512.0, 8.0) <
                    flx_redis_miss(memory, 5.0, 512.0, 8.0));
    /* 0 is no limit: nothing is evicted */
    assert_close(flx_redis_miss(0.0, 5.0, 512.0, 8.0), 0.5, 1e-12, 0.0);
}

static void dirty_pages_want_room_between_target_and_trigger(void)
{
    assert_close(flx_dirty_stall(50.0, 50.0), 0.31, 1e-12, 0.0);
    assert_close(flx_dirty_stall(80.0, 20.0), 0.31, 1e-12, 0.0);
    assert_true(flx_dirty_stall(20.0, 90.0) < 0.05);
    assert_true(flx_dirty_work(10.0) > flx_dirty_work(80.0));
}

static void mongodb_target_is_best_inside(void)
{
    /* cleaning too eagerly against stalls of writes, at a trigger of 90 */
    double cost[3], target[3] = {10.0, 30.0, 90.0};
    for (int i = 0; i < 3; i++) {
        flx_response r =
            respond(FLX_MONGODB, FLX_DIRTY_TARGET, target[i], FLX_DIRTY_TRIGGER, 90.0);
        cost[i] = r.work + r.wait_probability[1] * r.wait_ms;
    }
    assert_true(cost[1] < cost[0] && cost[1] < cost[2]);
}

static void disk_reads_fall_with_the_cache(void)
{
    assert_close(flx_disk_read(100.0, 120.0), 0.5 * exp(-1.0), 1e-12, 0.0);
    for (double cache = 50.0; cache < 200.0; cache += 10.0)
        assert_true(
            respond(FLX_MONGODB, FLX_CACHE, cache + 10.0, FLX_CACHE, cache + 10.0)
                .wait_probability[0] <
            respond(FLX_MONGODB, FLX_CACHE, cache, FLX_CACHE, cache).wait_probability[0]);
}

static void quota_sets_servers_and_throttling(void)
{
    flx_response r = respond(FLX_PROCESS, FLX_QUOTA, 300.0, FLX_QUOTA, 300.0);
    assert_int(r.servers, 1);
    assert_close(r.quota, 0.3, 1e-12, 0.0);
    r = respond(FLX_PROCESS, FLX_QUOTA, 2000.0, FLX_QUOTA, 2000.0);
    assert_int(r.servers, 2);
    assert_close(r.quota, 0.0, 0.0, 0.0);
    r = respond(FLX_PROCESS, FLX_QUOTA, 2600.0, FLX_CPU_LIMIT, 2500.0);
    assert_int(r.servers, 3);
    assert_close(r.quota, 2.5, 1e-12, 0.0);
    r = respond(FLX_PROCESS, FLX_RMEM, 65536.0, FLX_RMEM, 65536.0);
    assert_int(r.servers, 4); /* no CPU knob: its cores */
}

static void workers_cost_memory_and_contention(void)
{
    flx_response few = respond(FLX_PROCESS, FLX_WORKERS, 5.0, FLX_MEMORY, 250.0);
    flx_response many = respond(FLX_PROCESS, FLX_WORKERS, 30.0, FLX_MEMORY, 250.0);
    assert_int(few.workers, 5);
    assert_int(many.workers, 30);
    assert_true(many.work > few.work);
    /* a large limit takes the sting out of many workers */
    flx_response roomy = respond(FLX_PROCESS, FLX_WORKERS, 30.0, FLX_MEMORY, 800.0);
    assert_true(roomy.work < many.work);
}

static void products_and_ads_cost_work(void)
{
    assert_true(respond(FLX_PROCESS, FLX_RESPONSES, 4.0, FLX_RESPONSES, 4.0).work >
                respond(FLX_PROCESS, FLX_RESPONSES, 1.0, FLX_RESPONSES, 1.0).work);
    assert_true(respond(FLX_PROCESS, FLX_ADS, 5.0, FLX_ADS, 5.0).work >
                respond(FLX_PROCESS, FLX_ADS, 1.0, FLX_ADS, 1.0).work);
}

static void mysql_pool_is_best_inside(void)
{
    flx_profile profile = {
        .kind = FLX_MYSQL, .cores = 8.0, .working_set_mb = 1200.0, .disk_ms = 2.0};
    double cost[3], pool[3] = {512.0, 2000.0, 3072.0};
    for (int i = 0; i < 3; i++) {
        flx_levers levers = flx_levers_none();
        levers.value[FLX_CACHE] = pool[i];
        flx_response r;
        flx_respond(&profile, &levers, &r);
        cost[i] = r.work + r.wait_probability[0] * r.wait_ms;
        assert_int(r.servers, 64);
    }
    assert_true(cost[1] < cost[0] && cost[1] < cost[2]);
}

static void tidb_buffer_is_best_inside(void)
{
    double cost[3], buffer[3] = {64.0, 128.0, 256.0};
    for (int i = 0; i < 3; i++) {
        flx_response r = respond(FLX_TIDB, FLX_WRITE_BUFFER, buffer[i], FLX_THREADS, 8.0);
        cost[i] = r.wait_probability[1] * r.wait_ms;
        assert_int(r.servers, 8);
    }
    assert_true(cost[1] < cost[0] && cost[1] < cost[2]);
}

static void every_spelling_has_a_lever(void)
{
    assert_int(flx_lever_find("tcp_rmem"), FLX_RMEM);
    assert_int(flx_lever_find("IPV4_RMEM"), FLX_RMEM);
    assert_int(flx_lever_find("cpu_quota"), FLX_QUOTA);
    assert_int(flx_lever_find("cpu_limit"), FLX_CPU_LIMIT);
    assert_int(flx_lever_find("CPU_LIMIT"), FLX_QUOTA);
    assert_int(flx_lever_find("write_buffer_size"), FLX_WRITE_BUFFER);
    assert_int(flx_lever_find("no_such_knob"), -1);
}

CU_TestInfo response_tests[] = {
    {"socket_cost_is_best_inside", socket_cost_is_best_inside},
    {"memory_cost_falls_with_the_limit", memory_cost_falls_with_the_limit},
    {"contention_rises_with_threads", contention_rises_with_threads},
    {"memcached_misses_have_a_best_growth", memcached_misses_have_a_best_growth},
    {"redis_trades_work_against_misses", redis_trades_work_against_misses},
    {"dirty_pages_want_room_between_target_and_trigger",
     dirty_pages_want_room_between_target_and_trigger},
    {"mongodb_target_is_best_inside", mongodb_target_is_best_inside},
    {"disk_reads_fall_with_the_cache", disk_reads_fall_with_the_cache},
    {"quota_sets_servers_and_throttling", quota_sets_servers_and_throttling},
    {"workers_cost_memory_and_contention", workers_cost_memory_and_contention},
    {"products_and_ads_cost_work", products_and_ads_cost_work},
    {"mysql_pool_is_best_inside", mysql_pool_is_best_inside},
    {"tidb_buffer_is_best_inside", tidb_buffer_is_best_inside},
    {"every_spelling_has_a_lever", every_spelling_has_a_lever},
    CU_TEST_INFO_NULL};
