/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
/**
 * Volumes: the data step acts on the whole of one, a prior of planes on its slices in three
 * orientations.
 */
package org.deqir.volume;
