/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
/** The program {@code deqir-blocks}: plans and runs restorations in blocks from a command line. */
package org.deqir.command.batch;
