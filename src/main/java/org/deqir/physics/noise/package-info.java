/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
/**
 * Noise: its models, what one image tells about it, and the transform that makes it uniform.
 *
 * <p>{@link org.deqir.physics.noise.NoiseEstimator} measures the noise of an image as a {@link
 * org.deqir.physics.noise.NoiseModel}. Nothing here knows operators.
 */
package org.deqir.physics.noise;
