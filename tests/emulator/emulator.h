/* SPDX-License-Identifier: MIT
 * What the emulator's own sources share; no kernel sees it. */
#ifndef FLX_TEST_EMULATOR_H
#define FLX_TEST_EMULATOR_H

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <functional>

namespace emu
{
/* settings.cpp: the environment, read once; see README.md. */
enum Order { SEQUENTIAL, REVERSED, SHUFFLED };
struct Settings {
    Order order;
    bool has_device, counts_traffic;
    size_t shared_per_block;
};
const Settings &settings();
size_t device_memory(); /* read anew at every call */
uint64_t random_below(uint64_t n);
/* True for the call whose number EMU_FAIL_MALLOC names; read anew at every call. */
bool allocation_must_fail();

/* One line on stderr, then abort: what a device would have done is undefined. */
[[noreturn]] void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void set_kernel_name(const char *name);
cudaError_t record_error(cudaError_t error);

/* arena.cpp: device memory. Host code can read it only while an Open lives. */
class Open
{
  public:
    Open();
    ~Open();
};
bool is_device_address(const void *p);
/* All n bytes lie in one living allocation. */
bool is_device_range(const void *p, size_t n);
bool is_mapped(const void *p);
/* What was made (1) or released (-1) but device memory: streams, events, handles of
 * libraries, pinned memory. What is left at exit is an error. */
void count_living(int change);
void check_canaries();
size_t arena_offset(const void *p);
void fill_with_nan(void *p, size_t n); /* unseen by the address sanitizer */

/* fibers.cpp: one fiber a CUDA thread. */
struct Block {
    dim3 size, grid;
    uint3 index;
    const std::function<void()> *body;
};
void run_threads(const Block &block);
int running_thread(); /* -1 in host code */
unsigned warp_epoch(), block_epoch();

/* grid.cpp */
void run_grid(const char *name, dim3 grid, dim3 block, size_t shared,
              const std::function<void()> &body);
bool in_shared(const void *p, size_t n);
bool is_near_shared(const void *p); /* or a little behind its end */
unsigned block_number(), first_block_of_grid();

/* stream.cpp: work waits in its stream until somebody waits for it. */
void enqueue(cudaStream_t stream, std::function<void()> work);
void drain_everything();
bool is_work_waiting(); /* in any stream */

/* race.cpp */
void begin_race_check(const char *kernel);
void end_race_check();
void check_access(void *p, size_t n, bool is_write, void *where);
} // namespace emu
#endif
