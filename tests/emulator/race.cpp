/* SPDX-License-Identifier: MIT
 * Races and bounds, exactly. A .cu file of the race mode is compiled with
 * -fsanitize=thread, whose hooks are these instead of the sanitizer's. Two accesses race
 * when they touch one word in one grid, come from different threads, one of them writes,
 * and no barrier lies between them; no schedule has to be lucky for that to show. In
 * other modes nothing calls the hooks. */
#include "tests/emulator/device.h"
#include "tests/emulator/emulator.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <string>
#include <unistd.h>
#include <unordered_map>
#include <vector>

namespace emu
{
/* One access; block 0 is none. */
struct Access {
    unsigned block, barrier, warp_barrier;
    int thread;
    void *where;
};

/* The last write of a word, the last read, and the last read by another warp. */
struct Word {
    Access write, read, other_read;
};

static const size_t WORD = 4, PER_PAGE = 1024;
static std::unordered_map<uintptr_t, std::vector<Word>> pages;
static const char *kernel = "-";
static int reports;
unsigned long long flops;
static unsigned long long traffic[2][2]; /* [global, shared][read, written] bytes */
static unsigned long long distinct;      /* bytes of global memory, once a block */

void begin_race_check(const char *name)
{
    kernel = name;
    memset(traffic, 0, sizeof traffic);
    flops = distinct = 0;
    if (pages.size() > 4096)
        pages.clear();
}

void end_race_check()
{
    if (settings().counts_traffic && traffic[0][0] + traffic[0][1])
        fprintf(
            stderr,
            "emulator: traffic: %s global_read %llu global_written %llu distinct %llu "
            "shared_read %llu shared_written %llu flops %llu\n",
            kernel, traffic[0][0], traffic[0][1], distinct, traffic[1][0], traffic[1][1],
            flops);
    if (reports) {
        fprintf(stderr, "emulator: %d race%s\n", reports, reports == 1 ? "" : "s");
        _exit(3);
    }
}

/* The source line of an address, where addr2line is at hand. */
static std::string line_of(void *where)
{
    Dl_info info;
    if (!dladdr(where, &info))
        return "?";
    char command[4352], line[512] = "";
    unsigned long offset = (unsigned long)((char *)where - (char *)info.dli_fbase) - 1;
    snprintf(command, sizeof command, "addr2line -s -e '%s' %#lx 2>/dev/null",
             info.dli_fname, offset);
    FILE *pipe = popen(command, "r");
    if (pipe) {
        if (!fgets(line, sizeof line, pipe))
            line[0] = '\0';
        pclose(pipe);
    }
    line[strcspn(line, " \n")] = '\0';
    return *line ? line : "?";
}

static bool is_race(const Access &a, const Access &b, bool is_global)
{
    if (a.block < first_block_of_grid() || (a.block == b.block && a.thread == b.thread))
        return false;
    if (a.block != b.block)
        return is_global;
    if (a.barrier != b.barrier)
        return false;
    return a.thread / 32 != b.thread / 32 || a.warp_barrier == b.warp_barrier;
}

static void report(const Access &now, bool is_write, const Access &before, bool was_write,
                   bool is_global)
{
    if (++reports > 5)
        return;
    fprintf(stderr,
            "emulator: RACE in %s on %s memory: %s by thread %d at %s, %s by thread "
            "%d%s at %s\n",
            kernel, is_global ? "global" : "shared", is_write ? "write" : "read",
            now.thread, line_of(now.where).c_str(), was_write ? "write" : "read",
            before.thread, before.block == now.block ? "" : " of another block",
            line_of(before.where).c_str());
}

static void remember_read(Word &word, const Access &now)
{
    if (word.read.block != now.block || word.read.thread / 32 != now.thread / 32)
        word.other_read = word.read;
    word.read = now;
}

static void check_word(Word &word, const Access &now, bool is_write, bool is_global)
{
    if (is_global && word.write.block != now.block && word.read.block != now.block)
        distinct += WORD;
    if (is_race(word.write, now, is_global))
        report(now, is_write, word.write, true, is_global);
    else if (is_write && is_race(word.read, now, is_global))
        report(now, is_write, word.read, false, is_global);
    else if (is_write && is_race(word.other_read, now, is_global))
        report(now, is_write, word.other_read, false, is_global);
    if (is_write)
        word.write = now;
    else
        remember_read(word, now);
}

static Word &word_at(uintptr_t number)
{
    static uintptr_t last = 0;
    static Word *words = nullptr;
    static size_t known = 0;
    uintptr_t page = number / PER_PAGE;
    if (!words || page != last || known != pages.size()) {
        std::vector<Word> &found = pages[page];
        if (found.empty())
            found.resize(PER_PAGE, Word{});
        words = found.data();
        last = page;
        known = pages.size();
    }
    return words[number % PER_PAGE];
}

static void check_alignment(void *p, size_t alignment, void *where)
{
    if ((uintptr_t)p % alignment == 0 || running_thread() < 0)
        return;
    if (is_device_address(p) || in_shared(p, 1))
        fail("misaligned access of %zu bytes at %s", alignment, line_of(where).c_str());
}

void check_access(void *p, size_t n, bool is_write, void *where)
{
    if (running_thread() < 0)
        return;
    bool is_global = is_device_address(p);
    if (!is_global && !is_near_shared(p))
        return; /* a fiber's own stack */
    if (is_global ? !is_device_range(p, n) : !in_shared(p, n))
        fail("out-of-bounds %s of %zu bytes at %s", is_write ? "write" : "read", n,
             line_of(where).c_str());
    traffic[!is_global][is_write] += n;
    Access now = {block_number(), block_epoch(), warp_epoch(), running_thread(), where};
    uintptr_t first = (uintptr_t)p / WORD, last = ((uintptr_t)p + n - 1) / WORD;
    for (uintptr_t number = first; number <= last; number++)
        check_word(word_at(number), now, is_write, is_global);
}
} // namespace emu

/* `alignment`: what the compiler counts on, and a device insists on. */
#define HOOK(name, size, alignment, is_write)                                            \
    extern "C" void __tsan_##name(void *p)                                               \
    {                                                                                    \
        emu::check_alignment(p, alignment, __builtin_return_address(0));                 \
        emu::check_access(p, size, is_write, __builtin_return_address(0));               \
    }
#define HOOKS(size)                                                                      \
    HOOK(read##size, size, size, false)                                                  \
    HOOK(write##size, size, size, true)                                                  \
    HOOK(unaligned_read##size, size, 1, false)                                           \
    HOOK(unaligned_write##size, size, 1, true)
HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)

extern "C" void __tsan_read_range(void *p, long n)
{
    emu::check_access(p, (size_t)n, false, __builtin_return_address(0));
}

extern "C" void __tsan_write_range(void *p, long n)
{
    emu::check_access(p, (size_t)n, true, __builtin_return_address(0));
}

extern "C" void __tsan_init(void)
{
}
