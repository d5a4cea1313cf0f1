/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
/** Gradients through the equilibrium: unrolled, phantom and implicit. */
package org.deqir.equilibrium.gradient;
