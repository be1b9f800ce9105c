/*
 * collect_cmd.h - `muster-agent collect`: any collector alone, on the terminal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_COLLECT_CMD_H
#define AGENT_WORKER_COLLECT_CMD_H

/**
 * Runs the collectors named (none: all of them) and prints what they read, with timing. argv[0] is
 * "collect". Returns the program's exit code: 0 when every collector asked for did, 1 when one
 * failed, 2 for bad usage.
 */
int collect_command(int argc, char **argv);

#endif
