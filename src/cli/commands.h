/*
 * commands.h - the rows; commands.c lists them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"

extern const struct command command_up;
extern const struct command command_hosts;
extern const struct command command_host;
extern const struct command command_events;
extern const struct command command_checkstate;
extern const struct command command_redis;
extern const struct command command_version;

#endif
