/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import org.deqir.image.Plane;

/**
 * A held-out patch and what the network makes of it, in [−1, 1].
 *
 * @param noisy with noise of a tenth of the range
 * @param restored by one call of the network
 * @param truth as it is
 */
public record Sample(Plane noisy, Plane restored, Plane truth) {}
