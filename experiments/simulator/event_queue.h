/* SPDX-License-Identifier: MIT
 * The calendar of the engine. Two parts, because most events need no sorting: calls on
 * their way take equally long, so they arrive in the order they were sent (a ring); the
 * ends of service come in any order (a 4-ary heap, whose nodes share a cache line). */
#ifndef FLX_SIMULATOR_EVENT_QUEUE_H
#define FLX_SIMULATOR_EVENT_QUEUE_H

#include <math.h>

typedef struct {
    double time;
    int frame;
} flx_event;

typedef struct {
    flx_event *events; /* (capacity) */
    int count;
} flx_heap;

static inline double flx_heap_next(const flx_heap *heap)
{
    return heap->count ? heap->events[0].time : (double)INFINITY;
}

static inline void flx_heap_push(flx_heap *heap, flx_event event)
{
    int at = heap->count++;
    while (at > 0) {
        int parent = (at - 1) / 4;
        if (heap->events[parent].time <= event.time)
            break;
        heap->events[at] = heap->events[parent];
        at = parent;
    }
    heap->events[at] = event;
}

static inline flx_event flx_heap_pop(flx_heap *heap)
{
    flx_event top = heap->events[0], last = heap->events[--heap->count];
    int at = 0;
    for (;;) {
        int first = 4 * at + 1, least = first;
        if (first >= heap->count)
            break;
        int end = first + 4 < heap->count ? first + 4 : heap->count;
        for (int child = first + 1; child < end; child++)
            if (heap->events[child].time < heap->events[least].time)
                least = child;
        if (last.time <= heap->events[least].time)
            break;
        heap->events[at] = heap->events[least];
        at = least;
    }
    heap->events[at] = last;
    return top;
}

typedef struct {
    flx_event *events; /* (capacity) */
    int capacity, head, count;
} flx_ring;

static inline double flx_ring_next(const flx_ring *ring)
{
    return ring->count ? ring->events[ring->head].time : (double)INFINITY;
}

static inline void flx_ring_push(flx_ring *ring, flx_event event)
{
    int at = ring->head + ring->count++;
    ring->events[at < ring->capacity ? at : at - ring->capacity] = event;
}

static inline flx_event flx_ring_pop(flx_ring *ring)
{
    flx_event event = ring->events[ring->head];
    ring->head = ring->head + 1 < ring->capacity ? ring->head + 1 : 0;
    ring->count--;
    return event;
}
#endif
