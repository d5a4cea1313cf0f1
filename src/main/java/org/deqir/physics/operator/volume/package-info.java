/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
/** Operators of volumes that need more than one of planes with slices as channels. */
package org.deqir.physics.operator.volume;
