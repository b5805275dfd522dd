/* SPDX-License-Identifier: MIT
 * Deployments made in memory from a few words a service, for tests that are not about
 * reading files. */
#ifndef FLX_TEST_DEPLOYMENTS_H
#define FLX_TEST_DEPLOYMENTS_H

#include "formats/deployment/deployment.h"

/* Words are separated by spaces. Every operation sees all knobs (k0, k1, ...) and a state
 * "rps" of its own, and makes all calls. A call "redis" means all operations of redis. */
typedef struct {
    const char *name;
    int replicas, knobs;
    const char *operations; /* "" where they are not told apart */
    const char *calls;
    const char *metrics; /* NULL: those given for all */
} service_words;

/* The target is the first operation of the first service and `target_metric`. Destroyed
 * by flx_deployment_destroy. */
flx_deployment *make_deployment(const char *name, const service_words *words, int count,
                                const char *metrics, const char *target_metric);

/* front -> redis.get, redis.set; two instances of redis; p50 and p90. */
flx_deployment *make_redis_shop(void);

/* The two systems of the paper whose graphs are known, at one replica each. */
flx_deployment *make_hotel(const char *metrics);
flx_deployment *make_boutique(const char *metrics);

/* All services but those whose name begins with `but` (may be NULL). */
void scale_all(flx_deployment *deployment, int replicas, const char *but);
#endif
