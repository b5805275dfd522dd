/* SPDX-License-Identifier: MIT
 * The calendar gives back its events in the order of time. */
#include "experiments/simulator/event_queue.h"

#include "kernels/formulas/philox.h"
#include "tests/close.h"

#include <CUnit/CUnit.h>

enum { COUNT = 500 };

static void a_heap_gives_the_earliest(void)
{
    flx_event events[COUNT];
    flx_heap heap = {events, 0};
    int pushed = 0, popped = 0;
    double last = 0;
    assert_true(flx_heap_next(&heap) > 1e300);
    for (int i = 0; i < COUNT; i++) /* all before any is taken */
        flx_heap_push(&heap, (flx_event){flx_uniform(1, 2, (uint32_t)i, 0, 0), pushed++});
    while (heap.count > 0) {
        double next = flx_heap_next(&heap);
        flx_event event = flx_heap_pop(&heap);
        assert_close(event.time, next, 0, 0);
        assert_close(event.time, flx_uniform(1, 2, (uint32_t)event.frame, 0, 0), 0, 0);
        assert_true(event.time >= last);
        last = event.time;
        popped++;
    }
    assert_int(popped, COUNT);
}

/* Pushes and pops in turn, around the end of the array. */
static void a_ring_gives_what_was_sent_first(void)
{
    flx_event events[3];
    flx_ring ring = {.events = events, .capacity = 3};
    int sent = 0, arrived = 0;
    while (arrived < 20) {
        while (ring.count < 3) {
            flx_ring_push(&ring, (flx_event){sent, sent});
            sent++;
        }
        for (int i = 0; i < 2; i++) {
            assert_close(flx_ring_next(&ring), arrived, 0, 0);
            assert_int(flx_ring_pop(&ring).frame, arrived);
            arrived++;
        }
    }
    assert_int(ring.count, sent - arrived);
}

CU_TestInfo event_queue_tests[] = {
    {"a heap gives the earliest", a_heap_gives_the_earliest},
    {"a ring gives what was sent first", a_ring_gives_what_was_sent_first},
    CU_TEST_INFO_NULL,
};
