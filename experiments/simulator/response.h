/* SPDX-License-Identifier: MIT
 * Response curves: what a service's knobs do to its capacity, its times and its misses.
 *
 * The curves are invented: nothing published says what these knobs do to latency in these
 * systems. Their shapes follow the mechanism each knob stands for (a knee, a contention
 * law, a power law of misses), so that knobs interact and some have their best value
 * inside their range. Formulas and constants are listed in
 * experiments/simulator/README.md. */
#ifndef FLX_SIMULATOR_RESPONSE_H
#define FLX_SIMULATOR_RESPONSE_H

#include "formats/status.h"

/* How a service of that kind responds. */
#define FLX_RESPONSE_LIST(X)                                                             \
    X(FLX_PROCESS, "process")     /* a program of the application */                     \
    X(FLX_MEMCACHED, "memcached") /* threads that contend, slabs that waste memory */    \
    X(FLX_REDIS, "redis")         /* one thread, sampled eviction, compact hashes */     \
    X(FLX_MONGODB, "mongodb")     /* cache, dirty pages, disk */                         \
    X(FLX_MYSQL, "mysql")         /* buffer pool, concurrency tickets, disk */           \
    X(FLX_TIDB, "tidb")           /* scheduler pool, write buffer, disk */
#define FLX_RESPONSE_ENUM(name, text) name,
typedef enum { FLX_RESPONSE_LIST(FLX_RESPONSE_ENUM) FLX_N_RESPONSES } flx_response_kind;
#undef FLX_RESPONSE_ENUM

/* Constants of one service. */
typedef struct {
    flx_response_kind kind;
    double cores;          /* of an instance; a CPU knob replaces them */
    double io_ms;          /* CPU time a call spends in the network stack */
    double working_set_mb; /* memory in use, or data worth caching */
    double disk_ms;        /* mean time of a disk access or eviction stall */
} flx_profile;

/* What a knob (or the state cpu_limit) stands for, whatever its spelling. */
typedef enum {
    FLX_RMEM,         /* bytes: tcp_rmem, IPV4_RMEM */
    FLX_WMEM,         /* bytes: tcp_wmem, IPV4_WMEM */
    FLX_QUOTA,        /* millicores: cpu_quota, CPU_LIMIT */
    FLX_CPU_LIMIT,    /* millicores: cpu_limit */
    FLX_MEMORY,       /* MiB: MEMORY_LIMIT, memory_limit */
    FLX_WORKERS,      /* MAX_WORKERS */
    FLX_RESPONSES,    /* MAX_RESPONSE */
    FLX_ADS,          /* MAX_ADS_TO_SERVE */
    FLX_THREADS,      /* threads, innodb_thread_concurrency, scheduler_worker_pool_size */
    FLX_SLAB_GROWTH,  /* slab_growth_factor */
    FLX_ZIPLIST,      /* hash_max_ziplist_entries */
    FLX_SAMPLES,      /* maxmemory_samples */
    FLX_MAXMEMORY,    /* MB, 0 = no limit: maxmemory */
    FLX_DIRTY_TARGET, /* percent: eviction_dirty_target */
    FLX_DIRTY_TRIGGER, /* percent: eviction_dirty_trigger */
    FLX_CACHE,         /* MB: cache, innodb_buffer_pool_size */
    FLX_WRITE_BUFFER,  /* MB: write_buffer_size */
    FLX_N_LEVERS
} flx_lever;

/* The lever a knob's name stands for, or -1. */
int flx_lever_find(const char *name);

/* Values of a service's levers; NaN where it has no such knob. */
typedef struct {
    double value[FLX_N_LEVERS];
} flx_levers;
flx_levers flx_levers_none(void);

typedef struct {
    int servers;  /* calls worked on at the same time */
    double quota; /* cores allowed by the scheduler's periods; 0 = as many as servers */
    int workers;  /* calls held at the same time, waiting for others included; 0 = any */
    double work;  /* factor on an endpoint's own time */
    double io;    /* factor on io_ms */
    double miss;  /* factor on the callers' miss probabilities */
    double wait_probability[2]; /* of a disk access or stall: reads, writes */
    double wait_ms;             /* its mean (exponential) */
} flx_response;

void flx_respond(const flx_profile *profile, const flx_levers *levers,
                 flx_response *response);

/* The curves one by one. */

/* Cost of a call in the network stack over that of ample buffers: too small a buffer
 * needs more rounds, more than about 1 MiB in all spills out of the caches. Best in
 * between. */
double flx_socket_cost(double rmem_bytes, double wmem_bytes);
/* Slowdown when the memory in use comes near the limit. Falls with the limit. */
double flx_memory_cost(double used_mb, double limit_mb);
/* Slowdown of each of n threads on some cores: Universal Scalability Law. Rises with n.
 */
double flx_contention(double threads, double cores);
/* Misses relative to 64 MB and growth 1.25; best growth depends on the memory. */
double flx_memcached_miss(double memory_mb, double growth);
/* Misses relative to a memory that holds everything, and time of an operation. */
double flx_redis_miss(double maxmemory_mb, double samples, double ziplist,
                      double working_set_mb);
double flx_redis_work(double samples, double ziplist);
/* Probability that a write waits for eviction: low when the trigger is well above the
 * target; and cost of cleaning too eagerly, when the target is low. */
double flx_dirty_stall(double target, double trigger);
double flx_dirty_work(double target);
/* Probability that a read goes to the disk, given cache and data. */
double flx_disk_read(double cache_mb, double working_set_mb);
#endif
