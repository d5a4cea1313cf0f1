/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import org.deqir.image.Plane;

/**
 * A restored plane.
 *
 * @param restored the restored image in the measurement's own grey levels, neither rounded nor
 *     clipped; the mean where several samples were asked for
 * @param standardDeviation spread of the samples in grey levels, or null with a single sample
 * @param report what was done
 */
public record RestorationResult(
        Plane restored, Plane standardDeviation, RestorationReport report) {}
