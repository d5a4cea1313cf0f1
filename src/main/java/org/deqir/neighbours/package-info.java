/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
/**
 * What the frames and slices around a plane add to its measurement.
 *
 * <p>{@link org.deqir.neighbours.Fusion} finds what a plane shares with its neighbours beyond their
 * noise, and averages it.
 */
package org.deqir.neighbours;
