/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
/**
 * How an image became a measurement, and what a measurement says about an image.
 *
 * <p>A {@link org.deqir.physics.LinearOperator} is a degradation of images of one size, a {@link
 * org.deqir.physics.SpectralOperator} one whose singular value decomposition is cheap. A {@link
 * org.deqir.physics.DataStep} combines operator, measurement and noise into what a restoration
 * chain does to its estimate at each noise level.
 */
package org.deqir.physics;
