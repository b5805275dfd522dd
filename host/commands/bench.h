/* SPDX-License-Identifier: MIT
 * Measurements of this machine. The face of the room host/commands/bench: what other
 * rooms include. */
#ifndef FLX_FACE_COMMANDS_BENCH_H
#define FLX_FACE_COMMANDS_BENCH_H

#include "host/commands/bench/bench.h"

#endif
