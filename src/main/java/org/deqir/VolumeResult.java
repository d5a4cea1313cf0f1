/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import org.deqir.image.Volume;

/**
 * A restored volume.
 *
 * @param restored the answer, in the measurement's grey levels
 * @param standardDeviation how far samples lie from the answer, or in mode sample from their mean;
 *     null if there was only one
 * @param report what was done
 */
public record VolumeResult(Volume restored, Volume standardDeviation, RestorationReport report) {}
