/* SPDX-License-Identifier: MIT
 * Response curves (experiments/simulator/README.md). Every kind of service is one
 * function that fills a flx_response from its levers; the formulas are small functions of
 * their own so that tests can walk along each curve. */
#include "experiments/simulator/response.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *name;
    flx_lever lever;
} spellings[] = {
    {"tcp_rmem", FLX_RMEM},
    {"IPV4_RMEM", FLX_RMEM},
    {"tcp_wmem", FLX_WMEM},
    {"IPV4_WMEM", FLX_WMEM},
    {"cpu_quota", FLX_QUOTA},
    {"CPU_LIMIT", FLX_QUOTA},
    {"cpu_limit", FLX_CPU_LIMIT},
    {"MEMORY_LIMIT", FLX_MEMORY},
    {"memory_limit", FLX_MEMORY},
    {"MAX_WORKERS", FLX_WORKERS},
    {"MAX_RESPONSE", FLX_RESPONSES},
    {"MAX_ADS_TO_SERVE", FLX_ADS},
    {"threads", FLX_THREADS},
    {"innodb_thread_concurrency", FLX_THREADS},
    {"scheduler_worker_pool_size", FLX_THREADS},
    {"slab_growth_factor", FLX_SLAB_GROWTH},
    {"hash_max_ziplist_entries", FLX_ZIPLIST},
    {"maxmemory_samples", FLX_SAMPLES},
    {"maxmemory", FLX_MAXMEMORY},
    {"eviction_dirty_target", FLX_DIRTY_TARGET},
    {"eviction_dirty_trigger", FLX_DIRTY_TRIGGER},
    {"cache", FLX_CACHE},
    {"innodb_buffer_pool_size", FLX_CACHE},
    {"write_buffer_size", FLX_WRITE_BUFFER},
};

int flx_lever_find(const char *name)
{
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        if (strcmp(spellings[i].name, name) == 0)
            return (int)spellings[i].lever;
    return -1;
}

flx_levers flx_levers_none(void)
{
    flx_levers levers;
    for (int i = 0; i < FLX_N_LEVERS; i++)
        levers.value[i] = NAN;
    return levers;
}

static double lever_or(const flx_levers *levers, flx_lever lever, double fallback)
{
    double value = levers->value[lever];
    return isnan(value) ? fallback : value;
}

double flx_socket_cost(double rmem_bytes, double wmem_bytes)
{
    const double knee = 65536.0, spill = 1048576.0;
    return 1.0 + 0.70 * log2(1.0 + knee / rmem_bytes) +
           0.50 * log2(1.0 + 0.5 * knee / wmem_bytes) +
           0.60 * log2(1.0 + (rmem_bytes + wmem_bytes) / spill);
}

double flx_memory_cost(double used_mb, double limit_mb)
{
    double pressure = used_mb / limit_mb;
    return 1.0 + 0.5 * pressure * pressure * pressure;
}

double flx_contention(double threads, double cores)
{
    double extra = threads - 1.0, beyond = fmax(0.0, threads - cores);
    return 1.0 + 0.03 * extra + 0.004 * threads * extra / cores + 0.10 * beyond / cores;
}

/* What slabs leave of the memory: many classes (small growth) strand a part-filled page
 * each, few classes (large growth) waste up to half of every item. */
static double slab_memory(double memory_mb, double growth)
{
    double classes = log(8192.0) / log(growth);
    double stranded = fmin(0.7 * memory_mb, 0.3 * classes);
    double padding = 0.5 * (growth - 1.0) / growth;
    return (memory_mb - stranded) * (1.0 - padding);
}

double flx_memcached_miss(double memory_mb, double growth)
{
    return pow(slab_memory(64.0, 1.25) / slab_memory(memory_mb, growth), 1.5);
}

double flx_redis_miss(double maxmemory_mb, double samples, double ziplist,
                      double working_set_mb)
{
    if (maxmemory_mb <= 0.0)
        return 0.5;
    double held = maxmemory_mb * (1.0 + 0.08 * log2(ziplist / 32.0));
    double lack = 1.0 / (1.0 + held / working_set_mb);
    return 0.5 + 1.5 * lack * (1.0 + 0.8 / samples);
}

double flx_redis_work(double samples, double ziplist)
{
    return 1.0 + 0.04 * samples + 0.8 * pow(ziplist / 4096.0, 1.2);
}

double flx_dirty_stall(double target, double trigger)
{
    return 0.01 + 0.30 * exp(-fmax(0.0, trigger - target) / 25.0);
}

double flx_dirty_work(double target)
{
    return 1.0 + 0.6 * exp(-target / 25.0);
}

double flx_disk_read(double cache_mb, double working_set_mb)
{
    return 0.5 * exp(-1.2 * cache_mb / working_set_mb);
}

/* Whole servers for a number of cores; the scheduler's periods cut what is too much. */
static void take_cores(flx_response *response, double cores)
{
    response->servers = cores > 1.0 ? (int)ceil(cores - 1e-9) : 1;
    response->quota = cores < response->servers - 1e-9 ? cores : 0.0;
}

static double socket_cost(const flx_levers *levers)
{
    return flx_socket_cost(lever_or(levers, FLX_RMEM, 131072.0),
                           lever_or(levers, FLX_WMEM, 16384.0));
}

static void respond_process(const flx_profile *profile, const flx_levers *levers,
                            flx_response *response)
{
    double millicores = lever_or(levers, FLX_QUOTA, 1000.0 * profile->cores);
    double limit = lever_or(levers, FLX_CPU_LIMIT, millicores);
    take_cores(response, fmin(millicores, limit) / 1000.0);
    double workers = lever_or(levers, FLX_WORKERS, 0.0);
    response->workers = (int)workers;
    double memory = lever_or(levers, FLX_MEMORY, NAN);
    /* about eight connections keep full buffers, and every worker a stack and a heap */
    double buffers =
        (lever_or(levers, FLX_RMEM, 131072.0) + lever_or(levers, FLX_WMEM, 16384.0)) *
        8.0 / 1048576.0;
    double used = profile->working_set_mb + 0.5 * buffers + 6.0 * workers;
    response->work = isnan(memory) ? 1.0 : flx_memory_cost(used, memory);
    response->work *= 1.0 + 0.02 * workers;
    response->work *= 0.70 + 0.10 * lever_or(levers, FLX_RESPONSES, 3.0);
    response->work *= 0.60 + 0.20 * lever_or(levers, FLX_ADS, 2.0);
}

static void respond_memcached(const flx_profile *profile, const flx_levers *levers,
                              flx_response *response)
{
    double threads = lever_or(levers, FLX_THREADS, 4.0);
    response->servers = (int)threads;
    response->work = flx_contention(threads, profile->cores);
    response->io = response->work;
    response->miss = flx_memcached_miss(lever_or(levers, FLX_MEMORY, 64.0),
                                        lever_or(levers, FLX_SLAB_GROWTH, 1.25));
}

static void respond_redis(const flx_profile *profile, const flx_levers *levers,
                          flx_response *response)
{
    double samples = lever_or(levers, FLX_SAMPLES, 5.0);
    double ziplist = lever_or(levers, FLX_ZIPLIST, 512.0);
    double maxmemory = lever_or(levers, FLX_MAXMEMORY, 0.0);
    double memory = lever_or(levers, FLX_MEMORY, NAN);
    double quota = lever_or(levers, FLX_QUOTA, 1000.0);
    take_cores(response, fmin(1.0, quota / 1000.0)); /* one thread does the work */
    response->work = flx_redis_work(samples, ziplist);
    response->miss = flx_redis_miss(maxmemory, samples, ziplist, profile->working_set_mb);
    if (!isnan(memory))
        response->work *= flx_memory_cost(profile->working_set_mb + maxmemory, memory);
    /* a write that finds the memory full evicts first */
    response->wait_probability[1] =
        maxmemory > 0.0 ? 0.3 * exp(-maxmemory / profile->working_set_mb) : 0.0;
    response->wait_ms = 0.1 * samples;
}

static void respond_mongodb(const flx_profile *profile, const flx_levers *levers,
                            flx_response *response)
{
    double target = lever_or(levers, FLX_DIRTY_TARGET, 10.0);
    double trigger = lever_or(levers, FLX_DIRTY_TRIGGER, 20.0);
    double cache = lever_or(levers, FLX_CACHE, 100.0);
    response->work = flx_dirty_work(target);
    /* dirty pages are no use to readers: a high target shrinks the cache for them */
    double clean = cache * (1.0 - 0.4 * fmin(target, trigger) / 100.0);
    double stall = flx_dirty_stall(target, trigger);
    response->wait_probability[0] =
        flx_disk_read(clean, profile->working_set_mb) + 0.15 * stall;
    response->wait_probability[1] = stall;
    response->wait_ms = profile->disk_ms;
}

static void respond_mysql(const flx_profile *profile, const flx_levers *levers,
                          flx_response *response)
{
    double tickets = lever_or(levers, FLX_THREADS, 64.0);
    double pool = lever_or(levers, FLX_CACHE, 1024.0);
    response->servers = (int)tickets;
    /* 3 GB of memory in all: a large pool leaves too little for the system */
    response->work =
        (1.0 + 0.006 * tickets) * (0.5 + 0.5 * flx_memory_cost(pool, 2200.0));
    response->wait_probability[0] = flx_disk_read(pool, profile->working_set_mb);
    response->wait_probability[1] = 0.05 + 0.5 * response->wait_probability[0];
    response->wait_ms = profile->disk_ms;
}

static void respond_tidb(const flx_profile *profile, const flx_levers *levers,
                         flx_response *response)
{
    double pool = lever_or(levers, FLX_THREADS, 4.0);
    double buffer = lever_or(levers, FLX_WRITE_BUFFER, 128.0);
    response->servers = (int)pool;
    response->work = flx_contention(pool, profile->cores);
    /* small buffers are flushed often, large ones stall longer when they are */
    response->wait_probability[0] = 0.05 + 4.0 / buffer;
    response->wait_probability[1] = 0.03 + 20.0 / buffer;
    response->wait_ms = profile->disk_ms * (0.7 + buffer * buffer / 48400.0);
}

void flx_respond(const flx_profile *profile, const flx_levers *levers,
                 flx_response *response)
{
    static void (*const kinds[FLX_N_RESPONSES])(const flx_profile *, const flx_levers *,
                                                flx_response *) = {
        [FLX_PROCESS] = respond_process, [FLX_MEMCACHED] = respond_memcached,
        [FLX_REDIS] = respond_redis,     [FLX_MONGODB] = respond_mongodb,
        [FLX_MYSQL] = respond_mysql,     [FLX_TIDB] = respond_tidb,
    };
    *response = (flx_response){
        .servers = (int)ceil(profile->cores), .work = 1.0, .io = 1.0, .miss = 1.0};
    kinds[profile->kind](profile, levers, response);
    response->io *= socket_cost(levers);
}
