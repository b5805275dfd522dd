/* SPDX-License-Identifier: MIT
 * Checks of this machine's backends. The face of the room host/commands/selftest: what
 * other rooms include. */
#ifndef FLX_FACE_COMMANDS_SELFTEST_H
#define FLX_FACE_COMMANDS_SELFTEST_H

#include "host/commands/selftest/selftest.h"

#endif
