/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
/** Operators of compressed measurements: random projections of blocks, and Walsh-Hadamard. */
package org.deqir.physics.operator.sensing;
