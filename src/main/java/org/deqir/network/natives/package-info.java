/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
/** PyTorch's native libraries: unpacking, loading and the settings of their threads. */
package org.deqir.network.natives;
