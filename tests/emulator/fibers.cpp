/* SPDX-License-Identifier: MIT
 * The threads of one block as fibers on one thread of the processor. A fiber runs until
 * it meets others: at a barrier, or in a shuffle. Who runs next is the schedule's choice.
 */
#include "tests/emulator/device.h"
#include "tests/emulator/emulator.h"

#include <cstdio>
#include <map>
#include <sys/mman.h>
#include <vector>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
static void __sanitizer_start_switch_fiber(void **, const void *, size_t)
{
}
static void __sanitizer_finish_switch_fiber(void *, const void **, size_t *)
{
}
#endif

/* Saves the registers that a call preserves, changes the stack, restores. */
extern "C" void emu_switch(void **save, void *load);
asm(".text\n"
    ".globl emu_switch\n"
    ".hidden emu_switch\n"
    "emu_switch:\n"
    "  pushq %rbp\n  pushq %rbx\n  pushq %r12\n"
    "  pushq %r13\n  pushq %r14\n  pushq %r15\n"
    "  movq %rsp, (%rdi)\n"
    "  movq %rsi, %rsp\n"
    "  popq %r15\n  popq %r14\n  popq %r13\n"
    "  popq %r12\n  popq %rbx\n  popq %rbp\n"
    "  ret\n");

namespace emu
{
static const size_t STACK = 256 << 10;
static const int SAVED = 6; /* registers that emu_switch pushes */

struct Fiber {
    Place place;
    void *top; /* stack pointer while it does not run */
    char *stack;
    void *shadow; /* the address sanitizer's own */
    bool is_done, is_waiting;
    Call call;      /* where it waits */
    unsigned epoch; /* barriers of its warp that it has passed */
};

static std::vector<Fiber> fibers;
static std::vector<int> ready;
static const std::function<void()> *body;
static int running = -1;
static unsigned count, n_done, n_at_barrier, barriers;
static void *scheduler_top, *scheduler_shadow;
static const void *scheduler_stack;
static size_t scheduler_size;
Place *here;

int running_thread()
{
    return running;
}

unsigned warp_epoch()
{
    return fibers[(size_t)running].epoch;
}

unsigned block_epoch()
{
    return barriers;
}

int lane()
{
    return running & 31;
}

static void leave(Fiber &fiber)
{
    __sanitizer_start_switch_fiber(fiber.is_done ? nullptr : &fiber.shadow,
                                   scheduler_stack, scheduler_size);
    emu_switch(&fiber.top, scheduler_top);
    __sanitizer_finish_switch_fiber(fiber.shadow, &scheduler_stack, &scheduler_size);
}

static void enter()
{
    __sanitizer_finish_switch_fiber(nullptr, &scheduler_stack, &scheduler_size);
    (*body)();
    Fiber &fiber = fibers[(size_t)running];
    fiber.is_done = true;
    n_done++;
    leave(fiber);
    __builtin_unreachable();
}

static void resume(int i)
{
    Fiber &fiber = fibers[(size_t)i];
    running = i;
    here = &fiber.place;
    __sanitizer_start_switch_fiber(&scheduler_shadow, fiber.stack, STACK);
    emu_switch(&scheduler_top, fiber.top);
    __sanitizer_finish_switch_fiber(scheduler_shadow, nullptr, nullptr);
    running = -1;
    here = nullptr;
}

static void release(Fiber &fiber, int i)
{
    fiber.is_waiting = false;
    ready.push_back(i);
}

static void meet_block(const Call &call)
{
    if (++n_at_barrier < count)
        return;
    for (const Fiber &other : fibers)
        if (other.call.line != call.line || strcmp(other.call.file, call.file) != 0)
            fail("divergent __syncthreads: %s:%d and %s:%d", call.file, call.line,
                 other.call.file, other.call.line);
    for (size_t i = 0; i < fibers.size(); i++)
        release(fibers[i], (int)i);
    n_at_barrier = 0;
    barriers++;
}

/* All lanes of `members` are here. A shuffle orders no memory: only a warp barrier does.
 */
static void release_warp(int first, unsigned members)
{
    static unsigned char brought[32][16];
    for (int l = 0; l < 32; l++)
        if (members >> l & 1) {
            Fiber &fiber = fibers[(size_t)(first + l)];
            if (fiber.call.kind == SHUFFLE)
                memcpy(brought[l], fiber.call.data, fiber.call.size);
        }
    for (int l = 0; l < 32; l++) {
        if (!(members >> l & 1))
            continue;
        Fiber &fiber = fibers[(size_t)(first + l)];
        const Call &call = fiber.call;
        bool is_there =
            call.source >= 0 && call.source < 32 && (members >> call.source & 1);
        if (call.kind == SHUFFLE && is_there)
            memcpy(call.data, brought[call.source], call.size);
        else if (call.kind == SHUFFLE)
            memset(call.data, 0xFF, call.size);
        fiber.epoch += call.kind == WARP_BARRIER;
        release(fiber, first + l);
    }
}

static bool is_same_meeting(const Call &a, const Call &b)
{
    return a.kind == b.kind && a.mask == b.mask && a.line == b.line &&
           (a.file == b.file || strcmp(a.file, b.file) == 0);
}

static void meet_warp(const Call &call)
{
    int first = running & ~31, present = (int)count - first;
    unsigned exist = present >= 32 ? ~0u : (1u << present) - 1,
             members = call.mask & exist;
    if (!(members >> lane() & 1))
        fail("%s:%d: lane %d is not in its own mask %08x", call.file, call.line, lane(),
             call.mask);
    for (int k = 1; k < 32; k++) { /* the next lane first: most likely still missing */
        int l = (lane() + k) & 31;
        if (!(members >> l & 1))
            continue;
        const Fiber &other = fibers[(size_t)(first + l)];
        if (!other.is_waiting || !is_same_meeting(other.call, call))
            return;
    }
    release_warp(first, members);
}

void meet(const Call &call)
{
    Fiber &fiber = fibers[(size_t)running];
    fiber.call = call;
    fiber.is_waiting = true;
    if (call.kind == BLOCK_BARRIER)
        meet_block(call);
    else
        meet_warp(call);
    leave(fiber);
}

/* Nobody can run and not everybody is done. */
[[noreturn]] static void report_deadlock()
{
    static const char *const names[] = {"__syncthreads", "__syncwarp", "a shuffle"};
    std::map<std::string, int> places;
    for (const Fiber &fiber : fibers)
        if (!fiber.is_done) {
            char place[400];
            snprintf(place, sizeof place, "%s at %s:%d, mask %08x",
                     names[fiber.call.kind], fiber.call.file, fiber.call.line,
                     fiber.call.mask);
            places[place]++;
        }
    std::string text;
    for (const auto &place : places)
        text += "; " + std::to_string(place.second) + " wait in " + place.first;
    fail("divergent barrier: %u of %u threads have returned%s", n_done, count,
         text.c_str());
}

static void make_fibers(unsigned wanted)
{
    if (fibers.size() == wanted)
        return;
    for (Fiber &fiber : fibers)
        munmap(fiber.stack, STACK);
    fibers.assign(wanted, Fiber{});
    for (Fiber &fiber : fibers) {
        void *stack = mmap(nullptr, STACK, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (stack == MAP_FAILED)
            fail("no memory for %u stacks", wanted);
        fiber.stack = (char *)stack;
    }
}

static void prepare(Fiber &fiber, unsigned i, const Block &block)
{
    dim3 size = block.size;
    uint3 thread = {i % size.x, i / size.x % size.y, i / (size.x * size.y)};
    ASAN_UNPOISON_MEMORY_REGION(fiber.stack, STACK);
    fiber.place = {thread, block.index, size, block.grid};
    fiber.is_done = fiber.is_waiting = false;
    fiber.epoch = 0;
    /* Stacks that all begin at one offset would share few sets of the cache. */
    void **top = (void **)(fiber.stack + STACK - (i * 320 & 4095)) - 2;
    *top = (void *)enter;
    fiber.top = top - SAVED;
    memset(fiber.top, 0, SAVED * sizeof(void *));
    ready.push_back((int)i);
}

static int choose_next()
{
    Order order = settings().order;
    size_t at = order == SHUFFLED   ? random_below(ready.size())
                : order == REVERSED ? ready.size() - 1
                                    : 0;
    int chosen = ready[at];
    if (order == SEQUENTIAL) {
        ready.erase(ready.begin());
    } else {
        ready[at] = ready.back();
        ready.pop_back();
    }
    return chosen;
}

void run_threads(const Block &block)
{
    count = block.size.x * block.size.y * block.size.z;
    body = block.body;
    n_done = n_at_barrier = barriers = 0;
    make_fibers(count);
    ready.clear();
    for (unsigned i = 0; i < count; i++)
        prepare(fibers[i], i, block);
    while (!ready.empty())
        resume(choose_next());
    if (n_done != count)
        report_deadlock();
}
} // namespace emu
