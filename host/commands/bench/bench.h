/* SPDX-License-Identifier: MIT
 * The verb `bench`. */
#ifndef FLX_BENCH_H
#define FLX_BENCH_H

#include "host/commands/frame.h"

extern const flx_command flx_bench_command;
#endif
