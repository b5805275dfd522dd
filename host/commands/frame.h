/* SPDX-License-Identifier: MIT
 * The frame of the command line: options, help, tables, progress. The face of the room
 * host/commands/frame: what other rooms include. */
#ifndef FLX_FACE_COMMANDS_FRAME_H
#define FLX_FACE_COMMANDS_FRAME_H

#include "host/commands/frame/arguments.h"
#include "host/commands/frame/command.h"
#include "host/commands/frame/help.h"
#include "host/commands/frame/progress_bar.h"
#include "host/commands/frame/report.h"
#include "host/commands/frame/sentences.h"
#include "host/commands/frame/terminal.h"

#endif
